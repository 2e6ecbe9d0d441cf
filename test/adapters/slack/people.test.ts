/** Who may act: live answers, and what counts when Slack has none. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPeople, type RoleMemory } from '../../../src/adapters/slack/people.ts';
import type { People } from '../../../src/ports.ts';
import { type MovedClock, movedClock } from '../../clock.ts';
import { HOUR, T0 } from '../../domain/samples.ts';
import { type Answer, clientOf, type SlackStandIn, silentLog, slackStandIn, status } from './stand-in.ts';

const DAY = 24 * HOUR;
const person = (user: string, team = 'T1') => ({ enterprise: '', team, user });
const user = (more: object = {}): Answer => ({
  ok: true,
  user: { id: 'U1', team_id: 'T1', real_name: 'Alice', ...more },
});
const nobody = { users: [], usergroups: [] };
const roles = {
  viewer: nobody,
  responder: { users: ['UALICE'], usergroups: ['S0ONCALL'] },
  approver: { users: [], usergroups: ['S0LEADS'] },
  admin: nobody,
};

let slack: SlackStandIn;
let clock: MovedClock;
let memory: Map<string, number>;
let home: { enterprise: string; team: string; botUser: string } | undefined;
let people: People;

beforeEach(async () => {
  slack = await slackStandIn();
  clock = movedClock(T0);
  memory = new Map();
  home = { enterprise: '', team: 'T1', botUser: 'UBOT' };
  const store: RoleMemory = {
    confirmedAt: async (who, role) => memory.get(`${who} ${role}`),
    confirm: async (who, role, at) => void memory.set(`${who} ${role}`, at),
    forget: async (who, role) => void memory.delete(`${who} ${role}`),
  };
  people = createPeople({
    client: clientOf(slack.url, 300),
    home: async () => home,
    roles,
    memory: store,
    clock,
    log: silentLog,
  });
  slack.script('usergroups.users.list', { ok: true, users: ['UCARL'] });
});
afterEach(() => slack.close());

describe('live answers', () => {
  test('listed by id, or through a user group', async () => {
    slack.script('users.info', user());
    expect(await people.check(person('UALICE'), 'responder', 0)).toEqual({
      kind: 'may',
      confirmedAt: T0,
      name: 'Alice',
    });
    expect(await people.check(person('UCARL'), 'responder', 0)).toMatchObject({ kind: 'may' });
    expect(await people.check(person('UBOB'), 'responder', DAY)).toEqual({
      kind: 'mayNot',
      why: 'notInRole',
      name: 'Alice',
    });
  });
  test('roles do not include one another', async () => {
    slack.script('users.info', user());
    expect(await people.check(person('UALICE'), 'viewer', 0)).toMatchObject({ kind: 'mayNot', why: 'notInRole' });
    expect(await people.check(person('UALICE'), 'admin', 0)).toMatchObject({ kind: 'mayNot' });
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
    expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({ kind: 'mayNot', why });
  });
  test('another team by the payload, whatever users.info says', async () => {
    slack.script('users.info', user());
    expect(await people.check(person('UALICE', 'T2'), 'responder', DAY)).toMatchObject({ why: 'otherWorkspace' });
    expect(await people.check(person('UALICE', ''), 'responder', DAY)).toMatchObject({ why: 'otherWorkspace' });
  });
  test('a colleague of the same organisation, if Slack says so', async () => {
    home = { enterprise: 'E1', team: 'T1', botUser: 'UBOT' };
    slack.script('users.info', user({ team_id: 'T2', enterprise_user: { enterprise_id: 'E1' } }));
    expect(await people.check(person('UALICE', 'T2'), 'responder', 0)).toMatchObject({ kind: 'may' });
  });
  test('an unknown user', async () => {
    slack.script('users.info', { ok: false, error: 'user_not_found' });
    expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({ kind: 'mayNot', why: 'noSuchUser' });
  });
  test('asked once in half a minute', async () => {
    slack.script('users.info', user());
    await people.check(person('UCARL'), 'responder', 0);
    await people.check(person('UCARL'), 'responder', 0);
    expect(slack.calls).toHaveLength(2);
    await clock.advance(30_000);
    await people.check(person('UCARL'), 'responder', 0);
    expect(slack.calls).toHaveLength(4);
  });
});

describe('when Slack cannot answer', () => {
  const silence = status(500);
  test('a remembered role is enough within the tolerance, never for destroying', async () => {
    slack.script('users.info', user());
    await people.check(person('UALICE'), 'responder', DAY);
    slack.script('users.info', silence);
    await clock.advance(DAY);
    expect(await people.check(person('UALICE'), 'responder', DAY)).toEqual({
      kind: 'may',
      confirmedAt: T0,
      name: 'UALICE',
    });
    expect(await people.check(person('UALICE'), 'responder', HOUR)).toMatchObject({ kind: 'unknown' });
    expect(await people.check(person('UALICE'), 'responder', 0)).toMatchObject({ kind: 'unknown' });
    await clock.advance(1);
    expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({
      kind: 'unknown',
      message: 'http 500',
    });
  });
  test('somebody never confirmed is unknown', async () => {
    slack.script('users.info', silence);
    expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({ kind: 'unknown' });
  });
  test('a no in between takes the older yes back', async () => {
    slack.script('users.info', user());
    await people.check(person('UALICE'), 'responder', DAY);
    await clock.advance(60_000);
    slack.script('users.info', user({ deleted: true }));
    await people.check(person('UALICE'), 'responder', DAY);
    await clock.advance(60_000);
    slack.script('users.info', silence);
    expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({ kind: 'unknown' });
  });
  test.each(['plan_upgrade_required', 'missing_scope', 'unknown_method'])(
    'no user groups (%s): ids still count',
    async (error) => {
      slack.script('users.info', user());
      slack.script('usergroups.users.list', { ok: false, error });
      expect(await people.check(person('UALICE'), 'responder', 0)).toMatchObject({ kind: 'may' });
      expect(await people.check(person('UBOB'), 'responder', DAY)).toEqual({
        kind: 'unknown',
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
      expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({ kind: 'may' });
      expect(await people.check(person('UALICE'), 'responder', 0)).toMatchObject({ kind: 'unknown' });
      expect(await people.check(person('UBOB'), 'responder', DAY)).toMatchObject({ kind: 'unknown' });
      expect(await people.check(person('UALICE', 'T2'), 'responder', DAY)).toMatchObject({ kind: 'mayNot' });
    },
  );
  test('a workspace that was never learnt lets nobody new in', async () => {
    home = undefined;
    slack.script('users.info', user());
    expect(await people.check(person('UALICE'), 'responder', DAY)).toMatchObject({ kind: 'unknown' });
  });
  test('a group that is gone has no members', async () => {
    slack.script('users.info', user());
    slack.script('usergroups.users.list', { ok: false, error: 'no_such_subteam' });
    expect(await people.check(person('UBOB'), 'approver', DAY)).toMatchObject({ kind: 'mayNot', why: 'notInRole' });
  });
});
