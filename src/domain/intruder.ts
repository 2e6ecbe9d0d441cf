/**
 * What else the person behind a danger did: their other calls as CloudTrail's history tells them, counted and bounded. The history
 * lags, and a place that could not be searched proves nothing: both are part of the answer.
 */
import type { Actor, Fact } from './fact.ts';
import { keyOf } from './fact.ts';
import type { Duration, Instant, KeyArn, KeyRef, Place } from './ids.ts';
import { type DangerKind, type Incident, isOpen } from './incident.ts';
import { principalOf, sameHand } from './principal.ts';

/** One call, whatever came of it; of its parameters nothing but the key. */
export interface Deed {
  /** CloudTrail's `eventID`. */
  readonly id: string;
  readonly at: Instant;
  readonly place: Place;
  /** `kms.amazonaws.com` */
  readonly service: string;
  readonly operation: string;
  readonly key?: KeyRef;
  readonly error?: string;
  readonly readOnly?: boolean;
  readonly actor: Actor;
  /** What it means for a key, where it means something. */
  readonly fact?: Fact;
}

/** One place's history as far as it was searched; `complete`: to its beginning. */
export type PlaceSearch =
  | { readonly kind: 'searched'; readonly place: Place; readonly deeds: readonly Deed[]; readonly complete: boolean }
  | { readonly kind: 'failed'; readonly place: Place; readonly why: string };

/** Calls of one operation. */
export interface DeedGroup {
  readonly operation: string;
  readonly count: number;
  /** How many of them AWS refused, and with which errors. */
  readonly refused: number;
  readonly errors: readonly string[];
  readonly readOnly: boolean;
  readonly lastAt: Instant;
  /** The first so many, as far as the records name them. */
  readonly keys: readonly KeyArn[];
  readonly keyCount: number;
}

export interface Intruder {
  /** Whose calls these are: the call that gave rise to the search. */
  readonly actor: Actor;
  readonly lookedAt: Instant;
  /** Begin of the searched stretch. */
  readonly from: Instant;
  /** It looks again, because the history lags; absent: that was the last look. */
  readonly nextLookAt?: Instant;
  readonly count: number;
  readonly firstAt?: Instant;
  readonly lastAt?: Instant;
  readonly accessKeyIds: readonly string[];
  readonly sourceIdentities: readonly string[];
  readonly addresses: readonly string[];
  readonly userAgents: readonly string[];
  /** What AWS recorded of MFA. */
  readonly mfa: 'always' | 'never' | 'sometimes' | 'unknown';
  /** What changes keys first, then by count. */
  readonly groups: readonly DeedGroup[];
  readonly otherOperations: number;
  /** Calls to other services, by service. */
  readonly elsewhere: readonly { readonly service: string; readonly count: number }[];
  /** Keys they touched dangerously that no open incident is about. */
  readonly uncovered: readonly {
    readonly key: KeyArn;
    readonly operation: string;
    readonly at: Instant;
    readonly error?: string;
  }[];
  readonly uncoveredCount: number;
  /** How many of the calls stand in other accounts under the same name alone: somebody else may bear it. */
  readonly byName: number;
  readonly placesSearched: number;
  /** Where there are older calls than were looked at. */
  readonly placesCut: readonly Place[];
  readonly unsearched: readonly { readonly place: Place; readonly why: string }[];
  readonly unsearchedCount: number;
}

const MOST_GROUPS = 15;
const MOST_KEYS_A_GROUP = 20;
/** Of all groups together: a record of thousands of incidents each. */
const MOST_KEYS = 60;
const MOST_NAMES = 5;
const MOST_SERVICES = 6;
const MOST_PLACES = 10;
const MOST_UNCOVERED = 20;

/** How far back is searched. */
export const LOOKS_BACK: Duration = 12 * 3_600_000;

const KMS = 'kms.amazonaws.com';

/** Worst first: whoever is behind the first of these is searched for. A refused use is by a victim. */
const SUSPICIOUS: readonly DangerKind[] = [
  'ownRoleMisused',
  'deletionScheduled',
  'materialDeleted',
  'rescueBlocked',
  'policyChanged',
  'keyDisabled',
  'suspect',
  'attemptRefused',
  'trailBlinded',
  'keyStoreDisconnected',
];

/** Who is behind an incident's danger. Never we ourselves: echoes make no danger. */
export interface Suspect {
  readonly principal: string;
  readonly actor: Actor;
  readonly fact: Fact;
}

export const suspectOf = (incident: Incident): Suspect | undefined => suspectsOf(incident)[0];

/** Everybody behind one of its dangers, of each danger the newest. */
export const suspectsOf = ({ dangers }: Pick<Incident, 'dangers'>): readonly Suspect[] =>
  SUSPICIOUS.flatMap((kind) => {
    const fact = dangers.find((danger) => danger.kind === kind)?.fact;
    const actor = fact !== undefined && 'call' in fact.body ? fact.body.call?.actor : undefined;
    const principal = actor === undefined ? undefined : principalOf(actor);
    return fact !== undefined && actor !== undefined && principal !== undefined ? [{ principal, actor, fact }] : [];
  });

/** Somebody stands behind it now who did not before: what else did they do? */
export function namesNewSuspect(before: Incident | undefined, after: Incident): boolean {
  const now = suspectOf(after);
  if (now === undefined || !isOpen(after)) return false;
  const same = before !== undefined && before.round === after.round && isOpen(before);
  return !same || suspectOf(before)?.principal !== now.principal;
}

/** Operations after which a key or its users are worse off. */
const DANGEROUS: readonly Fact['body']['kind'][] = [
  'deletionScheduled',
  'keyDisabled',
  'materialDeleted',
  'policyChanged',
  'attemptRefused',
];

/** What they did, or tried, to keys to their harm: newest first, once per key. */
export function dangerousDeeds(
  deeds: readonly Deed[],
): readonly (Deed & { readonly fact: Fact; readonly key: KeyRef })[] {
  const seen = new Set<string>();
  return [...deeds]
    .sort((one, other) => other.at - one.at)
    .flatMap((deed) => {
      const { fact } = deed;
      const key = fact === undefined ? undefined : keyOf(fact.body);
      if (fact === undefined || key === undefined || !DANGEROUS.includes(fact.body.kind) || seen.has(key.arn))
        return [];
      seen.add(key.arn);
      return [{ ...deed, fact, key }];
    });
}

/** The suspect's own among all deeds found and those known without, each once, newest first. */
export function deedsOf(
  suspect: Actor,
  searches: readonly PlaceSearch[],
  known: readonly Deed[] = [],
): readonly Deed[] {
  // Of what is known twice CloudTrail's own record stays: it says more.
  const found = [...known, ...searches.flatMap((search) => (search.kind === 'searched' ? search.deeds : []))];
  const own = found.filter(({ actor }) => sameHand(suspect, actor) !== 'other');
  return [...new Map(own.map((deed) => [deed.id, deed])).values()].sort((one, other) => other.at - one.at);
}

/** Puts the answer together. `covered`: keys that an open incident is about; `known`: what incidents know of before CloudTrail shows it. */
export function intruderOf(
  actor: Actor,
  searches: readonly PlaceSearch[],
  covered: ReadonlySet<KeyArn>,
  look: { readonly from: Instant; readonly at: Instant; readonly nextAt?: Instant },
  known: readonly Deed[] = [],
): Intruder {
  const all = deedsOf(actor, searches, known);
  const kms = all.filter(({ service }) => service === KMS);
  const times = kms.map(({ at }) => at);
  const groups = groupsOf(kms);
  const uncovered = dangerousDeeds(kms).filter(({ key }) => !covered.has(key.arn));
  const unsearched = searches.flatMap((search) => (search.kind === 'failed' ? [search] : []));
  return {
    actor,
    lookedAt: look.at,
    from: look.from,
    ...(look.nextAt === undefined ? {} : { nextLookAt: look.nextAt }),
    count: kms.length,
    ...(times.length === 0 ? {} : { firstAt: Math.min(...times), lastAt: Math.max(...times) }),
    accessKeyIds: namesOf(actor, kms, (one) => one.accessKeyId),
    sourceIdentities: namesOf(actor, kms, (one) => one.sourceIdentity),
    addresses: namesOf(actor, kms, (one) => one.sourceAddress),
    userAgents: namesOf(actor, kms, (one) => one.userAgent),
    mfa: mfaOf([actor, ...kms.map((deed) => deed.actor)]),
    groups: groups.slice(0, MOST_GROUPS),
    otherOperations: Math.max(0, groups.length - MOST_GROUPS),
    elsewhere: elsewhereOf(all),
    uncovered: uncovered.slice(0, MOST_UNCOVERED).map(({ key, operation, at, error }) => ({
      key: key.arn,
      operation,
      at,
      ...(error === undefined ? {} : { error }),
    })),
    uncoveredCount: uncovered.length,
    byName: kms.filter((deed) => sameHand(actor, deed.actor) === 'byName').length,
    placesSearched: searches.length - unsearched.length,
    placesCut: searches
      .flatMap((search) => (search.kind === 'searched' && !search.complete ? [search.place] : []))
      .slice(0, MOST_PLACES),
    unsearched: unsearched.slice(0, MOST_PLACES).map(({ place, why }) => ({ place, why: why.slice(0, 200) })),
    unsearchedCount: unsearched.length,
  };
}

function groupsOf(deeds: readonly Deed[]): readonly DeedGroup[] {
  let room = MOST_KEYS;
  return [...Map.groupBy(deeds, ({ operation }) => operation)]
    .map(([operation, of]) => ({ operation, of, readOnly: of.every(({ readOnly }) => readOnly === true) }))
    .sort((one, other) => Number(one.readOnly) - Number(other.readOnly) || other.of.length - one.of.length)
    .map(({ operation, of, readOnly }) => {
      const keys = [...new Set(of.map(({ key }) => key?.arn).filter((arn) => arn !== undefined))];
      const shown = keys.slice(0, Math.min(MOST_KEYS_A_GROUP, room));
      room -= shown.length;
      const errors = of.map(({ error }) => error).filter((error) => error !== undefined);
      return {
        operation,
        count: of.length,
        refused: errors.length,
        errors: [...new Set(errors)].slice(0, MOST_NAMES),
        readOnly,
        lastAt: Math.max(...of.map(({ at }) => at)),
        keys: shown,
        keyCount: keys.length,
      };
    });
}

const namesOf = (actor: Actor, deeds: readonly Deed[], of: (actor: Actor) => string | undefined): readonly string[] =>
  [...new Set([actor, ...deeds.map((deed) => deed.actor)].map(of).filter((name) => name !== undefined))]
    .slice(0, MOST_NAMES)
    .map((name) => name.slice(0, 200));

function mfaOf(actors: readonly Actor[]): Intruder['mfa'] {
  const told = new Set(actors.map(({ mfa }) => mfa).filter((mfa) => mfa !== undefined));
  if (told.size === 2) return 'sometimes';
  return told.has(true) ? 'always' : told.has(false) ? 'never' : 'unknown';
}

function elsewhereOf(deeds: readonly Deed[]): Intruder['elsewhere'] {
  const others = deeds.filter(({ service }) => service !== KMS);
  return [...Map.groupBy(others, ({ service }) => service)]
    .map(([service, of]) => ({ service: service.slice(0, 80), count: of.length }))
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_SERVICES);
}

/** Whether a later look has nothing to tell: nothing new found, and the moment that was told for it has not come yet. */
export const saysTheSame = (one: Intruder, later: Intruder): boolean =>
  (one.nextLookAt === undefined) === (later.nextLookAt === undefined) &&
  (one.nextLookAt === undefined || later.lookedAt < one.nextLookAt) &&
  withoutMoments(one) === withoutMoments(later);

const withoutMoments = ({ lookedAt: _at, nextLookAt: _next, from: _from, ...rest }: Intruder): string =>
  JSON.stringify(rest);
