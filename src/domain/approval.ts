/**
 * An approval is the recorded right to carry out one action: who asked, who agreed, on which live state, until when.
 *
 *   waiting ──quorum──▶ granted ──carry-out──▶ proof (never stored)
 *      ├──▶ rejected (an approver) · withdrawn (who asked) · expired (time) · voided (the key changed)
 *      └──▶ superseded (an admin broke the glass)
 *
 * Above 300 lines, because whoever may mint a proof must see what it is minted from: record and proof stay in one file.
 * Every status but `waiting` is final. `decideOn` is the one setter. A proof is minted by `prove` alone, from the record,
 * the freshly read key, the live roles and now; it lives as long as the call it is for.
 */
import type { Action, ActionKind, Asker, FailureReason } from './action.ts';
import {
  type ActionId,
  type ApprovalId,
  type Duration,
  type Instant,
  type KeyRef,
  type MessageTs,
  type Person,
  samePerson,
} from './ids.ts';
import { type KeyRead, type KeySnapshot, type KeyState, kindOf, type Learned, type Mutation } from './key.ts';
import type { KeyScope } from './limit.ts';
import { type ApprovalWhy, type Circumstances, isDestructive, judge, type Standing } from './policy.ts';

/** What of the live key an approval is bound to. */
export interface Fingerprint {
  readonly state: KeyState;
  readonly deletionDate?: Instant;
  readonly materialId?: string;
  readonly validTo?: Instant;
  /** Digest of the key policy; absent: it could not be read when it was asked for (never so for what destroys). */
  readonly policy?: string;
}

export type FingerprintPart = keyof Fingerprint;

/** What an approval was asked for, and on which key as it was then. */
export interface Approval {
  readonly id: ApprovalId;
  readonly kind: ActionKind;
  readonly by: Person;
  readonly askedAt: Instant;
  /** Never past the key's deletion date. */
  readonly expiresAt: Instant;
  /** Why somebody must agree; absent: an admin broke the glass. */
  readonly why?: ApprovalWhy;
  readonly reason: string;
  readonly ticket?: string;
  /** ScheduleKeyDeletion: days. */
  readonly windowDays?: number;
  readonly fingerprint: Fingerprint;
  readonly quorum: number;
  /** Who asked gave a code. */
  readonly steppedUp: boolean;
  /** An admin alone. */
  readonly breakGlass: boolean;
  readonly agreements: readonly Agreement[];
  readonly status: ApprovalStatus;
  /** The incident's round it was asked in. */
  readonly round: number;
  readonly message: ApprovalMessage;
}

export interface Agreement {
  readonly by: Person;
  readonly at: Instant;
  readonly comment?: string;
  readonly steppedUp: boolean;
}

export type ApprovalStatus =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'granted'; readonly at: Instant; readonly action: ActionId }
  | { readonly kind: 'rejected'; readonly at: Instant; readonly by: Person; readonly comment?: string }
  | { readonly kind: 'withdrawn'; readonly at: Instant; readonly comment?: string }
  | { readonly kind: 'expired'; readonly at: Instant }
  /** An admin broke the glass over it: one request at a time, and theirs is the more urgent. */
  | { readonly kind: 'superseded'; readonly at: Instant; readonly by: Person }
  /** No changes named: the key itself is gone. */
  | { readonly kind: 'voided'; readonly at: Instant; readonly changes: readonly Change[] };

/** The request's message in the incident's thread: desired state, like the card. */
export interface ApprovalMessage {
  readonly revision: number;
  readonly shownRevision: number;
  readonly ts?: MessageTs;
}

/** A difference between the key that was decided on and the key as it is. Digests and ids are for comparing, not for showing. */
export interface Change {
  readonly part: FingerprintPart;
  readonly was?: string | number;
  readonly is?: string | number;
}

const PARTS: readonly FingerprintPart[] = ['state', 'deletionDate', 'materialId', 'validTo', 'policy'];

export function fingerprintOf(snapshot: KeySnapshot, policy: Learned<string> | undefined): Fingerprint {
  const { state, deletionDate, currentMaterialId, validTo } = snapshot;
  return {
    state,
    ...(deletionDate === undefined ? {} : { deletionDate }),
    ...(currentMaterialId === undefined ? {} : { materialId: currentMaterialId }),
    ...(validTo === undefined ? {} : { validTo }),
    ...(policy?.kind === 'known' ? { policy: policy.value } : {}),
  };
}

/** One comparable line, for forms and the audit trail. */
export const fingerprintLine = (key: KeyRef, fingerprint: Fingerprint): string =>
  [key.arn, ...PARTS.map((part) => fingerprint[part] ?? '-')].join('|');

/** What differs between the key decided on and the key now. A policy that was not bound, or is not read now, is no difference. */
export function changesBetween(was: Fingerprint, is: Fingerprint): readonly Change[] {
  return PARTS.filter((part) => was[part] !== is[part])
    .filter((part) => part !== 'policy' || (was.policy !== undefined && is.policy !== undefined))
    .map((part) => ({
      part,
      ...(was[part] === undefined ? {} : { was: was[part] }),
      ...(is[part] === undefined ? {} : { is: is[part] }),
    }));
}

export const isWaiting = (approval: Approval): boolean => approval.status.kind === 'waiting';

/** The end of an approval's time: so long after it was asked for, and never past the deadline. */
export const expiryOf = (now: Instant, expires: Duration, deletionDate: Instant | undefined): Instant =>
  Math.min(now + expires, deletionDate ?? Number.MAX_SAFE_INTEGER);

/** What happens to a waiting approval. */
export type ApprovalEvent =
  | { readonly kind: 'agree'; readonly agreement: Agreement; readonly action: ActionId }
  | { readonly kind: 'reject'; readonly by: Person; readonly comment?: string }
  | { readonly kind: 'time' }
  | { readonly kind: 'key'; readonly fingerprint: Fingerprint }
  | { readonly kind: 'gone' }
  | { readonly kind: 'supersede'; readonly by: Person };

export type ApprovalVerdict =
  | { readonly kind: 'changed'; readonly approval: Approval }
  | { readonly kind: 'unchanged' }
  /** It was decided before: by whom and how stands in its status. */
  | { readonly kind: 'over' }
  | { readonly kind: 'ownRequest' }
  | { readonly kind: 'agreedAlready' };

/** Time and key come first: what has run out, or is about another key, can be agreed to by nobody. */
export function decideOn(approval: Approval, event: ApprovalEvent, now: Instant): ApprovalVerdict {
  if (!isWaiting(approval)) return { kind: 'over' };
  if (now >= approval.expiresAt) return ended(approval, { kind: 'expired', at: approval.expiresAt });
  switch (event.kind) {
    case 'time':
      return { kind: 'unchanged' };
    case 'key': {
      const changes = changesBetween(approval.fingerprint, event.fingerprint);
      return changes.length === 0 ? { kind: 'unchanged' } : ended(approval, { kind: 'voided', at: now, changes });
    }
    case 'gone':
      return ended(approval, { kind: 'voided', at: now, changes: [] });
    case 'supersede':
      return ended(approval, { kind: 'superseded', at: now, by: event.by });
    case 'reject': {
      const comment = event.comment === undefined ? {} : { comment: event.comment };
      return samePerson(event.by, approval.by)
        ? ended(approval, { kind: 'withdrawn', at: now, ...comment })
        : ended(approval, { kind: 'rejected', at: now, by: event.by, ...comment });
    }
    case 'agree': {
      const { agreement } = event;
      if (samePerson(agreement.by, approval.by)) return { kind: 'ownRequest' };
      if (approval.agreements.some(({ by }) => samePerson(by, agreement.by))) return { kind: 'agreedAlready' };
      const agreed = { ...approval, agreements: [...approval.agreements, agreement] };
      return agreed.agreements.length < approval.quorum
        ? { kind: 'changed', approval: redrawn(agreed) }
        : ended(agreed, { kind: 'granted', at: now, action: event.action });
    }
  }
}

const ended = (approval: Approval, status: ApprovalStatus): ApprovalVerdict => ({
  kind: 'changed',
  approval: redrawn({ ...approval, status }),
});

export const redrawn = (approval: Approval): Approval => ({
  ...approval,
  message: { ...approval.message, revision: approval.message.revision + 1 },
});

/* ── Proofs ──────────────────────────────────────────────────────────────────────────────────────────────────── */

/** How long a call may take to leave after it was proven. Others give an intent up for lost after twice this time. */
const SEND_WITHIN: Duration = 5_000;

/** Exactly one call that may be sent: nothing in it may be changed on the way. */
export interface Right {
  readonly action: ActionId;
  readonly kind: ActionKind;
  readonly by: Asker;
  readonly operation: Mutation;
  readonly key: KeyRef;
  readonly materialId?: string;
  readonly windowDays?: number;
  /** From this moment on it may not be sent any more; absent: it is never too late to cancel a deletion. */
  readonly until?: Instant;
}

const genuine = new WeakSet<object>();

/** The class stays in here, and its private field makes its type nobody else's. What `minted` did not enter is none. */
class MintedProof {
  readonly #right: Right;
  constructor(right: Right) {
    this.#right = frozen(right);
    Object.freeze(this);
  }
  get right(): Right {
    return this.#right;
  }
  /** A proof is about this moment: it is never written down. */
  toJSON(): never {
    throw new Error('a proof is never written down');
  }
}
Object.freeze(MintedProof.prototype);
export type Proof = MintedProof;

function frozen(right: Right): Right {
  const by: Asker =
    right.by.via === 'slack' ? { ...right.by, person: Object.freeze({ ...right.by.person }) } : { ...right.by };
  return Object.freeze({ ...right, key: Object.freeze({ ...right.key }), by: Object.freeze(by) });
}

/** Whether a value was minted here; what was cast to a proof was not. */
export const isGenuine = (proof: Proof): boolean => genuine.has(proof);

/** Everything that is looked at in the moment before a call. */
export interface Claim {
  readonly action: Action;
  readonly operation: Mutation;
  readonly key: KeyRef;
  /** The material to delete, as the plan names it. */
  readonly materialId?: string;
  readonly approval: Approval | undefined;
  readonly read: KeyRead;
  /** Read only where an approval is bound to it. */
  readonly policy?: Learned<string>;
  readonly scope: KeyScope;
  /** Who asked, as Slack says now; the terminal is judged by who holds its credentials. */
  readonly asker: Standing | 'terminal';
  /** Everybody who agreed, as Slack says now. */
  readonly approvers: readonly Standing[];
  readonly circumstances: Circumstances;
  readonly now: Instant;
}

export type Proven =
  | { readonly kind: 'proven'; readonly proof: Proof }
  | { readonly kind: 'refused'; readonly why: FailureReason }
  /** Slack or KMS could not say just now; asking again may help. */
  | { readonly kind: 'unsure'; readonly message: string; readonly passing: boolean };

const MINE: Readonly<Record<ActionKind, readonly Mutation[]>> = {
  rescue: ['CancelKeyDeletion', 'EnableKey'],
  cancelDeletion: ['CancelKeyDeletion'],
  enable: ['EnableKey'],
  disable: ['DisableKey'],
  deleteMaterial: ['DeleteImportedKeyMaterial'],
  scheduleDeletion: ['ScheduleKeyDeletion'],
};

/** The right to send one call, or why not. Nothing is taken from an earlier judgement. */
export function prove(claim: Claim): Proven {
  const { action, operation, key, asker, approval, read } = claim;
  if (!MINE[action.kind].includes(operation)) return no(disallowed(`${operation} is no part of ${action.kind}`));
  if (read.kind === 'read' && read.snapshot.key.arn !== key.arn) return no(disallowed('another key was read'));
  if (asker === 'terminal') {
    // Whoever holds the bot's own credentials could call KMS without it; destroying still takes people.
    return action.by.via === 'terminal' && action.kind === 'rescue'
      ? minted(claim)
      : no(disallowed('the terminal only rescues'));
  }
  if (action.by.via !== 'slack' || !samePerson(action.by.person, asker.person))
    return no(disallowed('somebody else asked'));
  // Before anybody is judged: a key that has changed since is why, not who asked about it.
  const broken = approval === undefined ? undefined : brokenOf(claim, approval);
  if (broken !== undefined) return broken;
  const verdict = judge({
    act: action.kind,
    standing: asker,
    scope: claim.scope,
    ...(read.kind === 'read' ? { key: read.snapshot } : {}),
    operation,
    breakGlass: approval?.breakGlass ?? false,
    circumstances: claim.circumstances,
    now: claim.now,
  });
  switch (verdict.kind) {
    case 'denied':
      return no({ kind: 'notPermitted', who: asker.person.user, why: verdict.why });
    case 'unsure':
      return verdict;
    case 'needsApproval':
      return approval === undefined ? no({ kind: 'needsApproval', why: verdict.why }) : proveConsent(claim, approval);
    case 'allowed':
      return approval === undefined || approval.breakGlass ? minted(claim) : proveConsent(claim, approval);
  }
}

const no = (why: FailureReason): Proven => ({ kind: 'refused', why });
const disallowed = (message: string): FailureReason => ({ kind: 'noLongerAllowed', message });

/** Why an approval is no right to this call: it is another's, its time is up, or the key is no longer the one agreed on. */
function brokenOf(claim: Claim, approval: Approval): Proven | undefined {
  const { action, operation, read, policy, now } = claim;
  const { status, fingerprint } = approval;
  const own = action.by.via === 'slack' && samePerson(action.by.person, approval.by);
  if (status.kind !== 'granted' || status.action !== action.id || approval.kind !== action.kind || !own)
    return no(disallowed('it was not agreed to'));
  if (now >= approval.expiresAt) return no({ kind: 'approvalExpired', at: approval.expiresAt });
  if (read.kind === 'gone') return no({ kind: 'keyGone' });
  if (read.kind === 'unreadable') return { kind: 'unsure', message: read.why.message, passing: true };
  if (fingerprint.policy !== undefined && policy?.kind !== 'known')
    return { kind: 'unsure', message: policy?.why ?? 'the key policy was not read', passing: true };
  const changes = changesBetween(fingerprint, fingerprintOf(read.snapshot, policy));
  if (changes.length > 0) return no({ kind: 'approvalVoid', changes });
  // Without an id KMS deletes whichever material is current: where there is one, it is the one agreed on.
  const named =
    claim.materialId ?? (kindOf(read.snapshot) === 'importedSymmetric' ? undefined : fingerprint.materialId);
  if (operation === 'DeleteImportedKeyMaterial' && named !== fingerprint.materialId)
    return no(disallowed('other key material was agreed to'));
  if (!isDestructive(action.kind) && !approval.breakGlass) return undefined;
  if (fingerprint.policy === undefined) return no(disallowed('it was not bound to the key policy'));
  return approval.steppedUp ? undefined : no(disallowed('who asked gave no code'));
}

/** As many different people as needed, none of them who asked, each an approver of this key right now. */
function proveConsent(claim: Claim, approval: Approval): Proven {
  const { action, scope, circumstances, now } = claim;
  const agreed = new Set<string>();
  for (const { by, steppedUp } of approval.agreements) {
    if (samePerson(by, approval.by)) continue;
    if (isDestructive(action.kind) && !steppedUp) continue;
    const standing = claim.approvers.find(({ person }) => samePerson(person, by));
    if (standing === undefined) return { kind: 'unsure', message: 'an approver was not looked up', passing: true };
    const verdict = judge({ act: 'approve', standing, scope, circumstances, now });
    if (verdict.kind === 'unsure') return verdict;
    if (verdict.kind === 'denied') return no({ kind: 'notPermitted', who: by.user, why: verdict.why });
    agreed.add(by.user);
  }
  if (agreed.size >= approval.quorum && approval.quorum > 0) return minted(claim);
  return no(disallowed(`${agreed.size} of ${approval.quorum} approvers agreed`));
}

function minted({ action, operation, key, approval, materialId, now }: Claim): Proven {
  // What others agreed to counts, not what the action says.
  const { windowDays } = approval ?? action;
  const fresh = now + SEND_WITHIN;
  const alone = operation === 'CancelKeyDeletion' ? undefined : fresh;
  const until = approval === undefined ? alone : Math.min(approval.expiresAt, fresh);
  const proof = new MintedProof({
    action: action.id,
    kind: action.kind,
    by: action.by,
    operation,
    key,
    ...(materialId === undefined || operation !== 'DeleteImportedKeyMaterial' ? {} : { materialId }),
    ...(windowDays === undefined || operation !== 'ScheduleKeyDeletion' ? {} : { windowDays }),
    ...(until === undefined ? {} : { until }),
  });
  genuine.add(proof);
  return { kind: 'proven', proof };
}
