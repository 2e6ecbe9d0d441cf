import { describe, expect, test } from 'vitest';
import { ACTION_KINDS } from '../../src/domain/action.ts';
import { buttonsOf, dutyOf, namesToType } from '../../src/domain/buttons.ts';
import type { DangerKind, Incident } from '../../src/domain/incident.ts';
import { KEY_STATES, type KeyRead, known, unknown } from '../../src/domain/key.ts';
import { approval } from './proofs.ts';
import { action, disabledBefore, imported, incident, key, read, T0 } from './samples.ts';

const danger = (kind: DangerKind): Incident['dangers'] => [{ kind, firstAt: T0, lastAt: T0, count: 1 }];
const all = (): boolean => true;
const offered = (more: Partial<Incident>, destructive = true): readonly string[] =>
  buttonsOf(incident(more), all, destructive).offered;

describe('buttons by state and kind', () => {
  test.each<[string, Partial<Incident>, readonly string[]]>([
    ['pending', { read: read('PendingDeletion') }, ['rescue', 'cancelDeletion']],
    ['pending for its replicas', { read: read('PendingReplicaDeletion') }, ['rescue', 'cancelDeletion']],
    ['pending, imported', { read: read('PendingDeletion', imported) }, ['rescue', 'cancelDeletion', 'deleteMaterial']],
    ['disabled, enabled before', { read: read('Disabled') }, ['rescue', 'enable']],
    ['disabled before, too', { read: read('Disabled'), prior: disabledBefore }, ['enable']],
    ['disabled, imported', { read: read('Disabled', imported) }, ['rescue', 'enable', 'deleteMaterial']],
    ['enabled, no suspicion', { read: read('Enabled') }, []],
    ['enabled, watched', { read: read('Enabled'), dangers: danger('watched') }, ['disable']],
    [
      'enabled, and we could not enable it again',
      {
        read: read('Enabled'),
        dangers: danger('rescueBlocked'),
        knowledge: {
          cancelling: { answer: 'no', checkedAt: T0, reasons: [{ kind: 'notAllowed', call: 'kms:EnableKey' }] },
        },
      },
      [],
    ],
    ['enabled, policy changed', { read: read('Enabled'), dangers: danger('policyChanged') }, ['disable']],
    ['enabled, stale read after the event', { read: read('Enabled'), dangers: danger('deletionScheduled') }, []],
    ['material gone', { read: read('PendingImport', imported) }, []],
    ['store disconnected', { read: read('Unavailable', { origin: 'AWS_CLOUDHSM' }) }, []],
    [
      'key in a store, pending',
      { read: read('PendingDeletion', { origin: 'AWS_CLOUDHSM' }) },
      ['rescue', 'cancelDeletion'],
    ],
    ['being created', { read: read('Creating') }, []],
    ['being updated', { read: read('Updating') }, []],
    ['not read yet, dying', { dangers: danger('deletionScheduled') }, ['rescue', 'cancelDeletion']],
    ['not read yet', {}, []],
    [
      'asked for already',
      { read: read('PendingDeletion', imported), approvals: [approval('deleteMaterial')] },
      ['rescue', 'cancelDeletion'],
    ],
    [
      'asked for and refused',
      {
        read: read('PendingDeletion', imported),
        approvals: [approval('deleteMaterial', { status: { kind: 'withdrawn', at: T0 } })],
      },
      ['rescue', 'cancelDeletion', 'deleteMaterial'],
    ],
    ['another wish waits', { read: read('Disabled'), approvals: [approval('scheduleDeletion')] }, ['rescue', 'enable']],
    ['running action', { read: read('PendingDeletion'), actions: [action('rescue')] }, []],
    ['over', { read: read('Disabled'), phase: { kind: 'closed', at: T0, outcome: 'restored' } }, []],
    ['a place', { subject: { kind: 'place', place: key } }, []],
  ])('%s', (_name, more, kinds) => expect(offered(more)).toEqual(kinds));

  test('gone and unreadable', () => {
    const gone: KeyRead = { kind: 'gone', key, readAt: T0 };
    expect(offered({ read: gone, dangers: danger('deletionScheduled') })).toEqual([]);
    const unreadable: KeyRead = { kind: 'unreadable', key, readAt: T0, why: { kind: 'unreachable', message: 'no' } };
    expect(offered({ read: unreadable, dangers: danger('deletionScheduled') })).toEqual(['rescue', 'cancelDeletion']);
    expect(offered({ read: unreadable, dangers: danger('keyDisabled') })).toEqual([]);
  });
  test.each(KEY_STATES)('an AWS managed key in state %s has none', (state) =>
    expect(offered({ read: read(state, { manager: 'AWS' }), dangers: danger('watched') })).toEqual([]),
  );
  test('Delete Material only when destroying is switched on', () => {
    expect(offered({ read: read('PendingDeletion', imported) }, false)).toEqual(['rescue', 'cancelDeletion']);
  });
});

describe('roles', () => {
  test('an absent role takes its buttons away, and is named', () => {
    const buttons = buttonsOf(incident({ read: read('PendingDeletion', imported) }), (duty) => duty === 'rescue', true);
    expect(buttons).toEqual({ offered: ['rescue', 'cancelDeletion'], missing: ['destroy'] });
    const none = buttonsOf(incident({ read: read('Disabled') }), () => false, true);
    expect(none).toEqual({ offered: [], missing: ['rescue'] });
  });
  test('what each action needs', () => {
    expect(ACTION_KINDS.map((kind) => [kind, dutyOf(kind)])).toEqual([
      ['rescue', 'rescue'],
      ['cancelDeletion', 'rescue'],
      ['enable', 'rescue'],
      ['disable', 'disable'],
      ['deleteMaterial', 'destroy'],
      ['scheduleDeletion', 'destroy'],
    ]);
  });
});

test('the name to type: aliases without alias/, else the key id', () => {
  const rest = { tags: known({}), lastUse: unknown('not asked') };
  expect(namesToType(incident({ details: { aliases: known(['alias/a', 'alias/b']), ...rest } }))).toEqual(['a', 'b']);
  expect(namesToType(incident({ details: { aliases: known([]), ...rest } }))).toEqual([key.keyId]);
  expect(namesToType(incident({ details: { aliases: unknown('denied'), ...rest } }))).toEqual([key.keyId]);
});
