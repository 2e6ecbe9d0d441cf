import { describe, expect, test } from 'vitest';
import { callRaw, cardBlocks, clientOf, handClock, openSlack } from './world.ts';

const channel = 'C0INCIDENT';

describe('messages through the real client', () => {
  test('are posted, found with their metadata on request, and updated in place', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    const metadata = { event_type: 'kms_incident', event_payload: { incident: 'inc-1' } };
    const posted = await client.chat.postMessage({
      channel,
      text: 'a <b> & c',
      blocks: cardBlocks() as never,
      metadata,
    });
    const plain = await client.conversations.history({ channel });
    const full = await client.conversations.history({ channel, include_all_metadata: true });
    expect(plain.messages?.[0]).not.toHaveProperty('metadata');
    expect(full.messages?.[0]).toMatchObject({ ts: posted.ts, text: 'a <b> & c', metadata, bot_id: 'B0KEYWARDEN' });
    expect(full.messages?.[0]?.blocks?.every((block) => block.block_id)).toBe(true);

    await client.chat.update({ channel, ts: String(posted.ts), text: 'only words now' });
    const [message] = slack.channels()[0]?.messages ?? [];
    expect(message).toMatchObject({ text: 'only words now', metadata, edited: { user: 'B0KEYWARDEN' } });
    expect(message).not.toHaveProperty('blocks');
    expect(slack.calls().get('slack conversations.history')).toBe(2);
  });

  test('stand in threads; broadcasts show in the channel too, but are counted once', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    const head = String((await client.chat.postMessage({ channel, text: 'head' })).ts);
    const first = await client.chat.postMessage({ channel, text: 'one', thread_ts: head });
    await client.chat.postMessage({ channel, text: 'two', thread_ts: String(first.ts), reply_broadcast: true });
    const thread = await client.conversations.replies({ channel, ts: head });
    expect(thread.messages?.map(({ text }) => text)).toEqual(['head', 'one', 'two']);
    expect(thread.messages?.[0]).toMatchObject({ thread_ts: head, reply_count: 2 });
    const history = await client.conversations.history({ channel });
    expect(history.messages?.map(({ text }) => text)).toEqual(['two', 'head']);
    const [shown, ...others] = slack.channels()[0]?.messages ?? [];
    expect(others).toEqual([]);
    expect(shown?.replies?.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  test('page by cursor and by time', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    const stamps: string[] = [];
    for (const text of ['1', '2', '3']) stamps.push(String((await client.chat.postMessage({ channel, text })).ts));
    const seen: unknown[] = [];
    for await (const page of client.paginate('conversations.history', { channel, limit: 2 }))
      seen.push(...((page as { messages?: unknown[] }).messages ?? []));
    expect(seen).toHaveLength(3);
    const later = await client.conversations.history({ channel, oldest: String(stamps[0]) });
    expect(later.messages?.map(({ text }) => text)).toEqual(['3', '2']);
    const earlier = await client.conversations.history({ channel, latest: String(stamps[1]), inclusive: true });
    expect(earlier.messages?.map(({ text }) => text)).toEqual(['2', '1']);
  });

  test('are refused in Slack’s words', async () => {
    const slack = await openSlack();
    const post = (fields: Record<string, unknown>) => callRaw(slack, 'chat.postMessage', { channel, ...fields });
    const { ts } = await post({ text: 'here' });
    const update = (fields: Record<string, unknown>) => callRaw(slack, 'chat.update', { channel, ts, ...fields });
    expect(await post({})).toMatchObject({ error: 'no_text' });
    expect(await post({ channel: 'C0NOWHERE', text: 'x' })).toMatchObject({ error: 'channel_not_found' });
    expect(await post({ text: 'x', blocks: 'no JSON' })).toMatchObject({ error: 'invalid_blocks_format' });
    const payload = { event_type: 'x', event_payload: { long: 'y'.repeat(20_000) } };
    expect(await post({ text: 'x', metadata: payload })).toMatchObject({ error: 'metadata_too_large' });
    expect(await update({ text: 'x'.repeat(4_001) })).toMatchObject({ error: 'msg_too_long' });
    expect(await update({ ts: '1.000001', text: 'x' })).toMatchObject({ error: 'message_not_found' });
    slack.change({ kind: 'removeBotFrom', channel });
    expect(await post({ text: 'x' })).toMatchObject({ error: 'not_in_channel' });
    slack.change({ kind: 'archiveChannel', channel });
    expect(await post({ text: 'x' })).toMatchObject({ error: 'is_archived' });
  });

  test('that were deleted cannot be updated; their thread keeps a tombstone', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    const ts = String((await client.chat.postMessage({ channel, text: 'head' })).ts);
    await client.chat.postMessage({ channel, text: 'reply', thread_ts: ts });
    slack.change({ kind: 'deleteMessage', channel, ts });
    expect(await callRaw(slack, 'chat.update', { channel, ts, text: 'x' })).toMatchObject({
      error: 'message_not_found',
    });
    expect(slack.channels()[0]?.messages).toMatchObject([{ subtype: 'tombstone', replies: [{ text: 'reply' }] }]);
  });

  test('reach one person: ephemeral, or in a direct message', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    await client.chat.postEphemeral({ channel, user: 'U0ALICE', text: 'only you' });
    expect(slack.ephemerals()).toMatchObject([{ channel, user: 'U0ALICE', text: 'only you' }]);
    expect(await callRaw(slack, 'chat.postEphemeral', { channel, user: 'U0OLGA', text: 'x' })).toMatchObject({
      error: 'user_not_in_channel',
    });
    const opened = await client.conversations.open({ users: 'U0BOB' });
    const posted = await client.chat.postMessage({ channel: 'U0BOB', text: 'to bob' });
    expect(posted.channel).toBe(opened.channel?.id);
    expect(slack.channels().find(({ id }) => id === posted.channel)).toMatchObject({ name: '@bob' });
  });

  test('are limited to a burst, then about one a second for each channel', async () => {
    const clock = handClock();
    const slack = await openSlack({ clock, postBurst: 3 });
    const post = (to: string) =>
      fetch(`${slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: 'Bearer xoxb-sandbox', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ channel: to, text: 'x' }),
      });
    for (let sent = 0; sent < 3; sent += 1) expect((await post(channel)).status).toBe(200);
    const refused = await post(channel);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await post('C0SHARED')).status).toBe(200);
    clock.forward(1_000);
    expect((await post(channel)).status).toBe(200);
    expect(slack.channels()[0]?.messages).toHaveLength(4);
  });
});
