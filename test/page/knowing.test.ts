/**
 * What nobody tells at three in the morning, on the sandbox's page: whether the bot can still cancel, which of sixty keys matters, that a
 * replica dies where nobody looks, that a key is enabled and its grants are gone, that nobody knows of its use. Each story has a world of
 * its own: what one person does to many keys is one wave.
 */
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseKeyArn } from '../../src/domain/ids.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Caller } from '../../src/sandbox/world.ts';
import { closeWindows, startBrowser, Window } from './browser.ts';

/** A window of seven days lasts seven minutes: nobody's last day begins in the middle of a story. */
const dayMs = 60_000;
const ACCOUNT = '111122223333';
const keyAdmin: Caller = { principal: 'key-admin', account: ACCOUNT, region: 'us-west-2' };
const mallory: Caller = { ...keyAdmin, principal: 'mallory' };

let sandbox: Sandbox;
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
beforeEach(async () => {
  sandbox = await startSandbox({ port: 0, sandboxPort: 0, dayMs });
}, 60_000);
afterEach(async () => {
  await closeWindows(browser);
  await sandbox?.stop();
});
afterAll(() => browser?.close());

/** High enough for the longest card: what is said there is to be read at one glance. */
async function open(as: string, scheme?: 'light' | 'dark'): Promise<Window> {
  const window = await Window.open(browser, sandbox.url, as, scheme);
  await window.page.setViewportSize({ width: 1280, height: 1500 });
  return window;
}

const arnOf = (alias: string, region = 'us-west-2'): string =>
  String(
    sandbox.aws.keys().find(({ Arn, aliases }) => aliases.includes(`alias/${alias}`) && String(Arn).includes(region))
      ?.Arn,
  );
const stateOf = (arn: string): string => String(sandbox.aws.keys().find(({ Arn }) => Arn === arn)?.KeyState ?? 'gone');
const becomes = (arn: string, state: string): Promise<void> =>
  expect.poll(() => stateOf(arn), { timeout: 30_000 }).toBe(state);

async function call(operation: string, body: Readonly<Record<string, unknown>>, caller: Caller): Promise<void> {
  expect(await sandbox.aws.call(operation, body, caller), operation).toMatchObject({ status: 200 });
}

/** A reminder in the open channel that says these words about an alias. */
const reminder = (window: Window, alias: string, words: string | RegExp): Locator =>
  window.page.locator('article', { hasText: 'Reminder' }).filter({ hasText: alias }).filter({ hasText: words }).last();

/** Waits until a card says something. */
const says = (card: Locator, words: RegExp | string, timeout = 20_000): Promise<void> =>
  expect.poll(() => card.textContent(), { timeout }).toMatch(words);

/** Resolves once the bot knows a key with so many grants as its last good shape. */
async function remembersGrants(arn: string, count: number): Promise<void> {
  const key = parseKeyArn(arn);
  if (key === undefined) throw new Error(`${arn} is no key's ARN`);
  const grants = async (): Promise<number | undefined> => {
    const good = await sandbox.bot.house.shapes.good(key);
    return good?.grants.kind === 'known' ? good.grants.value.listed.length : undefined;
  };
  await expect.poll(grants, { timeout: 60_000 }).toBe(count);
}

/** Resolves once the bot has read so many keys of this name as enabled. */
async function seesEnabled(prefix: string, count: number): Promise<void> {
  const { index, keys } = sandbox.bot.house;
  const seen = async (): Promise<number> => {
    let enabled = 0;
    for (const place of keys.places())
      for await (const page of index.scan(place))
        for (const { memory } of page)
          if (memory.state === 'Enabled' && memory.aliases.some((alias) => alias.startsWith(prefix))) enabled += 1;
    return enabled;
  };
  await expect.poll(seen, { timeout: 30_000 }).toBe(count);
}

/** Says yes to what a button asks first. */
async function confirm(window: Window, button: string): Promise<void> {
  await window.page.locator('dialog').getByRole('button', { name: button, exact: true }).click();
}

test('the policy is closed first, then the deletion scheduled: the card says so before anybody presses in vain', async () => {
  const alice = await open('alice');
  await alice.inAws('customer-records', 'Shut rescues out');
  const card = alice.card('alias/customer-records');
  await card.waitFor();
  await says(card, /Can we cancel\? no/);
  await alice.shoot('knowing-shut-out-enabled', card);
  await alice.inAws('customer-records', 'Schedule deletion');
  await card.getByText('Key scheduled for deletion').waitFor();
  // Since when and by whom, and who may still put it right.
  await says(card, /Can we cancel\? no/);
  await says(card, /mallory/);
  await says(card, /nothing else seen so far/);
  await says(card, /role\/Admins/);
  const loud = reminder(alice, 'customer-records', 'Can we cancel? no');
  await loud.waitFor({ timeout: 20_000 });
  expect(await loud.textContent()).toContain('oncall');
  await card.scrollIntoViewIfNeeded();
  await alice.shoot('knowing-shut-out', card);
  await loud.scrollIntoViewIfNeeded();
  await alice.shoot('knowing-shut-out-reminder');
  // Whoever may still do it puts the policy right: the answer changes, and the rescue works.
  await alice.inAws('customer-records', 'Put its policy right', 'key-admin');
  await says(card, /Can we cancel\? yes/, 30_000);
  await card.getByRole('button', { name: 'Rescue' }).click();
  await becomes(arnOf('customer-records', 'eu-west-1'), 'Enabled');
}, 120_000);

test('a wave of sixty with one crown jewel: one card, worst first, some rescued by name and the rest at once', async () => {
  const alice = await open('alice');
  const shards = alice.page.locator('form.shards');
  await shards.getByRole('button', { name: 'Make', exact: true }).click();
  await shards.locator('output').filter({ hasText: 'Make ✓' }).waitFor({ timeout: 20_000 });
  // A rescue brings back what the bot has seen.
  await seesEnabled('alias/shard-', 60);
  await shards.getByRole('button', { name: 'Schedule all shards' }).click();
  await shards.locator('output').filter({ hasText: 'Schedule all shards ✓' }).waitFor({ timeout: 20_000 });
  await alice.inAws('keywarden-storage', 'Schedule deletion');
  const wave = alice.page.locator('li.entry > article', { has: alice.page.locator('h3', { hasText: 'Wave' }) }).last();
  // Those that the sweep finds first have no name so far, and stand there as well; so does what came in the same minute.
  await says(wave, /6[12] keys in danger, Keywarden depends on one of them/, 40_000);
  // The key the bot stands on comes first, keeps a card of its own, and was told to everybody at once.
  await says(wave, /Worst first.*alias\/keywarden-storage/s);
  await says(alice.card('alias/keywarden-storage'), /Keywarden depends on this key/);
  await reminder(alice, 'keywarden-storage', 'Keywarden depends on it').waitFor();
  await wave.scrollIntoViewIfNeeded();
  await alice.shoot('knowing-wave', wave);
  await alice.shoot('knowing-wave-jewel', alice.card('alias/keywarden-storage'));
  // Few messages: those that were there before it was a wave, the wave's card, and the jewel's.
  const messages = sandbox.slack.channels().find(({ id }) => id === 'C0INCIDENT')?.messages ?? [];
  expect(messages.length).toBeLessThanOrEqual(8);
  await wave.getByLabel('alias/keywarden-storage · us-west-2').check();
  await wave.getByRole('button', { name: 'Rescue selected' }).click();
  await becomes(arnOf('keywarden-storage'), 'Enabled');
  await says(wave, /6[01] of 6[12] keys still in danger/, 30_000);
  await wave.getByRole('button', { name: 'Next' }).click();
  await says(wave, /page 2 of 7/);
  expect(await wave.getByRole('checkbox', { checked: true }).count()).toBe(0);
  await alice.shoot('knowing-wave-page-two', wave);
  await wave.getByRole('button', { name: /Rescue all/ }).click();
  await confirm(alice, 'Rescue all');
  await says(wave, /being rescued/);
  await alice.shoot('knowing-wave-progress', wave);
  await says(wave, /Wave over: 6[12] keys out of danger/, 120_000);
  expect(
    sandbox.aws.keys().filter(({ KeyState, aliases }) => KeyState !== 'Enabled' && aliases[0]?.includes('shard')),
  ).toEqual([]);
  await alice.shoot('knowing-wave-over', wave);
}, 240_000);

test('a family with one replica in a Region that nobody watches: one card, and not green without it', async () => {
  const alice = await open('alice', 'dark');
  const primary = arnOf('ledger');
  await call('ReplicateKey', { KeyId: primary, ReplicaRegion: 'ap-southeast-2' }, keyAdmin);
  const replica = primary.replace('us-west-2', 'eu-west-1');
  const unwatched = primary.replace('us-west-2', 'ap-southeast-2');
  await becomes(unwatched, 'Enabled');
  for (const arn of [unwatched, replica, primary])
    await call(
      'ScheduleKeyDeletion',
      { KeyId: arn, PendingWindowInDays: 7 },
      { ...mallory, region: arn.split(':')[3] ?? '' },
    );
  const card = alice.card('alias/ledger');
  await card.waitFor();
  await says(card, /Family/);
  await says(card, /ap-southeast-2 \(replica\): nobody watches this Region/);
  await says(card, /eu-west-1 \(replica\): PendingDeletion/);
  await says(card, /us-west-2 \(primary\): PendingReplicaDeletion/);
  await alice.shoot('knowing-family', card);
  expect(await alice.page.locator('li.entry > article h3', { hasText: 'ledger' }).count()).toBe(1);
  await card.getByRole('button', { name: 'Rescue' }).first().click();
  for (const arn of [primary, replica]) await becomes(arn, 'Enabled');
  expect(stateOf(unwatched)).toBe('PendingDeletion');
  await says(card, /not known in ap-southeast-2/, 30_000);
  expect(await card.locator('h3').textContent()).not.toContain('🟢');
  await alice.shoot('knowing-family-rescued', card);
}, 120_000);

test('a rescue that ends amber because a grant is gone, and green when it is back', async () => {
  const alice = await open('alice', 'dark');
  const arn = arnOf('payments-prod');
  await alice.inAws('payments-prod', 'Grant to a database', 'key-admin');
  await remembersGrants(arn, 1);
  await alice.inAws('payments-prod', 'Revoke its grants');
  await alice.inAws('payments-prod', 'Schedule deletion');
  const card = alice.card('alias/payments-prod');
  await card.getByText('Key scheduled for deletion').waitFor();
  await card.getByRole('button', { name: 'Rescue' }).click();
  await becomes(arn, 'Enabled');
  await says(card, /grant/i, 30_000);
  expect(await card.textContent()).not.toContain('Key restored and verified');
  await card.scrollIntoViewIfNeeded();
  await alice.shoot('knowing-amber', card);
  await alice.inAws('payments-prod', 'Grant to a database', 'key-admin');
  await card.getByText('Key restored and verified').waitFor({ timeout: 60_000 });
  await alice.shoot('knowing-amber-green', card);
}, 180_000);

test('a key from before KMS kept track of its use: unknown, and never called unused', async () => {
  const alice = await open('alice');
  await sandbox.aws.kms.seed(
    { Description: 'Nobody knows who uses it' },
    { account: ACCOUNT, region: 'us-west-2' },
    { createdAt: Date.parse('2024-05-01T00:00:00Z'), aliases: ['alias/mainframe-exports'] },
  );
  await alice.inAws('mainframe-exports', 'Schedule deletion');
  const card = alice.card('alias/mainframe-exports');
  await card.getByText('Key scheduled for deletion').waitFor();
  await says(card, /Last success.*not known/s);
  await says(card, /CloudTrail shows none/);
  expect(await card.textContent()).not.toMatch(/never used|unused\b/i);
  await card.scrollIntoViewIfNeeded();
  await alice.shoot('knowing-unknown-use', card);
}, 90_000);
