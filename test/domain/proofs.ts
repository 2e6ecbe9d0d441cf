/** Proofs for tests of what carries them out: minted like any other, from an approval where the operation needs one. */
import type { ActionKind, Asker } from '../../src/domain/action.ts';
import { type Approval, fingerprintOf, type Proof, prove } from '../../src/domain/approval.ts';
import type { ActionId, ApprovalId, KeyRef, Person } from '../../src/domain/ids.ts';
import { known, type Mutation } from '../../src/domain/key.ts';
import type { Circumstances, Role, Standing } from '../../src/domain/policy.ts';
import { action, enabledBefore, HOUR, key as sampleKey, snapshot, T0 } from './samples.ts';

export const alice: Person = { enterprise: '', team: 'T1', user: 'UALICE' };
export const bob: Person = { enterprise: '', team: 'T1', user: 'UBOB' };
export const carol: Person = { enterprise: '', team: 'T1', user: 'UCAROL' };

export const standing = (person: Person, roles: readonly Role[], more: Partial<Standing> = {}): Standing => ({
  person,
  name: person.user,
  account: 'member',
  held: roles.map((role) => ({ role, confirmedAt: T0, live: true })),
  ...more,
});

export const quiet: Circumstances = {
  destructive: true,
  breakGlass: false,
  prior: enabledBefore,
  lastUse: known({ kind: 'neverSeen' }),
  earlierDisables: 0,
};

export const approval = (kind: ActionKind, more: Partial<Approval> = {}): Approval => ({
  id: `p${'0'.repeat(31)}` as ApprovalId,
  kind,
  by: alice,
  askedAt: T0,
  expiresAt: T0 + HOUR / 2,
  ...(more.breakGlass === true ? {} : { why: 'destructive' }),
  reason: 'because',
  fingerprint: { state: 'Enabled', policy: 'digest' },
  quorum: 1,
  steppedUp: true,
  breakGlass: false,
  agreements: [],
  status: { kind: 'waiting' },
  round: 1,
  message: { revision: 1, shownRevision: 0 },
  ...more,
});

const KIND: Readonly<Record<Mutation, ActionKind>> = {
  CancelKeyDeletion: 'cancelDeletion',
  EnableKey: 'enable',
  DisableKey: 'disable',
  DeleteImportedKeyMaterial: 'deleteMaterial',
  ScheduleKeyDeletion: 'scheduleDeletion',
};

export interface ProofWish {
  readonly action?: ActionId;
  readonly key?: KeyRef;
  readonly kind?: ActionKind;
  readonly by?: Person;
  /** The key's material, which the call names as well; left out: material without an id. */
  readonly materialId?: string;
  readonly windowDays?: number;
  /** When it is minted; by the machine's clock unless said otherwise, as most of what carries proofs out lives by it. */
  readonly now?: number;
}

/** A proof for one operation, asked for by alice (or `by`) and, where need be, agreed to by bob. */
export function proofFor(operation: Mutation, wish: ProofWish = {}): Proof {
  const person = wish.by ?? alice;
  const now = wish.now ?? Date.now();
  const kind = wish.kind ?? KIND[operation];
  const by: Asker = { via: 'slack', person };
  const ref = wish.key ?? sampleKey;
  const state =
    operation === 'CancelKeyDeletion' ? 'PendingDeletion' : operation === 'EnableKey' ? 'Disabled' : 'Enabled';
  const live = snapshot(state, {
    key: ref,
    ...(operation === 'DeleteImportedKeyMaterial' ? { origin: 'EXTERNAL' } : {}),
    ...(wish.materialId === undefined ? {} : { currentMaterialId: wish.materialId }),
  });
  const wished = action(kind, [], { by, ...(wish.action === undefined ? {} : { id: wish.action }) });
  const policy = known('digest');
  const agreed = approval(kind, {
    by: person,
    askedAt: now,
    expiresAt: now + HOUR / 2,
    fingerprint: fingerprintOf(live, policy),
    agreements: [{ by: bob, at: now, steppedUp: true }],
    status: { kind: 'granted', at: now, action: wished.id },
    ...(wish.windowDays === undefined ? {} : { windowDays: wish.windowDays }),
  });
  const needs = kind === 'deleteMaterial' || kind === 'scheduleDeletion';
  const proven = prove({
    action: wished,
    operation,
    key: ref,
    ...(wish.materialId === undefined ? {} : { materialId: wish.materialId }),
    approval: needs ? agreed : undefined,
    read: { kind: 'read', snapshot: live },
    policy,
    scope: { account: ref.account, aliases: known([]), tags: known({}) },
    asker: standing(person, ['responder']),
    approvers: [standing(bob, ['approver'])],
    circumstances: quiet,
    now,
  });
  if (proven.kind !== 'proven') throw new Error(`no proof: ${JSON.stringify(proven)}`);
  return proven.proof;
}
