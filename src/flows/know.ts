/**
 * Knowing a key: the one place that reads its shape when an incident opens, its policy or grants change, somebody asks or acts,
 * and judges anew what follows from it. The first shape of a round is kept: it outlives the key.
 */
import { harmOf } from '../domain/harm.ts';
import type { Duration, Instant, KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import type { KeySnapshot } from '../domain/key.ts';
import type { Knowledge } from '../domain/knowledge.ts';
import type { KeyShape } from '../domain/shape.ts';
import { baselineOf, compareShapes, type Difference } from '../domain/shape-difference.ts';
import { filledFrom } from '../domain/shape-parts.ts';
import { knowPolicy, policyKnowledge } from './can-we-cancel.ts';
import { amend, change } from './commit.ts';
import type { House } from './house.ts';
import { look } from './look.ts';

/** How long a part may wait in its line; what waits longer is asked again later. */
const PATIENCE: Duration = 5_000;
const ASKED_AGAIN: Duration = 30_000;
/** Aliases whose new key is looked up. */
const MOST_MOVED = 5;

/** What a judgement of the shape may use. */
export interface Seen {
  readonly incident: Incident;
  readonly key: KeyRef;
  readonly snapshot: KeySnapshot;
  /** As it is now. */
  readonly shape: KeyShape;
  /** As it was last good, and when this round opened. */
  readonly good: KeyShape | undefined;
  readonly opening: KeyShape;
  readonly now: Instant;
}

/** Judged from what was seen, each topic on its own. */
async function judged(house: House, seen: Seen): Promise<Knowledge> {
  return {
    ...(await compared(house, seen)),
    ...harmOf(seen.key, seen.shape, [seen.good, seen.opening]),
    ...(await policyKnowledge(house, { ...seen, policy: seen.shape.policy })),
  };
}

/** Reads, judges, and writes down what changed. Answers the incident as it is then. */
export async function know(house: House, incident: Incident, key: KeyRef, signal?: AbortSignal): Promise<Incident> {
  return (await knowShape(house, incident, key, signal)).incident;
}

/** The same with the shape; absent: the key cannot be read, or AWS manages it. */
export async function knowShape(
  house: House,
  incident: Incident,
  key: KeyRef,
  signal?: AbortSignal,
): Promise<{ readonly incident: Incident; readonly shape?: KeyShape }> {
  const read = incident.read?.kind === 'read' ? incident.read : await look(house, key, signal);
  // A policy that shuts us out may still be read, or its refusal names what is missing.
  if (read.kind === 'unreadable') return { incident: await knowPolicy(house, incident, key) };
  if (read.kind !== 'read' || read.snapshot.manager === 'AWS') return { incident };
  const { snapshot } = read;
  const shape = await house.keys.shape(snapshot, PATIENCE, signal);
  const [good, opening] = await Promise.all([house.shapes.good(key), keptOpening(house, incident, shape)]);
  const seen: Seen = { incident, key, snapshot, shape, good, opening, now: house.clock.now() };
  const knowledge = await judged(house, seen);
  const outcome = await change(house, incident.id, { kind: 'learnt', knowledge, round: incident.round });
  return { incident: outcome.kind === 'saved' ? outcome.incident : incident, shape };
}

/** Somebody asks: what is known of an open incident's key is known anew in a moment, unless it just was. */
export async function knowSoon(house: House, incident: Incident): Promise<void> {
  const checkedAt = incident.knowledge?.comparison?.checkedAt ?? 0;
  if (!isOpen(incident) || house.clock.now() - checkedAt < ASKED_AGAIN) return;
  await amend(house, incident.id, (current) => current, {
    add: [{ kind: 'learn', incident: incident.id, owed: ['shape'] }],
  });
}

/** The shape of a round's beginning, taken now if nobody has: before an action of ours changes anything. */
export async function keepOpening(house: House, incident: Incident, snapshot: KeySnapshot): Promise<void> {
  if (snapshot.manager === 'AWS' || (await house.shapes.opening(incident.id, incident.round)) !== undefined) return;
  await keptOpening(house, incident, await house.keys.shape(snapshot, PATIENCE));
}

async function keptOpening(house: House, incident: Incident, shape: KeyShape): Promise<KeyShape> {
  const before = await house.shapes.opening(incident.id, incident.round);
  const opening = before === undefined ? shape : filledFrom(before, shape);
  const isNews = JSON.stringify(opening) !== JSON.stringify(before);
  if (isNews && isOpen(incident)) await house.shapes.putOpening(incident.id, incident.round, opening);
  return opening;
}

async function compared(house: House, { key, shape, good, opening }: Seen): Promise<Knowledge> {
  const baseline = baselineOf(good, opening);
  if (baseline === undefined) return {};
  const found = compareShapes(baseline, shape);
  return { comparison: { ...found, differences: await withMoves(house, key, found.differences) } };
}

/** An alias that is gone may have been given to another key: whoever uses it by name then encrypts with that one. */
async function withMoves(
  house: House,
  key: KeyRef,
  differences: readonly Difference[],
): Promise<readonly Difference[]> {
  let asked = 0;
  return Promise.all(
    differences.map(async (difference) => {
      if (difference.part !== 'aliases' || difference.change !== 'gone' || asked >= MOST_MOVED) return difference;
      asked += 1;
      const target = await house.keys.aliasTarget(key, difference.alias);
      return target === undefined || target === key.arn ? difference : { ...difference, movedTo: target };
    }),
  );
}
