/** Presses beyond the card's own buttons: on requests, in forms, at home; forged ones, and those that come to nothing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import type { ClickAnswer } from '../../../src/ports.ts';
import { approval } from '../../domain/proofs.ts';
import { incidentId } from '../../domain/samples.ts';
import { expectWithinLimits, readable, rowsOf } from './drawn.ts';
import {
  type AppUnderTest,
  approvalId,
  known,
  nobodysApproval,
  nobodysIncident,
  openApp,
  silence,
  soon,
} from './given.ts';
import { CHANNEL, payload, press, pressIn, TRIGGER, USER } from './payloads.ts';
import { hang } from './stand-in.ts';

let bot: AppUnderTest;
beforeEach(async () => {
  bot = await openApp();
});
afterEach(() => bot.close());

const person = { enterprise: '', team: 'T1234567', user: USER };
const ids = `${incidentId}.${approvalId}`;
const approve = { action_id: 'approve', value: ids };
const asked = { kind: 'ask', incident: known, act: 'disable', why: 'recentlyUsed' } as const;
const askForm: ClickAnswer = {
  kind: 'form',
  form: { ...asked, code: false, breakGlass: false, shown: 'ab'.repeat(16) },
};
const reviewForm: ClickAnswer = {
  kind: 'form',
  form: {
    kind: 'review',
    incident: known,
    approval: approval('disable'),
    decision: 'approve',
    own: false,
    code: false,
  },
};
const refusal: Extract<ClickAnswer, { kind: 'whisper' }> = {
  kind: 'whisper',
  words: { kind: 'notReviewed', problem: { kind: 'ownRequest' } },
};
const REFUSED = 'somebody else must agree';
const told = () => bot.views().map(({ view }) => readable(view.blocks));

describe('Approve and Reject', () => {
  test.each(['approve', 'reject'] as const)('%s becomes plain data', async (decision) => {
    expect(await bot.send(payload(press({ action_id: decision, value: ids })))).toEqual({ status: 200, text: '' });
    expect(bot.heard.presses).toEqual([
      {
        person,
        channel: CHANNEL,
        incident: incidentId,
        approval: approvalId,
        decision,
        nonce: `1773479861.000200 1773479890.840180 U1234567 ${decision}`,
      },
    ]);
    expect(bot.heard.clicks).toEqual([]);
  });
  test.each([
    ['no approval', incidentId, incidentId, nobodysApproval],
    ['nothing', '', nobodysIncident, nobodysApproval],
    ['an incident’s id twice', `${incidentId}.${incidentId}`, incidentId, nobodysApproval],
    ['ids in the other order', `${approvalId}.${incidentId}`, nobodysIncident, nobodysApproval],
    ['one dot too many', `${ids}.`, incidentId, nobodysApproval],
    ['more behind a dot', `${ids}.p${'3'.repeat(31)}`, incidentId, nobodysApproval],
    ['a dot in front', `.${ids}`, nobodysIncident, nobodysApproval],
    ['an id in capitals', ids.toUpperCase(), nobodysIncident, nobodysApproval],
    ['an id with a line behind it', `${ids}\n`, incidentId, nobodysApproval],
    ['an id that is too long', `${incidentId}1.${approvalId}2`, nobodysIncident, nobodysApproval],
    ['what is no id', `{"key":"arn:aws:kms"}.${approvalId}`, nobodysIncident, approvalId],
    ['a name every object has', '__proto__.constructor', nobodysIncident, nobodysApproval],
    ['an ARN', 'arn:aws:kms:us-west-2:111122223333:key/1.2', nobodysIncident, nobodysApproval],
    ['very much', 'x.'.repeat(1_000), nobodysIncident, nobodysApproval],
  ])('%s: looked up as nobody’s', async (_name, value, incident, forged) => {
    expect((await bot.send(payload(press({ action_id: 'approve', value })))).status).toBe(200);
    expect(bot.heard.presses).toMatchObject([{ incident, approval: forged }]);
  });
  test('a button without a value', async () => {
    await bot.send(payload(press({ action_id: 'approve' })));
    expect(bot.heard.presses).toMatchObject([{ incident: nobodysIncident, approval: nobodysApproval }]);
  });
  test('nobody’s request is told so, in the channel', async () => {
    await bot.send(payload(press({ action_id: 'approve', value: 'i.p' })));
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('nothing the bot knows');
    expect(bot.views()).toEqual([]);
  });
  test('a request that nobody remembers loses its buttons, on that very message', async () => {
    bot.slack.script('chat.update', { ok: true, ts: '1773479861.000200' });
    await bot.send(payload(press(approve)));
    await soon(() => bot.whispers().length > 0);
    const [update, ...others] = bot.slack.calls.filter(({ method }) => method === 'chat.update');
    expect(others).toEqual([]);
    expect(update?.fields).toMatchObject({ channel: CHANNEL, ts: '1773479861.000200', parse: 'none' });
    const words = { text: update?.fields.text ?? '', blocks: JSON.parse(update?.fields.blocks ?? '[]') };
    expect(words.text).toContain('before you ask again');
    expect(rowsOf(words)).toEqual([]);
    expectWithinLimits(words);
  });
  test('any other message is left as it is: a card is drawn anew by the sweep, and home by being opened', async () => {
    bot.doors = { ...bot.doors, click: async () => ({ kind: 'whisper', words: { kind: 'noSuchButton' } }) };
    await bot.send(payload(press({ action_id: 'rescue', value: incidentId })));
    await bot.send(payload(pressIn('home', approve)));
    bot.doors = { ...bot.doors, reviewPressed: async () => refusal };
    await bot.send(payload(press({ action_id: 'reject', value: ids })));
    await soon(() => bot.whispers().length > 1 && bot.views().length > 0);
    expect(bot.slack.calls.map(({ method }) => method)).not.toContain('chat.update');
  });
  test('what may be decided opens its form, with the trigger of the press', async () => {
    bot.doors = { ...bot.doors, reviewPressed: async () => reviewForm };
    await bot.send(payload(press(approve)));
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([{ method: 'views.open', at: TRIGGER, view: { callback_id: 'review' } }]);
  });
  test('a form that comes too late says so, and claims nothing else', async () => {
    bot.slack.script('views.open', { ok: false, error: 'expired_trigger_id' });
    bot.doors = { ...bot.doors, reviewPressed: async () => reviewForm };
    await bot.send(payload(press(approve)));
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()).toEqual(['The form did not open in time: nothing was done. Press the button again.']);
  });
  test('a lost memory: the person reads that nothing may have been recorded', async () => {
    bot.doors = { ...bot.doors, reviewPressed: () => Promise.reject(new StoreUnavailable('away')) };
    expect((await bot.send(payload(press(approve)))).status).toBe(200);
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('Not recorded, try again');
  });
});

describe('in a form', () => {
  const first = pressIn('modal', { action_id: 'disable_first', value: incidentId });
  test('Disable first becomes plain data, and the form says that it is under way', async () => {
    await bot.send(payload(first));
    await soon(() => bot.heard.followed > 0);
    expect(bot.heard.disables).toEqual([
      {
        person,
        channel: '',
        incident: incidentId,
        action: 'disable',
        nonce: ' 1773479890.840180 U1234567 disable_first',
      },
    ]);
    expect(bot.views()).toMatchObject([
      { method: 'views.update', at: 'V1', view: { title: { text: 'Under way' }, type: 'modal' } },
    ]);
    expect(told()[0]).toContain('Its outcome appears on the card');
    expect(bot.whispers()).toEqual([]);
  });
  test('a refusal stands in that form’s place', async () => {
    bot.doors = { ...bot.doors, disableFirst: async () => refusal };
    await bot.send(payload(first));
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([{ method: 'views.update', at: 'V1', view: { title: { text: 'Not done' } } }]);
    expect(told()[0]).toContain(REFUSED);
    expect(bot.whispers()).toEqual([]);
  });
  test('another form takes its place', async () => {
    bot.doors = { ...bot.doors, disableFirst: async () => askForm };
    await bot.send(payload(first));
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([{ method: 'views.update', at: 'V1', view: { callback_id: 'ask' } }]);
  });
  test.each<[string, AppUnderTest['doors']['disableFirst']]>([
    ['a lost memory', () => Promise.reject(new StoreUnavailable('away'))],
    ['a silent one', () => new Promise(() => {})],
  ])('%s is told in that form, which is not left standing as if all were well', async (_name, door) => {
    bot.doors = { ...bot.doors, disableFirst: door };
    expect((await bot.send(payload(first))).status).toBe(200);
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([{ method: 'views.update', at: 'V1', view: { title: { text: 'Not done' } } }]);
    expect(told()[0]).toContain('Not recorded, try again');
  });
  test('what could not be followed up after all is told in its place', async () => {
    const follow = () => Promise.reject(new StoreUnavailable('away'));
    bot.doors = { ...bot.doors, disableFirst: async () => ({ kind: 'written', follow }) };
    await bot.send(payload(first));
    await soon(() => bot.views().length > 1);
    expect(bot.views().map(({ method, view }) => [method, view.title.text])).toEqual([
      ['views.update', 'Under way'],
      ['views.update', 'Not done'],
    ]);
  });
  test('an id that cannot be ours is nobody’s', async () => {
    await bot.send(payload(pressIn('modal', { action_id: 'disable_first', value: `${incidentId}.${approvalId}` })));
    expect(bot.heard.disables).toMatchObject([{ incident: nobodysIncident }]);
  });
  test('a form that Slack no longer shows costs nothing', async () => {
    bot.slack.script('views.update', { ok: false, error: 'not_found' });
    bot.doors = { ...bot.doors, disableFirst: async () => refusal };
    expect((await bot.send(payload(first))).status).toBe(200);
    await soon(() => bot.logged.length > 0);
    expect(bot.logged.join('\n')).toContain('a form could not be replaced');
  });
});

describe('at home', () => {
  const atHome = pressIn('home', approve);
  test('there is no channel to name', async () => {
    await bot.send(payload(atHome));
    expect(bot.heard.presses).toMatchObject([{ channel: '', incident: incidentId, approval: approvalId }]);
  });
  test('a refusal opens a window: there is nowhere to whisper', async () => {
    bot.doors = { ...bot.doors, reviewPressed: async () => refusal };
    await bot.send(payload(atHome));
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([
      { method: 'views.open', at: TRIGGER, view: { type: 'modal', title: { text: 'Not done' } } },
    ]);
    expect(told()[0]).toContain(REFUSED);
    expect(bot.whispers()).toEqual([]);
  });
  test('so does a lost memory', async () => {
    bot.doors = { ...bot.doors, reviewPressed: () => Promise.reject(new StoreUnavailable('away')) };
    expect((await bot.send(payload(atHome))).status).toBe(200);
    await soon(() => bot.views().length > 0);
    expect(told()[0]).toContain('Not recorded, try again');
  });
  test('the form opens in front of it', async () => {
    bot.doors = { ...bot.doors, reviewPressed: async () => reviewForm };
    await bot.send(payload(atHome));
    await soon(() => bot.views().length > 0);
    expect(bot.views()).toMatchObject([{ method: 'views.open', at: TRIGGER, view: { callback_id: 'review' } }]);
  });
  test('what Slack opens no window for any more stands in the tab', async () => {
    bot.slack.script('views.open', { ok: false, error: 'expired_trigger_id' });
    bot.doors = { ...bot.doors, reviewPressed: async () => refusal };
    expect((await bot.send(payload(atHome))).status).toBe(200);
    await soon(() => bot.heard.toldAtHome.length > 0);
    expect(bot.heard.toldAtHome).toEqual([refusal.words]);
  });
  test('where neither is to be had, it costs nothing', async () => {
    bot.slack.script('views.open', { ok: false, error: 'expired_trigger_id' });
    const away = () => Promise.reject(new StoreUnavailable('away'));
    bot.doors = { ...bot.doors, reviewPressed: async () => refusal, tellAtHome: away };
    expect((await bot.send(payload(atHome))).status).toBe(200);
    await soon(() => bot.logged.some((line) => line.includes('a person could not be told')));
    expect(bot.logged.join('\n')).toContain('a person could not be told');
  });
  test('after a press, whatever came of it, the tab is drawn again', async () => {
    const pressedAt = Date.now();
    await bot.send(payload(pressIn('home', { action_id: 'rescue', value: incidentId })));
    await soon(() => bot.heard.turns.length > 0);
    expect(bot.heard).toMatchObject({ clicks: [{ channel: '', action: 'rescue' }], followed: 1, homes: [USER] });
    expect(bot.heard.turns).toEqual([{ kind: 'pressed', at: expect.any(Number) }]);
    const [turn] = bot.heard.turns;
    expect(turn?.kind === 'pressed' && turn.at >= pressedAt).toBe(true);
  });
  test('a press on a message draws no tab', async () => {
    await bot.send(payload(press({ action_id: 'rescue', value: incidentId })));
    await soon(() => bot.heard.followed > 0);
    expect(bot.heard).toMatchObject({ followed: 1, turns: [] });
  });
  test.each<readonly [object, object]>([
    [
      { action_id: 'home_account', type: 'static_select', selected_option: { value: '111122223333' } },
      { kind: 'account', account: '111122223333' },
    ],
    [{ action_id: 'home_account', type: 'static_select', selected_option: { value: 'all' } }, { kind: 'account' }],
    [{ action_id: 'home_account', type: 'static_select' }, { kind: 'account' }],
    [
      { action_id: 'home_next', value: '2' },
      { kind: 'page', page: 2 },
    ],
    [
      { action_id: 'home_previous', value: '0' },
      { kind: 'page', page: 0 },
    ],
    [
      { action_id: 'home_next', value: '-1' },
      { kind: 'page', page: 0 },
    ],
    [
      { action_id: 'home_next', value: '1e99' },
      { kind: 'page', page: 0 },
    ],
  ])('filter and pages become plain data: %#', async (action, turn) => {
    expect(await bot.send(payload(pressIn('home', action)))).toEqual({ status: 200, text: '' });
    await soon(() => bot.heard.turns.length > 0);
    expect(bot.heard.turns).toEqual([turn]);
    expect(bot.heard.clicks).toEqual([]);
  });
  test('in a message or a form they mean nothing', async () => {
    await bot.send(payload(press({ action_id: 'home_next', value: '2' })));
    await bot.send(payload(pressIn('modal', { action_id: 'home_next', value: '2' })));
    expect(silence(bot.heard)).toBe(0);
  });
  test('a page that cannot be turned says so', async () => {
    bot.doors = { ...bot.doors, home: () => Promise.reject(new StoreUnavailable('away')) };
    await bot.send(payload(pressIn('home', { action_id: 'home_next', value: '2' })));
    await soon(() => bot.views().length > 0);
    expect(told()[0]).toContain('the memory (Redis) does not answer');
  });
  const menu = (value: string) => pressIn('home', { action_id: 'more', selected_option: { value } });
  test('the CLI commands open a window', async () => {
    await bot.send(payload(menu(`cli:${incidentId}`)));
    await soon(() => bot.views().length > 0);
    expect(told()[0]).toContain('aws kms cancel-key-deletion');
    expect(bot.whispers()).toEqual([]);
  });
  test('close: its form opens', async () => {
    bot.doors = {
      ...bot.doors,
      closePressed: async (press) => {
        bot.heard.closePresses.push(press);
        return { kind: 'form', form: { kind: 'close', incident: known, matter: '1, watched 1' } };
      },
    };
    await bot.send(payload(menu(`close:${incidentId}`)));
    await soon(() => bot.views().length > 0);
    expect(bot.heard.closePresses).toEqual([{ person, channel: '', incident: incidentId }]);
    expect(bot.views()).toMatchObject([{ view: { callback_id: 'close', title: { text: 'Close: looked into' } } }]);
  });
  test('evidence: where it will appear, as its thread is not in front of anybody', async () => {
    await bot.send(payload(menu(`evidence:${incidentId}`)));
    await soon(() => bot.views().length > 0 && bot.heard.evidence.length > 0);
    expect(told()[0]).toContain('appears in the thread of the card');
    expect(bot.heard.evidence).toMatchObject([{ channel: '', incident: incidentId }]);
  });
});

describe('evidence', () => {
  const menu = (value: string) => press({ action_id: 'more', selected_option: { value } });
  test('is acknowledged first, then gathered', async () => {
    bot.doors = { ...bot.doors, evidence: () => new Promise(() => {}) };
    expect(await bot.send(payload(menu(`evidence:${incidentId}`)))).toEqual({ status: 200, text: '' });
  });
  test('for this person, about this incident, in this channel', async () => {
    await bot.send(payload(menu(`evidence:${incidentId}`)));
    await soon(() => bot.heard.evidence.length > 0);
    expect(bot.heard.evidence).toEqual([{ user: USER, incident: incidentId, channel: CHANNEL }]);
    expect(bot.whispers()).toEqual([]);
  });
  test.each(['evidence:', 'evidence', `evidence:${incidentId}:${incidentId}`, 'evidence:i.p'])(
    'of %s is nobody’s',
    async (value) => {
      await bot.send(payload(menu(value)));
      await soon(() => bot.heard.evidence.length > 0);
      expect(bot.heard.evidence).toMatchObject([{ incident: nobodysIncident }]);
    },
  );
  test('why not is whispered', async () => {
    const denied = { kind: 'mayNot', action: 'report', why: { kind: 'barred', why: 'guest' } } as const;
    bot.doors = { ...bot.doors, evidence: async () => denied };
    await bot.send(payload(menu(`evidence:${incidentId}`)));
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()[0]).toContain('guests of the workspace');
  });
  test('a lost memory says what to do', async () => {
    bot.doors = {
      ...bot.doors,
      evidence: () => Promise.reject(new StoreUnavailable('away')),
      incident: () => Promise.reject(new StoreUnavailable('away')),
    };
    await bot.send(payload(menu(`evidence:${incidentId}`)));
    await bot.send(payload(menu(`cli:${incidentId}`)));
    await soon(() => bot.whispers().length > 1);
    expect(bot.whispers()).toHaveLength(2);
    for (const words of bot.whispers()) expect(words).toContain('Try again in a moment');
  });
});

describe('in a channel that another company reads', () => {
  const menu = (value: string) => ({ action_id: 'more', selected_option: { value } });
  test.each([
    ['Rescue', press({ action_id: 'rescue', value: incidentId })],
    ['Approve', press(approve)],
    ['Reject', press({ action_id: 'reject', value: ids })],
    ['Disable first', press({ action_id: 'disable_first', value: incidentId })],
    ['Evidence', press(menu(`evidence:${incidentId}`))],
    ['the CLI commands', press(menu(`cli:${incidentId}`))],
  ])('%s does nothing, and says why', async (_name, body) => {
    bot.shared = [CHANNEL];
    let asked = false;
    bot.doors = {
      ...bot.doors,
      incident: async () => {
        asked = true;
        return known;
      },
    };
    expect(await bot.send(payload(body))).toEqual({ status: 200, text: '' });
    await soon(() => bot.whispers().length > 0);
    expect(bot.whispers()).toEqual([expect.stringContaining('shared with another organisation')]);
    expect([silence(bot.heard), asked, bot.views()]).toEqual([0, false, []]);
  });
  test('elsewhere all is as usual', async () => {
    bot.shared = ['C0OTHER'];
    await bot.send(payload(press(approve)));
    expect(bot.heard.presses).toHaveLength(1);
  });
});

test('a Slack that hangs while somebody is told keeps no press from its answer', async () => {
  bot.slack.script('chat.postEphemeral', hang);
  bot.doors = { ...bot.doors, reviewPressed: async () => refusal };
  expect((await bot.send(payload(press(approve)))).status).toBe(200);
});
