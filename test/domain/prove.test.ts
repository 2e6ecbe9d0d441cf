/**
 * The right to send one call: every way in which it is refused, one thing at a time; and that nobody else can make one. Above
 * 300 lines: one table, in which each row changes one thing about a good claim.
 */
import { describe, expect, test } from 'vitest';
import { ACTION_KINDS, type ActionKind } from '../../src/domain/action.ts';
import {
  type Agreement,
  type Approval,
  type Claim,
  fingerprintOf,
  isGenuine,
  type Proof,
  type Proven,
  prove,
  type Right,
} from '../../src/domain/approval.ts';
import { type ActionId, type KeyRef, type Person, parseKeyArn } from '../../src/domain/ids.ts';
import type { Prior } from '../../src/domain/incident.ts';
import {
  type KeyRead,
  type KeySnapshot,
  type KeyState,
  known,
  MUTATIONS,
  type Mutation,
  unknown,
} from '../../src/domain/key.ts';
import type { Role } from '../../src/domain/policy.ts';
import { alice, approval, bob, carol, proofFor, quiet, standing } from './proofs.ts';
import { action, DAY, disabledBefore, HOUR, imported, key, MINUTE, read, snapshot, T0 } from './samples.ts';

const NOW = T0 + MINUTE;
const dave: Person = { ...bob, user: 'UDAVE' };
const digest = known('digest');
const scope = { account: key.account, aliases: known([]), tags: known({}) };
const agreed = (by: Person, more: Partial<Agreement> = {}): Agreement => ({ by, at: T0, steppedUp: true, ...more });

interface Given {
  readonly operation: Mutation;
  readonly live: KeySnapshot;
  readonly claim?: Partial<Claim>;
  readonly approval?: Partial<Approval>;
}

/** A good claim on what was agreed to: alice asked, bob agreed, the key is as it was. */
function claimOf(kind: ActionKind, { operation, live, claim = {}, approval: more = {} }: Given): Claim {
  const wished = action(kind, [], { by: { via: 'slack', person: alice } });
  const policy = digest;
  return {
    action: wished,
    operation,
    key,
    approval: approval(kind, {
      fingerprint: fingerprintOf(live, policy),
      agreements: [agreed(bob)],
      status: { kind: 'granted', at: T0, action: wished.id },
      ...more,
    }),
    read: { kind: 'read', snapshot: live },
    policy,
    scope,
    asker: standing(alice, ['responder']),
    approvers: [standing(bob, ['approver'])],
    circumstances: quiet,
    now: NOW,
    ...claim,
  };
}

const material = snapshot('Enabled', { ...imported, validTo: T0 + DAY });
const used = known({ kind: 'used', usage: { operation: 'Decrypt', at: NOW - HOUR } } as const);
const held: Prior = { kind: 'known', state: 'Disabled', from: 'read', at: T0 - HOUR };
const alone = { agreements: [], breakGlass: true } as const;

const GOOD = {
  scheduled: claimOf('scheduleDeletion', {
    operation: 'ScheduleKeyDeletion',
    live: snapshot('Enabled'),
    approval: { windowDays: 7 },
  }),
  material: claimOf('deleteMaterial', {
    operation: 'DeleteImportedKeyMaterial',
    live: material,
    claim: { materialId: imported.currentMaterialId },
  }),
  'material of a dying key': claimOf('deleteMaterial', {
    operation: 'DeleteImportedKeyMaterial',
    live: snapshot('PendingDeletion', imported),
    claim: { materialId: imported.currentMaterialId },
  }),
  disabled: claimOf('disable', {
    operation: 'DisableKey',
    live: snapshot('Enabled'),
    claim: { circumstances: { ...quiet, lastUse: used } },
    approval: { why: 'recentlyUsed', steppedUp: false, agreements: [agreed(bob, { steppedUp: false })] },
  }),
  enabled: claimOf('enable', {
    operation: 'EnableKey',
    live: snapshot('Disabled'),
    claim: { circumstances: { ...quiet, prior: held } },
    approval: { why: 'held', steppedUp: false, agreements: [agreed(bob, { steppedUp: false })] },
  }),
  'two of two': claimOf('scheduleDeletion', {
    operation: 'ScheduleKeyDeletion',
    live: snapshot('Enabled'),
    approval: { quorum: 2, agreements: [agreed(bob), agreed(dave)] },
    claim: { approvers: [standing(bob, ['approver']), standing(dave, ['approver'])] },
  }),
  'an admin alone': claimOf('scheduleDeletion', {
    operation: 'ScheduleKeyDeletion',
    live: snapshot('Enabled'),
    approval: alone,
    claim: {
      approvers: [],
      asker: standing(alice, ['admin']),
      circumstances: { ...quiet, breakGlass: true },
    },
  }),
  'an admin alone, disabling': claimOf('disable', {
    operation: 'DisableKey',
    live: snapshot('Enabled'),
    approval: alone,
    claim: {
      approvers: [],
      asker: standing(alice, ['admin']),
      circumstances: { ...quiet, breakGlass: true, lastUse: used },
    },
  }),
  cancelled: nobodyElse('rescue', 'CancelKeyDeletion', 'PendingDeletion'),
  restored: nobodyElse('rescue', 'EnableKey', 'Disabled'),
  'cancelled blind': {
    ...nobodyElse('rescue', 'CancelKeyDeletion', 'PendingDeletion'),
    read: { kind: 'unreadable', key, readAt: NOW, why: { kind: 'unreachable', message: '' } },
  },
  'disabled by one': nobodyElse('disable', 'DisableKey', 'Enabled'),
} as const satisfies Readonly<Record<string, Claim>>;
type Good = keyof typeof GOOD;

/** What a responder may do alone. */
function nobodyElse(kind: ActionKind, operation: Mutation, state: KeyState): Claim {
  const given = { operation, live: snapshot(state), claim: { approval: undefined, approvers: [] } };
  return claimOf(kind, given);
}

describe('a good claim', () => {
  test.each(Object.keys(GOOD))('%s', (name) => {
    const claim = GOOD[name as Good];
    const right = rightOf(prove(claim));
    expect(right).toMatchObject({
      action: claim.action.id,
      kind: claim.action.kind,
      by: claim.action.by,
      operation: claim.operation,
      key,
    });
  });
  test('names material only where it is deleted, and the waiting period only where one begins', () => {
    expect(rightOf(prove(GOOD.material))).toMatchObject({ materialId: imported.currentMaterialId });
    expect(rightOf(prove({ ...GOOD.cancelled, materialId: 'one' }))).not.toHaveProperty('materialId');
    expect(rightOf(prove(GOOD.scheduled))).toMatchObject({ windowDays: 7 });
    expect(rightOf(prove(GOOD.material))).not.toHaveProperty('windowDays');
  });
  test('what was agreed to counts, not what the action says', () => {
    const longer = { ...GOOD.scheduled, action: { ...GOOD.scheduled.action, windowDays: 30 } };
    expect(rightOf(prove(longer))).toMatchObject({ windowDays: 7 });
    const unsaid = { ...GOOD['two of two'], action: { ...GOOD.scheduled.action, windowDays: 7 } };
    expect(rightOf(prove(unsaid))).not.toHaveProperty('windowDays');
  });
  test('what was agreed to may be sent for a few seconds, and never past the end of its time', () => {
    const until = (now: number) => rightOf(prove({ ...GOOD.scheduled, now })).until;
    const { expiresAt } = GOOD.scheduled.approval as Approval;
    expect(until(NOW)).toBe(NOW + 5_000);
    expect(until(expiresAt - 1)).toBe(expiresAt);
    // Also what nobody else had to agree to: a runner that was frozen must not enable or disable a key hours later.
    for (const good of ['disabled by one', 'restored'] as const)
      expect(rightOf(prove(GOOD[good])).until).toBe(NOW + 5_000);
    expect(rightOf(prove(GOOD.cancelled))).not.toHaveProperty('until');
    expect(rightOf(prove(GOOD['cancelled blind']))).not.toHaveProperty('until');
  });
});

type Change = (claim: Claim) => Partial<Claim>;
const ofApproval =
  (more: Partial<Approval> | ((approval: Approval) => Partial<Approval>)): Change =>
  ({ approval: one }) =>
    one === undefined ? {} : { approval: { ...one, ...(typeof more === 'function' ? more(one) : more) } };
const ofKey =
  (more: Partial<KeySnapshot>): Change =>
  ({ read: now }) =>
    now.kind === 'read' ? { read: { kind: 'read', snapshot: { ...now.snapshot, ...more } } } : {};
const without =
  (part: 'validTo' | 'deletionDate' | 'currentMaterialId'): Change =>
  ({ read: now }) => {
    if (now.kind !== 'read') return {};
    const { [part]: _gone, ...rest } = now.snapshot;
    return { read: { kind: 'read', snapshot: rest } };
  };
const ofCircumstances =
  (more: object): Change =>
  ({ circumstances }) => ({ circumstances: { ...circumstances, ...more } });
const asker =
  (roles: readonly Role[], more: object = {}): Change =>
  () => ({ asker: standing(alice, roles, more) });
const approver =
  (roles: readonly Role[], more: object = {}): Change =>
  () => ({ approvers: [standing(bob, roles, more)] });
const limited = (role: Role, limit: object) => ({ held: [{ role, confirmedAt: T0, live: true, limit }] });
const remembered = (role: Role, ago: number) => ({ held: [{ role, confirmedAt: NOW - ago, live: false }] });
const silent = { message: 'Slack does not answer', passing: true };

const voided = (...parts: readonly string[]) => ({ kind: 'approvalVoid', changes: parts.map((part) => ({ part })) });
const notPermitted = (who: Person, why: object) => ({ kind: 'notPermitted', who: who.user, why });
const notAgreed = (message: string) => ({ kind: 'noLongerAllowed', message });
const unsure = (message: string) => ({ unsure: message });
const few = (agreedBy: number, quorum: number) => notAgreed(`${agreedBy} of ${quorum} approvers agreed`);

/** One change, and a good claim is none. */
const BAD: readonly (readonly [string, readonly Good[], Change, object])[] = [
  // The record.
  [
    'it waits still',
    ['scheduled', 'disabled'],
    ofApproval({ status: { kind: 'waiting' } }),
    notAgreed('it was not agreed to'),
  ],
  [
    'it was rejected',
    ['scheduled'],
    ofApproval({ status: { kind: 'rejected', at: T0, by: bob } }),
    notAgreed('it was not agreed to'),
  ],
  [
    'it was taken back',
    ['scheduled'],
    ofApproval({ status: { kind: 'withdrawn', at: T0 } }),
    notAgreed('it was not agreed to'),
  ],
  [
    'an admin took its place',
    ['scheduled'],
    ofApproval({ status: { kind: 'superseded', at: T0, by: carol } }),
    notAgreed('it was not agreed to'),
  ],
  ['it ran out', ['scheduled'], ofApproval({ status: { kind: 'expired', at: T0 } }), notAgreed('it was not agreed to')],
  [
    'it was voided',
    ['scheduled'],
    ofApproval({ status: { kind: 'voided', at: T0, changes: [] } }),
    notAgreed('it was not agreed to'),
  ],
  [
    'there is no approval',
    ['scheduled', 'material'],
    () => ({ approval: undefined }),
    { kind: 'needsApproval', why: 'destructive' },
  ],
  [
    'there is none for a key in use',
    ['disabled'],
    () => ({ approval: undefined }),
    { kind: 'needsApproval', why: 'recentlyUsed' },
  ],
  [
    'there is none for a key that is held',
    ['enabled'],
    () => ({ approval: undefined }),
    { kind: 'needsApproval', why: 'held' },
  ],
  [
    'it was granted for another action',
    ['scheduled', 'material', 'disabled', 'enabled', 'an admin alone'],
    ofApproval({ status: { kind: 'granted', at: T0, action: `a${'9'.repeat(31)}` as ActionId } }),
    notAgreed('it was not agreed to'),
  ],
  [
    'another kind was agreed to',
    ['scheduled'],
    ofApproval({ kind: 'deleteMaterial' }),
    notAgreed('it was not agreed to'),
  ],
  ['a harmless kind was agreed to', ['scheduled'], ofApproval({ kind: 'disable' }), notAgreed('it was not agreed to')],
  [
    'it was granted to somebody else',
    ['scheduled', 'disabled', 'an admin alone'],
    ofApproval({ by: carol }),
    notAgreed('it was not agreed to'),
  ],
  [
    'its time is up, to the millisecond',
    ['scheduled', 'disabled', 'an admin alone'],
    ({ approval: one }) => ({ now: one?.expiresAt ?? 0 }),
    { kind: 'approvalExpired', at: T0 + HOUR / 2 },
  ],
  // The key.
  [
    'the key was disabled',
    ['scheduled', 'material', 'two of two', 'an admin alone', 'disabled'],
    ofKey({ state: 'Disabled' }),
    voided('state'),
  ],
  [
    'the key was scheduled',
    ['scheduled', 'material', 'disabled', 'enabled'],
    ofKey({ state: 'PendingDeletion', deletionDate: T0 + DAY }),
    voided('state', 'deletionDate'),
  ],
  ['the key was enabled', ['enabled'], ofKey({ state: 'Enabled' }), voided('state')],
  ['another deletion date', ['material of a dying key'], ofKey({ deletionDate: T0 + DAY }), voided('deletionDate')],
  ['no deletion date', ['material of a dying key'], without('deletionDate'), voided('deletionDate')],
  ['other material', ['material'], ofKey({ currentMaterialId: 'bb'.repeat(32) }), voided('materialId')],
  ['no material named', ['material'], without('currentMaterialId'), voided('materialId')],
  ['another end of the material', ['material'], ofKey({ validTo: T0 + HOUR }), voided('validTo')],
  ['no end of the material', ['material'], without('validTo'), voided('validTo')],
  [
    'another policy',
    ['scheduled', 'material', 'disabled', 'enabled', 'an admin alone'],
    () => ({ policy: known('other') }),
    voided('policy'),
  ],
  [
    'the policy cannot be read',
    ['scheduled', 'disabled', 'an admin alone'],
    () => ({ policy: unknown('denied: kms:GetKeyPolicy') }),
    unsure('denied: kms:GetKeyPolicy'),
  ],
  [
    'the policy was not read',
    ['scheduled'],
    ({ policy: _unread, ...rest }) => ({ ...rest, policy: undefined }) as never,
    unsure('the key policy was not read'),
  ],
  [
    'the policy was not bound',
    ['scheduled', 'material', 'an admin alone', 'an admin alone, disabling'],
    ofApproval(({ fingerprint: { policy: _policy, ...fingerprint } }) => ({ fingerprint })),
    notAgreed('it was not bound to the key policy'),
  ],
  [
    'the key is gone',
    ['scheduled', 'material', 'disabled', 'enabled', 'an admin alone'],
    () => ({ read: { kind: 'gone', key, readAt: NOW } }),
    { kind: 'keyGone' },
  ],
  [
    'the key cannot be read just now',
    ['scheduled', 'material', 'disabled', 'enabled', 'an admin alone'],
    () => ({ read: { kind: 'unreadable', key, readAt: NOW, why: { kind: 'throttled', message: 'slow down' } } }),
    unsure('slow down'),
  ],
  [
    'the key cannot be read, and nobody else had to agree',
    ['disabled by one'],
    () => ({ read: { kind: 'unreadable', key, readAt: NOW, why: { kind: 'throttled', message: '' } } }),
    notPermitted(alice, { kind: 'keyUnread' }),
  ],
  [
    'another key was read',
    ['scheduled', 'material', 'cancelled', 'disabled by one'],
    ofKey({ key: parseKeyArn(`${key.arn}0`) as KeyRef }),
    notAgreed('another key was read'),
  ],
  [
    'the plan names other material',
    ['material', 'material of a dying key'],
    () => ({ materialId: 'bb'.repeat(32) }),
    notAgreed('other key material was agreed to'),
  ],
  [
    'the plan names no material, and KMS would choose',
    ['material'],
    () => ({ materialId: undefined }) as never,
    notAgreed('other key material was agreed to'),
  ],
  [
    'it is AWS’s key by now',
    ['cancelled', 'disabled by one'],
    ofKey({ manager: 'AWS' }),
    notPermitted(alice, { kind: 'awsManaged' }),
  ],
  [
    'its state refuses the call',
    ['disabled by one'],
    ofKey({ state: 'PendingDeletion' }),
    notPermitted(alice, { kind: 'keyState', state: 'PendingDeletion' }),
  ],
  // Who agreed.
  [
    'an approver lost the role',
    ['scheduled', 'disabled', 'enabled', 'material'],
    approver(['responder', 'admin']),
    notPermitted(bob, { kind: 'notInRole', role: 'approver' }),
  ],
  [
    'an approver holds it for another account',
    ['scheduled', 'disabled'],
    approver([], limited('approver', { accounts: ['444455556666'] })),
    notPermitted(bob, { kind: 'outsideLimit' }),
  ],
  [
    'an approver holds it for other aliases',
    ['scheduled'],
    approver([], limited('approver', { aliases: ['payments-*'] })),
    notPermitted(bob, { kind: 'outsideLimit' }),
  ],
  [
    'an approver holds it for keys tagged otherwise',
    ['scheduled'],
    approver([], limited('approver', { tags: { team: 'pay' } })),
    notPermitted(bob, { kind: 'outsideLimit' }),
  ],
  [
    'an approver’s limit cannot be looked up',
    ['scheduled', 'disabled'],
    (claim) => ({
      ...approver([], limited('approver', { tags: { team: 'pay' } }))(claim),
      scope: { ...scope, tags: unknown('denied') },
    }),
    notPermitted(bob, { kind: 'limitUnknown', message: 'denied' }),
  ],
  ...(['guest', 'stranger', 'otherWorkspace', 'bot', 'deactivated', 'noSuchUser'] as const).map(
    (account) =>
      [
        `an approver is ${account}`,
        ['scheduled', 'disabled'],
        approver(['approver'], { account }),
        notPermitted(bob, { kind: 'barred', why: account }),
      ] as const,
  ),
  [
    'Slack does not say who an approver is',
    ['scheduled', 'disabled'],
    approver([], { account: 'unknown', unsure: silent }),
    unsure(silent.message),
  ],
  [
    'an approver is only remembered',
    ['scheduled', 'disabled'],
    approver([], { account: 'unknown', unsure: silent, ...remembered('approver', 1) }),
    unsure(silent.message),
  ],
  [
    'an approver is only remembered, and Slack is fine',
    ['scheduled', 'disabled'],
    approver([], remembered('approver', 1)),
    notPermitted(bob, { kind: 'notInRole' }),
  ],
  [
    'an approver was not looked up',
    ['scheduled', 'disabled'],
    () => ({ approvers: [] }),
    unsure('an approver was not looked up'),
  ],
  [
    'another approver was looked up',
    ['scheduled'],
    () => ({ approvers: [standing(dave, ['approver'])] }),
    unsure('an approver was not looked up'),
  ],
  [
    'who asked agreed alone',
    ['scheduled', 'disabled', 'enabled'],
    (claim) => ({
      ...ofApproval({ agreements: [agreed(alice)] })(claim),
      approvers: [standing(alice, ['responder', 'approver'])],
    }),
    few(0, 1),
  ],
  [
    'who asked agreed, moved to another workspace since',
    ['scheduled'],
    (claim) => ({
      ...ofApproval({ agreements: [agreed({ enterprise: 'E9', team: 'T9', user: alice.user })] })(claim),
      approvers: [standing(alice, ['approver'])],
    }),
    few(0, 1),
  ],
  [
    'who asked is one of the two',
    ['two of two'],
    (claim) => ({
      ...ofApproval({ agreements: [agreed(bob), agreed(alice)] })(claim),
      approvers: [standing(bob, ['approver']), standing(alice, ['approver'])],
    }),
    few(1, 2),
  ],
  ['one of two has agreed', ['two of two'], ofApproval({ agreements: [agreed(bob)] }), few(1, 2)],
  ['one of two has agreed twice', ['two of two'], ofApproval({ agreements: [agreed(bob), agreed(bob)] }), few(1, 2)],
  [
    'one of two has agreed twice, from two workspaces',
    ['two of two'],
    ofApproval({ agreements: [agreed(bob), agreed({ ...bob, team: 'T9' })] }),
    few(1, 2),
  ],
  [
    'one of two lost the role',
    ['two of two'],
    () => ({ approvers: [standing(bob, ['approver']), standing(dave, ['responder'])] }),
    notPermitted(dave, { kind: 'notInRole' }),
  ],
  [
    'nobody agreed',
    ['scheduled', 'disabled', 'enabled', 'two of two'],
    (claim) => ofApproval({ agreements: [] })(claim),
    { kind: 'noLongerAllowed' },
  ],
  [
    'nobody agreed, and nobody was needed',
    ['scheduled', 'disabled'],
    ofApproval({ agreements: [], quorum: 0 }),
    few(0, 0),
  ],
  [
    'an approver gave no code',
    ['scheduled', 'material'],
    ofApproval({ agreements: [agreed(bob, { steppedUp: false })] }),
    few(0, 1),
  ],
  [
    'one of two gave no code',
    ['two of two'],
    ofApproval({ agreements: [agreed(bob), agreed(dave, { steppedUp: false })] }),
    few(1, 2),
  ],
  // Who asked.
  [
    'somebody else asked',
    ['scheduled', 'cancelled', 'an admin alone'],
    () => ({ asker: standing(carol, ['responder', 'admin']) }),
    notAgreed('somebody else asked'),
  ],
  [
    'who asked lost the role',
    ['scheduled', 'disabled', 'enabled', 'cancelled', 'restored', 'disabled by one'],
    asker(['approver', 'admin']),
    notPermitted(alice, { kind: 'notInRole', role: 'responder' }),
  ],
  [
    'who asked was deactivated',
    ['scheduled', 'cancelled', 'an admin alone'],
    asker(['responder', 'admin'], { account: 'deactivated' }),
    notPermitted(alice, { kind: 'barred', why: 'deactivated' }),
  ],
  [
    'who asked holds the role for another account',
    ['scheduled', 'cancelled'],
    asker([], limited('responder', { accounts: ['444455556666'] })),
    notPermitted(alice, { kind: 'outsideLimit' }),
  ],
  [
    'who asked is only remembered',
    ['scheduled', 'material'],
    asker([], { account: 'unknown', unsure: silent, ...remembered('responder', 1) }),
    unsure(silent.message),
  ],
  [
    'who asked was remembered too long ago',
    ['disabled', 'disabled by one'],
    asker([], { account: 'unknown', unsure: silent, ...remembered('responder', HOUR + 1) }),
    unsure(silent.message),
  ],
  [
    'who asked was remembered a day ago',
    ['cancelled', 'restored', 'enabled'],
    asker([], { account: 'unknown', unsure: silent, ...remembered('responder', DAY + 1) }),
    unsure(silent.message),
  ],
  [
    'who asked gave no code',
    ['scheduled', 'material', 'two of two'],
    ofApproval({ steppedUp: false }),
    notAgreed('who asked gave no code'),
  ],
  // What is switched on.
  [
    'destroying was switched off',
    ['scheduled', 'material', 'an admin alone'],
    ofCircumstances({ destructive: false }),
    notPermitted(alice, { kind: 'destructiveOff' }),
  ],
  [
    'admins alone were switched off',
    ['an admin alone', 'an admin alone, disabling'],
    ofCircumstances({ breakGlass: false }),
    notPermitted(alice, { kind: 'breakGlassOff' }),
  ],
  [
    'an admin no more',
    ['an admin alone', 'an admin alone, disabling'],
    asker(['responder', 'approver']),
    notPermitted(alice, { kind: 'notInRole', role: 'admin' }),
  ],
  [
    'an admin only remembered',
    ['an admin alone', 'an admin alone, disabling'],
    asker([], { account: 'unknown', unsure: silent, ...remembered('admin', 1) }),
    unsure(silent.message),
  ],
  [
    'an admin without a code',
    ['an admin alone', 'an admin alone, disabling'],
    ofApproval({ steppedUp: false }),
    notAgreed('who asked gave no code'),
  ],
  [
    'an admin who did not say that it is alone',
    ['an admin alone'],
    ofApproval({ breakGlass: false }),
    notPermitted(alice, { kind: 'notInRole', role: 'responder' }),
  ],
  // What nobody else had to agree to, and somebody has to by now.
  [
    'it was used an hour ago',
    ['disabled by one'],
    ofCircumstances({ lastUse: used }),
    { kind: 'needsApproval', why: 'recentlyUsed' },
  ],
  [
    'its use is not known',
    ['disabled by one'],
    ofCircumstances({ lastUse: unknown('denied') }),
    { kind: 'needsApproval', why: 'useUnknown' },
  ],
  [
    'it is the fourth in an hour',
    ['disabled by one'],
    ofCircumstances({ earlierDisables: 3 }),
    { kind: 'needsApproval', why: 'fourthInAnHour' },
  ],
  [
    'the rescue would enable what was disabled before',
    ['restored'],
    ofCircumstances({ prior: disabledBefore }),
    { kind: 'needsApproval', why: 'wasDisabled' },
  ],
  [
    'the rescue would enable what somebody holds',
    ['restored'],
    ofCircumstances({ prior: held }),
    { kind: 'needsApproval', why: 'held' },
  ],
];

describe('one thing otherwise, and it is refused', () => {
  const rows = BAD.flatMap(([name, goods, change, wanted]) =>
    goods.map((good) => [name, good, change, wanted] as const),
  );
  test.each(rows)('%s (%s)', (_name, good, change, wanted) => {
    const claim: Claim = GOOD[good];
    expect(prove(claim).kind).toBe('proven');
    const proven = prove({ ...claim, ...change(claim) });
    if ('unsure' in wanted) expect(proven).toMatchObject({ kind: 'unsure', message: wanted.unsure, passing: true });
    else expect(proven).toMatchObject({ kind: 'refused', why: wanted });
  });

  const MINE: Readonly<Record<ActionKind, readonly Mutation[]>> = {
    rescue: ['CancelKeyDeletion', 'EnableKey'],
    cancelDeletion: ['CancelKeyDeletion'],
    enable: ['EnableKey'],
    disable: ['DisableKey'],
    deleteMaterial: ['DeleteImportedKeyMaterial'],
    scheduleDeletion: ['ScheduleKeyDeletion'],
  };
  const others = ACTION_KINDS.flatMap((kind) =>
    MUTATIONS.filter((operation) => !MINE[kind].includes(operation)).map((operation) => [kind, operation] as const),
  );
  test.each(others)('%s sends no %s', (kind, operation) => {
    // On a key of a state and kind that takes it, agreed to, by an admin, and from the terminal.
    const live = snapshot(
      operation === 'CancelKeyDeletion' ? 'PendingDeletion' : operation === 'EnableKey' ? 'Disabled' : 'Enabled',
      imported,
    );
    const claim = claimOf(kind, { operation, live, claim: { materialId: imported.currentMaterialId } });
    const why = { kind: 'noLongerAllowed', message: `${operation} is no part of ${kind}` };
    expect(prove(claim)).toEqual({ kind: 'refused', why });
    expect(prove(fromTerminal(claim))).toEqual({ kind: 'refused', why });
  });
});

const fromTerminal = (claim: Claim): Claim => ({
  ...claim,
  action: { ...claim.action, by: { via: 'terminal', user: 'root' } },
  asker: 'terminal',
});

describe('from the terminal', () => {
  test.each(['cancelled', 'cancelled blind', 'restored'] as const)('a rescue: %s', (good) =>
    expect(rightOf(prove(fromTerminal(GOOD[good]))).by).toEqual({ via: 'terminal', user: 'root' }),
  );
  test.each(['scheduled', 'material', 'disabled', 'enabled', 'disabled by one', 'an admin alone'] as const)(
    'nothing else: %s',
    (good) =>
      expect(prove(fromTerminal(GOOD[good]))).toEqual({
        kind: 'refused',
        why: { kind: 'noLongerAllowed', message: 'the terminal only rescues' },
      }),
  );
  test('nor what a person of Slack asked for', () => {
    expect(prove({ ...GOOD.cancelled, asker: 'terminal' })).toMatchObject({ kind: 'refused' });
    expect(prove({ ...fromTerminal(GOOD.cancelled), asker: standing(alice, ['responder']) })).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('nobody else makes a proof', () => {
  const proof = (): Proof => proofFor('ScheduleKeyDeletion', { windowDays: 7 });

  test('a minted one is genuine', () => expect(isGenuine(proof())).toBe(true));
  test.each<[string, (one: Proof) => unknown]>([
    ['one that looks the same', (one) => ({ right: one.right })],
    ['its right', (one) => one.right],
    ['one of the same class', (one) => Object.create(Object.getPrototypeOf(one))],
    [
      'one of the same class and right',
      (one) => Object.create(Object.getPrototypeOf(one), { right: { value: one.right } }),
    ],
    ['one that inherits from it', (one) => Object.create(one)],
    ['one that stands in for it', (one) => new Proxy(one, {})],
    ['one its own constructor made', (one) => new (one.constructor as new (right: Right) => object)(one.right)],
    ['one Reflect made', (one) => Reflect.construct(one.constructor as never, [one.right])],
    ['a structured clone', (one) => structuredClone(one)],
    ['a copy of all it has', (one) => ({ ...one })],
    ['nothing', () => ({})],
  ])('%s is not', (_name, forge) => {
    const genuine = proof();
    let forged: unknown;
    try {
      forged = forge(genuine);
    } catch {
      // Refused where it was made.
      return;
    }
    expect(isGenuine(forged as Proof)).toBe(false);
    expect(isGenuine(genuine)).toBe(true);
  });

  test('it is never written down', () => {
    expect(() => JSON.stringify(proof())).toThrow('never written down');
    expect(() => JSON.stringify({ job: { proof: proof() } })).toThrow('never written down');
    expect(structuredClone(proof())).toEqual({});
  });
  test('its right stays as it was minted', () => {
    const claim = GOOD.material;
    const proven = prove(claim);
    const right = rightOf(proven);
    const before = structuredClone(right);
    const genuine = (proven as Extract<Proven, { kind: 'proven' }>).proof;
    const tries: readonly (() => unknown)[] = [
      () => Object.assign(right, { operation: 'ScheduleKeyDeletion' }),
      () => Object.assign(right, { windowDays: 7 }),
      () => Object.assign(right.key, { arn: 'arn:aws:kms:us-west-2:111122223333:key/other' }),
      () => Object.assign(right.by, { via: 'terminal' }),
      () => right.by.via === 'slack' && Object.assign(right.by.person, { user: 'UMALLORY' }),
      () => Object.assign(genuine, { right: { ...right, materialId: 'bb' } }),
      () => Object.defineProperty(genuine, 'right', { value: { ...right, materialId: 'bb' } }),
      () => Object.setPrototypeOf(genuine, { right: { ...right, materialId: 'bb' } }),
      () => Object.defineProperty(Object.getPrototypeOf(genuine), 'right', { value: { ...right, materialId: 'bb' } }),
      () => Object.defineProperty(Object.getPrototypeOf(genuine), 'toJSON', { value: () => ({}) }),
    ];
    for (const attempt of tries) expect(attempt, String(attempt)).toThrow(TypeError);
    expect(genuine.right).toEqual(before);
    expect(() => JSON.stringify(genuine)).toThrow('never written down');
  });
  test('what it was minted from may change afterwards; it does not', () => {
    const person = { ...alice };
    const ref = { ...key };
    const claim = {
      ...GOOD.scheduled,
      key: ref,
      action: { ...GOOD.scheduled.action, by: { via: 'slack', person } as const },
      read: read('Enabled', { key: ref }) as Extract<KeyRead, { kind: 'read' }>,
    };
    const right = rightOf(prove(claim));
    Object.assign(person, { user: 'UMALLORY' });
    Object.assign(ref, { arn: 'arn:aws:kms:us-west-2:111122223333:key/other' });
    expect(right.by).toEqual({ via: 'slack', person: alice });
    expect(right.key).toEqual(key);
  });
});

function rightOf(proven: Proven): Right {
  if (proven.kind !== 'proven') throw new Error(`not proven: ${JSON.stringify(proven)}`);
  expect(isGenuine(proven.proof)).toBe(true);
  return proven.proof.right;
}
