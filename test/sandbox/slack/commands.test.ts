import type { BlockAction, SlashCommand } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import { openSlackWithBot } from './bot.ts';
import { cardBlocks } from './world.ts';

const channel = 'C0INCIDENT';

describe('a slash command', () => {
  test('is answered in its acknowledgement, to the person or the channel', async () => {
    const seen: SlashCommand[] = [];
    const { slack } = await openSlackWithBot((app) =>
      app.command('/kms', async ({ ack, command }) => {
        seen.push(command);
        if (command.text === 'help') await ack('words');
        else await ack({ response_type: 'in_channel', text: 'for all', blocks: cardBlocks() as never });
      }),
    );
    expect(await slack.command({ channel, user: 'gina', text: 'help' })).toEqual({ ok: true, response: 'words' });
    expect(slack.ephemerals()).toMatchObject([{ channel, user: 'U0GINA', text: 'words' }]);
    const answer = await slack.command({ channel: '#incidents', user: 'alice', text: '/kms list all' });
    expect(answer).toMatchObject({ ok: true, response: { text: 'for all' } });
    expect(slack.channels()[0]?.messages).toMatchObject([{ text: 'for all', bot_id: 'B0KEYWARDEN' }]);
    expect(seen[1]).toMatchObject({
      command: '/kms',
      text: 'list all',
      user_id: 'U0ALICE',
      user_name: 'alice',
      channel_id: channel,
      channel_name: 'incidents',
      team_id: 'T0SANDBOX',
      api_app_id: 'A0KEYWARDEN',
    });
  });

  test('shows blocks Slack would refuse as a failure', async () => {
    const { slack } = await openSlackWithBot((app) =>
      app.command('/kms', async ({ ack }) => {
        await ack({ text: 'x', blocks: [{ type: 'section' }] as never });
      }),
    );
    expect(await slack.command({ channel, user: 'alice', text: '' })).toMatchObject({
      ok: false,
      error: 'invalid_blocks',
    });
    expect(slack.ephemerals()).toEqual([]);
  });
});

describe('the Home tab', () => {
  test('is published when opened, and its buttons work', async () => {
    const actions: BlockAction[] = [];
    const { slack } = await openSlackWithBot((app) => {
      app.event('app_home_opened', async ({ event, client }) => {
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: cardBlocks() as never } });
      });
      app.action<BlockAction>('rescue', async ({ ack, body }) => {
        actions.push(body);
        await ack();
      });
    });
    expect(await slack.openHome('alice')).toEqual({ ok: true });
    await expect.poll(() => slack.views()).toMatchObject([{ user: 'U0ALICE', view: { type: 'home' } }]);
    const viewId = String(slack.views()[0]?.id);
    expect(await slack.click({ viewId, user: 'bob', action: 'Rescue' })).toMatchObject({ ok: false });
    expect(await slack.click({ viewId, user: 'alice', action: 'Rescue' })).toEqual({ ok: true });
    expect(actions).toMatchObject([{ container: { type: 'view', view_id: viewId }, view: { id: viewId } }]);
    expect(actions[0]).not.toHaveProperty('response_url');
  });
});
