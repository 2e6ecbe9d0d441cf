/** The story of the README, told on the sandbox's page in a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { ownTime } from '../own-time.ts';
import { closeWindows, startBrowser, Window } from './browser.ts';

/** A window of seven days lasts 28 seconds. */
const dayMs = 4_000;

let sandbox: Sandbox;
let browser: Browser;
const windows: Window[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, sandboxPort: 0, dayMs });
  browser = await startBrowser();
});
afterEach(() => closeWindows(browser));
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
});

async function open(as: string, scheme?: 'light' | 'dark'): Promise<Window> {
  const window = await Window.open(browser, sandbox.url, as, scheme);
  windows.push(window);
  return window;
}

test('the page shows the world as it is once ready', async () => {
  const alice = await open('alice');
  await alice.card('alias/old-reports').waitFor();
  expect(await alice.key('payments-prod').getAttribute('data-state')).toBe('Enabled');
  expect(await alice.key('old-reports').locator('.countdown').textContent()).toMatch(/^\d+:\d\d = \d+\.\d d$/);
  await alice.shoot('ready');
});

test('mallory schedules a deletion, the card names the key within two seconds, alice rescues it, and it turns green', async () => {
  const alice = await open('alice');
  await alice.inAws('payments-prod', 'Schedule deletion');
  const card = alice.card('alias/payments-prod');
  const had = ownTime();
  await card.waitFor();
  expect(had()).toBeLessThan(2_000);
  await card.getByText('mallory').waitFor();
  await card.getByText('Last success').waitFor();
  expect(await card.textContent()).toContain('🔴');
  expect(await alice.key('payments-prod').getAttribute('data-state')).toBe('PendingDeletion');
  await alice.shoot('scheduled');
  await alice.shoot('card', card);
  await card.getByRole('button', { name: 'Rescue' }).click();
  await card.getByText('Key restored and verified').waitFor();
  expect(await card.textContent()).toContain('🟢');
  await alice.page.locator('li.key[data-state="Enabled"]', { hasText: 'payments-prod' }).waitFor();
  await card.locator('h3').scrollIntoViewIfNeeded();
  await alice.shoot('rescued');
});

test('a reminder arrives in every window, without anybody asking', async () => {
  const alice = await open('alice');
  const bob = await open('bob', 'dark');
  await alice.inAws('customer-records', 'Schedule deletion');
  await alice.card('alias/customer-records').waitFor();
  const reminder = bob.page.locator('article', { hasText: 'Reminder' }).filter({ hasText: 'customer-records' });
  await reminder.first().waitFor({ timeout: 30_000 });
  await reminder.first().scrollIntoViewIfNeeded();
  await bob.shoot('reminder-dark');
});

test('deleting material asks why, for the name of the key and a code, and bob must agree', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  await alice.inAws('orders-archive', 'Open to outsiders');
  const card = alice.card('alias/orders-archive');
  await card.getByRole('button', { name: 'Delete Material' }).click();
  await alice.fillIn({ 'Why must the material go?': 'It leaked, INC-7.', 'Type the key’s name': 'orders' }, true);
  expect(await alice.sendInVain()).toContain('orders-archive');
  expect(await alice.form.getByLabel('Why must the material go?').inputValue()).toBe('It leaked, INC-7.');
  await alice.shoot('modal');
  await alice.fillIn({ 'Type the key’s name': 'orders-archive' });
  await alice.send();
  const deleted = () => sandbox.aws.events().filter(({ detail }) => detail.eventName === 'DeleteImportedKeyMaterial');
  const request = bob.request('orders-archive');
  await request.getByText('It leaked, INC-7.').waitFor();
  expect(deleted()).toEqual([]);
  await request.getByRole('button', { name: 'Approve' }).click();
  await bob.fillIn({}, true);
  await bob.send();
  await alice.page.locator('li.key[data-state="PendingImport"]', { hasText: 'orders-archive' }).waitFor();
  await card.getByText('the material is gone').waitFor();
  expect(deleted()).toHaveLength(1);
  expect(deleted()[0]?.detail.errorCode).toBeUndefined();
  await alice.shoot('material-gone', card);
});

test('disabling asks first, and takes no for an answer', async () => {
  const alice = await open('alice');
  await alice.inAws('release-signing', 'Open to outsiders');
  const card = alice.card('alias/release-signing');
  const dialog = alice.page.locator('dialog');
  await card.getByRole('button', { name: 'Disable' }).click();
  await dialog.getByText('Disable alias/release-signing?').waitFor();
  await alice.shoot('confirm');
  await dialog.getByRole('button', { name: 'Leave it enabled' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(await alice.key('release-signing').getAttribute('data-state')).toBe('Enabled');
  await card.getByRole('button', { name: 'Disable' }).click();
  await dialog.getByRole('button', { name: 'Disable', exact: true }).click();
  await alice.page.locator('li.key[data-state="Disabled"]', { hasText: 'release-signing' }).waitFor();
});

test('the menu of a card shows how to do it without the bot', async () => {
  const bob = await open('bob');
  const card = bob.card('alias/old-reports');
  await card.getByLabel('More actions').click();
  await card.getByRole('menuitem', { name: 'Show AWS CLI commands' }).click();
  await bob.page.locator('.ephemeral pre').getByText('aws kms cancel-key-deletion').waitFor();
});

test('a modal can be cancelled', async () => {
  const alice = await open('alice');
  // By another hand: five keys that one hand endangers share a card.
  await alice.inAws('partner-exchange', 'Schedule deletion', 'trudy');
  const card = alice.card('alias/partner-exchange');
  // Once it is learnt about, the card does not grow under a press any more.
  await card.getByText('Last success').waitFor();
  const press = () => card.getByRole('button', { name: 'Delete Material' }).click();
  const modal = alice.page.locator('form.modal');
  const late = alice.page.locator('.ephemeral', { hasText: 'did not answer in time' });
  await press();
  await modal.or(late).first().waitFor();
  // Only where the bot says that it was too late, and asks for it, is it pressed again.
  if (!(await modal.isVisible())) await press();
  await modal.waitFor();
  await alice.page.keyboard.press('Escape');
  await modal.waitFor({ state: 'detached' });
});

test('a guest is refused, and told so alone', async () => {
  const gina = await open('gina');
  await gina.inAws('data-lake', 'Schedule deletion');
  await gina.card('alias/data-lake').getByRole('button', { name: 'Rescue' }).click();
  await gina.page.locator('.ephemeral').last().waitFor();
  await gina.shoot('refused');
  expect(await gina.key('data-lake').getAttribute('data-state')).toBe('PendingDeletion');
  await gina.become('carol');
  expect(await gina.page.locator('.ephemeral').count()).toBe(0);
});

test('a command answers in the channel, to whoever typed it', async () => {
  const carol = await open('carol');
  await carol.type('/kms status payments-prod');
  const answer = carol.page.locator('.ephemeral').last();
  await answer.getByText('alias/payments-prod').waitFor();
  expect(await answer.textContent()).toContain('Enabled');
  await carol.shoot('status');
});

test('what no key shows to be over is closed on a person’s word, with a reason', async () => {
  const alice = await open('alice');
  await alice.type('/kms watch payments-prod its owner has left');
  const card = alice.card('alias/payments-prod');
  await card.getByText('its owner has left').waitFor();
  await card.getByText('Last success').waitFor();
  await alice.become('bob');
  await card.getByLabel('More actions').click();
  await card.getByRole('menuitem', { name: 'Close: looked into' }).click();
  await alice.form.waitFor();
  await alice.shoot('close-form');
  await alice.fillIn({ 'What was found, and why is it dealt with?': 'handed over to platform, CHG-12' });
  await alice.send();
  await card.getByText('handed over to platform, CHG-12').first().waitFor();
  await card.scrollIntoViewIfNeeded();
  await alice.shoot('looked-into');
});

test('what somebody types survives the page changing around it', async () => {
  const alice = await open('alice');
  const input = alice.page.getByLabel('Command');
  await input.fill('/kms rescue ');
  await alice.inAws('session-tokens', 'Disable');
  await alice.card('alias/session-tokens').waitFor();
  expect(await input.inputValue()).toBe('/kms rescue ');
});

test('the other panels: home, events, faults', async () => {
  const bob = await open('bob');
  await bob.page.locator('#places [data-place="home"]').click();
  await bob.page.getByText('Open incidents').waitFor();
  // Unlike a channel it is read from its beginning.
  await bob.page.setViewportSize({ width: 1280, height: 400 });
  await bob.goTo('C0INCIDENT');
  await bob.goTo('home');
  await bob.page.getByText('Open incidents').waitFor();
  const scroll = bob.page.locator('#scroll');
  expect(await scroll.evaluate((one: { scrollTop: number }) => one.scrollTop)).toBe(0);
  expect(
    await scroll.evaluate((one: { scrollHeight: number; clientHeight: number }) => one.scrollHeight - one.clientHeight),
  ).toBeGreaterThan(0);
  await bob.page.setViewportSize({ width: 1280, height: 800 });
  // The panel shows the newest events only.
  await bob.inAws('payments-prod', 'Schedule deletion');
  await bob.page.locator('#tabs a', { hasText: 'events' }).click();
  await bob.page.getByText('ScheduleKeyDeletion · payments-prod · by mallory').first().waitFor();
  await bob.shoot('home-and-events');
  await bob.page.locator('#tabs a', { hasText: 'faults' }).click();
  await bob.page.getByRole('button', { name: 'Let it fail' }).click();
  await bob.page.locator('output.good').waitFor();
  await bob.page.getByRole('button', { name: 'Clear all' }).click();
  await bob.page.locator('output', { hasText: 'gone' }).waitFor();
});

test('no window complained', () => {
  expect(windows.flatMap(({ complaints }) => complaints)).toEqual([]);
});
