import { describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { Alarm, Fact } from '../../src/domain/fact.ts';
import type { Context, Happening } from '../../src/domain/happening.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { KeyRead } from '../../src/domain/key.ts';
import {
  action,
  by,
  call,
  DAY,
  disabledBefore,
  enabledBefore,
  fact,
  HOUR,
  incident,
  key,
  MINUTE,
  opening,
  read,
  rules,
  T0,
} from './samples.ts';

const at = (now: number): Context => ({ now, rules });
const scheduled = (more: { requestId?: string; sessionName?: string; issuerArn?: string } = {}) =>
  fact({ kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion', more) });

function saved(before: Incident | undefined, happening: Happening, now = T0): Incident {
  const verdict = decide(before, happening, at(now));
  if (verdict.kind !== 'decided') throw new Error(`nothing was decided: ${JSON.stringify(verdict)}`);
  return verdict.decision.incident;
}
const heard = (what: Fact, given: { read?: KeyRead; ours?: 'role' | 'self' } = {}): Happening => ({
  kind: 'fact',
  fact: what,
  opening,
  ours: false,
  ...given,
});

describe('what opens an incident', () => {
  const young = T0 + 1_000;
  const old = T0 + HOUR;
  const refused = fact({ kind: 'useRefused', key, refusal: 'disabled', call: by('Decrypt') });
  const policy = fact({ kind: 'policyChanged', key, call: by('PutKeyPolicy'), bypassedLockoutCheck: false });
  const outside = fact({
    kind: 'policyChanged',
    key,
    bypassedLockoutCheck: false,
    call: { ...by('PutKeyPolicy'), actor: { type: 'AWSAccount', account: '999988887777' as never } },
  });
  test.each<[string, Fact, KeyRead | undefined, number, boolean]>([
    ['scheduled, and the key is pending', scheduled(), read('PendingDeletion'), old, true],
    ['scheduled a second ago, the read lags', scheduled(), read('Enabled'), young, true],
    ['scheduled an hour ago, cancelled since', scheduled(), read('Enabled'), old, false],
    ['scheduled, and KMS does not answer', scheduled(), undefined, old, true],
    [
      'scheduled, and the key cannot be read',
      scheduled(),
      { kind: 'unreadable', key, readAt: T0, why: { kind: 'denied', operation: 'kms:DescribeKey', message: '' } },
      old,
      true,
    ],
    ['a refused use of a disabled key', refused, read('Disabled'), old, true],
    ['disabled', fact({ kind: 'keyDisabled', key, call: by('DisableKey') }), read('Disabled'), old, true],
    [
      'material deleted',
      fact({ kind: 'materialDeleted', key, call: by('DeleteImportedKeyMaterial') }),
      read('PendingImport'),
      old,
      true,
    ],
    ['material about to expire', fact({ kind: 'materialExpiring', key }), read('Enabled'), old, true],
    ['a policy change by somebody outside', outside, read('Enabled'), old, true],
    ['a policy change from inside on a healthy key', policy, read('Enabled'), old, false],
    ['a policy change on an endangered key', policy, read('PendingDeletion'), old, true],
    ['deleted for good', fact({ kind: 'keyDeleted', key }), { kind: 'gone', key, readAt: T0 }, old, true],
    ['enabled', fact({ kind: 'keyEnabled', key, call: by('EnableKey') }), read('Enabled'), young, false],
    [
      'cancelled',
      fact({ kind: 'deletionCancelled', key, call: by('CancelKeyDeletion') }),
      read('Disabled'),
      young,
      false,
    ],
    [
      'somebody tried and was refused',
      fact({ kind: 'attemptRefused', key, call: by('ScheduleKeyDeletion'), error: 'AccessDenied' }),
      read('Enabled'),
      young,
      false,
    ],
    [
      'a person asked for eyes on it',
      fact({ kind: 'watchRequested', key, by: 'U1', reason: 'odd' }),
      read('Enabled'),
      old,
      true,
    ],
  ])('%s', (_name, what, seen, now, expected) => {
    const verdict = decide(undefined, heard(what, seen === undefined ? {} : { read: seen }), at(now));
    expect(verdict.kind === 'decided').toBe(expected);
  });

  test('the sweep opens what nobody told, and the same danger again is the same incident', () => {
    const swept: Happening = { kind: 'swept', danger: 'deletionScheduled', opening, read: read('PendingDeletion') };
    const first = saved(undefined, swept);
    expect(first).toMatchObject({ phase: { kind: 'open' }, countdown: { deletionDate: T0 + 7 * DAY } });
    expect(saved(first, swept, T0 + MINUTE).dangers).toHaveLength(1);
  });
});

describe('one danger, one card', () => {
  test('the same fact twice changes nothing', () => {
    const open = saved(undefined, heard(scheduled(), { read: read('PendingDeletion') }));
    expect(decide(open, heard(scheduled(), { read: read('PendingDeletion') }), at(T0))).toEqual({
      kind: 'nothing',
      why: 'known already',
    });
  });
  test('a closed incident is reopened only by a live key endangered again', () => {
    const open = saved(undefined, heard(scheduled(), { read: read('PendingDeletion') }));
    const calm = saved(open, { kind: 'read', read: read('Enabled', { readAt: T0 + HOUR }) }, T0 + HOUR);
    // One calm read may be stale: the second one is believed.
    expect(calm).toMatchObject({ phase: { kind: 'open' }, nextReadAt: T0 + HOUR + 3_000 });
    const over = saved(calm, { kind: 'read', read: read('Enabled', { readAt: T0 + HOUR + 3_000 }) }, T0 + HOUR + 3_000);
    expect(over.phase).toMatchObject({ kind: 'closed', outcome: 'recovered' });
    const late = { ...scheduled(), id: 'ct:late' };
    expect(decide(over, heard(late, { read: read('Enabled', { readAt: T0 + 2 * HOUR }) }), at(T0 + 2 * HOUR))).toEqual({
      kind: 'nothing',
      why: 'older news',
    });
    const again = saved(over, heard(late, { read: read('PendingDeletion', { readAt: T0 + 2 * HOUR }) }), T0 + 2 * HOUR);
    expect(again).toMatchObject({ round: 2, phase: { kind: 'open' }, card: { shownRevision: 0 } });
    expect(again.card.ts).toBeUndefined();
  });
  test('an older read never overwrites a newer one', () => {
    const open = saved(undefined, heard(scheduled(), { read: read('PendingDeletion', { readAt: T0 + 10 }) }));
    const after = saved(open, { kind: 'read', read: read('Enabled', { readAt: T0 + 5 }) });
    expect(after.read).toMatchObject({ snapshot: { state: 'PendingDeletion' } });
  });
});

describe('alarms', () => {
  const alarm = (state: Alarm['state'], changedAt: number): Fact =>
    fact(
      {
        kind: 'alarm',
        alarm: {
          arn: 'arn:aws:cloudwatch:us-west-2:111122223333:alarm:kms',
          name: 'kms',
          account: key.account,
          region: key.region,
          partition: 'aws',
          state,
          changedAt,
          reason: '',
          keys: [],
          lookback: 300_000,
          aboutKms: true,
        },
      },
      { id: `sns:${state}-${changedAt}`, at: changedAt, source: 'sns' },
    );
  const subject = {
    kind: 'alarm',
    alarmArn: 'arn:aws:cloudwatch:us-west-2:111122223333:alarm:kms',
    name: 'kms',
    place: key,
    partition: 'aws',
  } as const;
  const told = (what: Fact): Happening => ({
    kind: 'fact',
    fact: what,
    opening: { ...opening, subject, prior: { kind: 'unknown', why: '' } },
    ours: false,
  });

  test('an alarm without a key begins a search', () => {
    expect(saved(undefined, told(alarm('ALARM', T0)))).toMatchObject({
      search: { state: 'searching', nextAt: T0 },
      dangers: [{ kind: 'alarm' }],
    });
  });
  test('an ALARM older than its OK opens nothing', () => {
    const ok = saved(undefined, told(alarm('OK', T0 + 1_000)));
    expect(ok.phase.kind).toBe('closed');
    expect(ok.revision).toBe(ok.card.shownRevision);
    expect(saved(ok, told(alarm('ALARM', T0))).phase.kind).toBe('closed');
  });
  test('an OK never closes the incident of a key', () => {
    const onKey = (what: Fact): Happening => ({
      kind: 'fact',
      fact: what,
      opening,
      ours: false,
      read: read('PendingDeletion'),
    });
    const open = saved(undefined, onKey(alarm('ALARM', T0)));
    expect(saved(open, onKey(alarm('OK', T0 + 1))).phase.kind).toBe('open');
  });
  test('a hundred flaps are one incident with a bounded record', () => {
    let record = saved(undefined, told(alarm('ALARM', T0)));
    for (let flap = 1; flap <= 100; flap += 1) {
      record = saved(record, told(alarm('OK', T0 + flap * 2_000)));
      record = saved(record, told(alarm('ALARM', T0 + flap * 2_000 + 1_000)));
    }
    expect(record.round).toBe(1);
    expect(record.phase.kind).toBe('open');
    expect(record.timeline.length).toBeLessThanOrEqual(150);
    expect(record.factIds.length).toBeLessThanOrEqual(200);
  });
  test('the alarm that led to a key hands its card over and is drawn no more', () => {
    const shown = {
      ...saved(undefined, told(alarm('ALARM', T0))),
      card: { channel: 'C0INCIDENT' as never, ts: '1.1' as never, shownRevision: 3, adopt: false },
    };
    const linked = saved(shown, { kind: 'linked', to: [{ key, incident: opening.id }], adopted: true });
    expect(linked).toMatchObject({ phase: { kind: 'closed', outcome: 'linked' } });
    expect(linked.card).toMatchObject({ shownRevision: linked.revision });
    expect(linked.card.ts).toBeUndefined();
  });
});

describe('echoes', () => {
  const succeeded = { kind: 'succeeded', requestId: 'req-1' } as const;
  const cancelled = (more: { requestId?: string; sessionName?: string }) =>
    fact(
      { kind: 'deletionCancelled', key, call: by('CancelKeyDeletion', more) },
      { at: T0, id: `ct:${more.requestId ?? 'none'}` },
    );
  const withCall = (made = call('CancelKeyDeletion', succeeded)) =>
    incident({ actions: [action('rescue', [made])], sawDanger: true, read: read('PendingDeletion') });
  const dangers = (record: Incident) => record.dangers.map((danger) => danger.kind);

  test('our request id, forty minutes late: timeline only', () => {
    const after = saved(
      withCall(),
      heard(cancelled({ requestId: 'req-1' }), { ours: 'role', read: read('Disabled') }),
      T0 + 40 * MINUTE,
    );
    expect(after.timeline.at(-1)?.body).toMatchObject({ kind: 'fact', echoOf: action('rescue').id });
    expect(dangers(after)).toEqual([]);
  });
  test('our role, another request: the highest kind', () => {
    const after = saved(
      withCall(),
      heard(cancelled({ requestId: 'req-2' }), { ours: 'role', read: read('Disabled') }),
      T0 + 40 * MINUTE,
    );
    expect(dangers(after)).toContain('ownRoleMisused');
  });
  test('our role and no incident at all: opened, whatever the key shows', () => {
    const after = saved(
      undefined,
      heard(cancelled({ requestId: 'req-9' }), { ours: 'role', read: read('Enabled') }),
      T0 + 40 * MINUTE,
    );
    expect(dangers(after)).toContain('ownRoleMisused');
  });
  test('while our call waits for its answer it is too early to say', () => {
    expect(
      decide(
        withCall(call('CancelKeyDeletion')),
        heard(cancelled({ requestId: 'req-1' }), { ours: 'role' }),
        at(T0 + 1_000),
      ),
    ).toEqual({ kind: 'later' });
  });
  test('after a crash the action id in the session name is enough, once', () => {
    const lost = withCall(call('CancelKeyDeletion', { kind: 'confirmedByRead' }));
    const name = `keywarden-${action('rescue').id}`;
    const after = saved(
      lost,
      heard(cancelled({ requestId: 'req-7', sessionName: name }), { ours: 'role' }),
      T0 + MINUTE,
    );
    expect(after.actions[0]?.calls[0]?.outcome?.requestId).toBe('req-7');
    const forged = heard({ ...cancelled({ requestId: 'req-8', sessionName: name }), id: 'ct:8' }, { ours: 'role' });
    expect(dangers(saved(after, forged, T0 + MINUTE))).toContain('ownRoleMisused');
  });
  test('somebody else with the same operation is no echo', () => {
    const after = saved(withCall(), heard(cancelled({ requestId: 'req-3' })), T0 + MINUTE);
    expect(after.timeline.at(-1)?.body).not.toHaveProperty('echoOf');
    expect(dangers(after)).not.toContain('ownRoleMisused');
  });
});

describe('the end of an incident', () => {
  const pending = () => saved(undefined, heard(scheduled(), { read: read('PendingDeletion') }));
  const ended = (state: 'Enabled' | 'Disabled', record = pending()) => {
    const asked = saved(record, { kind: 'asked', action: action('rescue'), opening });
    return saved(
      asked,
      {
        kind: 'ended',
        action: action('rescue').id,
        ending: { kind: 'verified', state, confirmedByRead: false },
        read: read(state, { readAt: T0 + 5_000 }),
      },
      T0 + 5_000,
    );
  };
  test('restored by a verified rescue', () => expect(ended('Enabled').phase).toMatchObject({ outcome: 'restored' }));
  test('restored when it is Disabled as it was', () =>
    expect(ended('Disabled', { ...pending(), prior: disabledBefore }).phase).toMatchObject({ outcome: 'restored' }));
  test('not over while Disabled was not how it was', () =>
    expect(ended('Disabled', { ...pending(), prior: enabledBefore }).phase.kind).toBe('open'));
  test('an Enable that was asked for before a hold, and that nobody agreed to, does not end the hold', () => {
    const disabled = { ...pending(), prior: enabledBefore, read: read('Disabled') };
    const asked = saved(disabled, { kind: 'asked', action: action('enable'), opening });
    const person = { enterprise: '', team: 'T0HOME', user: 'U0CAROL' };
    const hold = { by: person, at: T0 + 1_000, reason: 'an intruder' };
    const wish = fact({ kind: 'watchRequested', key, by: 'U0CAROL', reason: 'an intruder' }, { id: 'cmd:hold' });
    const held = saved(asked, { kind: 'held', hold, fact: wish, opening }, T0 + 1_000);
    const done = saved(
      held,
      {
        kind: 'ended',
        action: action('enable').id,
        ending: { kind: 'verified', state: 'Enabled', confirmedByRead: false },
        read: read('Enabled', { readAt: T0 + 5_000 }),
      },
      T0 + 5_000,
    );
    expect(done).toMatchObject({ hold, phase: { kind: 'open' } });
  });
  test('gone after its date: told and closed', () => {
    const verdict = decide(
      pending(),
      { kind: 'due', read: { kind: 'gone', key, readAt: T0 + 8 * DAY }, late: MINUTE },
      at(T0 + 8 * DAY),
    );
    expect(verdict).toMatchObject({
      kind: 'decided',
      decision: {
        incident: { phase: { outcome: 'deleted' } },
        effects: [{ kind: 'remind', reminder: { kind: 'end' }, volume: 'broadcast' }, { kind: 'report' }],
      },
    });
  });
  test('missing before its date is looked at again', () => {
    const record = saved(pending(), { kind: 'read', read: { kind: 'gone', key, readAt: T0 + DAY } }, T0 + DAY);
    expect(record).toMatchObject({ phase: { kind: 'open' }, nextReadAt: T0 + DAY + MINUTE });
  });
  test('a misused role stays open, whatever the key shows', () => {
    const misused = saved(
      undefined,
      heard(scheduled({ requestId: 'x' }), { ours: 'role', read: read('PendingDeletion') }),
    );
    expect(saved(misused, { kind: 'read', read: read('Enabled', { readAt: T0 + HOUR }) }, T0 + HOUR).phase.kind).toBe(
      'open',
    );
  });
  test('one action at a time', () => {
    const asked = saved(pending(), { kind: 'asked', action: action('rescue'), opening });
    const second = { ...action('cancelDeletion'), id: `a${'2'.repeat(31)}` as never };
    expect(decide(asked, { kind: 'asked', action: second, opening }, at(T0))).toEqual({
      kind: 'nothing',
      why: 'already running',
    });
  });
  test('a late runner cannot write another runner’s outcome', () => {
    const asked = saved(pending(), { kind: 'asked', action: action('rescue'), opening });
    const intended = saved(asked, { kind: 'intended', action: action('rescue').id, call: call('CancelKeyDeletion') });
    expect(
      decide(
        intended,
        { kind: 'answered', action: action('rescue').id, runner: 'runner-2', outcome: { kind: 'succeeded' } },
        at(T0),
      ),
    ).toEqual({ kind: 'nothing', why: 'not ours to say' });
  });
});
