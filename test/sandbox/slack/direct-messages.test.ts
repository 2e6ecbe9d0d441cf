import type { BlockAction } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import type { SlackWorld } from '../../../src/sandbox/world.ts';
import { openSlackWithBot } from './bot.ts';
import { callRaw, cardBlocks, clientOf, openSlack } from './world.ts';

const direct = (slack: SlackWorld) => slack.channels().filter(({ id }) => id.startsWith('D'));
const openWith = async (slack: SlackWorld, users = 'U0BOB'): Promise<string> =>
  String((await clientOf(slack).conversations.open({ users })).channel?.id);

describe('a direct message', () => {
  test('is listed once somebody opened it: looking at the Home tab does not', async () => {
    const { slack } = await openSlackWithBot((app) => {
      app.event('app_home_opened', async () => undefined);
    });
    expect(await slack.openHome('bob')).toMatchObject({ ok: true });
    expect(direct(slack)).toEqual([]);
    expect(await callRaw(slack, 'conversations.list', { types: 'im' })).toMatchObject({ channels: [] });
    const opened = await callRaw(slack, 'conversations.open', { users: 'U0BOB' });
    expect(opened).toEqual({ ok: true, channel: { id: expect.stringMatching(/^D[A-Z0-9]{8,}$/) } });
    expect(direct(slack)).toMatchObject([{ name: '@bob', messages: [] }]);
    expect(await callRaw(slack, 'conversations.open', { users: 'U0BOB' })).toEqual({
      ...opened,
      no_op: true,
      already_open: true,
    });
  });
  test('is opened by a post to the person, without im:write', async () => {
    const slack = await openSlack({ scopes: ['chat:write'] });
    const posted = await clientOf(slack).chat.postMessage({ channel: 'U0BOB', text: 'wake up' });
    expect(direct(slack)).toMatchObject([{ id: posted.channel, name: '@bob', messages: [{ text: 'wake up' }] }]);
    expect(await callRaw(slack, 'conversations.open', { users: 'U0BOB' })).toMatchObject({
      error: 'missing_scope',
      needed: 'im:write',
    });
  });
  test('takes posts, threads, updates, ephemeral messages and files by its id', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    const channel = await openWith(slack);
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'first', blocks: cardBlocks() as never });
    await client.chat.postMessage({ channel, text: 'reply', thread_ts: ts });
    await client.chat.update({ channel, ts, text: 'changed' });
    await client.chat.postEphemeral({ channel, user: 'U0BOB', text: 'only now' });
    await client.filesUploadV2({ channel_id: channel, filename: 'a.md', content: 'x' });
    expect(direct(slack)).toMatchObject([
      { messages: [{ text: 'changed', replies: [{ text: 'reply' }] }, { files: [{ name: 'a.md' }] }] },
    ]);
    expect(slack.ephemerals()).toMatchObject([{ channel, user: 'U0BOB', text: 'only now' }]);
    // By the person's id there is nothing to update (python-slack-sdk issue 528), and nobody else is in it.
    expect(await callRaw(slack, 'chat.update', { channel: 'U0BOB', ts, text: 'x' })).toMatchObject({
      error: 'channel_not_found',
    });
    expect(await callRaw(slack, 'chat.postEphemeral', { channel, user: 'U0ALICE', text: 'x' })).toMatchObject({
      error: 'user_not_in_channel',
    });
  });
  test('cannot be read back without im:history', async () => {
    const slack = await openSlack();
    const channel = await openWith(slack);
    const { ts } = await clientOf(slack).chat.postMessage({ channel, text: 'x' });
    const missing = { ok: false, error: 'missing_scope', needed: 'im:history' };
    expect(await callRaw(slack, 'conversations.history', { channel })).toMatchObject(missing);
    expect(await callRaw(slack, 'conversations.replies', { channel, ts })).toMatchObject(missing);
    const reader = await openSlack({ scopes: ['chat:write', 'im:write', 'im:history'] });
    const own = await openWith(reader);
    await clientOf(reader).chat.postMessage({ channel: own, text: 'x' });
    expect(await callRaw(reader, 'conversations.history', { channel: own })).toMatchObject({
      messages: [{ text: 'x' }],
    });
  });
  test('is clicked by its person only', async () => {
    const seen: BlockAction[] = [];
    const { slack } = await openSlackWithBot((app) => {
      app.action<BlockAction>(/.*/, async ({ ack, body }) => {
        seen.push(body);
        await ack();
      });
    });
    const channel = await openWith(slack);
    const { ts = '' } = await clientOf(slack).chat.postMessage({ channel, text: 'x', blocks: cardBlocks() as never });
    expect(await slack.click({ channel, ts, user: 'bob', action: 'rescue' })).toEqual({ ok: true });
    expect(seen).toMatchObject([
      { channel: { id: channel, name: 'directmessage' }, container: { message_ts: ts, channel_id: channel } },
    ]);
    expect(await slack.click({ channel, ts, user: 'alice', action: 'rescue' })).toMatchObject({
      ok: false,
      error: expect.stringContaining('user_not_in_channel'),
    });
    // Without a place, what somebody does not see is not found.
    expect(await slack.click({ user: 'alice', action: 'rescue' })).toEqual({
      ok: false,
      error: 'no such button: rescue',
    });
    expect(await slack.click({ user: 'bob', action: 'rescue' })).toEqual({ ok: true });
    expect(seen).toHaveLength(2);
  });
});

describe('nobody is reached', () => {
  test.each([
    ['with the Messages tab off', 'U0BOB', 'messages_tab_disabled'],
    ['who is the bot itself', 'U0KEYWARDEN', 'cannot_dm_bot'],
    ['who does not exist', 'U0NOBODY', 'channel_not_found'],
  ])('%s', async (_name, user, error) => {
    const slack = await openSlack();
    slack.change({ kind: 'switchMessagesTab', on: false });
    expect(await callRaw(slack, 'chat.postMessage', { channel: user, text: 'x' })).toMatchObject({ ok: false, error });
    expect(direct(slack)).toEqual([]);
    slack.change({ kind: 'switchMessagesTab', on: true });
    expect(await callRaw(slack, 'chat.postMessage', { channel: 'U0BOB', text: 'x' })).toMatchObject({ ok: true });
  });
  test('who is deactivated, and Slack says so only where a conversation is opened', async () => {
    const slack = await openSlack();
    expect(await callRaw(slack, 'conversations.open', { users: 'U0OLGA' })).toMatchObject({ error: 'user_disabled' });
    expect(await callRaw(slack, 'chat.postMessage', { channel: 'U0OLGA', text: 'x' })).toMatchObject({ ok: true });
  });
  test('by opening nothing, somebody unknown, a bot or a group', async () => {
    const slack = await openSlack();
    const open = (fields: Record<string, string>) => callRaw(slack, 'conversations.open', fields);
    expect(await open({})).toMatchObject({ error: 'users_list_not_supplied' });
    expect(await open({ users: 'U0NOBODY' })).toMatchObject({ error: 'user_not_found' });
    expect(await open({ users: 'U0KEYWARDEN' })).toMatchObject({ error: 'cannot_dm_bot' });
    expect(await open({ users: 'U0BOB,U0ALICE' })).toMatchObject({ error: 'missing_scope', needed: 'mpim:write' });
  });
});
