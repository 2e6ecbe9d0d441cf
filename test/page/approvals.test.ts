/** What people see of a destructive request: asked for, agreed to, and everything that must not pass. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { WorldEvent } from '../../src/sandbox/world.ts';
import { holdTurn } from '../approvals/given.ts';
import { shiftedClock } from '../harness.ts';
import { startBrowser, Window } from './browser.ts';

/** Long enough that no key dies while the clock is moved past a request's thirty minutes. */
const dayMs = 600_000;
const channel = 'C0INCIDENT';
const clock = shiftedClock();

let sandbox: Sandbox;
let browser: Browser;
let alice: Window;
let bob: Window;
/** His second window stays at home. */
let bobInTheDark: Window;
const windows: Window[] = [];
const events: WorldEvent[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, sandboxPort: 0, dayMs, clock });
  sandbox.aws.onEvent((event) => events.push(event));
  browser = await startBrowser();
  alice = await open('alice');
  bob = await open('bob');
  bobInTheDark = await open('bob', 'dark');
});
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
});

async function open(as: string, scheme?: 'light' | 'dark'): Promise<Window> {
  const window = await Window.open(browser, sandbox.url, as, scheme);
  windows.push(window);
  return window;
}

/** How often KMS carried an operation out since everything stands, by the emulated CloudTrail. */
const carriedOut = (operation: string): number =>
  events
    .filter(({ source, detail }) => source === 'cloudtrail' && detail.eventName === operation)
    .filter(({ detail }) => detail.errorCode === undefined).length;

/** Reads a code nobody has used yet: time moves on by a step. */
async function withCode(window: Window, fields: Readonly<Record<string, string>>): Promise<void> {
  // Not before the form is there: what opens it is good for three seconds.
  await window.form.waitFor();
  clock.move(30_000);
  await window.fillIn(fields, true);
}

/** Alice asks for a key's deletion; the request stands in the thread. */
async function ask(alias: string, reason: string): Promise<void> {
  await alice.goTo(channel);
  await alice.type(`/kms schedule-deletion ${alias} 7`);
  await withCode(alice, { 'Why must the key go?': reason, 'Type the key’s name': alias });
  await alice.send();
  await alice.request(alias).waitFor();
}

/** Waits until Slack shows the newest of everything. */
const settled = (): Promise<void> =>
  expect.poll(async () => (await sandbox.bot.house.lanes.waiting()).length, { timeout: 10_000 }).toBe(0);

/** Somebody presses a button of the request. */
async function press(window: Window, alias: string, button: 'Approve' | 'Reject'): Promise<void> {
  await window.request(alias).getByRole('button', { name: button }).click();
}

/** What somebody is told alone, last. */
async function told(window: Window, words: string): Promise<void> {
  await window.page.locator('.ephemeral').filter({ hasText: words }).last().waitFor();
}

const stateIs = (window: Window, name: string, state: string): Promise<void> =>
  window.page.locator(`li.key[data-state="${state}"]`, { hasText: name }).first().waitFor();

test('at home nothing waits yet', async () => {
  await bob.goTo('home');
  await bob.page.getByText('Your roles').waitFor();
  expect(await bob.page.locator('#scroll').textContent()).not.toContain('Waiting for your approval');
  await bob.shoot('home-before');
  await bobInTheDark.goTo('home');
  await bobInTheDark.shoot('home-before-dark');
});

test('the safe way first: of a key in use that is a form as well, without a code', async () => {
  await alice.type('/kms schedule-deletion payments-prod 7');
  await alice.form.getByRole('button', { name: 'Disable first' }).click();
  await alice.page.locator('dialog').getByRole('button', { name: 'Disable', exact: true }).click();
  await alice.form.getByLabel('Why must its use stop?').waitFor();
  expect(await alice.form.textContent()).toContain('used within the last 24 hours');
  expect(await alice.form.getByLabel('Your code').count()).toBe(0);
  await alice.shoot('disable-first');
  await alice.form.getByRole('button', { name: 'Leave it enabled' }).click();
  await alice.form.waitFor({ state: 'detached' });
});

test('alice asks: the safe way stands first, a wrong name is told, the code comes from her phone', async () => {
  await alice.type('/kms schedule-deletion payments-prod 7');
  const words = (await alice.form.textContent()) ?? '';
  expect(words.indexOf('The safe way first')).toBeLessThan(words.indexOf('What breaks'));
  await alice.shoot('ask-form');
  await withCode(alice, { 'Why must the key go?': 'replaced by payments-v2', 'Type the key’s name': 'payments' });
  expect(await alice.sendInVain()).toContain('payments-prod');
  await alice.shoot('ask-wrong-name');
  const dark = await open('alice', 'dark');
  await dark.form.waitFor();
  // With the keyboard alone: the phone lies behind the input.
  await dark.form.getByLabel('Your code').focus();
  await dark.page.keyboard.press('Tab');
  await dark.page.keyboard.press('Enter');
  await expect.poll(() => dark.form.getByLabel('Your code').inputValue(), { timeout: 5_000 }).toMatch(/^\d{6}$/);
  await dark.shoot('ask-form-dark');
  await withCode(alice, { 'Type the key’s name': 'payments-prod' });
  await alice.send();
  const request = alice.request('payments-prod');
  await request.waitFor();
  for (const said of ['@alice', 'replaced by payments-v2', '7 days', '0 of 1 agreed'])
    expect(await request.textContent()).toContain(said);
  expect(await alice.key('payments-prod').getAttribute('data-state')).toBe('Enabled');
  await alice.shoot('request');
  await alice.goTo('home');
  await alice.page.getByText('Your requests').waitFor();
  await alice.shoot('home-mine');
  await alice.goTo(channel);
});

test('bob sees it at home too, agrees with comment and code, and the key is pending', async () => {
  await bob.page.getByText('Waiting for your approval').waitFor();
  await bob.shoot('home-waiting');
  await bobInTheDark.page.getByText('Waiting for your approval').waitFor();
  await bobInTheDark.shoot('home-waiting-dark');
  await bob.page.locator('.home').getByRole('button', { name: 'Approve' }).click();
  await bob.form.waitFor();
  await bob.shoot('review-form-at-home');
  await bob.page.keyboard.press('Escape');
  await bob.form.waitFor({ state: 'detached' });
  await bob.goTo(channel);
  await press(bob, 'payments-prod', 'Approve');
  await withCode(bob, { Comment: 'CHG-7 says so' });
  await bob.shoot('review-form');
  await bob.send();
  await stateIs(alice, 'payments-prod', 'PendingDeletion');
  const card = alice.card('alias/payments-prod');
  await card.getByRole('button', { name: 'Rescue' }).waitFor();
  await alice.request('payments-prod', 'Approved').waitFor();
  await alice.shoot('approved');
  await alice.shoot('approved-card', card);
  const words = (await card.textContent()) ?? '';
  expect(words).toMatch(/asked by @alice .* approved by @bob/);
  // When it was scheduled, which is not when it was asked for.
  const moment = (after: string) => new RegExp(`${after} (\\d+ \\w+ \\d+ [\\d:]+)`).exec(words)?.[1];
  expect(moment('through Keywarden,')).toBeDefined();
  expect(moment('through Keywarden,')).not.toBe(moment('asked by @alice at'));
});

test('alice rescues it, and her press sent again changes nothing', async () => {
  const card = alice.card('alias/payments-prod');
  await card.getByRole('button', { name: 'Rescue' }).click();
  await card.getByText('Key restored and verified').waitFor();
  await stateIs(alice, 'payments-prod', 'Enabled');
  expect(await sandbox.slack.replayLast()).toBe(200);
  await settled();
  await alice.inAws('payments-prod', 'Use it', 'orders-api');
  expect((await card.textContent())?.match(/Rescue {2}asked by @alice/g)).toHaveLength(1);
  expect(carriedOut('CancelKeyDeletion')).toBe(1);
  await alice.shoot('approved-rescued');
});

test('the evidence comes as files, the last good policy among them; asked for again from the menu, it stands there already', async () => {
  await alice.type('/kms report payments-prod');
  const files = alice.page.locator('.thread .file');
  await expect.poll(() => files.count(), { timeout: 10_000 }).toBe(3);
  await alice.page.locator('.thread .file', { hasText: 'policy-last-good.json' }).waitFor();
  await files.last().scrollIntoViewIfNeeded();
  await alice.shoot('evidence');
  await files.first().locator('summary').click();
  await files.first().scrollIntoViewIfNeeded();
  await alice.shoot('evidence-open');
  const card = alice.card('alias/payments-prod');
  await card.getByLabel('More actions').click();
  await alice.shoot('menu');
  await card.getByRole('menuitem', { name: 'Evidence' }).click();
  // Nothing has happened since: it is not made again.
  await alice.page.locator('.ephemeral').filter({ hasText: 'asked for a moment ago' }).last().waitFor();
  expect(await files.count()).toBe(3);
});

test('who asked cannot agree, a guest cannot, and each reads why', async () => {
  await ask('release-signing', 'signed by the new one');
  await press(alice, 'release-signing', 'Approve');
  await told(alice, 'This is your own request');
  await alice.shoot('refused-own');
  const gina = await open('gina');
  await press(gina, 'release-signing', 'Approve');
  await told(gina, 'guests of the workspace may not act on keys');
  await gina.shoot('refused-guest');
});

test('a code counts once, and who is not enrolled reads why there is none', async () => {
  await press(bob, 'release-signing', 'Approve');
  await withCode(bob, {});
  const used = await bob.form.getByLabel('Your code').inputValue();
  await bob.send();
  await stateIs(bob, 'release-signing', 'PendingDeletion');
  expect(await sandbox.slack.replayLast()).toBe(200);
  await ask('legacy-billing', 'replaced in 2024');
  await press(bob, 'legacy-billing', 'Approve');
  // A phone that belongs to nobody who is enrolled.
  await bob.page.route('**/sandbox/totp', (route) => route.continue({ postData: JSON.stringify({ user: 'gina' }) }), {
    times: 1,
  });
  await bob.form.getByRole('button', { name: 'Code from my phone' }).click();
  await bob.form.getByText('gina is not enrolled for codes').waitFor();
  await bob.shoot('phone-of-nobody');
  await bob.fillIn({ 'Your code': used });
  expect(await bob.sendInVain()).toMatch(/used already|not right/);
  await bob.shoot('refused-code');
  await bob.page.keyboard.press('Escape');
  // Of payments-prod and release-signing.
  expect(carriedOut('ScheduleKeyDeletion')).toBe(2);
});

test('bob says no, and says why not', async () => {
  await press(bob, 'legacy-billing', 'Reject');
  expect(await bob.sendInVain()).toBe('Please complete this required field.');
  await bob.shoot('reject-form');
  await bob.fillIn({ 'Why not?': 'the auditors still read it' });
  await bob.send();
  await alice.request('legacy-billing', 'the auditors still read it').waitFor();
  expect(await alice.request('legacy-billing', 'Rejected').getByRole('button').count()).toBe(0);
  await alice.shoot('rejected');
});

test('at home nothing waits any more', async () => {
  await bob.goTo('home');
  for (const [window, name] of [
    [bob, 'home-after'],
    [bobInTheDark, 'home-after-dark'],
  ] as const) {
    await window.page.locator('.home').getByText('Open incidents').waitFor();
    expect(await window.page.locator('.home').getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await window.shoot(name);
  }
  await bob.goTo(channel);
});

test('a key that mallory changes while the form is open makes the request void', async () => {
  await ask('session-tokens', 'nobody logs in any more');
  await press(bob, 'session-tokens', 'Approve');
  await withCode(bob, {});
  await bob.inAws('session-tokens', 'Disable');
  const complaint = await bob.sendInVain();
  expect(complaint).toContain('The request is void');
  expect(complaint).toContain('Enabled');
  await bob.shoot('refused-changed');
  await bob.page.keyboard.press('Escape');
  await bob.request('session-tokens', 'Void').waitFor();
  await bob.request('session-tokens', 'Void').scrollIntoViewIfNeeded();
  await bob.shoot('void');
});

test('after half an hour nobody can agree any more', async () => {
  await ask('customer-records', 'all customers have moved');
  await press(bob, 'customer-records', 'Approve');
  await withCode(bob, {});
  clock.move(31 * 60_000);
  expect(await bob.sendInVain()).toMatch(/^The request expired at .* not agreed to in time/);
  await bob.shoot('refused-expired');
  await bob.page.keyboard.press('Escape');
  await bob.request('customer-records', 'Expired').scrollIntoViewIfNeeded();
  expect(await bob.request('customer-records', 'Expired').getByRole('button').count()).toBe(0);
  await bob.shoot('expired');
});

test('an approver who is removed meanwhile agrees to nothing more, and what waits for its call is not done', async () => {
  await ask('data-lake', 'drained');
  await ask('orders-archive', 'all orders were moved');
  const turn = holdTurn(sandbox.bot);
  await press(bob, 'orders-archive', 'Approve');
  await withCode(bob, { Comment: 'my last day' });
  await bob.send();
  await press(bob, 'data-lake', 'Approve');
  await bob.fillIn({}, true);
  sandbox.slack.change({ kind: 'deactivate', user: 'U0BOB' });
  turn.release();
  const card = alice.card('alias/orders-archive');
  await card.getByText('failed').waitFor();
  expect(await card.textContent()).toContain('Slack account is deactivated');
  expect(await alice.key('orders-archive').getAttribute('data-state')).toBe('Enabled');
  await card.scrollIntoViewIfNeeded();
  await alice.shoot('refused-removed-card', card);
  expect(await bob.sendInVain()).toContain('bob is deactivated');
  await bob.shoot('refused-removed');
  expect(carriedOut('ScheduleKeyDeletion')).toBe(2);
});

test('no window complained', () => {
  expect(windows.flatMap(({ complaints }) => complaints)).toEqual([]);
});
