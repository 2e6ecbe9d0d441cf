/**
 * A whole window on the sandbox's page: a key that nobody rescues grows louder; an acknowledgement runs out, a snooze too; a planned
 * decommission is disturbed by a use; Slack is down on the last day, and the pager is called; the digest has its picture, and Home
 * shows what dies.
 */
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { closeWindows, startBrowser, Window } from './browser.ts';

/** A window of seven days lasts 70 seconds: an acknowledgement five, the last day ten. */
const dayMs = 10_000;

let sandbox: Sandbox;
let browser: Browser;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, sandboxPort: 0, dayMs });
  browser = await startBrowser();
});
afterEach(async () => {
  sandbox.slack.clearFaults();
  await closeWindows(browser);
});
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const open = (as: string, scheme?: 'light' | 'dark'): Promise<Window> => Window.open(browser, sandbox.url, as, scheme);

const reminder = (window: Window, alias: string, words: string): Locator =>
  window.page.locator('article', { hasText: 'Reminder' }).filter({ hasText: alias }).filter({ hasText: words }).last();

async function choose(card: Locator, entry: string): Promise<void> {
  await card.getByLabel('More actions').first().click();
  await card.getByRole('menuitem', { name: entry }).click();
}

test('seven days nobody decides: acknowledged, asked again, snoozed, louder, and the pager while Slack is down', async () => {
  const alice = await open('alice');
  const bob = await open('bob', 'dark');
  await alice.inAws('payments-prod', 'Schedule deletion');
  const card = alice.card('alias/payments-prod');
  await card.waitFor();
  await choose(card, 'Acknowledge');
  await card.getByText('Acknowledged by').waitFor();
  await alice.page.locator('.ephemeral', { hasText: 'nobody is mentioned until' }).last().waitFor();
  await alice.shoot('countdown-acknowledged');
  // Half a day later nobody has decided.
  const again = reminder(alice, 'payments-prod', 'and nobody has decided');
  await again.waitFor({ timeout: 15_000 });
  await again.scrollIntoViewIfNeeded();
  await alice.shoot('countdown-asked-again');
  await again.getByRole('button', { name: 'Snooze' }).click();
  // Here it lasts little more than a second, in which a card may not be drawn at all: what was said to her stands.
  await alice.page.locator('.ephemeral', { hasText: 'Snoozed: nobody is mentioned until' }).last().waitFor();
  await reminder(alice, 'payments-prod', 'snoozed it').waitFor({ timeout: 15_000 });
  // Three days of the sandbox.
  const three = reminder(alice, 'payments-prod', '30 s before');
  await three.waitFor({ timeout: 40_000 });
  expect(await three.textContent()).toContain('oncall');
  await three.scrollIntoViewIfNeeded();
  await alice.shoot('countdown-three-days');
  // The last day: the fallback channel and every approver hear it as well.
  await bob.page.locator('#places', { hasText: 'Messages' }).waitFor({ timeout: 30_000 });
  const messages = bob.page.locator('#places [data-place^="D"]');
  await messages.waitFor();
  await messages.click();
  const message = bob.page.locator('article', { hasText: 'payments-prod' }).first();
  await message.getByRole('button', { name: 'Rescue' }).waitFor();
  await bob.shoot('countdown-message-dark');
  await alice.goTo('C0OPS');
  await alice.page.locator('article', { hasText: 'payments-prod' }).first().waitFor();
  await alice.shoot('countdown-fallback');
  // Nobody acknowledges the last day, and Slack takes nothing any more: the pager is called all the same.
  sandbox.slack.addFault({ service: 'slack', operation: 'chat.postMessage', mode: 'failBefore', count: 1_000 });
  sandbox.slack.addFault({ service: 'slack', operation: 'chat.update', mode: 'failBefore', count: 1_000 });
  await expect
    .poll(() => sandbox.aws.events().filter(({ source, detail }) => source === 'pager' && detail.kind === 'lastDay'), {
      timeout: 15_000,
    })
    .not.toEqual([]);
  await alice.page.locator('#tabs a', { hasText: 'pager' }).click();
  await alice.page.locator('text=payments-prod').first().waitFor();
  await alice.shoot('countdown-pager');
  sandbox.slack.clearFaults();
  await alice.goTo('C0INCIDENT');
  await reminder(alice, 'payments-prod', 'was deleted').waitFor({ timeout: 40_000 });
  await card.getByText('Key deleted').waitFor({ timeout: 15_000 });
  await expect
    .poll(() => sandbox.aws.events().filter(({ source, detail }) => source === 'pager' && detail.state === 'over'), {
      timeout: 15_000,
    })
    .not.toEqual([]);
  await alice.page.locator('.thread').getByText(/\.md/).first().waitFor({ timeout: 15_000 });
  await card.scrollIntoViewIfNeeded();
  await alice.shoot('countdown-end');
}, 150_000);

test('a decommission that is planned is quiet, until somebody uses the key', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  await alice.type('/kms planned alias/customer-records CHG-4711');
  const card = bob.card('alias/customer-records');
  await card.getByText('Decommission proposed').waitFor();
  await bob.shoot('planned-proposed', card);
  await card.getByRole('button', { name: 'Agree to decommission' }).click();
  await bob.page.locator('dialog').getByRole('button', { name: 'Agree', exact: true }).click();
  await card.getByText('Planned decommission').waitFor();
  await alice.inAws('customer-records', 'Schedule deletion');
  await card.getByText('Key scheduled for deletion').waitFor();
  await card.getByText('Planned decommission').waitFor();
  await bob.shoot('planned-scheduled', card);
  await alice.inAws('customer-records', 'Use it', 'orders-api');
  const disturbed = reminder(bob, 'customer-records', 'its plan does not hold any more');
  await disturbed.waitFor({ timeout: 20_000 });
  await disturbed.scrollIntoViewIfNeeded();
  await bob.shoot('planned-disturbed');
}, 60_000);

test('the digest, at once and for the asker alone, with its picture; and Home, with what dies and who I am', async () => {
  const alice = await open('alice');
  await alice.inAws('data-lake', 'Schedule deletion');
  await alice.inAws('release-signing', 'Disable');
  await alice.card('alias/data-lake').waitFor();
  await alice.type('/kms digest');
  const answer = alice.page.locator('.ephemeral', { hasText: 'data-lake' }).last();
  await answer.waitFor({ timeout: 15_000 });
  await alice.page.locator('.ephemeral img').last().waitFor({ timeout: 20_000 });
  await answer.scrollIntoViewIfNeeded();
  await alice.shoot('digest-mine');
  expect(await (await open('bob')).page.locator('.ephemeral', { hasText: 'data-lake' }).count()).toBe(0);
  await alice.goTo('home');
  await alice.page.locator('.home').getByText('data-lake').first().waitFor();
  await alice.shoot('home');
  // The board leads to the card, on the page itself.
  const link = alice.page.locator('.home a', { hasText: 'data-lake' }).first();
  await link.click();
  await alice.page.locator('#places [data-place="C0INCIDENT"][aria-current]').waitFor();
  await alice.card('alias/data-lake').waitFor();
  await alice.goTo('home');
  const dark = await open('carol', 'dark');
  await dark.goTo('home');
  await dark.page.locator('.home').getByText('data-lake').first().waitFor();
  await dark.shoot('home-dark');
  // What changes is drawn anew without anybody opening it again.
  await alice.page.locator('.home').getByRole('button', { name: 'Rescue' }).first().waitFor();
  sandbox.aws
    .keys()
    .filter(({ aliases }) => aliases.includes('alias/data-lake'))
    .forEach(
      (key) =>
        void sandbox.aws.call(
          'CancelKeyDeletion',
          { KeyId: String(key.Arn) },
          { principal: 'key-admin', account: '111122223333', region: 'us-west-2' },
        ),
    );
  await expect
    .poll(() => dark.page.locator('.home').textContent(), { timeout: 30_000 })
    .toMatch(/Deletion cancelled|disabled/i);
}, 90_000);

test('the scheduled digest stands in its channel, with its picture', async () => {
  const bob = await open('bob');
  await bob.goTo('C0DIGEST');
  const digest = bob.page.locator('article', { hasText: 'Digest' }).first();
  const picture = digest.getByAltText(/^Countdown chart/);
  await picture.waitFor({ timeout: 75_000 });
  await digest.scrollIntoViewIfNeeded();
  await bob.shoot('digest');
  const dark = await open('alice', 'dark');
  await dark.goTo('C0DIGEST');
  await dark.page
    .getByAltText(/^Countdown chart/)
    .first()
    .waitFor();
  await dark.shoot('digest-dark');
}, 90_000);
