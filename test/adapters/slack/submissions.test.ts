/** Forms sent off: what becomes of what was typed, of what the form remembered, and of what is none of ours. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSubmission } from '../../../src/adapters/slack/schema.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { incidentId } from '../../domain/samples.ts';
import { type AppUnderTest, approvalId, nobodysApproval, nobodysIncident, openApp, silence } from './given.ts';
import { payload, press, sent, USER } from './payloads.ts';

let bot: AppUnderTest;
beforeEach(async () => {
  bot = await openApp();
});
afterEach(() => bot.close());

const CODE = '424299';
const asked = { incident: incidentId, act: 'scheduleDeletion', shown: 'abc', windowDays: 14 };
const reviewed = { incident: incidentId, approval: approvalId, decision: 'approve' };
const typed = { reason: 'replaced', key_name: 'orders', ticket: 'CHG-7', code: CODE, break_glass: [] as string[] };
const ask = (metadata: unknown = asked, values: Parameters<typeof sent>[2] = typed) =>
  payload(sent('ask', metadata, values));
const review = (metadata: unknown = reviewed, values: Parameters<typeof sent>[2] = { comment: 'seen', code: CODE }) =>
  payload(sent('review', metadata, values));
const errors = (text: string): Readonly<Record<string, string>> => JSON.parse(text).errors;

describe('an ask form', () => {
  test('everything typed and ticked is passed on', async () => {
    expect(await bot.send(ask(asked, { ...typed, break_glass: ['alone'] }))).toEqual({ status: 200, text: '' });
    expect(bot.heard.asks).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: USER },
        incident: incidentId,
        act: 'scheduleDeletion',
        shown: 'abc',
        windowDays: 14,
        reason: 'replaced',
        keyName: 'orders',
        ticket: 'CHG-7',
        code: CODE,
        breakGlass: true,
        nonce: 'V1',
      },
    ]);
  });
  test.each([
    ['ticked', ['alone'], true],
    ['not ticked', [], false],
    ['not there', undefined, false],
  ])('the box of an admin alone: %s', async (_name, box, breakGlass) => {
    const { break_glass: _box, ...rest } = typed;
    await bot.send(ask(asked, box === undefined ? rest : { ...rest, break_glass: box }));
    expect(bot.heard.asks).toMatchObject([{ breakGlass }]);
  });
  test('what is left empty is absent, what must be typed is empty', async () => {
    await bot.send(ask(asked, { reason: null, key_name: '   ', ticket: '', code: null }));
    expect(bot.heard.asks[0]).toEqual({
      person: { enterprise: '', team: 'T1234567', user: USER },
      incident: incidentId,
      act: 'scheduleDeletion',
      shown: 'abc',
      windowDays: 14,
      reason: '',
      keyName: '',
      breakGlass: false,
      nonce: 'V1',
    });
  });
  test.each([7, 30])('a waiting period of %d days', async (windowDays) => {
    await bot.send(ask({ ...asked, windowDays }));
    expect(bot.heard.asks).toMatchObject([{ windowDays }]);
  });
  test('without a waiting period there is none', async () => {
    await bot.send(ask({ incident: incidentId, act: 'disable', shown: 'abc' }));
    expect(bot.heard.asks[0]).not.toHaveProperty('windowDays');
  });
});

describe('a close form', () => {
  const close = (metadata: unknown = { incident: incidentId, matter: '1, watched 1' }, reason = ' a test of ours ') =>
    payload(sent('close', metadata, { reason }));
  test('everything typed and remembered is passed on', async () => {
    expect(await bot.send(close())).toEqual({ status: 200, text: '' });
    expect(bot.heard.closings).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: USER },
        incident: incidentId,
        matter: '1, watched 1',
        reason: 'a test of ours',
      },
    ]);
  });
  test('an id that cannot be ours is nobody’s', async () => {
    await bot.send(close({ incident: 'i1:evil', matter: '' }));
    expect(bot.heard.closings).toMatchObject([{ incident: nobodysIncident }]);
  });
  test('a form that remembers nothing is told so, under its field', async () => {
    const { text } = await bot.send(close({ incident: incidentId }));
    expect(errors(text)).toEqual({ reason: expect.stringContaining('no longer knows') });
    expect(silence(bot.heard)).toBe(0);
  });
  test('a refusal stands under its field', async () => {
    const problem = { kind: 'denied', act: 'close', why: { kind: 'notInRole', role: 'approver' } } as const;
    bot.doors = { ...bot.doors, close: async () => ({ kind: 'problem', field: 'reason', problem }) };
    const { text } = await bot.send(close());
    expect(errors(text)).toEqual({ reason: expect.stringContaining('Close: looked into was not done: you are not') });
  });
  test('a lost memory: nobody knows whether it was written down', async () => {
    bot.doors = { ...bot.doors, close: () => Promise.reject(new StoreUnavailable('away')) };
    const { text } = await bot.send(close());
    expect(errors(text)).toEqual({ reason: expect.stringContaining('Not recorded, send it again') });
  });
});

describe('a review form', () => {
  test('everything typed is passed on', async () => {
    expect(await bot.send(review())).toEqual({ status: 200, text: '' });
    expect(bot.heard.reviews).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: USER },
        incident: incidentId,
        approval: approvalId,
        decision: 'approve',
        comment: 'seen',
        code: CODE,
        nonce: 'V1',
      },
    ]);
  });
  test('an ask form’s box means nothing here', async () => {
    await bot.send(review(reviewed, { comment: 'seen', break_glass: ['alone'] }));
    expect(bot.heard.reviews[0]).not.toHaveProperty('breakGlass');
  });
  test('a problem stands under its field, in plain text', async () => {
    const problem = { kind: 'denied', act: 'approve', why: { kind: 'destructiveOff' } } as const;
    bot.doors = { ...bot.doors, review: async () => ({ kind: 'problem', field: 'comment', problem }) };
    const { text } = await bot.send(review());
    expect(errors(text)).toEqual({ comment: expect.stringContaining('(approvals.destructive in keywarden.yaml)') });
  });
  test('a lost memory: nobody knows whether it was written down, and the same form may be sent again', async () => {
    bot.doors = { ...bot.doors, review: () => Promise.reject(new StoreUnavailable('away')) };
    const { text } = await bot.send(review());
    expect(errors(text)).toEqual({ comment: expect.stringContaining('Not recorded, send it again') });
    expect(text).not.toContain('nothing was done');
  });
  test('a late answer does not claim that nothing was done', async () => {
    bot.doors = { ...bot.doors, review: () => new Promise(() => {}) };
    const { text } = await bot.send(review());
    expect(errors(text)).toEqual({ comment: expect.stringContaining('Still checking') });
  });
});

describe('what a form remembers is looked at like anything from outside', () => {
  test.each<[string, string, unknown, string]>([
    ['nothing', 'ask', '', 'reason'],
    ['no JSON', 'ask', '{"incident":', 'reason'],
    ['an older version’s', 'ask', `${incidentId}.abc`, 'reason'],
    ['null', 'ask', 'null', 'reason'],
    ['a list', 'ask', [asked], 'reason'],
    ['no incident', 'ask', { act: 'disable', shown: 'abc' }, 'reason'],
    ['an incident that is no text', 'ask', { ...asked, incident: { $ne: '' } }, 'reason'],
    ['an act nobody knows', 'ask', { ...asked, act: 'deleteKey' }, 'reason'],
    ['an act every object has', 'ask', { ...asked, act: '__proto__' }, 'reason'],
    ['no digest', 'ask', { ...asked, shown: undefined }, 'reason'],
    ['six days', 'ask', { ...asked, windowDays: 6 }, 'reason'],
    ['thirty-one days', 'ask', { ...asked, windowDays: 31 }, 'reason'],
    ['no days', 'ask', { ...asked, windowDays: 0 }, 'reason'],
    ['less than no days', 'ask', { ...asked, windowDays: -30 }, 'reason'],
    ['half days', 'ask', { ...asked, windowDays: 7.5 }, 'reason'],
    ['days in words', 'ask', { ...asked, windowDays: '14' }, 'reason'],
    ['days without end', 'ask', '{"incident":"i","act":"scheduleDeletion","shown":"a","windowDays":1e999}', 'reason'],
    ['a review’s', 'ask', reviewed, 'reason'],
    ['nothing, of a review', 'review', '', 'comment'],
    ['an ask form’s, of a review', 'review', asked, 'comment'],
    ['a decision nobody knows', 'review', { ...reviewed, decision: 'agree' }, 'comment'],
    ['no request', 'review', { incident: incidentId, decision: 'approve' }, 'comment'],
  ])('%s: nothing runs, and the form does not close as if it had', async (_name, callback, metadata, field) => {
    const { status, text } = await bot.send(payload(sent(callback, metadata, { ...typed, comment: 'x' })));
    expect(status).toBe(200);
    expect(errors(text)).toEqual({ [field]: expect.stringContaining('begin again') });
    expect(silence(bot.heard)).toBe(0);
  });
  test.each<[string, string, string]>([
    ['forged', `${incidentId}.x`, 'p'],
    ['in capitals', incidentId.toUpperCase(), approvalId.toUpperCase()],
    ['swapped', approvalId, incidentId],
  ])('ids that cannot be ours, %s, are looked up as nobody’s', async (_name, incident, approval) => {
    await bot.send(ask({ ...asked, incident }));
    await bot.send(review({ ...reviewed, incident, approval }));
    expect(bot.heard.asks).toMatchObject([{ incident: nobodysIncident }]);
    expect(bot.heard.reviews).toMatchObject([{ incident: nobodysIncident, approval: nobodysApproval }]);
  });
  test.each(['', 'ASK', 'ask ', 'delete_material', 'ask.review', '__proto__'])(
    'a form called %j is none of ours',
    async (callback) => {
      await Promise.race([
        bot.send(payload(sent(callback, asked, typed))),
        new Promise((resolve) => setTimeout(resolve, 100)),
      ]);
      expect(silence(bot.heard)).toBe(0);
      expect(readSubmission(sent(callback, asked, typed))).toBeUndefined();
    },
  );
  test('a body without a view, or of another shape', async () => {
    for (const body of [undefined, {}, { view: 7 }, { ...press({}), view: { callback_id: 'ask' } }])
      expect(readSubmission(body)).toBeUndefined();
  });
});

describe('sent again', () => {
  test('the same signed bytes are a replay: heard once', async () => {
    const [body, at] = [ask(), Date.now()];
    expect((await bot.send(body, { at })).status).toBe(200);
    expect(await bot.send(body, { at })).toEqual({ status: 200, text: '' });
    expect(bot.heard.asks).toHaveLength(1);
  });
  test('the same form sent off again is the same wish', async () => {
    await bot.send(ask(), { at: Date.now() });
    await bot.send(ask(), { at: Date.now() - 2_000 });
    await bot.send(review(), { at: Date.now() });
    await bot.send(review(), { at: Date.now() - 2_000 });
    expect(bot.heard.asks.map(({ nonce }) => nonce)).toEqual(['V1', 'V1']);
    expect(bot.heard.reviews.map(({ nonce }) => nonce)).toEqual(['V1', 'V1']);
  });
});

test('a code is passed on and stands nowhere else: no log line, no answer, no call to Slack', async () => {
  const answers: string[] = [];
  let stamp = Date.now();
  const send = async (body: string): Promise<void> => {
    // Each in a second of its own: the same signed bytes again would be set aside as a replay.
    stamp -= 1_000;
    answers.push((await bot.send(body, { at: stamp })).text);
  };
  const both = async (): Promise<void> => {
    await send(ask());
    await send(review());
  };
  await both();
  expect([...bot.heard.asks, ...bot.heard.reviews].map(({ code }) => code)).toEqual([CODE, CODE]);
  const problem = { kind: 'codeWrong', left: 2 } as const;
  const door = async () => ({ kind: 'problem', field: 'code', problem }) as const;
  bot.doors = { ...bot.doors, ask: door, review: door };
  await both();
  const away = () => Promise.reject(new StoreUnavailable('away', new Error('ECONNREFUSED')));
  bot.doors = { ...bot.doors, ask: away, review: away };
  await both();
  const broken = () => {
    throw new TypeError('a bug');
  };
  bot.doors = { ...bot.doors, ask: broken, review: broken };
  await both();
  bot.seenDown = true;
  await both();
  bot.seenDown = false;
  await send(ask({ ...asked, windowDays: 3 }));
  await send(payload({ ...sent('ask', asked, typed), user: { id: 7 } }));
  await send(payload(sent('ask', asked, { ...typed, reason: CODE })).slice(0, -40));
  const { status } = await bot.send(ask(), { secret: 'wrong' });
  expect(status).toBe(401);
  expect(bot.logged.length).toBeGreaterThan(4);
  for (const line of [...bot.logged, ...answers, JSON.stringify(bot.slack.calls)]) expect(line).not.toContain(CODE);
});
