import { expect, test } from 'vitest';
import { drawBlocks } from '../../../src/sandbox/page/blocks.ts';
import { print } from '../../../src/sandbox/page/html.ts';
import { drawPieces } from '../../../src/sandbox/page/pieces.ts';
import { type Scene, sightsIn } from '../../../src/sandbox/page/scene.ts';
import { readSight } from '../../../src/sandbox/page/sight.ts';
import type { AwsWorld, SlackWorld } from '../../../src/sandbox/world.ts';
import { clientOf, openSlack } from '../slack/world.ts';

/** Nothing happens in AWS. */
const quietAws = { keys: () => [], events: () => [] } as unknown as AwsWorld;

function drawnFor(slack: SlackWorld, handle: string, place = ''): Record<'places' | 'title' | 'scroll', string> {
  const scene = {
    slack,
    aws: quietAws,
    dayMs: 1,
    people: [
      { id: 'U0ALICE', handle: 'alice', duty: 'responder' },
      { id: 'U0BOB', handle: 'bob', duty: 'approver' },
    ],
    userGroups: [],
    accountNames: new Map(),
    cancelled: new Set<string>(),
    errors: new Map(),
  } as unknown as Scene;
  const pieces = drawPieces(scene, readSight(new URLSearchParams({ as: handle, place }), sightsIn(scene)));
  return { places: print(pieces.places), title: print(pieces.title), scroll: print(pieces.scroll) };
}

test('direct messages stand in the list of their person alone, once there are any', async () => {
  const slack = await openSlack();
  await slack.openHome('bob');
  expect(drawnFor(slack, 'bob').places).not.toContain('Messages');
  const { channel = '' } = await clientOf(slack).chat.postMessage({ channel: 'U0BOB', text: 'The last day has begun' });
  const own = drawnFor(slack, 'bob', channel);
  expect(own.places).toContain(`data-place="${channel}" aria-current="true">✉ Messages`);
  expect(own.title).toBe('Keywarden · Messages');
  expect(own.scroll).toContain('The last day has begun');
  const others = drawnFor(slack, 'alice', channel);
  expect(others.places).not.toContain(channel);
  expect(others.places).toContain('data-place="C0INCIDENT" aria-current="true"');
  expect(others.scroll).not.toContain('The last day');
});

test('a reply that was sent to the channel stands in its flow too, and says what it answers', async () => {
  const slack = await openSlack();
  const { chat } = clientOf(slack);
  const post = (text: string, more = {}) => chat.postMessage({ channel: 'C0INCIDENT', text, ...more });
  const { ts: thread_ts } = await post('Key scheduled for deletion\nand more');
  await post('another card');
  await post('only in the thread', { thread_ts });
  await post('Reminder: two days', { thread_ts, reply_broadcast: true });
  await post('the newest card');
  const { scroll } = drawnFor(slack, 'alice');
  const entries = scroll.split('class="entry"').slice(1);
  expect(entries).toHaveLength(4);
  expect(entries[0]).toMatch(/Also sent to the channel[\s\S]*Reminder: two days/);
  expect(entries[1]).toContain('another card');
  expect(entries[2]).toMatch(/replied to:[\s\S]*Key scheduled for deletion[\s\S]*Reminder: two days/);
  expect(entries[2]).not.toContain('and more');
  expect(entries[3]).toContain('the newest card');
  expect(scroll.match(/only in the thread/g)).toHaveLength(1);
});

test('a menu that acts at once has a name, and cannot be put back to nothing', () => {
  const options = [{ text: { type: 'plain_text', text: 'shop' }, value: 'shop' }];
  const placeholder = { type: 'plain_text', text: 'Account' };
  const menu = { type: 'static_select', action_id: 'account', placeholder, options };
  const html = print(
    drawBlocks([{ type: 'actions', elements: [menu] }], {
      standing: { viewId: 'V1' },
      names: { users: new Map(), channels: new Map(), userGroups: new Map() },
    }),
  );
  expect(html).toContain('aria-label="Account"');
  expect(html).toMatch(/<option (?=[^>]*value="")(?=[^>]*disabled)[^>]*>Account</);
});
