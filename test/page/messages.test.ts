/** What the page shows of Slack beside cards: pictures, direct messages, replies sent to the channel, menus; and the pager. */
import type { BlockAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import Fastify from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { serveControl } from '../../src/sandbox/control.ts';
import { guardDoor } from '../../src/sandbox/guard.ts';
import { serveChanges } from '../../src/sandbox/page/live.ts';
import { servePage } from '../../src/sandbox/page/routes.ts';
import type { AwsWorld, SlackWorld, WorldEvent } from '../../src/sandbox/world.ts';
import { pngOf } from '../sandbox/picture.ts';
import { openSlackWithBot } from '../sandbox/slack/bot.ts';
import { afterwards, cardBlocks, clientOf } from '../sandbox/slack/world.ts';
import { closeWindows, startBrowser, Window } from './browser.ts';

const channel = 'C0INCIDENT';
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterEach(() => closeWindows(browser));
afterAll(() => browser?.close());

interface World {
  readonly url: string;
  readonly slack: SlackWorld;
  readonly client: WebClient;
  readonly clicks: BlockAction[];
  /** Something happens in AWS. */
  readonly happen: (event: WorldEvent) => void;
}

/** A page on an emulated Slack, with a bot that only listens, and an AWS in which nothing happens by itself. */
async function openWorld(): Promise<World> {
  const clicks: BlockAction[] = [];
  const { slack } = await openSlackWithBot((app) => {
    app.event('app_home_opened', async () => undefined);
    app.action<BlockAction>(/.*/, async ({ ack, body }) => {
      clicks.push(body);
      await ack();
    });
  });
  const events: WorldEvent[] = [];
  const listeners = new Set<(event: WorldEvent) => void>();
  const aws: Pick<AwsWorld, 'keys' | 'events' | 'onEvent'> = {
    keys: () => [],
    events: () => events,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const scene = {
    slack,
    aws: aws as AwsWorld,
    now: Date.now,
    dayMs: 30_000,
    people: [
      { id: 'U0ALICE', handle: 'alice', duty: 'responder' },
      { id: 'U0BOB', handle: 'bob', duty: 'approver' },
    ],
    userGroups: [],
    accountNames: new Map<string, string>(),
    botUrl: '',
    cancelled: new Set<string>(),
    errors: new Map(),
  };
  const server = Fastify({ forceCloseConnections: true });
  guardDoor(server);
  servePage(server, scene);
  serveChanges(server, scene);
  serveControl(server, { scene, redisUrl: '', totpSecrets: new Map() });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  afterwards(() => server.close());
  const happen = (event: WorldEvent): void => {
    events.push(event);
    for (const listener of listeners) listener(event);
  };
  return { url, slack, client: clientOf(slack), clicks, happen };
}

/** Uploads a picture and shares it with nobody. */
async function staged(client: WebClient, png: Buffer): Promise<string> {
  const { files } = await client.filesUploadV2({ filename: 'countdown.png', file: png });
  return files[0]?.files?.[0]?.id ?? '';
}

/** Whether the browser has loaded and drawn a picture. */
const isDrawn = (window: Window, alt: string): Promise<unknown> =>
  window.page
    .getByAltText(alt)
    .last()
    .evaluate((image: { complete: boolean; naturalWidth: number }) => image.complete && image.naturalWidth > 0);

test('a menu stays open and a press counts while the message grows around them', async () => {
  const { url, client, clicks } = await openWorld();
  const alice = await Window.open(browser, url, 'alice');
  const grown = (lines: number): object[] => [
    ...Array.from({ length: lines }, (_, index) => ({
      type: 'section',
      text: { type: 'mrkdwn', text: `line ${index + 1}` },
    })),
    {
      type: 'actions',
      elements: [
        { type: 'button', action_id: 'rescue', text: { type: 'plain_text', text: 'Rescue' }, value: 'one' },
        {
          type: 'overflow',
          action_id: 'more',
          options: [{ text: { type: 'plain_text', text: 'Acknowledge' }, value: 'acknowledge' }],
        },
      ],
    },
    { type: 'context', elements: [{ type: 'mrkdwn', text: `${lines} lines` }] },
  ];
  const { ts = '' } = await client.chat.postMessage({ channel, text: 'Card', blocks: grown(1) as never });
  const grow = (lines: number): Promise<unknown> =>
    client.chat.update({ channel, ts, text: 'Card', blocks: grown(lines) as never });
  const card = alice.page.locator('article', { hasText: 'line 1' });
  await card.getByLabel('More actions').click();
  await grow(3);
  await card.getByText('3 lines').waitFor();
  await card.getByRole('menuitem', { name: 'Acknowledge' }).click();
  await expect.poll(() => clicks.map(({ actions: [action] }) => action?.action_id)).toEqual(['more']);

  await card.getByRole('button', { name: 'Rescue' }).hover();
  await alice.page.mouse.down();
  const told = alice.page.waitForResponse(/page\/pieces/);
  await grow(9);
  await told;
  await alice.page.mouse.up();
  await card.getByText('9 lines').waitFor();
  await expect.poll(() => clicks.map(({ actions: [action] }) => action?.action_id)).toEqual(['more', 'rescue']);
});

test('pictures stand in messages and beside them, in light and dark, and the newest stays in sight', async () => {
  const { url, client } = await openWorld();
  const png = pngOf(900, 420);
  const alice = await Window.open(browser, url, 'alice');
  const dark = await Window.open(browser, url, 'alice', 'dark');
  for (const text of ['one', 'two', 'three']) await client.chat.postMessage({ channel, text });
  const { ts = '' } = await client.chat.postMessage({
    channel,
    text: 'Digest',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: 'Digest: what dies when' } },
      {
        type: 'image',
        alt_text: 'Seven bars, the longest ends on Friday',
        title: { type: 'plain_text', text: 'Countdown' },
        slack_file: { id: await staged(client, png) },
      },
    ],
  });
  await client.filesUploadV2({
    channel_id: channel,
    thread_ts: ts,
    filename: 'chart.png',
    file: pngOf(300, 120, [0x36, 0xc1, 0x90]),
    title: 'Chart',
    initial_comment: 'The same, small',
  });
  for (const window of [alice, dark]) {
    await window.page.getByAltText('Seven bars').waitFor();
    await expect.poll(() => isDrawn(window, 'Seven bars'), { timeout: 10_000 }).toBe(true);
    await window.page.locator('.file img').waitFor();
    await expect
      .poll(() => window.page.locator('#scroll').evaluate(distanceToEnd), { timeout: 10_000 })
      .toBeLessThan(2);
  }
  const box = await alice.page.getByAltText('Seven bars').boundingBox();
  const room = await alice.page.locator('#scroll').boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((room?.x ?? 0) + (room?.width ?? 0));
  expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(900 / 420, 1);
  await alice.shoot('pictures');
  await dark.shoot('pictures-dark');
  expect([...alice.complaints, ...dark.complaints]).toEqual([]);
});

/** How far a list is from its end, in pixels. Runs in the browser. */
const distanceToEnd = (list: { scrollHeight: number; scrollTop: number; clientHeight: number }): number =>
  list.scrollHeight - list.scrollTop - list.clientHeight;

test('a direct message appears with its person alone, and its buttons work', async () => {
  const { url, client, clicks } = await openWorld();
  const bob = await Window.open(browser, url, 'bob');
  const alice = await Window.open(browser, url, 'alice', 'dark');
  await bob.goTo('home');
  expect(await bob.page.locator('#places [data-place^="D"]').count()).toBe(0);
  await client.chat.postMessage({ channel: 'U0BOB', text: 'The last day has begun', blocks: cardBlocks() as never });
  const place = bob.page.locator('#places [data-place^="D"]');
  await place.click();
  await bob.page.locator('article').getByRole('button', { name: 'Rescue' }).click();
  await expect.poll(() => clicks.length, { timeout: 5_000 }).toBe(1);
  expect(clicks[0]).toMatchObject({ user: { id: 'U0BOB' }, channel: { name: 'directmessage' } });
  await bob.type('/kms help');
  await bob.page.getByText('Commands are typed in a channel').waitFor();
  await bob.shoot('direct-message');
  expect(await alice.page.locator('#places [data-place^="D"]').count()).toBe(0);
  // Whoever becomes somebody else leaves what was theirs.
  await bob.become('alice');
  await bob.page.locator(`#places [data-place="${channel}"][aria-current]`).waitFor();
  await expect.poll(() => bob.page.locator('#scroll').textContent()).not.toContain('The last day');
  expect([...alice.complaints, ...bob.complaints]).toEqual([]);
});

test('a reply sent to the channel stands in its flow, and its buttons work there', async () => {
  const { url, client, clicks } = await openWorld();
  const { ts: thread_ts = '' } = await client.chat.postMessage({ channel, text: 'Key scheduled for deletion' });
  const reply = { channel, thread_ts, text: 'Reminder', blocks: cardBlocks() as never };
  const { ts } = await client.chat.postMessage({ ...reply, reply_broadcast: true });
  await client.chat.postMessage({ channel, text: 'the next card' });
  const alice = await Window.open(browser, url, 'alice');
  const entries = alice.page.locator('li.entry');
  expect(await entries.count()).toBe(3);
  const broadcast = entries.nth(1);
  expect(await broadcast.textContent()).toContain('replied to: Key scheduled for deletion');
  await broadcast.getByRole('button', { name: 'Rescue' }).click();
  await expect.poll(() => clicks.length, { timeout: 5_000 }).toBe(1);
  expect(clicks[0]?.container.message_ts).toBe(ts);
  await alice.shoot('broadcast');
  expect(alice.complaints).toEqual([]);
});

test('a menu at home reaches the bot, asks first where it should, and is one person’s own', async () => {
  const { url, slack, client, clicks } = await openWorld();
  const text = (words: string) => ({ type: 'plain_text' as const, text: words });
  const options = ['All accounts', 'shop', 'analytics'].map((name) => ({ text: text(name), value: name }));
  const confirm = { title: text('Sure?'), text: text('It hides keys.'), confirm: text('Filter'), deny: text('Leave') };
  const menu = { type: 'static_select' as const, placeholder: text('Account'), options };
  for (const user_id of ['U0ALICE', 'U0BOB'])
    await client.views.publish({
      user_id,
      view: {
        type: 'home',
        blocks: [
          { type: 'header', text: text('The countdown board') },
          {
            type: 'actions',
            elements: [
              { ...menu, action_id: 'account', initial_option: { text: text('All accounts'), value: 'All accounts' } },
              { ...menu, action_id: 'careful', placeholder: text('Carefully'), confirm },
              { type: 'button', action_id: 'next', text: text('Next page') },
            ],
          },
        ],
      },
    });
  const alice = await Window.open(browser, url, 'alice', 'dark');
  await alice.goTo('home');
  await alice.page.getByLabel('Account').selectOption('analytics');
  await expect.poll(() => clicks.length, { timeout: 5_000 }).toBe(1);
  expect(clicks[0]?.actions).toMatchObject([{ action_id: 'account', selected_option: { value: 'analytics' } }]);
  await alice.page.getByLabel('Carefully').selectOption('shop');
  const dialog = alice.page.locator('dialog');
  await dialog.getByText('It hides keys.').waitFor();
  await dialog.getByRole('button', { name: 'Leave' }).click();
  await expect.poll(() => alice.page.getByLabel('Carefully').inputValue()).toBe('');
  await alice.page.getByRole('button', { name: 'Next page' }).click();
  await expect.poll(() => clicks.length, { timeout: 5_000 }).toBe(2);
  expect(clicks[1]?.actions).toMatchObject([{ action_id: 'next' }]);
  await alice.shoot('home-menu-dark');
  expect(slack.views()).toHaveLength(2);
  await alice.become('bob');
  expect(await alice.page.getByLabel('Account').inputValue()).toBe('All accounts');
  expect(alice.complaints).toEqual([]);
});

test('the pager rings beside whatever is looked at, and says what it is about', async () => {
  const { url, happen } = await openWorld();
  const told = (id: string, state: 'open' | 'over', summary: string): void => {
    const at = new Date().toISOString();
    happen({ at, source: 'pager', detail: { id, state, kind: 'unposted', summary, at } });
  };
  const alice = await Window.open(browser, url, 'alice');
  const tab = alice.page.locator('#tabs a', { hasText: 'pager' });
  expect(await tab.textContent()).toBe('pager');
  told('a', 'open', 'Slack has not taken the reminder of alias/payments-prod for 5 minutes');
  told('b', 'open', 'The account shop cannot be read in us-west-2');
  await expect.poll(() => tab.textContent(), { timeout: 5_000 }).toBe('pager2');
  told('a', 'over', 'Slack takes messages again');
  await expect.poll(() => tab.textContent(), { timeout: 5_000 }).toBe('pager1');
  await tab.click();
  await alice.page.locator('.page.open').waitFor();
  expect(await alice.page.locator('.page').allTextContents()).toEqual([
    expect.stringMatching(/^openThe account shop cannot be read/),
    expect.stringMatching(/^overSlack takes messages again/),
  ]);
  await alice.shoot('pager');
  const dark = await Window.open(browser, url, 'alice', 'dark');
  await dark.page.locator('#tabs a', { hasText: 'events' }).click();
  await dark.page.getByText('over · Slack takes messages again').waitFor();
  await dark.shoot('pager-events-dark');
  expect([...alice.complaints, ...dark.complaints]).toEqual([]);
});
