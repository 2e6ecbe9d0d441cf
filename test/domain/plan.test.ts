import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action, CallOutcome } from '../../src/domain/action.ts';
import type { Prior } from '../../src/domain/incident.ts';
import { fingerprintOf, isPending, KEY_STATES, type KeyRead, type KeyState } from '../../src/domain/key.ts';
import { type NextStep, nextStep } from '../../src/domain/plan.ts';
import { action, call, disabledBefore, enabledBefore, imported, key, read, snapshot, T0 } from './samples.ts';

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
  const decidedOn = fingerprintOf(snapshot('Enabled', imported));
  const asked = (calls: Action['calls'] = []) => action('deleteMaterial', calls, { decidedOn, stateSeen: 'Enabled' });
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
    const on = action('deleteMaterial', [], {
      decidedOn: fingerprintOf(snapshot('Enabled', rsa)),
      stateSeen: 'Enabled',
    });
    expect(plan({ action: on, read: read('Enabled', rsa) })).toEqual({
      kind: 'call',
      operation: 'DeleteImportedKeyMaterial',
    });
  });
  test('nothing is deleted when KMS does not say which material is current', () => {
    const bare = { origin: 'EXTERNAL' } as const;
    const on = action('deleteMaterial', [], { decidedOn: fingerprintOf(snapshot('Enabled', bare)) });
    expect(plan({ action: on, read: read('Enabled', bare) })).toMatchObject({
      kind: 'end',
      ending: { kind: 'failed' },
    });
  });
  test('any change of the key voids it', () => {
    expect(plan({ action: asked(), read: read('Disabled', imported) })).toEqual({
      kind: 'end',
      ending: { kind: 'failed', why: { kind: 'keyChanged', was: 'Enabled', is: 'Disabled' } },
    });
  });
  test('keys without imported material refuse it', () => {
    const on = action('deleteMaterial', [], { decidedOn: fingerprintOf(snapshot('Enabled')) });
    expect(plan({ action: on, read: read('Enabled') })).toMatchObject({
      ending: { kind: 'failed', why: { kind: 'wrongState' } },
    });
  });
  test('verified when the key shows it', () => {
    expect(
      plan({ action: asked([call('DeleteImportedKeyMaterial', ok)]), read: read('PendingImport', imported) }),
    ).toMatchObject({ ending: { kind: 'verified' } });
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

describe('whatever KMS answers', () => {
  const outcomes = fc.constantFrom<CallOutcome>(
    { kind: 'succeeded', requestId: 'r' },
    { kind: 'refused', error: 'KMSInvalidStateException', message: 'no' },
    { kind: 'denied', operation: 'kms:X', message: 'no' },
    { kind: 'throttled', message: 'slow' },
    { kind: 'notSent', message: 'no route' },
    { kind: 'ambiguous', message: 'timeout' },
  );
  const states = fc.constantFrom<KeyState>(...KEY_STATES);
  const kinds = fc.constantFrom('rescue', 'cancelDeletion', 'enable', 'disable', 'deleteMaterial') as fc.Arbitrary<
    Action['kind']
  >;

  test('every saga ends, sends no operation more than twice, and destroys at most once', () => {
    fc.assert(
      fc.property(
        kinds,
        fc.array(fc.tuple(states, outcomes), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (kind, script, known) => {
          let now = T0;
          let saga = action(kind, [], {
            decidedOn: fingerprintOf(snapshot('Enabled', imported)),
            stateSeen: 'Enabled',
          });
          for (let step = 0; step < 3_000; step += 1) {
            const [state, outcome] = script[step % script.length] ?? ['Enabled', { kind: 'ambiguous', message: '' }];
            const next = nextStep({
              action: saga,
              read: read(state, imported),
              prior: known ? enabledBefore : unknownBefore,
              now,
              priorAsked: step > 3,
            });
            if (next.kind === 'end') {
              if (next.ending.kind === 'verified') expect(isPending(state) && kind !== 'deleteMaterial').toBe(false);
              const sent = (operation: string) =>
                saga.calls.filter(
                  (made) =>
                    made.operation === operation &&
                    !['throttled', 'notSent', 'refused', 'denied'].includes(made.outcome?.kind ?? ''),
                ).length;
              expect(sent('DeleteImportedKeyMaterial')).toBeLessThanOrEqual(1);
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
