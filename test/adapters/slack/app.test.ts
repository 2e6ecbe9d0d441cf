/** The app over real HTTP: signatures, replays, forms, and what each door answers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createChat } from '../../../src/adapters/slack/send.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { movedClock } from '../../clock.ts';
import { incidentId, T0 } from '../../domain/samples.ts';
import { type AppUnderTest, known, nobodysIncident, openApp, type Sending, silence, soon } from './given.ts';
import { boardOf, memberHome } from './homes.ts';
import { command, form, payload, press, sent } from './payloads.ts';
import { clientOf, hang, silentLog } from './stand-in.ts';

let bot: AppUnderTest;
beforeEach(async () => {
  bot = await openApp();
});
afterEach(() => bot.close());

const rescue = press({ action_id: 'rescue', value: incidentId });

describe('no door without a lock', () => {
  test.each<[string, Sending]>([
    ['another secret', { secret: 'wrong' }],
    ['six minutes old', { at: Date.now() - 360_000 }],
    ['six minutes ahead', { at: Date.now() + 360_000 }],
  ])('%s', async (_name, sending) => {
    expect((await bot.send(payload(rescue), sending)).status).toBe(401);
    expect(bot.heard.clicks).toEqual([]);
  });
  test('no headers at all', async () => {
    const response = await fetch(`${bot.origin}/slack/events`, { method: 'POST', body: payload(rescue) });
    expect(response.status).toBe(401);
  });
  test('a replayed body answers 200 and does nothing', async () => {
    const [body, at] = [payload(rescue), Date.now()];
    expect((await bot.send(body, { at })).status).toBe(200);
    expect((await bot.send(body, { at })).status).toBe(200);
    const typed = command('rescue alias/x');
    await bot.send(typed, { at });
    expect(await bot.send(typed, { at })).toEqual({ status: 200, text: '' });
    expect(bot.heard.clicks).toHaveLength(1);
    expect(bot.heard.commands).toHaveLength(1);
  });
  test('ssl_check runs no handler, whatever it smuggles', async () => {
    const body = form({ ssl_check: '1', payload: JSON.stringify(rescue), command: '/kms', text: 'rescue x' });
    const response = await fetch(`${bot.origin}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    expect(response.status).toBe(200);
    expect((await bot.send(body)).status).toBe(200);
    expect(bot.heard).toMatchObject({ clicks: [], commands: [] });
  });
  test('a body of more than 512 KiB', async () => {
    expect((await bot.send(form({ text: 'x'.repeat(600_000) }))).status).toBe(413);
  });
  test('broken JSON, and forms that are not what they say', async () => {
    expect((await bot.send(form({ payload: '{' }))).status).toBe(400);
    expect((await bot.send(payload({ ...rescue, message: { ts: 7 } }))).status).toBe(200);
    expect((await bot.send(payload({ ...rescue, channel: 'C1' }))).status).toBe(200);
    expect(bot.heard.clicks).toEqual([]);
  });
  test('a press that names its place in the container only', async () => {
    const { message: _message, channel: _channel, ...bare } = rescue as Record<string, unknown>;
    expect(
      (await bot.send(payload({ ...bare, container: { type: 'message', channel_id: 'C1', message_ts: '1.1' } })))
        .status,
    ).toBe(200);
    expect(bot.heard.clicks).toMatchObject([{ channel: 'C1', action: 'rescue' }]);
  });
  test('the challenge of a new request URL', async () => {
    const { text } = await bot.send(JSON.stringify({ type: 'url_verification', challenge: 'abc' }), {
      type: 'application/json',
    });
    expect(JSON.parse(text)).toEqual({ challenge: 'abc' });
  });
});

describe('clicks', () => {
  test('become plain data; the work follows the acknowledgement', async () => {
    expect(await bot.send(payload(rescue))).toEqual({ status: 200, text: '' });
    expect(bot.heard.clicks).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: 'U1234567' },
        channel: 'C123ABC456',
        incident: incidentId,
        action: 'rescue',
        nonce: '1773479861.000200 1773479890.840180 U1234567 rescue',
      },
    ]);
    await soon(() => bot.heard.followed === 1);
    expect(bot.heard.followed).toBe(1);
  });
  test.each([
    ['cancel_deletion', 'cancelDeletion'],
    ['enable', 'enable'],
    ['disable', 'disable'],
    ['delete_material', 'deleteMaterial'],
    ['schedule_deletion', 'scheduleDeletion'],
  ])('%s is %s', async (id, action) => {
    await bot.send(payload(press({ action_id: id, value: incidentId })));
    expect(bot.heard.clicks[0]?.action).toBe(action);
  });
  test('the person’s own team counts, also where the payload names none', async () => {
    await bot.send(payload({ ...rescue, team: null, enterprise: { id: 'E1' } }));
    expect(bot.heard.clicks[0]?.person).toEqual({ enterprise: 'E1', team: 'T1234567', user: 'U1234567' });
  });
  test('an id that cannot be ours is looked up as nobody’s', async () => {
    await bot.send(payload(press({ action_id: 'rescue', value: '{"key":"arn:aws:kms"}' })));
    expect(bot.heard.clicks[0]?.incident).toBe(nobodysIncident);
  });
  test('buttons nobody knows, and links, are acknowledged and mean nothing', async () => {
    expect((await bot.send(payload(press({ action_id: 'kms_cancel_deletion', value: 'x' })))).status).toBe(200);
    const link = { action_id: 'more', selected_option: { value: `link:${incidentId}` } };
    expect((await bot.send(payload(press(link)))).status).toBe(200);
    expect(bot.heard.clicks).toEqual([]);
  });
  test('the menu whispers the CLI commands', async () => {
    await bot.send(payload(press({ action_id: 'more', selected_option: { value: `cli:${incidentId}` } })));
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('aws kms cancel-key-deletion --region us-west-2');
    await bot.send(payload(press({ action_id: 'more', selected_option: { value: 'cli:i-unknown' } })));
    await soon(() => bot.whispers().length > 1);
    expect(bot.whispers()[1]).toContain('nothing the bot knows');
  });
  test('a lost memory: the person reads that nothing may have been recorded', async () => {
    bot.doors = { ...bot.doors, click: () => Promise.reject(new StoreUnavailable('away')) };
    bot.seenDown = true;
    expect((await bot.send(payload(rescue))).status).toBe(200);
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('Not recorded, try again');
  });
  test('a refusal is whispered', async () => {
    bot.doors = { ...bot.doors, click: async () => ({ kind: 'whisper', words: { kind: 'noSuchButton' } }) };
    await bot.send(payload(rescue));
    await soon(() => bot.whispers().length > 0);
    expect(bot.slack.calls[0]?.fields).toMatchObject({ channel: 'C123ABC456', user: 'U1234567' });
  });
  test('Delete Material opens its form', async () => {
    const asked = { kind: 'ask', incident: known, act: 'deleteMaterial', why: 'destructive' } as const;
    const form = { ...asked, code: true, breakGlass: false, shown: 'ab'.repeat(16) };
    bot.doors = { ...bot.doors, click: async () => ({ kind: 'form', form }) };
    await bot.send(payload(press({ action_id: 'delete_material', value: incidentId })));
    await soon(() => bot.slack.calls.length > 0);
    expect(bot.slack.calls[0]).toMatchObject({ method: 'views.open', fields: { trigger_id: '1.2.3' } });
    const view = JSON.parse(bot.slack.calls[0]?.fields.view ?? '{}');
    expect(view).toMatchObject({ type: 'modal', callback_id: 'ask' });
    expect(JSON.parse(view.private_metadata)).toEqual({
      incident: expect.stringMatching(/^i1{31}$/),
      act: 'deleteMaterial',
      shown: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });
});

describe('forms', () => {
  const memory = { incident: incidentId, act: 'deleteMaterial', shown: 'abc' };
  const asking = (values: Readonly<Record<string, string | null>>) => payload(sent('ask', memory, values));
  test('an accepted one closes', async () => {
    expect(await bot.send(asking({ reason: 'gone', key_name: 'orders', ticket: null }))).toEqual({
      status: 200,
      text: '',
    });
    expect(bot.heard.asks).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: 'U1234567' },
        incident: incidentId,
        act: 'deleteMaterial',
        shown: 'abc',
        reason: 'gone',
        keyName: 'orders',
        breakGlass: false,
        nonce: 'V1',
      },
    ]);
  });
  test('errors stand under their field', async () => {
    const problem = { kind: 'wrongName', name: 'orders' } as const;
    bot.doors = { ...bot.doors, ask: async () => ({ kind: 'problem', field: 'key_name', problem }) };
    const { text } = await bot.send(asking({ reason: 'gone', key_name: 'x' }));
    expect(JSON.parse(text)).toEqual({
      response_action: 'errors',
      errors: { key_name: 'This does not name the key. Type exactly: orders' },
    });
  });
  test('a lost memory: it may have been written down all the same', async () => {
    bot.doors = { ...bot.doors, ask: () => Promise.reject(new StoreUnavailable('away')) };
    const { text } = await bot.send(asking({ reason: 'gone', key_name: 'x' }));
    expect(JSON.parse(text).errors.reason).toContain('Not recorded');
    expect(text).not.toContain('nothing was done');
  });
  test('a late answer does not claim that nothing was done', async () => {
    bot.doors = { ...bot.doors, ask: () => new Promise(() => {}) };
    const { text } = await bot.send(asking({ reason: 'gone', key_name: 'x' }));
    expect(JSON.parse(text).errors.reason).toContain('Still checking');
  });
  test('a form that is not ours runs nothing', async () => {
    const other = {
      ...sent('ask', memory, {}),
      view: { id: 'V1', type: 'modal', callback_id: 'kms_destroy_confirm', state: { values: {} } },
    };
    await Promise.race([bot.send(payload(other)), new Promise((resolve) => setTimeout(resolve, 200))]);
    expect(silence(bot.heard)).toBe(0);
  });
});

describe('the Home tab', () => {
  const opened = (tab: string) =>
    JSON.stringify({
      type: 'event_callback',
      team_id: 'T1234567',
      event: { type: 'app_home_opened', user: 'U1234567', channel: 'D1', tab, event_ts: '1' },
      authorizations: [
        { team_id: 'T1234567', enterprise_id: null, user_id: 'UBOT', is_bot: true, is_enterprise_install: false },
      ],
    });
  test('is drawn when it is opened, the Messages tab is not', async () => {
    const chat = createChat(clientOf(bot.slack.url), {
      clock: movedClock(T0),
      log: silentLog,
      accountName: () => 'payments-prod',
      has: () => true,
      assumes: () => true,
      destructive: true,
    });
    bot.slack.script('views.publish', { ok: true });
    bot.doors = {
      ...bot.doors,
      home: async (person) => {
        bot.heard.homes.push(person.user);
        await chat.home(person, memberHome({ board: boardOf([known]) }));
      },
    };
    await bot.send(opened('messages'), { type: 'application/json' });
    await bot.send(opened('home'), { type: 'application/json' });
    await soon(() => bot.slack.calls.length > 0);
    expect(bot.heard.homes).toEqual(['U1234567']);
    expect(bot.slack.calls).toHaveLength(1);
    expect(bot.slack.calls[0]).toMatchObject({ method: 'views.publish', fields: { user_id: 'U1234567' } });
    expect(bot.slack.calls[0]?.fields.view).toContain('approver');
  });
});

describe('who we are', () => {
  test('is asked in the background, and told by readiness', async () => {
    bot.slack.script('auth.test', { ok: true, team_id: 'T1', user_id: 'UBOT', url: 'https://example.slack.com/' });
    await bot.app.start();
    expect(await bot.app.auth()).toMatchObject({ ok: true });
    expect(bot.app.botUser()).toBe('UBOT');
    expect(await bot.app.home()).toMatchObject({ team: 'T1', enterprise: '' });
    await bot.app.stop();
  });
  test('a Slack that is away, or a dead token, does not keep the bot from starting', async () => {
    bot.slack.script('auth.test', hang);
    await bot.app.start();
    bot.slack.script('auth.test', { ok: false, error: 'token_revoked' });
    expect((await bot.app.auth()).ok).toBe(false);
    expect(bot.app.botUser()).toBeUndefined();
  });
});
