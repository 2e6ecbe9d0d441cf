import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTION_KINDS, type Action, type CallOutcome, type FailureReason } from '../../src/domain/action.ts';
import { eventsOfAction } from '../../src/domain/audit-events.ts';
import type { Prior } from '../../src/domain/incident.ts';
import { isPending, KEY_STATES, type KeyRead, type KeyState, MUTATIONS } from '../../src/domain/key.ts';
import { endOfRefused, type NextStep, nextStep } from '../../src/domain/plan.ts';
import { isDestructive } from '../../src/domain/policy.ts';
import { action, call, disabledBefore, enabledBefore, imported, incident, key, read, T0 } from './samples.ts';

const unknownBefore: Prior = { kind: 'unknown', why: 'never read' };
const ok: CallOutcome = { kind: 'succeeded', requestId: 'r-1' };
const plan = (given: { action: Action; read: KeyRead; prior?: Prior; now?: number; priorAsked?: boolean }): NextStep =>
  nextStep({ prior: enabledBefore, now: T0, priorAsked: false, ...given });

describe('rescue', () => {
  test.each<[string, Parameters<typeof plan>[0], unknown]>([
    [
      'a pending key is cancelled first',
      { action: action('rescue'), read: read('PendingDeletion') },
      { kind: 'call', operation: 'CancelKeyDeletion' },
    ],
    [
      'also while it waits for its replicas',
      { action: action('rescue'), read: read('PendingReplicaDeletion') },
      { kind: 'call', operation: 'CancelKeyDeletion' },
    ],
    [
      'after cancelling, the lagging read is waited for',
      { action: action('rescue', [call('CancelKeyDeletion', ok)]), read: read('PendingDeletion'), now: T0 + 100 },
      { kind: 'poll', after: 150 },
    ],
    [
      'then it is enabled, as it was before',
      { action: action('rescue', [call('CancelKeyDeletion', ok)]), read: read('Disabled') },
      { kind: 'call', operation: 'EnableKey' },
    ],
    [
      'a key that was Disabled before stays so, and that is the rescue',
      { action: action('rescue', [call('CancelKeyDeletion', ok)]), read: read('Disabled'), prior: disabledBefore },
      { kind: 'end', ending: { kind: 'verified', state: 'Disabled', confirmedByRead: false } },
    ],
    [
      'an unknown state before is asked for',
      { action: action('rescue', [call('CancelKeyDeletion', ok)]), read: read('Disabled'), prior: unknownBefore },
      { kind: 'learnPrior' },
    ],
    [
      'and when nobody knows it, a person decides',
      {
        action: action('rescue', [call('CancelKeyDeletion', ok)]),
        read: read('Disabled'),
        prior: unknownBefore,
        priorAsked: true,
      },
      { kind: 'end', ending: { kind: 'amber', state: 'Disabled', why: 'priorStateUnknown' } },
    ],
    [
      'green only when read Enabled',
      { action: action('rescue', [call('CancelKeyDeletion', ok), call('EnableKey', ok)]), read: read('Enabled') },
      { kind: 'end', ending: { kind: 'verified', state: 'Enabled', confirmedByRead: false } },
    ],
    [
      'without its material it is amber',
      { action: action('rescue', [call('CancelKeyDeletion', ok)]), read: read('PendingImport') },
      { kind: 'end', ending: { kind: 'amber', state: 'PendingImport', why: 'materialMissing' } },
    ],
    [
      'with the store disconnected, enabling is accepted first',
      {
        action: action('rescue', [call('CancelKeyDeletion', ok)]),
        read: read('Unavailable', { origin: 'AWS_CLOUDHSM' }),
      },
      { kind: 'call', operation: 'EnableKey' },
    ],
    [
      'and then it is amber',
      {
        action: action('rescue', [call('CancelKeyDeletion', ok), call('EnableKey', ok)]),
        read: read('Unavailable', { origin: 'AWS_CLOUDHSM' }),
      },
      { kind: 'end', ending: { kind: 'amber', state: 'Unavailable', why: 'storeDisconnected' } },
    ],
    [
      'cancelled but not allowed to enable: amber',
      {
        action: action('rescue', [
          call('CancelKeyDeletion', ok),
          call('EnableKey', { kind: 'denied', operation: 'kms:EnableKey', message: 'no' }),
        ]),
        read: read('Disabled'),
      },
      { kind: 'end', ending: { kind: 'amber', state: 'Disabled', why: 'enableDenied' } },
    ],
    [
      'a deleted key cannot be rescued',
      { action: action('rescue'), read: { kind: 'gone', key, readAt: T0 } },
      { kind: 'end', ending: { kind: 'failed', why: { kind: 'keyGone' } } },
    ],
    [
      'an unreadable key is cancelled blind',
      {
        action: action('rescue'),
        read: {
          kind: 'unreadable',
          key,
          readAt: T0,
          why: { kind: 'denied', operation: 'kms:DescribeKey', message: 'no' },
        },
      },
      { kind: 'call', operation: 'CancelKeyDeletion' },
    ],
    [
      'AWS managed keys are viewable only',
      { action: action('rescue'), read: read('Enabled', { manager: 'AWS' }) },
      {
        kind: 'end',
        ending: {
          kind: 'failed',
          why: { kind: 'wrongState', state: 'Enabled', message: 'AWS manages this key: it can be viewed only.' },
        },
      },
    ],
  ])('%s', (_name, given, wanted) => expect(plan(given)).toEqual(wanted));

  test('a lost answer is read for ten seconds, then sent once more, and no third time', () => {
    const lost: CallOutcome = { kind: 'ambiguous', message: 'timeout' };
    const once = action('rescue', [call('CancelKeyDeletion', lost)]);
    expect(plan({ action: once, read: read('PendingDeletion'), now: T0 + 9_999 })).toEqual({
      kind: 'poll',
      after: 1_000,
    });
    expect(plan({ action: once, read: read('PendingDeletion'), now: T0 + 10_000 })).toEqual({
      kind: 'call',
      operation: 'CancelKeyDeletion',
    });
    const twice = action('rescue', [call('CancelKeyDeletion', lost), call('CancelKeyDeletion', lost)]);
    expect(plan({ action: twice, read: read('PendingDeletion'), now: T0 + 10_000 })).toMatchObject({
      kind: 'end',
      ending: { kind: 'failed', why: { kind: 'gaveUp' } },
    });
  });

  test('throttling is waited out, longer each time, and not for ever', () => {
    const throttled: CallOutcome = { kind: 'throttled', message: 'slow down' };
    const tries = (count: number) =>
      action(
        'rescue',
        Array.from({ length: count }, () => call('CancelKeyDeletion', throttled)),
      );
    expect(plan({ action: tries(1), read: read('PendingDeletion') })).toEqual({ kind: 'poll', after: 500 });
    expect(plan({ action: tries(1), read: read('PendingDeletion'), now: T0 + 500 })).toEqual({
      kind: 'call',
      operation: 'CancelKeyDeletion',
    });
    expect(plan({ action: tries(8), read: read('PendingDeletion'), now: T0 + 60_000 })).toMatchObject({
      ending: { why: { kind: 'gaveUp' } },
    });
  });
});

describe('a rescue that is refused', () => {
  const why: FailureReason = { kind: 'needsApproval', why: 'held' };
  const cancelled = [call('CancelKeyDeletion', ok)];

  test('after its cancelling is safe, but not as it was; the trail says what stood in the way', () => {
    const ending = endOfRefused(action('rescue', cancelled), read('Disabled'), why);
    expect(ending).toEqual({
      kind: 'amber',
      state: 'Disabled',
      why: 'enableNotAllowed',
      message: 'needsApproval: held',
    });
    const ended = action('rescue', cancelled, { ending: { ...ending, at: T0 } });
    const events = eventsOfAction(incident({ actions: [ended] }), ended);
    expect(events.at(-1)).toMatchObject({ outcome: 'amber', message: 'enableNotAllowed: needsApproval: held' });
  });

  test.each<[string, Action]>([
    ['before it', action('rescue')],
    ['when its cancelling failed', action('rescue', [call('CancelKeyDeletion', { kind: 'notSent', message: 'late' })])],
    ['as another action', action('cancelDeletion', cancelled)],
  ])('%s has failed', (_title, refused) => {
    expect(endOfRefused(refused, read('Disabled'), why)).toEqual({ kind: 'failed', why });
  });
});

describe('cancelDeletion, enable, disable', () => {
  test.each<[string, Parameters<typeof plan>[0], unknown]>([
    [
      'cancelling alone ends amber: callers still fail',
      { action: action('cancelDeletion', [call('CancelKeyDeletion', ok)]), read: read('Disabled') },
      { kind: 'end', ending: { kind: 'amber', state: 'Disabled', why: 'stillDisabled' } },
    ],
    [
      'somebody cancelled before us',
      { action: action('cancelDeletion'), read: read('Disabled') },
      { kind: 'end', ending: { kind: 'failed', why: { kind: 'wrongState', state: 'Disabled' } } },
    ],
    [
      'a pending key cannot be enabled',
      { action: action('enable'), read: read('PendingDeletion') },
      { kind: 'end', ending: { kind: 'failed', why: { kind: 'wrongState', state: 'PendingDeletion' } } },
    ],
    [
      'a pending key cannot be disabled',
      { action: action('disable'), read: read('PendingDeletion') },
      { kind: 'end', ending: { kind: 'failed', why: { kind: 'wrongState', state: 'PendingDeletion' } } },
    ],
    ['disabling', { action: action('disable'), read: read('Enabled') }, { kind: 'call', operation: 'DisableKey' }],
    [
      'already disabled is done',
      { action: action('disable'), read: read('Disabled') },
      { kind: 'end', ending: { kind: 'verified', state: 'Disabled' } },
    ],
    [
      'a key being created is waited for',
      { action: action('disable'), read: read('Creating') },
      { kind: 'poll', after: 1_000 },
    ],
    [
      'a denial names the permission',
      {
        action: action('disable', [
          call('DisableKey', { kind: 'denied', operation: 'kms:DisableKey', message: 'not authorized' }),
        ]),
        read: read('Enabled'),
      },
      {
        kind: 'end',
        ending: { kind: 'failed', why: { kind: 'denied', operation: 'kms:DisableKey', message: 'not authorized' } },
      },
    ],
  ])('%s', (_name, given, wanted) => expect(plan(given)).toMatchObject(wanted as object));
});

describe('deleteMaterial', () => {
  const asked = (calls: Action['calls'] = []) => action('deleteMaterial', calls);
  const lost: CallOutcome = { kind: 'ambiguous', message: 'the answer was lost' };

  test('always says which material', () => {
    expect(plan({ action: asked(), read: read('Enabled', imported) })).toEqual({
      kind: 'call',
      operation: 'DeleteImportedKeyMaterial',
      materialId: imported.currentMaterialId,
    });
  });
  test('asymmetric imported keys have one material and no id', () => {
    const rsa = { origin: 'EXTERNAL', spec: 'RSA_4096' } as const;
    expect(plan({ action: asked(), read: read('Enabled', rsa) })).toEqual({
      kind: 'call',
      operation: 'DeleteImportedKeyMaterial',
    });
  });
  test('nothing is deleted when KMS does not say which material is current', () => {
    expect(plan({ action: asked(), read: read('Enabled', { origin: 'EXTERNAL' }) })).toMatchObject({
      kind: 'end',
      ending: { kind: 'failed', why: { kind: 'unreadable' } },
    });
  });
  test('keys without imported material refuse it', () => {
    expect(plan({ action: asked(), read: read('Enabled') })).toMatchObject({
      ending: { kind: 'failed', why: { kind: 'wrongState' } },
    });
  });
  test('verified when the key shows it', () => {
    expect(
      plan({ action: asked([call('DeleteImportedKeyMaterial', ok)]), read: read('PendingImport', imported) }),
    ).toMatchObject({ ending: { kind: 'verified' } });
  });
  test('a lost answer about a key that is pending is proved by nothing', () => {
    const sent = asked([call('DeleteImportedKeyMaterial', lost)]);
    expect(plan({ action: sent, read: read('PendingDeletion', imported), now: T0 + 10_000 })).toMatchObject({
      ending: { kind: 'unknownOutcome' },
    });
  });
  test('a lost answer is read for ten seconds and then goes to a person, never sent again', () => {
    const sent = asked([call('DeleteImportedKeyMaterial', lost)]);
    expect(plan({ action: sent, read: read('Enabled', imported), now: T0 + 5_000 }).kind).toBe('poll');
    expect(plan({ action: sent, read: read('Enabled', imported), now: T0 + 10_000 })).toEqual({
      kind: 'end',
      ending: { kind: 'unknownOutcome', message: 'the answer was lost' },
    });
  });
});

describe('scheduleDeletion', () => {
  const OPERATION = 'ScheduleKeyDeletion';
  const lost: CallOutcome = { kind: 'ambiguous', message: 'the answer was lost' };
  const throttled: CallOutcome = { kind: 'throttled', message: 'slow down' };
  const refused: CallOutcome = { kind: 'refused', error: 'KMSInvalidStateException', message: 'no' };
  const asked = (...outcomes: readonly CallOutcome[]) =>
    action(
      'scheduleDeletion',
      outcomes.map((outcome) => call(OPERATION, outcome)),
    );
  const called = { kind: 'call', operation: OPERATION };
  const ended = (ending: object) => ({ kind: 'end', ending });

  test.each<[string, Parameters<typeof plan>[0], object]>([
    ['an enabled key', { action: asked(), read: read('Enabled') }, called],
    ['a disabled one', { action: asked(), read: read('Disabled') }, called],
    ['one without its material', { action: asked(), read: read('PendingImport', imported) }, called],
    ['one whose store is away', { action: asked(), read: read('Unavailable', { origin: 'AWS_CLOUDHSM' }) }, called],
    [
      'somebody scheduled it before us',
      { action: asked(), read: read('PendingDeletion') },
      ended({ kind: 'failed', why: { kind: 'wrongState', state: 'PendingDeletion' } }),
    ],
    [
      'also where it waits for its replicas',
      { action: asked(), read: read('PendingReplicaDeletion') },
      ended({ kind: 'failed', why: { kind: 'wrongState', state: 'PendingReplicaDeletion' } }),
    ],
    ['a key being updated is waited for', { action: asked(), read: read('Updating') }, { kind: 'poll', after: 1_000 }],
    [
      'verified when the key shows it',
      { action: asked(ok), read: read('PendingDeletion') },
      ended({ kind: 'verified', state: 'PendingDeletion', confirmedByRead: false }),
    ],
    [
      'a primary waits for its replicas, and is scheduled all the same',
      { action: asked(ok), read: read('PendingReplicaDeletion') },
      ended({ kind: 'verified', state: 'PendingReplicaDeletion' }),
    ],
    [
      'the lagging read is waited for',
      { action: asked(ok), read: read('Enabled'), now: T0 + 100 },
      { kind: 'poll', after: 150 },
    ],
    [
      'and not for ever',
      { action: asked(ok), read: read('Enabled'), now: T0 + 60_000 },
      ended({ kind: 'amber', state: 'Enabled', why: 'notVerified' }),
    ],
    ['a throttle is waited out', { action: asked(throttled), read: read('Enabled') }, { kind: 'poll', after: 500 }],
    ['and asked again', { action: asked(throttled), read: read('Enabled'), now: T0 + 500 }, called],
    [
      'what KMS refuses is read for five seconds',
      { action: asked(refused), read: read('Enabled'), now: T0 + 4_999 },
      { kind: 'poll' },
    ],
    [
      'and then believed',
      { action: asked(refused), read: read('Enabled'), now: T0 + 5_000 },
      ended({ kind: 'failed', why: { kind: 'refused', error: 'KMSInvalidStateException' } }),
    ],
    [
      'a lost answer whose work shows is done',
      { action: asked(lost), read: read('PendingDeletion') },
      ended({ kind: 'verified', confirmedByRead: true }),
    ],
    [
      'a lost answer is read for ten seconds',
      { action: asked(lost), read: read('Enabled'), now: T0 + 9_999 },
      { kind: 'poll' },
    ],
    [
      'then it goes to a person, never sent again',
      { action: asked(lost), read: read('Enabled'), now: T0 + 10_000 },
      ended({ kind: 'unknownOutcome', message: 'the answer was lost' }),
    ],
    [
      'nor after a throttle before it',
      { action: asked(throttled, lost), read: read('Enabled'), now: T0 + 11_000 },
      ended({ kind: 'unknownOutcome' }),
    ],
    [
      'a key that cannot be read is not scheduled',
      { action: asked(), read: { kind: 'unreadable', key, readAt: T0, why: { kind: 'unreachable', message: 'no' } } },
      ended({ kind: 'failed', why: { kind: 'unreadable', message: 'no' } }),
    ],
    [
      'nor one that is gone',
      { action: asked(), read: { kind: 'gone', key, readAt: T0 } },
      ended({ kind: 'failed', why: { kind: 'keyGone' } }),
    ],
    [
      'nor one that AWS manages',
      { action: asked(), read: read('Enabled', { manager: 'AWS' }) },
      ended({ kind: 'failed', why: { kind: 'wrongState' } }),
    ],
  ])('%s', (_name, given, wanted) => expect(plan(given)).toMatchObject(wanted));
});

describe('what destroys was sent, and the key cannot be read since', () => {
  const unreadable: KeyRead = {
    kind: 'unreadable',
    key,
    readAt: T0,
    why: { kind: 'unreachable', message: 'no route' },
  };
  const gone: KeyRead = { kind: 'gone', key, readAt: T0 };
  const lost: CallOutcome = { kind: 'ambiguous', message: 'the answer was lost' };
  const throttled: CallOutcome = { kind: 'throttled', message: 'slow down' };
  const sentAnd =
    (seen: KeyRead, outcome: CallOutcome, now: number) => (kind: 'scheduleDeletion' | 'deleteMaterial') => {
      const operation = kind === 'deleteMaterial' ? 'DeleteImportedKeyMaterial' : 'ScheduleKeyDeletion';
      return plan({ action: action(kind, [call(operation, outcome)]), read: seen, now });
    };
  test.each(['scheduleDeletion', 'deleteMaterial'] as const)('%s never fails as if nothing had been done', (kind) => {
    for (const outcome of [ok, lost]) {
      expect(sentAnd(unreadable, outcome, T0 + 60_000)(kind)).toEqual({ kind: 'poll', after: 2_000 });
      for (const now of [T0 + 60_001, T0 + 3_600_000])
        expect(sentAnd(unreadable, outcome, now)(kind)).toEqual({
          kind: 'end',
          ending: { kind: 'unknownOutcome', message: 'no route' },
        });
      expect(sentAnd(gone, outcome, T0)(kind)).toMatchObject({ ending: { kind: 'unknownOutcome' } });
    }
    // What never reached KMS has not been done, however the key reads.
    expect(sentAnd(unreadable, throttled, T0 + 60_001)(kind)).toMatchObject({
      ending: { kind: 'failed', why: { kind: 'unreadable' } },
    });
    expect(sentAnd(gone, throttled, T0)(kind)).toMatchObject({ ending: { kind: 'failed', why: { kind: 'keyGone' } } });
  });
});

describe('whatever KMS answers', () => {
  const outcomes = fc.constantFrom<CallOutcome>(
    { kind: 'succeeded', requestId: 'r' },
    { kind: 'refused', error: 'KMSInvalidStateException', message: 'no' },
    { kind: 'denied', operation: 'kms:X', message: 'no' },
    { kind: 'throttled', message: 'slow' },
    { kind: 'notSent', message: 'no route' },
    { kind: 'ambiguous', message: 'timeout' },
  );
  const reads = fc.constantFrom<KeyState | 'gone' | 'unreadable'>(...KEY_STATES, 'gone', 'unreadable');
  const kinds = fc.constantFrom(...ACTION_KINDS);

  test('every saga ends, sends no operation more than twice, and destroys at most once', () => {
    fc.assert(
      fc.property(
        kinds,
        fc.array(fc.tuple(reads, outcomes), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (kind, script, known) => {
          let now = T0;
          let saga = action(kind);
          for (let step = 0; step < 3_000; step += 1) {
            const [state, outcome] = script[step % script.length] ?? ['Enabled', { kind: 'ambiguous', message: '' }];
            const seen: KeyRead =
              state === 'gone'
                ? { kind: 'gone', key, readAt: now }
                : state === 'unreadable'
                  ? { kind: 'unreadable', key, readAt: now, why: { kind: 'unreachable', message: '' } }
                  : read(state, imported);
            const next = nextStep({
              action: saga,
              read: seen,
              prior: known ? enabledBefore : unknownBefore,
              now,
              priorAsked: step > 3,
            });
            if (next.kind === 'end') {
              if (next.ending.kind === 'verified')
                expect(
                  !KEY_STATES.includes(state as KeyState) || (isPending(state as KeyState) && !isDestructive(kind)),
                ).toBe(false);
              const sent = (operation: string) =>
                saga.calls.filter(
                  (made) =>
                    made.operation === operation &&
                    !['throttled', 'notSent', 'refused', 'denied'].includes(made.outcome?.kind ?? ''),
                ).length;
              expect(sent('DeleteImportedKeyMaterial')).toBeLessThanOrEqual(1);
              expect(sent('ScheduleKeyDeletion')).toBeLessThanOrEqual(1);
              for (const operation of MUTATIONS) expect(sent(operation)).toBeLessThanOrEqual(2);
              // What destroys and may have been done has not failed.
              if (isDestructive(kind) && next.ending.kind === 'failed')
                expect(MUTATIONS.map(sent)).toEqual(MUTATIONS.map(() => 0));
              return;
            }
            if (next.kind === 'poll') now += next.after;
            if (next.kind === 'call') saga = { ...saga, calls: [...saga.calls, call(next.operation, outcome, now)] };
          }
          throw new Error(`no end after 3000 steps of ${kind}`);
        },
      ),
      { numRuns: 500 },
    );
  });
});
