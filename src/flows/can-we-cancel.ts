/** "Can we cancel?" and the deletion guard: what a key policy means for us, judged wherever the policy was read. */
import { type Cancelling, cancellingOf, isJudged } from '../domain/cancelling.ts';
import { guardOf } from '../domain/deletion-guard.ts';
import type { Fact } from '../domain/fact.ts';
import type { Duration, KeyRef } from '../domain/ids.ts';
import { actionsOfRound, type Incident, isOpen } from '../domain/incident.ts';
import { isNotAsked, type KeySnapshot, type Learned } from '../domain/key.ts';
import type { Knowledge } from '../domain/knowledge.ts';
import type { KeyShape } from '../domain/shape.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { within } from './within.ts';

/** The same reminder goes to several places. */
const FRESH: Duration = 10_000;
/** Somebody waits for the reminder: what has no turn by then is not read again for it. */
const PATIENCE: Duration = 2_000;

export interface PolicySeen {
  readonly incident?: Incident;
  readonly key: KeyRef;
  readonly snapshot?: KeySnapshot;
  readonly policy: Learned<string>;
  /** As it was last good. */
  readonly good?: KeyShape | undefined;
  /** The change that led here, where the incident does not know it. */
  readonly fact?: Fact | undefined;
}

export async function cancellingNow(house: House, seen: PolicySeen): Promise<Cancelling> {
  const { incident, key, snapshot, policy, good, fact } = seen;
  // Asked first: own credentials have a name only after that.
  const assumable = await house.keys.assumable('rescue', key);
  const means = house.keys.means('rescue', key);
  const now = house.clock.now();
  const traits = snapshot === undefined ? {} : { traits: snapshot };
  const known = incident !== undefined && isOpen(incident) ? incident.knowledge?.cancelling : undefined;
  const before =
    known ??
    (good?.policy.kind === 'known'
      ? cancellingOf({ key, means, assumable, policy: good.policy, now: good.takenAt, ...traits })
      : undefined);
  const put = fact?.body.kind === 'policyChanged' ? fact.body.policy : undefined;
  const newest = fact ?? (incident === undefined ? undefined : newestChange(incident));
  return cancellingOf({
    key,
    now,
    means,
    assumable,
    policy,
    ...traits,
    ...(incident === undefined ? {} : { actions: actionsOfRound(incident) }),
    ...(put === undefined ? {} : { put }),
    ...(newest === undefined ? {} : { change: newest }),
    ...(before === undefined ? {} : { before }),
  });
}

/** The newest replacing of the policy that an incident knows of. */
function newestChange({ dangers, timeline }: Incident): Fact | undefined {
  const told = timeline.map(({ body }) => (body.kind === 'fact' ? body.fact : undefined));
  return [...dangers.map(({ fact }) => fact), ...told]
    .filter((fact) => fact?.body.kind === 'policyChanged')
    .reduce((newest, fact) => (newest === undefined || (fact?.at ?? 0) > newest.at ? fact : newest), undefined);
}

/** Nothing, where the policy had no turn to be read and something is known already. */
export async function policyKnowledge(
  house: House,
  seen: PolicySeen,
): Promise<Pick<Knowledge, 'cancelling' | 'guard'>> {
  const { key, snapshot, policy, incident } = seen;
  if (isNotAsked(policy) && incident?.knowledge?.cancelling !== undefined) return {};
  const cancelling = await cancellingNow(house, seen);
  return { cancelling, guard: guardOf(policy, key, snapshot, house.clock.now()) };
}

/** Reads the policy alone and judges it anew: a reminder is only as good as what it says. Answers the incident as it is then. */
export async function knowPolicy(house: House, incident: Incident, key: KeyRef): Promise<Incident> {
  const { read } = incident;
  if (read?.kind === 'gone' || (read?.kind === 'read' && read.snapshot.manager === 'AWS')) return incident;
  const checkedAt = incident.knowledge?.cancelling?.checkedAt;
  if (checkedAt !== undefined && house.clock.now() - checkedAt < FRESH) return incident;
  const policy = await house.keys.policyText(key, PATIENCE);
  const seen = { incident, key, policy, ...(read?.kind === 'read' ? { snapshot: read.snapshot } : {}) };
  const knowledge = await policyKnowledge(house, seen);
  const outcome = await change(house, incident.id, { kind: 'learnt', knowledge, round: incident.round });
  return outcome.kind === 'saved' ? outcome.incident : ((await house.incidents.load(incident.id)) ?? incident);
}

/**
 * The same for somebody who waits for it, at most `limit` (ms). False: it was not judged anew by then, or the policy cannot be read.
 * What is found later is learnt all the same.
 */
export async function judgedWithin(house: House, incident: Incident, key: KeyRef, limit: Duration): Promise<boolean> {
  const since = house.clock.now() - FRESH;
  const known = await within(house, limit, knowPolicy(house, incident, key));
  const cancelling = known?.knowledge?.cancelling;
  return cancelling !== undefined && isJudged(cancelling) && cancelling.checkedAt > since;
}
