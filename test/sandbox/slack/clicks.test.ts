import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BlockAction, BlockElementAction } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import { openSlackWithBot } from './bot.ts';
import { afterwards, callRaw, cardBlocks, clientOf, handClock, openSlack, signingSecret } from './world.ts';

const channel = 'C0INCIDENT';

/** A bot that notes every action and answers at once. */
async function noting(tuning: Parameters<typeof openSlackWithBot>[1] = {}) {
  const seen: { body: BlockAction; action: BlockElementAction }[] = [];
  const opened = await openSlackWithBot((app) => {
    app.action<BlockAction>(/.*/, async ({ ack, body, action }) => {
      seen.push({ body, action });
      await ack();
    });
  }, tuning);
  return { ...opened, seen };
}

/** A Home tab with a filter. */
const filtered = {
  type: 'home',
  blocks: [
    {
      type: 'actions',
      block_id: 'filters',
      elements: [
        {
          type: 'static_select',
          action_id: 'account',
          options: ['shop', 'analytics'].map((name) => ({
            text: { type: 'plain_text', text: name },
            value: `id-${name}`,
          })),
        },
      ],
    },
  ],
};

describe('a choice in a menu', () => {
  test.each([
    ['by its value', { action: 'account', value: 'id-analytics' }],
    ['by what it says', { action: 'account', value: 'analytics' }],
    ['by what it says alone', { action: 'analytics' }],
  ])('at home, %s', async (_name, choice) => {
    const { slack, seen } = await noting();
    await callRaw(slack, 'views.publish', { user_id: 'U0ALICE', view: filtered });
    const viewId = slack.views()[0]?.id ?? '';
    expect(await slack.click({ viewId, user: 'alice', ...choice })).toEqual({ ok: true });
    const selected_option = { value: 'id-analytics', text: { type: 'plain_text', text: 'analytics', emoji: true } };
    expect(seen[0]?.action).toEqual({
      type: 'static_select',
      action_id: 'account',
      block_id: 'filters',
      selected_option,
      action_ts: expect.any(String),
    });
    expect(seen[0]?.body).toMatchObject({
      container: { type: 'view', view_id: viewId },
      view: { type: 'home', state: { values: { filters: { account: { selected_option } } } } },
    });
  });
  test('of what it does not hold, or in somebody else’s tab, is none', async () => {
    const { slack, seen } = await noting();
    await callRaw(slack, 'views.publish', { user_id: 'U0ALICE', view: filtered });
    const viewId = slack.views()[0]?.id ?? '';
    expect(await slack.click({ viewId, user: 'alice', action: 'account', value: 'ops' })).toEqual({
      ok: false,
      error: 'no such option: ops',
    });
    expect(await slack.click({ viewId, user: 'bob', action: 'account', value: 'shop' })).toMatchObject({ ok: false });
    expect(seen).toEqual([]);
  });
});

describe('a click', () => {
  test('reaches a Bolt app as Slack would send it', async () => {
    const { slack, seen } = await noting();
    const metadata = { event_type: 'kms_incident', event_payload: { incident: 'inc-1' } };
    const posted = await clientOf(slack).chat.postMessage({
      channel,
      blocks: cardBlocks() as never,
      text: 'card',
      metadata,
    });
    const ts = String(posted.ts);
    expect(await slack.click({ channel, ts, user: 'alice', action: 'rescue' })).toEqual({ ok: true });
    expect(seen[0]?.body).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0ALICE', username: 'alice', name: 'alice', team_id: 'T0SANDBOX' },
      team: { id: 'T0SANDBOX', domain: 'sandbox' },
      channel: { id: channel, name: 'incidents' },
      container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
      message: { ts, text: 'card', metadata, blocks: [{ type: 'header' }, { block_id: 'buttons' }] },
      state: { values: { buttons: { window: { type: 'static_select', selected_option: null } } } },
      trigger_id: expect.stringMatching(/^\d+\.\d+\.[0-9a-f]{32}$/),
      response_url: expect.stringMatching(/^http:/),
    });
    expect(seen[0]?.action).toMatchObject({
      type: 'button',
      action_id: 'rescue',
      block_id: 'buttons',
      text: { type: 'plain_text', text: 'Rescue', emoji: true },
      value: 'key-1',
      action_ts: expect.any(String),
    });
  });

  test('finds buttons and menu entries by what they say', async () => {
    const { slack, seen } = await noting();
    await clientOf(slack).chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'card' });
    for (const action of ['Rescue', 'Evidence', '30 days']) await slack.click({ channel, user: 'U0BOB', action });
    await slack.click({ channel, user: 'U0BOB', action: 'more', value: 'acknowledge' });
    expect(seen.map(({ action }) => action)).toMatchObject([
      { action_id: 'rescue' },
      { type: 'overflow', selected_option: { value: 'evidence' } },
      { type: 'static_select', selected_option: { value: '30' } },
      { type: 'overflow', selected_option: { value: 'acknowledge' } },
    ]);
    const { values } = seen[2]?.body.state ?? {};
    expect(values?.buttons?.window).toMatchObject({ selected_option: { value: '30' } });
  });

  test('hits the newest message that has it, or the very reply named', async () => {
    const { slack, seen } = await noting();
    const client = clientOf(slack);
    const head = String((await client.chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'head' })).ts);
    const reply = await client.chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'r', thread_ts: head });
    await client.chat.postMessage({ channel, text: 'nothing to click' });
    await slack.click({ channel, user: 'alice', action: 'rescue' });
    await slack.click({ channel, ts: head, user: 'alice', action: 'rescue' });
    expect(seen.map(({ body }) => body.container.message_ts)).toEqual([reply.ts, head]);
    expect(seen[0]?.body.container).toMatchObject({ thread_ts: head });
  });

  test('fails where nobody could click', async () => {
    const { slack, seen } = await noting();
    const client = clientOf(slack);
    const ts = String((await client.chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'x' })).ts);
    const click = (fields: Record<string, string>) =>
      slack.click({ channel, ts, user: 'alice', action: 'rescue', ...fields });
    expect(await click({ action: 'Explode' })).toEqual({ ok: false, error: 'no such button: Explode' });
    expect(await click({ user: 'nobody' })).toMatchObject({ ok: false, error: 'no such person: nobody' });
    expect(await click({ user: 'olga' })).toMatchObject({ ok: false });
    await client.chat.update({ channel, ts, text: 'done' });
    expect(await click({})).toEqual({ ok: false, error: 'no such button: rescue' });
    slack.change({ kind: 'deleteMessage', channel, ts });
    expect(await click({})).toMatchObject({ ok: false, error: expect.stringContaining('message_not_found') });
    expect(seen).toEqual([]);
  });

  test('is answered through its response URL, five times', async () => {
    const { slack, seen } = await noting();
    await clientOf(slack).chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'x' });
    await slack.click({ channel, user: 'alice', action: 'rescue' });
    const url = String(seen[0]?.body.response_url);
    const answer = async (body: unknown) => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
      return [response.status, await response.text()];
    };
    expect(await answer({ text: 'not you' })).toEqual([200, 'ok']);
    expect(slack.ephemerals()).toMatchObject([{ user: 'U0ALICE', text: 'not you' }]);
    expect(await answer({ text: 'changed', replace_original: true })).toEqual([200, 'ok']);
    expect(slack.channels()[0]?.messages).toMatchObject([{ text: 'changed' }]);
    await answer({ text: 'all see', response_type: 'in_channel' });
    expect(slack.channels()[0]?.messages).toHaveLength(2);
    await answer({ delete_original: true });
    expect(slack.channels()[0]?.messages).toHaveLength(1);
    expect(await answer({ text: 'five' })).toEqual([200, 'ok']);
    expect(await answer({ text: 'six' })).toEqual([404, 'used_url']);
  });

  test('cannot be answered there after half an hour', async () => {
    const clock = handClock();
    const { slack, seen } = await noting({ clock });
    await clientOf(slack).chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'x' });
    await slack.click({ channel, user: 'alice', action: 'rescue' });
    clock.forward(30 * 60_000 + 1);
    const late = await fetch(String(seen[0]?.body.response_url), { method: 'POST', body: '{"text":"late"}' });
    expect([late.status, await late.text()]).toEqual([404, 'expired_url']);
  });

  test('in an ephemeral message names no message, and can be answered in place', async () => {
    const { slack, seen } = await noting();
    await clientOf(slack).chat.postEphemeral({ channel, user: 'U0BOB', blocks: cardBlocks() as never, text: 'which?' });
    expect(await slack.click({ channel, user: 'alice', action: 'Rescue' })).toMatchObject({ ok: false });
    await slack.click({ channel, user: 'bob', action: 'Rescue' });
    expect(seen[0]?.body.container).toMatchObject({ is_ephemeral: true });
    expect(seen[0]?.body).not.toHaveProperty('message');
    const body = JSON.stringify({ replace_original: true, text: 'that one' });
    await fetch(String(seen[0]?.body.response_url), { method: 'POST', body });
    expect(slack.ephemerals()).toMatchObject([{ text: 'that one', blocks: [] }]);
  });

  test('tells the person when the app refuses, is late, or is not there', async () => {
    const slack = await openSlack();
    const impatient = await openSlack({ acknowledgeMs: 100 });
    for (const one of [slack, impatient])
      await clientOf(one).chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'x' });
    const click = (on = slack) => on.click({ channel, user: 'alice', action: 'rescue' });
    expect(await click()).toMatchObject({ ok: false, error: expect.stringContaining('dispatch_failed') });
    const bodies: { body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
    let status = 401;
    const bot = createServer(async (request, response) => {
      bodies.push({ body: Buffer.concat(await request.toArray()).toString(), headers: request.headers });
      if (status === 0) return;
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', () => resolve()));
    afterwards(async () => {
      bot.close();
      bot.closeAllConnections();
    });
    for (const one of [slack, impatient]) one.deliverTo(`http://127.0.0.1:${(bot.address() as AddressInfo).port}/`);
    expect(await click()).toMatchObject({ ok: false, error: 'http_client_error: HTTP 401' });
    status = 0;
    expect(await click(impatient)).toEqual({ ok: false, error: 'operation_timeout' });

    status = 200;
    await click();
    expect(await slack.replayLast()).toBe(200);
    const [first, again] = bodies.slice(-2);
    expect(again?.body).toBe(first?.body);
    for (const header of ['x-slack-signature', 'x-slack-request-timestamp'])
      expect(again?.headers[header]).toBe(first?.headers[header]);
    const base = `v0:${String(first?.headers['x-slack-request-timestamp'])}:${first?.body}`;
    const signature = createHmac('sha256', signingSecret).update(base).digest('hex');
    expect(first?.headers['x-slack-signature']).toBe(`v0=${signature}`);
  });
});

describe('checkboxes in a message', () => {
  const options = (names: readonly string[]) =>
    names.map((name) => ({ text: { type: 'plain_text', text: name }, value: `id-${name}` }));
  const blocks = (names: readonly string[], type: 'actions' | 'input') => [
    type === 'actions'
      ? {
          type,
          block_id: 'keys',
          elements: [{ type: 'checkboxes', action_id: 'picked', options: options(names) }],
        }
      : {
          type,
          block_id: 'keys',
          label: { type: 'plain_text', text: 'Keys' },
          element: { type: 'checkboxes', action_id: 'picked', options: options(names) },
        },
    {
      type: 'actions',
      block_id: 'buttons',
      elements: [{ type: 'button', action_id: 'rescue', text: { type: 'plain_text', text: 'Rescue selected' } }],
    },
  ];
  const picked = (body: BlockAction | undefined): readonly unknown[] | undefined =>
    body?.state?.values.keys?.picked?.selected_options?.map(({ value }) => value);

  test('each tick reaches the bot with all that are ticked; the button then comes with them, for this person only', async () => {
    const { slack, seen } = await noting();
    const { ts } = await callRaw(slack, 'chat.postMessage', { channel, blocks: blocks(['a', 'b', 'c'], 'actions') });
    const act = { channel, ts: String(ts), user: 'alice' };
    expect(await slack.click({ ...act, action: 'picked', value: ['id-a', 'id-c'] })).toEqual({ ok: true });
    expect(seen[0]?.action).toMatchObject({
      type: 'checkboxes',
      selected_options: [{ value: 'id-a' }, { value: 'id-c' }],
    });
    await slack.click({ ...act, action: 'Rescue selected' });
    expect(picked(seen[1]?.body)).toEqual(['id-a', 'id-c']);
    await slack.click({ ...act, user: 'bob', action: 'Rescue selected' });
    expect(picked(seen[2]?.body)).toEqual([]);
  });

  test('what is ticked outlives an update of the message, and not its own option', async () => {
    const { slack, seen } = await noting();
    const { ts } = await callRaw(slack, 'chat.postMessage', { channel, blocks: blocks(['a', 'b', 'c'], 'actions') });
    const act = { channel, ts: String(ts), user: 'alice' };
    await slack.click({ ...act, action: 'picked', value: ['id-a', 'id-c'] });
    await callRaw(slack, 'chat.update', { channel, ts, blocks: blocks(['c', 'd'], 'actions') });
    await slack.click({ ...act, action: 'Rescue selected' });
    expect(picked(seen[1]?.body)).toEqual(['id-c']);
  });

  test('in an input nothing reaches the bot before the button', async () => {
    const { slack, seen } = await noting();
    const { ts } = await callRaw(slack, 'chat.postMessage', { channel, blocks: blocks(['a', 'b'], 'input') });
    const act = { channel, ts: String(ts), user: 'alice' };
    expect(await slack.click({ ...act, action: 'picked', value: ['id-b'] })).toEqual({ ok: true });
    expect(seen).toEqual([]);
    await slack.click({ ...act, action: 'Rescue selected' });
    expect(picked(seen[0]?.body)).toEqual(['id-b']);
  });

  test('ticked before the button, in one act', async () => {
    const { slack, seen } = await noting();
    const { ts } = await callRaw(slack, 'chat.postMessage', { channel, blocks: blocks(['a', 'b'], 'actions') });
    const act = { channel, ts: String(ts), user: 'alice', action: 'Rescue selected' };
    expect(await slack.click({ ...act, ticked: { picked: ['id-a', 'id-b'] } })).toEqual({ ok: true });
    expect(picked(seen[0]?.body)).toEqual(['id-a', 'id-b']);
    expect(await slack.click({ ...act, ticked: { picked: ['id-z'] } })).toMatchObject({ ok: false });
    expect(await slack.click({ ...act, ticked: { others: ['id-a'] } })).toMatchObject({ ok: false });
    expect(seen).toHaveLength(1);
  });

  test('what is no option is refused', async () => {
    const { slack, seen } = await noting();
    const { ts } = await callRaw(slack, 'chat.postMessage', { channel, blocks: blocks(['a'], 'actions') });
    const act = { channel, ts: String(ts), user: 'alice' };
    expect(await slack.click({ ...act, action: 'picked', value: ['id-z'] })).toMatchObject({ ok: false });
    expect(seen).toEqual([]);
  });
});
