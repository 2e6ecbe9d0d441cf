/** `/kms` over real HTTP: answered in the acknowledgement, in a form, or later. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelId } from '../../../src/domain/ids.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { incidentId, key } from '../../domain/samples.ts';
import { type AppUnderTest, known, openApp, silence, soon } from './given.ts';
import { command } from './payloads.ts';

let bot: AppUnderTest;
beforeEach(async () => {
  bot = await openApp();
});
afterEach(() => bot.close());

describe('commands', () => {
  test('are answered in the acknowledgement, to one person', async () => {
    const { text } = await bot.send(command('help'));
    expect(JSON.parse(text)).toMatchObject({
      response_type: 'ephemeral',
      text: expect.stringContaining('/kms rescue'),
    });
    expect(bot.heard.commands[0]).toMatchObject({
      person: { enterprise: 'E0001', team: 'T1234567', user: 'U1234567' },
      channel: 'C123ABC456',
      text: 'help',
    });
  });
  test('a lost memory says so', async () => {
    bot.doors = { ...bot.doors, command: () => Promise.reject(new StoreUnavailable('away')) };
    const { text } = await bot.send(command('rescue alias/x'));
    expect(JSON.parse(text).text).toContain('Not recorded, try again');
    expect(text).not.toContain('nothing was done');
  });
  const asked = { kind: 'ask', incident: known, act: 'disable', why: 'useUnknown' } as const;
  const form = { ...asked, code: false, breakGlass: false, shown: 'ab'.repeat(16) };
  test('what others must agree to opens its form, with the command’s own trigger', async () => {
    bot.doors = { ...bot.doors, command: async () => ({ kind: 'form', form }) };
    expect(await bot.send(command('disable orders', '9.8.7'))).toEqual({ status: 200, text: '' });
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([{ method: 'views.open', at: '9.8.7', view: { callback_id: 'ask' } }]);
    expect(bot.whispers()).toEqual([]);
  });
  test('a form that Slack does not open is told: nothing was done', async () => {
    bot.slack.script('views.open', { ok: false, error: 'expired_trigger_id' });
    bot.doors = { ...bot.doors, command: async () => ({ kind: 'form', form }) };
    expect(await bot.send(command('disable orders'))).toEqual({ status: 200, text: '' });
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()).toEqual(['The form did not open in time: nothing was done. Type the command again.']);
  });
  const orders = { key, aliases: ['alias/orders'], accountName: 'payments-prod' };
  const reporting = {
    kind: 'reporting',
    key: orders,
    incident: incidentId,
    channel: 'C0INCIDENT' as ChannelId,
  } as const;
  test('a report is acknowledged first, then its evidence is gathered', async () => {
    let gathered = (): void => undefined;
    const asked: unknown[] = [];
    bot.doors = {
      ...bot.doors,
      command: async () => reporting,
      evidence: (person, id, channel) => {
        asked.push([person.user, id, channel]);
        return new Promise((resolve) => {
          gathered = () => resolve(undefined);
        });
      },
    };
    const { text } = await bot.send(command('report orders'));
    expect(JSON.parse(text).text).toContain('The evidence about *alias/orders* is on its way');
    await soon(() => asked.length > 0);
    expect(asked).toEqual([['U1234567', incidentId, 'C123ABC456']]);
    gathered();
    expect(bot.whispers()).toEqual([]);
  });
  test('evidence that does not come after all is told', async () => {
    const denied = { kind: 'mayNot', action: 'report', why: { kind: 'barred', why: 'guest' } } as const;
    bot.doors = { ...bot.doors, command: async () => reporting, evidence: async () => denied };
    await bot.send(command('report orders'));
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('guests of the workspace');
    bot.doors = { ...bot.doors, evidence: () => Promise.reject(new StoreUnavailable('away')) };
    await bot.send(command('report orders again'));
    await soon(() => bot.whispers().length > 1);
    expect(bot.whispers()[1]).toContain('Try again in a moment');
  });
  test('a late report is told, and then gathered as well', async () => {
    bot.doors = {
      ...bot.doors,
      command: () => new Promise((resolve) => setTimeout(() => resolve(reporting), 2_600)),
    };
    const { text } = await bot.send(command('report orders'));
    expect(JSON.parse(text).text).toContain('follows');
    await soon(() => bot.heard.evidence.length > 0);
    expect(bot.whispers()[0]).toContain('is on its way');
    expect(bot.heard.evidence).toEqual([{ user: 'U1234567', incident: incidentId, channel: 'C123ABC456' }]);
  });
  test('a late form is no form any more', async () => {
    bot.doors = {
      ...bot.doors,
      command: () => new Promise((resolve) => setTimeout(() => resolve({ kind: 'form', form }), 2_600)),
    };
    await bot.send(command('disable orders'));
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('Type the command again');
    expect(bot.views()).toEqual([]);
  });
  test('in a channel that another company reads nothing is done', async () => {
    bot.shared = ['C123ABC456'];
    const { text } = await bot.send(command('disable orders'));
    expect(JSON.parse(text).text).toContain('shared with another organisation');
    expect(silence(bot.heard)).toBe(0);
  });
  test('what takes longer than Slack waits follows as a message', async () => {
    bot.doors = {
      ...bot.doors,
      command: () => new Promise((resolve) => setTimeout(() => resolve({ kind: 'help' }), 2_700)),
    };
    const { text } = await bot.send(command('list all'));
    expect(JSON.parse(text).text).toContain('follows');
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('/kms rescue');
  });
});
