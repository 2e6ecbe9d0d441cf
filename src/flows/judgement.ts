/** What a judgement needs: who somebody is, which key it is about, and what else is so right now. */
import type { ActionKind } from '../domain/action.ts';
import { ownerOf } from '../domain/identity.ts';
import type { AccountId, ActionId, Duration, Instant, KeyRef, Person } from '../domain/ids.ts';
import { type Incident, isOpen, type Prior } from '../domain/incident.ts';
import { suspectsOf } from '../domain/intruder.ts';
import { type KeySnapshot, type LastUse, type Learned, unknown } from '../domain/key.ts';
import type { KeyScope } from '../domain/limit.ts';
import { type Act, type Circumstances, judge, type Standing, type Verdict } from '../domain/policy.ts';
import { priorOfNextRound } from '../domain/record.ts';
import type { House } from './house.ts';
import { priorOf } from './look.ts';
import { within } from './within.ts';

/** A person waits for a form or an answer meanwhile. */
export const A_SECOND: Duration = 1_000;
/** How far behind GetKeyLastUsage may be (KMS developer guide, determining usage). */
const USE_LAG: Duration = 3_600_000;

export interface Matter {
  readonly act: Act;
  readonly person: Person;
  /** Absent: about no key in particular. */
  readonly key?: KeyRef;
  /** Of what is no key, where it lives: a role that is limited to other accounts, or to some keys, is none for it. */
  readonly account?: AccountId;
  readonly incident?: Incident | undefined;
  /** The key as just read. */
  readonly snapshot?: KeySnapshot;
  readonly breakGlass?: boolean;
  /** Counts this wish among the person's disablings; absent: only looks how many there are. */
  readonly wish?: { readonly id: ActionId; readonly at: Instant };
  readonly freshness?: 'cached' | 'live';
  /** Asked already, a moment ago; absent: KMS is asked, where it matters. */
  readonly lastUse?: Learned<LastUse>;
}

export interface Judged {
  readonly verdict: Verdict;
  readonly standing: Standing;
  readonly scope: KeyScope | undefined;
  readonly circumstances: Circumstances;
}

/** Gathers and judges. Rejects with `StoreUnavailable`. */
export async function judgeNow(house: House, matter: Matter): Promise<Judged> {
  const { act, person, key, incident, snapshot, breakGlass, freshness = 'cached' } = matter;
  const [standing, circumstances] = await Promise.all([
    house.people.standing(person, freshness),
    // Without the key as it is, nothing is said about its use.
    circumstancesOf(house, snapshot === undefined ? { ...matter, lastUse: NOT_READ } : matter),
  ]);
  const scope = key === undefined ? placeScope(matter) : await scopeOf(house, [standing], key, incident, freshness);
  const verdict = judge({
    act,
    standing,
    ...(scope === undefined ? {} : { scope }),
    ...(snapshot === undefined ? {} : { key: snapshot }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    circumstances,
    now: house.clock.now(),
  });
  return { verdict, standing, scope, circumstances };
}

const NO_KEY = unknown('it is no key, and has neither aliases nor tags');
const placeScope = ({ account }: Matter): KeyScope | undefined =>
  account === undefined ? undefined : { account, aliases: NO_KEY, tags: NO_KEY };

const NOT_NEEDED = unknown('not needed: no role is limited by it');
export const LATE = unknown('KMS did not answer in time');
const NOT_READ = unknown('the key was not read');

/** Aliases and tags are only asked for where somebody's role is limited by them; before a call that counts, afresh. */
export async function scopeOf(
  house: House,
  standings: readonly Standing[],
  key: KeyRef,
  incident: Incident | undefined,
  freshness: 'cached' | 'live',
): Promise<KeyScope> {
  const limits = standings.flatMap(({ held }) => held.map(({ limit }) => limit));
  const byTags = limits.some((limit) => limit?.tags !== undefined);
  const byAliases = limits.some((limit) => limit?.aliases !== undefined);
  const { account } = key;
  if (!byTags && !byAliases) return { account, aliases: NOT_NEEDED, tags: NOT_NEEDED };
  const known = freshness === 'cached' ? incident?.details : undefined;
  const [aliases, tags] = await Promise.all([
    !byAliases || known?.aliases.kind === 'known'
      ? known?.aliases
      : within(house, A_SECOND, house.keys.aliases(key, 'person')),
    !byTags || known?.tags.kind === 'known' ? known?.tags : within(house, A_SECOND, house.keys.tags(key)),
  ]);
  return { account, aliases: aliases ?? (byAliases ? LATE : NOT_NEEDED), tags: tags ?? (byTags ? LATE : NOT_NEEDED) };
}

export async function circumstancesOf(house: House, matter: Omit<Matter, 'freshness'>): Promise<Circumstances> {
  const { destructive, approvals } = house.settings;
  const { incident } = matter;
  const onHold = incident?.hold !== undefined;
  const behind = incident === undefined ? [] : behindIt(house, incident);
  const base = { destructive, breakGlass: approvals.breakGlass, prior: await priorNow(house, matter), onHold, behind };
  if (matter.act !== 'disable' || matter.key === undefined) return { ...base, earlierDisables: 0 };
  const [lastUse, earlierDisables] = await Promise.all([
    matter.lastUse ?? within(house, A_SECOND, house.keys.lastUse(matter.key)),
    earlier(house, matter),
  ]);
  return {
    ...base,
    earlierDisables,
    lastUse: lastUse?.kind === 'known' ? lastUse : lookedUpBefore(house, matter, lastUse),
  };
}

/** Of an incident that is over nobody is behind any more. */
const behindIt = ({ settings }: House, incident: Incident): readonly string[] =>
  !isOpen(incident) || settings.identities.length === 0
    ? []
    : suspectsOf(incident)
        .map(({ actor }) => ownerOf(actor, settings.identities))
        .filter((user) => user !== undefined);

/**
 * In a storm the last uses of many keys are asked for at once, and KMS answers five a second: what was looked up for the card
 * counts for an hour, because KMS's own answer lags as long.
 */
function lookedUpBefore(
  house: House,
  { incident }: Omit<Matter, 'freshness'>,
  now: Learned<LastUse> | undefined,
): Learned<LastUse> {
  const before = incident?.details?.lastUse;
  const young = incident !== undefined && house.clock.now() - incident.openedAt < USE_LAG;
  return young && before?.kind === 'known' ? before : (now ?? LATE);
}

const earlier = ({ tally, clock }: House, { person, wish }: Omit<Matter, 'freshness'>): Promise<number> =>
  wish === undefined ? tally.count(person, 'disable', clock.now()) : tally.note(person, 'disable', wish.id, wish.at);

async function priorNow(house: House, { act, incident, key }: Omit<Matter, 'freshness'>): Promise<Prior> {
  if (incident !== undefined && isOpen(incident)) return incident.prior;
  const opening = priorOf(
    key === undefined || (act !== 'enable' && act !== 'rescue') ? undefined : await house.index.get(key),
  );
  return incident === undefined ? opening : priorOfNextRound(incident.prior, opening);
}

/** Actions whose need of an approver depends on more than their kind. */
export const mayNeedApproval = (kind: ActionKind): boolean => kind === 'disable' || kind === 'enable';
