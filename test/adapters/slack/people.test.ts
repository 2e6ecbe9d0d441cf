/** Who somebody is and what they hold: live answers, and what counts when Slack has none. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackIdentity } from '../../../src/adapters/slack/identity.ts';
import { createPeople, type RoleMemory } from '../../../src/adapters/slack/people.ts';
import { type AccountId, type Instant, type Person, personKey } from '../../../src/domain/ids.ts';
import { known } from '../../../src/domain/key.ts';
import { type Act, type Grant, judge, type Standing, type Verdict } from '../../../src/domain/policy.ts';
import type { People } from '../../../src/ports.ts';
import { type MovedClock, movedClock } from '../../clock.ts';
import { DAY, enabledBefore, HOUR, imported, snapshot, T0 } from '../../domain/samples.ts';
import { type Answer, clientOf, type SlackStandIn, silentLog, slackStandIn, status } from './stand-in.ts';

const person = (user: string, team = 'T1'): Person => ({ enterprise: '', team, user });
const user = (more: object = {}): Answer => ({
  ok: true,
  user: { id: 'U1', team_id: 'T1', real_name: 'Alice', ...more },
});
const payments = { aliases: ['payments-*'] };
const grants: readonly Grant[] = [
  { role: 'responder', users: ['UALICE'], usergroups: ['S0ONCALL'] },
  { role: 'approver', users: [], usergroups: ['S0LEADS'] },
];

let slack: SlackStandIn;
let clock: MovedClock;
let memory: Map<string, Instant>;
let home: SlackIdentity | undefined;
let people: People;

function peopleWith(configured: readonly Grant[], store: RoleMemory = storeOf(memory)): People {
  return createPeople({
    client: clientOf(slack.url, 300),
    home: async () => home,
    grants: configured,
    memory: store,
    clock,
    log: silentLog,
  });
}

const storeOf = (kept: Map<string, Instant>): RoleMemory => ({
  confirmed: async (who, names) =>
    new Map(
      names.flatMap((name) => {
        const at = kept.get(`${who} ${name}`);
        return at === undefined ? [] : [[name, at] as const];
      }),
    ),
  confirm: async (who, names, at) => {
    for (const name of names) kept.set(`${who} ${name}`, at);
  },
  forget: async (who, names) => {
    for (const name of names) kept.delete(`${who} ${name}`);
  },
});

beforeEach(async () => {
  slack = await slackStandIn();
  clock = movedClock(T0);
  memory = new Map();
  home = { enterprise: '', team: 'T1', botUser: 'UBOT', url: undefined };
  people = peopleWith(grants);
  slack.script('usergroups.users.list', { ok: true, users: ['UCARL'] });
});
afterEach(() => slack.close());

const standing = (who: Person | string): Promise<Standing> =>
  people.standing(typeof who === 'string' ? person(who) : who, 'cached');

/** What is judged of somebody on a key that stands in nobody's way. `rescue` bears a day, `disable` an hour, destroying nothing. */
function verdictOn(who: Standing, act: Act, breakGlass = false): Verdict {
  return judge({
    act,
    standing: who,
    key: snapshot(act === 'cancelDeletion' ? 'PendingDeletion' : 'Enabled', imported),
    breakGlass,
    circumstances: {
      destructive: true,
      breakGlass: true,
      prior: enabledBefore,
      lastUse: known({ kind: 'neverSeen' }),
      earlierDisables: 0,
    },
    now: clock.now(),
  });
}
const verdict = async (who: Person | string, act: Act): Promise<Verdict> => verdictOn(await standing(who), act);
const notIn = (role: string) => ({ kind: 'denied', why: { kind: 'notInRole', role } });
const barred = (why: string) => ({ kind: 'denied', why: { kind: 'barred', why } });
const MAY = { kind: 'allowed' };
/** Nothing but the second person is missing. */
const MAY_WITH_APPROVER = { kind: 'needsApproval', why: 'destructive' };

describe('live answers', () => {
  test('listed by id, or through a user group', async () => {
    slack.script('users.info', user());
    expect(await standing('UALICE')).toEqual({
      person: person('UALICE'),
      name: 'Alice',
      names: ['Alice'],
      account: 'member',
      held: [{ role: 'responder', confirmedAt: T0, live: true }],
    });
    expect(await verdict('UALICE', 'deleteMaterial')).toEqual(MAY_WITH_APPROVER);
    expect(await verdict('UCARL', 'deleteMaterial')).toEqual(MAY_WITH_APPROVER);
    expect(await verdict('UBOB', 'rescue')).toEqual(notIn('responder'));
    expect(await standing('UBOB')).toEqual({
      person: person('UBOB'),
      name: 'Alice',
      names: ['Alice'],
      account: 'member',
      held: [],
    });
  });
  test('roles do not include one another', async () => {
    slack.script('users.info', user());
    const alice = await standing('UALICE');
    expect(alice.held.map(({ role }) => role)).toEqual(['responder']);
    expect(verdictOn(alice, 'approve')).toEqual(notIn('approver'));
    expect(verdictOn(alice, 'disable', true)).toEqual(notIn('admin'));
  });
  test('every grant that somebody is in is told, with its limit', async () => {
    slack.script('users.info', user());
    people = peopleWith([
      { role: 'responder', users: ['UALICE'], usergroups: [], limit: payments },
      {
        role: 'responder',
        users: ['UALICE', 'UBOB'],
        usergroups: [],
        limit: { accounts: ['444455556666' as AccountId] },
      },
      { role: 'responder', users: ['UBOB'], usergroups: [], limit: { tags: { team: 'orders' } } },
      { role: 'approver', users: ['UALICE'], usergroups: [] },
    ]);
    expect((await standing('UALICE')).held).toEqual([
      { role: 'responder', limit: payments, confirmedAt: T0, live: true },
      { role: 'responder', limit: { accounts: ['444455556666'] }, confirmedAt: T0, live: true },
      { role: 'approver', confirmedAt: T0, live: true },
    ]);
  });
  test.each([
    [{ is_restricted: true }, 'guest'],
    [{ is_ultra_restricted: true }, 'guest'],
    [{ is_stranger: true }, 'stranger'],
    [{ is_bot: true }, 'bot'],
    [{ deleted: true }, 'deactivated'],
    [{ team_id: 'T2' }, 'otherWorkspace'],
  ])('%j may never, also when listed', async (more, why) => {
    slack.script('users.info', user(more));
    expect(await standing('UALICE')).toEqual({ person: person('UALICE'), name: 'Alice', account: why, held: [] });
    expect(await verdict('UALICE', 'rescue')).toEqual(barred(why));
  });
  test('nor while our own workspace is not known', async () => {
    home = undefined;
    slack.script('users.info', user({ is_bot: true }));
    expect(await verdict('UALICE', 'rescue')).toEqual(barred('bot'));
  });
  test('another team by the payload, whatever users.info says', async () => {
    slack.script('users.info', user());
    expect(await verdict(person('UALICE', 'T2'), 'rescue')).toEqual(barred('otherWorkspace'));
    expect(await verdict(person('UALICE', ''), 'rescue')).toEqual(barred('otherWorkspace'));
  });
  test('a colleague of the same organisation, if Slack says so', async () => {
    home = { enterprise: 'E1', team: 'T1', botUser: 'UBOT', url: undefined };
    slack.script('users.info', user({ team_id: 'T2', enterprise_user: { enterprise_id: 'E1' } }));
    expect(await verdict(person('UALICE', 'T2'), 'deleteMaterial')).toEqual(MAY_WITH_APPROVER);
    slack.script('users.info', user({ team_id: 'T2', enterprise_user: { enterprise_id: 'E2' } }));
    expect(await verdict(person('UEVE', 'T2'), 'look')).toEqual(barred('otherWorkspace'));
    // Outside Enterprise Grid nobody has an organisation, and that is none to share.
    home = { enterprise: '', team: 'T1', botUser: 'UBOT', url: undefined };
    slack.script('users.info', user({ team_id: 'T2', enterprise_user: { enterprise_id: '' } }));
    expect(await verdict(person('UDAVE', 'T2'), 'look')).toEqual(barred('otherWorkspace'));
  });
  test('an unknown user', async () => {
    slack.script('users.info', { ok: false, error: 'user_not_found' });
    expect(await verdict('UALICE', 'rescue')).toEqual(barred('noSuchUser'));
  });
});

describe('answers are kept for half a minute', () => {
  const methods = (): readonly string[] => slack.calls.map(({ method }) => method);

  test('who somebody is, and each group once', async () => {
    slack.script('users.info', user());
    people = peopleWith([...grants, { role: 'viewer', users: [], usergroups: ['S0LEADS', 'S0ONCALL'] }]);
    await standing('UCARL');
    expect([...methods()].sort()).toEqual(['usergroups.users.list', 'usergroups.users.list', 'users.info']);
    await standing('UCARL');
    expect(methods()).toHaveLength(3);
    await clock.advance(29_999);
    await standing('UCARL');
    expect(methods()).toHaveLength(3);
    await clock.advance(1);
    await standing('UCARL');
    expect(methods()).toHaveLength(6);
  });
  test('a group is not asked about whom the grant lists', async () => {
    slack.script('users.info', user());
    people = peopleWith([{ role: 'responder', users: ['UALICE'], usergroups: ['S0ONCALL'] }]);
    await standing('UALICE');
    expect(methods()).toEqual(['users.info']);
  });
  test('live is past them, for accounts and for groups, and keeps what it learnt', async () => {
    slack.script('users.info', user(), user({ deleted: true }));
    expect((await standing('UCARL')).account).toBe('member');
    expect((await people.standing(person('UCARL'), 'live')).account).toBe('deactivated');
    expect((await standing('UCARL')).account).toBe('deactivated');
    expect(methods().filter((method) => method === 'users.info')).toHaveLength(2);

    slack.script('users.info', user());
    const roles = async (freshness: 'cached' | 'live') =>
      (await people.standing(person('UDAVE'), freshness)).held.map(({ role }) => role);
    slack.script('usergroups.users.list', { ok: true, users: ['UDAVE'] });
    expect(await roles('cached')).toEqual([]);
    expect(await roles('live')).toEqual(['responder', 'approver']);
    expect(await roles('cached')).toEqual(['responder', 'approver']);
    slack.script('usergroups.users.list', { ok: true, users: [] });
    expect(await roles('cached')).toEqual(['responder', 'approver']);
    expect(await roles('live')).toEqual([]);
  });
  test('an answer that was asked for earlier does not undo a later one', async () => {
    let answerLate = (): void => {};
    slack.script(
      'users.info',
      (response) => {
        answerLate = () => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(user()));
        };
      },
      user({ deleted: true }),
    );
    const early = people.standing(person('UCARL'), 'cached');
    await expect.poll(methods).toContain('users.info');
    expect((await people.standing(person('UCARL'), 'live')).account).toBe('deactivated');
    answerLate();
    await early;
    expect((await standing('UCARL')).account).toBe('deactivated');
  });
});

describe('when Slack cannot answer', () => {
  const silence = status(500);

  test('a remembered role is enough within the tolerance, never for destroying', async () => {
    slack.script('users.info', user());
    await standing('UALICE');
    slack.script('users.info', silence);
    await clock.advance(HOUR);
    expect(await verdict('UALICE', 'disable')).toEqual(MAY);
    await clock.set(T0 + DAY);
    expect(await standing('UALICE')).toEqual({
      person: person('UALICE'),
      name: 'UALICE',
      account: 'unknown',
      held: [{ role: 'responder', confirmedAt: T0, live: false }],
      unsure: { message: 'http 500', passing: true },
    });
    expect(await verdict('UALICE', 'rescue')).toEqual(MAY);
    expect(await verdict('UALICE', 'disable')).toMatchObject({ kind: 'unsure' });
    expect(await verdict('UALICE', 'deleteMaterial')).toMatchObject({ kind: 'unsure' });
    await clock.advance(1);
    expect(await verdict('UALICE', 'rescue')).toEqual({ kind: 'unsure', message: 'http 500', passing: true });
  });
  test('a remembered role keeps its limit', async () => {
    slack.script('users.info', user());
    people = peopleWith([{ role: 'responder', users: ['UALICE'], usergroups: [], limit: payments }]);
    await standing('UALICE');
    slack.script('users.info', silence);
    await clock.advance(HOUR);
    expect((await standing('UALICE')).held).toEqual([
      { role: 'responder', limit: payments, confirmedAt: T0, live: false },
    ]);
  });
  test('what was confirmed of one grant says nothing of another, wherever it stands', async () => {
    const wide: Grant = { role: 'responder', users: ['UBOB'], usergroups: [] };
    const limit = { aliases: ['payments-*', 'ledger'], tags: { team: 'payments', stage: 'prod' } };
    const narrow: Grant = { role: 'responder', users: ['UALICE'], usergroups: [], limit };
    slack.script('users.info', user());
    people = peopleWith([narrow, wide]);
    await standing('UALICE');
    slack.script('users.info', silence);
    people = peopleWith([wide, narrow]);
    expect((await standing('UALICE')).held).toEqual([{ role: 'responder', limit, confirmedAt: T0, live: false }]);
    // Written in another order, it says the same.
    const reordered = { tags: { stage: 'prod', team: 'payments' }, aliases: ['ledger', 'payments-*'] };
    people = peopleWith([{ ...narrow, limit: reordered }]);
    expect((await standing('UALICE')).held).toHaveLength(1);
    // Widened, or taken from them: another grant.
    people = peopleWith([{ role: 'responder', users: ['UALICE'], usergroups: [] }]);
    expect((await standing('UALICE')).held).toEqual([]);
    for (const changed of [
      { ...narrow, users: ['UBOB'] },
      { ...narrow, usergroups: ['S0ONCALL'] },
      { ...narrow, limit: { ...limit, tags: { team: 'payments', stage: 'test' } } },
      { ...narrow, limit: { aliases: limit.aliases } },
    ]) {
      people = peopleWith([changed]);
      expect((await standing('UALICE')).held).toEqual([]);
    }
  });
  test('somebody never confirmed is unknown', async () => {
    slack.script('users.info', silence);
    expect(await verdict('UALICE', 'rescue')).toMatchObject({ kind: 'unsure' });
  });
  test('another team by the payload is another team all the same', async () => {
    slack.script('users.info', silence);
    expect(await verdict(person('UALICE', 'T2'), 'rescue')).toEqual(barred('otherWorkspace'));
  });
  test('a no in between takes the older yes back', async () => {
    slack.script('users.info', user());
    await standing('UALICE');
    await clock.advance(60_000);
    slack.script('users.info', user({ deleted: true }));
    await standing('UALICE');
    await clock.advance(60_000);
    slack.script('users.info', silence);
    expect(await verdict('UALICE', 'rescue')).toMatchObject({ kind: 'unsure' });
    expect(memory.size).toBe(0);
  });
  test('leaving a group takes back only what was held through it', async () => {
    slack.script('users.info', user());
    people = peopleWith([
      { role: 'responder', users: ['UCARL'], usergroups: [] },
      { role: 'viewer', users: [], usergroups: ['S0ONCALL'] },
    ]);
    await standing('UCARL');
    slack.script('usergroups.users.list', { ok: true, users: [] });
    await clock.advance(60_000);
    await standing('UCARL');
    slack.script('users.info', silence);
    await clock.advance(60_000);
    expect((await standing('UCARL')).held).toEqual([{ role: 'responder', confirmedAt: T0 + 60_000, live: false }]);
  });
  test('a silent group leaves what is remembered, beside what Slack says', async () => {
    slack.script('users.info', user());
    people = peopleWith([
      { role: 'responder', users: [], usergroups: ['S0ONCALL'] },
      { role: 'viewer', users: ['UCARL'], usergroups: [] },
    ]);
    await standing('UCARL');
    slack.script('usergroups.users.list', silence);
    await clock.advance(HOUR);
    const carl = await standing('UCARL');
    expect(carl).toEqual({
      person: person('UCARL'),
      name: 'Alice',
      names: ['Alice'],
      account: 'member',
      held: [
        { role: 'viewer', confirmedAt: T0 + HOUR, live: true },
        { role: 'responder', confirmedAt: T0, live: false },
      ],
      unsure: { message: 'user groups: http 500', passing: true, roles: ['responder'] },
    });
    expect(verdictOn(carl, 'rescue')).toEqual(MAY);
    expect(verdictOn(carl, 'deleteMaterial')).toMatchObject({ kind: 'unsure' });
    expect(await verdict('UBOB', 'rescue')).toMatchObject({ kind: 'unsure', passing: true });
  });
  test('a silent group of one role leaves no doubt about the others', async () => {
    slack.script('users.info', user());
    slack.script('usergroups.users.list', { ok: false, error: 'missing_scope' });
    people = peopleWith([
      { role: 'responder', users: ['UALICE'], usergroups: [] },
      { role: 'approver', users: [], usergroups: ['S0LEADS'] },
    ]);
    expect(await verdict('UBOB', 'rescue')).toEqual(notIn('responder'));
    expect(await verdict('UBOB', 'approve')).toMatchObject({ kind: 'unsure', passing: false });
  });
  test('one group that answers is enough', async () => {
    slack.script('users.info', user());
    slack.script('usergroups.users.list', silence, { ok: true, users: ['UCARL'] });
    people = peopleWith([{ role: 'responder', users: [], usergroups: ['S0FIRST', 'S0SECOND'] }]);
    expect(await standing('UCARL')).toEqual({
      person: person('UCARL'),
      name: 'Alice',
      names: ['Alice'],
      account: 'member',
      held: [{ role: 'responder', confirmedAt: T0, live: true }],
    });
  });
  test('asking again may help as soon as it may with one group', async () => {
    slack.script('users.info', user());
    slack.script('usergroups.users.list', { ok: false, error: 'missing_scope' }, silence);
    people = peopleWith([{ role: 'responder', users: [], usergroups: ['S0FIRST', 'S0SECOND'] }]);
    expect(await verdict('UBOB', 'rescue')).toEqual({
      kind: 'unsure',
      message: 'user groups: http 500',
      passing: true,
    });
  });
  test.each(['plan_upgrade_required', 'missing_scope', 'unknown_method'])(
    'no user groups (%s): ids still count',
    async (error) => {
      slack.script('users.info', user());
      slack.script('usergroups.users.list', { ok: false, error });
      expect(await verdict('UALICE', 'deleteMaterial')).toEqual(MAY_WITH_APPROVER);
      expect(await verdict('UBOB', 'rescue')).toEqual({
        kind: 'unsure',
        message: `user groups: ${error}`,
        // It will not help to ask again.
        passing: false,
      });
    },
  );
  test.each(['missing_scope', 'unknown_method'])(
    'no users.info at all (%s): the listed are believed for what saves',
    async (error) => {
      slack.script('users.info', { ok: false, error });
      await clock.advance(HOUR);
      expect(await standing('UALICE')).toEqual({
        person: person('UALICE'),
        name: 'UALICE',
        account: 'unknown',
        held: [{ role: 'responder', confirmedAt: T0 + HOUR, live: false }],
        unsure: { message: error, passing: false },
      });
      expect(await verdict('UALICE', 'rescue')).toEqual(MAY);
      expect(await verdict('UALICE', 'deleteMaterial')).toEqual({ kind: 'unsure', message: error, passing: false });
      expect(await verdict('UBOB', 'rescue')).toMatchObject({ kind: 'unsure' });
      expect(await verdict(person('UALICE', 'T2'), 'rescue')).toEqual(barred('otherWorkspace'));
      // That is no confirmation: nothing is remembered of it.
      expect(memory.size).toBe(0);
      home = undefined;
      expect(await verdict('UALICE', 'rescue')).toMatchObject({ kind: 'unsure' });
    },
  );
  test('a workspace that was never learnt lets nobody new in', async () => {
    home = undefined;
    slack.script('users.info', user());
    expect(await verdict('UALICE', 'rescue')).toEqual({
      kind: 'unsure',
      message: 'Slack did not say which workspace is ours',
      passing: true,
    });
    memory.clear();
    home = { enterprise: '', team: 'T1', botUser: 'UBOT', url: undefined };
    await standing('UALICE');
    home = undefined;
    expect(await standing('UALICE')).toMatchObject({ account: 'unknown', held: [{ role: 'responder', live: false }] });
  });
  test('a group that is gone has no members', async () => {
    slack.script('users.info', user());
    slack.script('usergroups.users.list', { ok: false, error: 'no_such_subteam' });
    expect(await verdict('UBOB', 'approve')).toEqual(notIn('approver'));
  });
  test('without a memory the live answer still counts, and a silent one is no error', async () => {
    const lost = async (): Promise<never> => {
      throw new Error('Redis: connection lost');
    };
    people = peopleWith(grants, { confirmed: lost, confirm: lost, forget: lost });
    slack.script('users.info', user());
    expect(await verdict('UALICE', 'rescue')).toEqual(MAY);
    slack.script('users.info', silence);
    expect(await people.standing(person('UALICE'), 'live')).toMatchObject({ account: 'unknown', held: [] });
  });
});

describe('everybody who holds a role', () => {
  const configured: readonly Grant[] = [
    { role: 'approver', users: ['UALICE', 'UCARL'], usergroups: ['S0LEADS'] },
    { role: 'approver', users: ['UBOB', 'UALICE'], usergroups: ['S0LEADS', 'S0MORE'], limit: payments },
    { role: 'responder', users: ['UDAVE'], usergroups: ['S0ONCALL'] },
  ];

  test('by id and by group, each once, as people of our workspace', async () => {
    home = { enterprise: 'E1', team: 'T1', botUser: 'UBOT', url: undefined };
    people = peopleWith(configured);
    slack.script('usergroups.users.list', { ok: true, users: ['UCARL', 'UEVE'] });
    const found = await people.holders('approver');
    expect(found).toEqual({
      people: ['UALICE', 'UCARL', 'UBOB', 'UEVE'].map((one) => ({ enterprise: 'E1', team: 'T1', user: one })),
    });
    expect(new Set(found.people.map(personKey)).size).toBe(4);
    expect(slack.calls.map(({ fields }) => fields.usergroup).sort()).toEqual(['S0LEADS', 'S0MORE']);
    expect(await people.holders('admin')).toEqual({ people: [] });
  });
  test('a group that cannot be asked is told', async () => {
    people = peopleWith(configured);
    slack.script('usergroups.users.list', { ok: true, users: ['UEVE'] }, { ok: false, error: 'missing_scope' });
    const { people: found, unsure } = await people.holders('approver');
    expect(found.map((one) => one.user)).toContain('UEVE');
    expect(found.map((one) => one.user)).toContain('UBOB');
    expect(unsure).toBe('user groups: missing_scope');
  });
  test('nobody, while our own workspace is not known', async () => {
    home = undefined;
    people = peopleWith(configured);
    expect(await people.holders('approver')).toEqual({
      people: [],
      unsure: 'Slack did not say which workspace is ours',
    });
  });
});
