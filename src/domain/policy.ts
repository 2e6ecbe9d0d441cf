/**
 * Who may do what: one function, `judge`, decides everything, and says why. Rescue stays possible while Slack cannot say
 * who somebody is; destruction never does. Roles do not include one another. Above 300 lines: one judgement, read from top to bottom.
 */
import type { ActionKind } from './action.ts';
import type { Duration, Instant, Person } from './ids.ts';
import type { Prior } from './incident.ts';
import {
  answerOf,
  isPending,
  type KeySnapshot,
  type KeyState,
  kindOf,
  type LastUse,
  type Learned,
  type Mutation,
} from './key.ts';
import { type KeyScope, type Limit, reach } from './limit.ts';

export const ROLES = ['viewer', 'responder', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** One line of the configuration's `roles`: these people hold this role there. */
export interface Grant {
  readonly role: Role;
  readonly users: readonly string[];
  readonly usergroups: readonly string[];
  readonly limit?: Limit;
}

/** Why an account may never act, whatever its roles. */
export type Barred = 'guest' | 'stranger' | 'otherWorkspace' | 'bot' | 'deactivated' | 'noSuchUser';

/** A role somebody holds, as far as Slack has ever said so. */
export interface Held {
  readonly role: Role;
  readonly limit?: Limit;
  readonly confirmedAt: Instant;
  /** Slack said so just now; else it is remembered. */
  readonly live: boolean;
}

/** Everything Slack and the configuration say about a person. */
export interface Standing {
  readonly person: Person;
  readonly name: string;
  /** Everything else Slack calls them: handle, display name. */
  readonly names?: readonly string[];
  readonly account: 'member' | Barred | 'unknown';
  readonly held: readonly Held[];
  /** Slack could not be asked about all of it. `passing`: asking again may help. `roles`: only these are in doubt. */
  readonly unsure?: { readonly message: string; readonly passing: boolean; readonly roles?: readonly Role[] };
}

/** What a person wants to do: an action on a key, or something about one. */
export type Act =
  | ActionKind
  | 'approve'
  | 'reject'
  | 'watch'
  | 'hold'
  | 'release'
  | 'acknowledge'
  | 'accept'
  | 'close'
  | 'planDecommission'
  | 'report'
  | 'look';

export interface Circumstances {
  /** `approvals.destructive`. */
  readonly destructive: boolean;
  /** `approvals.breakGlass`. */
  readonly breakGlass: boolean;
  readonly prior: Prior;
  /** Somebody keeps the key off on purpose (`/kms hold`). */
  readonly onHold?: boolean;
  /** Slack user ids of those under whose names in AWS the key was endangered (`identities`). */
  readonly behind?: readonly string[];
  /** The key's last successful use; absent: not asked. Unknown is not "unused". */
  readonly lastUse?: Learned<LastUse>;
  /** How often this person asked for a disabling within the hour before this one. */
  readonly earlierDisables: number;
}

export interface Question {
  readonly act: Act;
  readonly standing: Standing;
  /** Absent: about no key in particular. */
  readonly scope?: KeyScope;
  /** The key as just read; absent: it could not be read, or does not matter. */
  readonly key?: KeySnapshot;
  /** The very call that is about to be sent; absent: the action's first one. */
  readonly operation?: Mutation;
  /** An admin alone, without a second person. */
  readonly breakGlass?: boolean;
  readonly circumstances: Circumstances;
  readonly now: Instant;
}

export type ApprovalWhy = 'destructive' | 'recentlyUsed' | 'useUnknown' | 'fourthInAnHour' | 'wasDisabled' | 'held';

export type DeniedWhy =
  | { readonly kind: 'barred'; readonly why: Barred }
  | { readonly kind: 'notInRole'; readonly role: Role }
  /** Holds the role, but not for this key. */
  | { readonly kind: 'outsideLimit'; readonly role: Role }
  /** Whether the role covers this key could not be learnt: its aliases or tags are not known. */
  | { readonly kind: 'limitUnknown'; readonly role: Role; readonly message: string }
  | { readonly kind: 'destructiveOff' }
  | { readonly kind: 'breakGlassOff' }
  /** Under their own name in AWS the key was endangered: about that they are no second person. */
  | { readonly kind: 'ownDeed' }
  | { readonly kind: 'awsManaged' }
  | { readonly kind: 'keyState'; readonly state: KeyState; readonly message: string }
  | { readonly kind: 'keyUnread' };

/** A denial in one word, for the audit trail and the log. */
export const denialWord = (why: DeniedWhy): string => (why.kind === 'barred' ? why.why : why.kind);

export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'needsApproval'; readonly why: ApprovalWhy }
  | { readonly kind: 'denied'; readonly why: DeniedWhy }
  /** Slack could not say who this is. */
  | { readonly kind: 'unsure'; readonly message: string; readonly passing: boolean };

const HOUR: Duration = 3_600_000;
const RECENT_USE: Duration = 24 * HOUR;
/** Disablings of one person within an hour that need nobody else. */
const DISABLES_ALONE = 3;

/** How old a confirmed role may be when Slack cannot be asked, ms. 0: only a live answer counts. */
export function toleranceOf(act: Act): Duration {
  switch (act) {
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
    case 'watch':
    case 'hold':
    case 'acknowledge':
    case 'look':
      return 24 * HOUR;
    case 'disable':
    case 'planDecommission':
    case 'report':
      return HOUR;
    case 'deleteMaterial':
    case 'scheduleDeletion':
    case 'approve':
    case 'reject':
    case 'release':
    case 'accept':
    case 'close':
      return 0;
  }
}

/** The roles of which one is needed; `undefined`: any member of the workspace may. */
function rolesFor(act: Act, breakGlass: boolean): readonly Role[] | undefined {
  switch (act) {
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
    case 'disable':
    case 'deleteMaterial':
    case 'scheduleDeletion':
      return breakGlass ? ['admin'] : ['responder'];
    case 'watch':
    case 'hold':
    case 'planDecommission':
      return ['responder'];
    case 'acknowledge':
      return ['responder', 'approver', 'admin'];
    case 'approve':
    case 'reject':
    case 'release':
    case 'accept':
    case 'close':
      return ['approver'];
    case 'report':
      return ROLES;
    case 'look':
      return undefined;
  }
}

/** Actions in the safe direction: what is not known of a limit does not stand in their way. */
const saves = (act: Act): boolean => act === 'rescue' || act === 'cancelDeletion' || act === 'watch' || act === 'hold';

const ALLOWED: Verdict = { kind: 'allowed' };
const denied = (why: DeniedWhy): Verdict => ({ kind: 'denied', why });

/** Any member may look; while Slack is silent, whoever it has confirmed in a role within a day. */
function judgeMember({ act, standing, now }: Question): Verdict {
  const { account, held, unsure } = standing;
  if (account === 'member' || held.some(({ confirmedAt }) => now - confirmedAt <= toleranceOf(act))) return ALLOWED;
  return { kind: 'unsure', message: unsure?.message ?? 'Slack did not answer', passing: unsure?.passing ?? true };
}

/** The one judgement: person first, then role and its limit, then what is switched on, then the key, then who must agree. */
export function judge(question: Question): Verdict {
  const { act } = question;
  const person = judgePerson(question);
  if (person.kind !== 'allowed') return person;
  if (isOwnDeed(question)) return denied({ kind: 'ownDeed' });
  switch (act) {
    case 'approve':
    case 'reject':
    case 'watch':
    case 'hold':
    case 'release':
    case 'acknowledge':
    case 'accept':
    case 'close':
    case 'planDecommission':
    case 'report':
    case 'look':
      return ALLOWED;
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
    case 'disable':
    case 'deleteMaterial':
    case 'scheduleDeletion':
      return judgeAction(act, question);
  }
}

function judgePerson(question: Question): Verdict {
  const { act, standing, scope, breakGlass = false, now } = question;
  const { account } = standing;
  if (account !== 'member' && account !== 'unknown') return denied({ kind: 'barred', why: account });
  const roles = rolesFor(act, breakGlass);
  if (roles === undefined) return judgeMember(question);
  const [role = 'responder'] = roles;
  const tolerance = breakGlass ? 0 : toleranceOf(act);
  const counts = (held: Held): boolean =>
    held.live ? account === 'member' : now - held.confirmedAt <= tolerance && tolerance > 0;
  const held = standing.held.filter((one) => roles.includes(one.role) && counts(one));
  const reaches = held.map(({ limit }) => reach(limit, scope, saves(act)));
  if (reaches.some(({ kind }) => kind === 'inside')) return ALLOWED;
  // Another of their grants may cover it, once Slack answers.
  const { unsure } = standing;
  if (unsure !== undefined && (unsure.roles ?? ROLES).some((one) => roles.includes(one)))
    return { kind: 'unsure', message: unsure.message, passing: unsure.passing };
  const unknown = reaches.find((one) => one.kind === 'unknown');
  if (unknown?.kind === 'unknown') return denied({ kind: 'limitUnknown', role, message: unknown.message });
  return denied({ kind: held.length > 0 ? 'outsideLimit' : 'notInRole', role });
}

/** Whoever is behind a danger gives no consent about it, and does nothing about it alone that else takes somebody's consent. */
function isOwnDeed({ act, standing, circumstances, breakGlass = false }: Question): boolean {
  const consents = act === 'approve' || act === 'release' || act === 'accept' || act === 'close';
  return (consents || breakGlass) && circumstances.behind?.includes(standing.person.user) === true;
}

function judgeAction(act: ActionKind, question: Question): Verdict {
  const { key, circumstances, breakGlass = false } = question;
  if (isDestructive(act) && !circumstances.destructive) return denied({ kind: 'destructiveOff' });
  if (breakGlass && !circumstances.breakGlass) return denied({ kind: 'breakGlassOff' });
  if (key === undefined) {
    // Cancelling what is not pending changes nothing: a dying key that cannot be read may still be rescued.
    if (act !== 'rescue' && act !== 'cancelDeletion') return denied({ kind: 'keyUnread' });
    return ALLOWED;
  }
  if (kindOf(key) === 'awsManaged') return denied({ kind: 'awsManaged' });
  const answer = answerOf(question.operation ?? firstCallOf(act, key.state), key);
  if (answer.kind === 'fails') return denied({ kind: 'keyState', state: key.state, message: answer.message });
  const why = approvalFor(act, question);
  return why === undefined || breakGlass ? ALLOWED : { kind: 'needsApproval', why };
}

function approvalFor(act: ActionKind, { circumstances, operation, now }: Question): ApprovalWhy | undefined {
  switch (act) {
    case 'deleteMaterial':
    case 'scheduleDeletion':
      return 'destructive';
    case 'disable':
      return disableNeeds(circumstances, now);
    case 'enable':
      return enableNeeds(circumstances);
    case 'rescue':
      // A rescue restores: it never switches on, unasked, what was off.
      return operation === 'EnableKey' ? enableNeeds(circumstances) : undefined;
    case 'cancelDeletion':
      return undefined;
  }
}

function enableNeeds({ prior, onHold }: Circumstances): ApprovalWhy | undefined {
  if (onHold === true) return 'held';
  if (prior.kind !== 'known' || prior.state !== 'Disabled') return undefined;
  // Only a disabling of our own leaves the state before as "read": somebody holds this key on purpose.
  return prior.from === 'read' ? 'held' : 'wasDisabled';
}

function disableNeeds({ lastUse, earlierDisables }: Circumstances, now: Instant): ApprovalWhy | undefined {
  if (earlierDisables >= DISABLES_ALONE) return 'fourthInAnHour';
  if (lastUse?.kind !== 'known') return 'useUnknown';
  return lastUse.value.kind === 'used' && now - lastUse.value.usage.at < RECENT_USE ? 'recentlyUsed' : undefined;
}

/** Actions after which data or time is lost: never sent twice, never alone. */
export function isDestructive(kind: ActionKind): boolean {
  switch (kind) {
    case 'deleteMaterial':
    case 'scheduleDeletion':
      return true;
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
    case 'disable':
      return false;
  }
}

/** The call an action begins with, in this state. */
export function firstCallOf(kind: ActionKind, state: KeyState): Mutation {
  switch (kind) {
    case 'rescue':
      return isPending(state) ? 'CancelKeyDeletion' : 'EnableKey';
    case 'cancelDeletion':
      return 'CancelKeyDeletion';
    case 'enable':
      return 'EnableKey';
    case 'disable':
      return 'DisableKey';
    case 'deleteMaterial':
      return 'DeleteImportedKeyMaterial';
    case 'scheduleDeletion':
      return 'ScheduleKeyDeletion';
  }
}
