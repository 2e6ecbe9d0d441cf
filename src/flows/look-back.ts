/**
 * Looking into CloudTrail's event history: who was refused since the danger began, and when the key was last used where KMS cannot
 * tell. Never waits in a long line: whoever searches for the key behind an alarm goes first, and the next milestone looks again.
 */
import { outOfUseSince } from '../domain/clocks.ts';
import { type Fact, keyOf } from '../domain/fact.ts';
import type { Duration, Instant, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import type { Deed } from '../domain/intruder.ts';
import { isUse, usesAmong } from '../domain/use.ts';
import type { DeedsAnswer } from '../ports.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';

const MINUTE: Duration = 60_000;
/** Event history goes back 90 days. */
const HISTORY: Duration = 89 * 86_400_000;
const PATIENCE: Duration = 5_000;
const MOST_PAGES = 2;
/** CloudTrail's times are whole seconds. */
const SLACK: Duration = 1_000;

/** As an incident opens: refused uses, and where KMS cannot tell it, the last successful one. One search for both. */
export async function lookBack(house: House, incident: Incident, key: KeyRef, signal?: AbortSignal): Promise<void> {
  const unknownUse = incident.details?.lastUse.kind !== 'known' && incident.knowledge?.use === undefined;
  const since = outOfUseSince(incident);
  if (!isOpen(incident) || (since === undefined && !unknownUse)) return;
  const now = house.clock.now();
  const from = unknownUse ? now - HISTORY : (since ?? now) - SLACK;
  const answer = await historyOf(house, key, from, signal);
  if (unknownUse) {
    const newest = answer.kind === 'found' ? usesAmong(answer.deeds).at(-1) : undefined;
    const use = {
      lookedAt: now,
      from,
      ...(newest === undefined ? {} : { newest }),
      complete: answer.kind === 'found' && answer.complete,
      ...(answer.kind === 'failed' ? { problem: answer.message } : {}),
    };
    await change(house, incident.id, { kind: 'learnt', knowledge: { use }, round: incident.round });
  }
  if (since !== undefined) await count(house, incident, answer, since);
}

/** At a milestone: who was refused since. */
export async function countRefusals(
  house: House,
  incident: Incident,
  key: KeyRef,
  signal?: AbortSignal,
): Promise<void> {
  const since = outOfUseSince(incident);
  if (!isOpen(incident) || since === undefined) return;
  await count(house, incident, await historyOf(house, key, since - SLACK, signal), since);
}

async function count(house: House, incident: Incident, answer: DeedsAnswer, since: Instant): Promise<void> {
  const facts = (answer.kind === 'found' ? answer.deeds : [])
    .map(({ fact }) => fact)
    .filter((fact): fact is Fact => fact?.body.kind === 'useRefused' && fact.at >= since - SLACK);
  const looked = {
    at: house.clock.now(),
    complete: answer.kind === 'found' && answer.complete,
    ...(answer.kind === 'failed' ? { problem: answer.message } : {}),
  };
  await change(house, incident.id, { kind: 'refusals', facts, looked, round: incident.round });
}

/**
 * Calls about a key, by its ARN. That AWS files uses under it is common knowledge and not documented: where it shows none, Decrypt is
 * asked for by name, and what is about other keys is left out.
 */
export async function historyOf(house: House, key: KeyRef, from: Instant, signal?: AbortSignal): Promise<DeedsAnswer> {
  const to = house.clock.now() + MINUTE;
  const query = { place: key, from, to, patience: PATIENCE } as const;
  const byKey = await house.trail.deeds(
    { ...query, attribute: { name: 'ResourceName', value: key.arn }, maxPages: MOST_PAGES },
    signal,
  );
  if (byKey.kind === 'failed' || byKey.deeds.some(isUse)) return byKey;
  const byName = await house.trail.deeds(
    { ...query, attribute: { name: 'EventName', value: 'Decrypt' }, maxPages: 1 },
    signal,
  );
  if (byName.kind === 'failed') return { ...byKey, complete: false };
  const about = byName.deeds.filter((deed) => isAbout(deed, key));
  return { kind: 'found', deeds: [...byKey.deeds, ...about], complete: byKey.complete && byName.complete };
}

const isAbout = ({ key, fact }: Deed, wanted: KeyRef): boolean =>
  key?.arn === wanted.arn || (fact !== undefined && keyOf(fact.body)?.arn === wanted.arn);
