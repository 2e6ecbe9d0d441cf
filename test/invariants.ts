/**
 * What must hold after every fault: every kept alarm is a message, at most one effective mutation per action, an intent
 * before and an outcome after every call, and no reminder after the end.
 */
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Incident } from '../src/domain/incident.ts';
import type { World } from './harness.ts';

export async function expectInvariants(world: World): Promise<void> {
  const { incidents } = world.bot.house;
  const records = await Promise.all((await storedIds(world)).map((id) => incidents.load(id as never)));
  for (const incident of records) {
    if (incident === undefined) continue;
    for (const action of incident.actions) {
      const effective = action.calls.filter(
        (call) => call.outcome?.kind === 'succeeded' || call.outcome?.kind === 'confirmedByRead',
      );
      const operations = effective.map((call) => call.operation);
      expect(new Set(operations).size, `one effective call per operation of ${action.kind}`).toBe(operations.length);
      for (const call of action.calls) {
        expect(call.intendedAt, 'an intent before the call').toBeGreaterThan(0);
        if (action.ending !== undefined) expect(call.outcome, 'an outcome after the call').toBeDefined();
      }
    }
    expectChangedOnce(world, incident);
    if (incident.phase.kind === 'closed' && incident.phase.outcome !== 'deleted') {
      const closedAt = incident.phase.at;
      const late = incident.timeline.filter((entry) => entry.body.kind === 'reminded' && entry.at > closedAt + 1_000);
      expect(late, 'no reminder after the end').toEqual([]);
    }
    const shown =
      incident.card.ts !== undefined ||
      incident.card.undeliverable !== undefined ||
      incident.revision <= incident.card.shownRevision;
    const standing = (await world.bot.house.lanes.waiting()).includes(incident.card.channel);
    expect(shown || standing, 'every incident is shown, or stands in its lane').toBe(true);
  }
}

/** What really reached KMS: in an action's session, CloudTrail has each successful change once, and the record has it too. */
function expectChangedOnce(world: World, incident: Incident): void {
  const records = world.aws
    .events()
    .filter(({ source, detail }) => source === 'cloudtrail' && detail.readOnly === false && !('errorCode' in detail))
    .map(({ detail }) => ({ operation: String(detail.eventName), who: JSON.stringify(detail.userIdentity) }));
  for (const action of incident.actions) {
    const changes = records.filter(({ who }) => who.includes(action.id)).map(({ operation }) => operation);
    expect(changes, `each change of ${action.kind} reached KMS once`).toEqual([...new Set(changes)]);
    const intended = action.calls.map(({ operation }) => String(operation));
    expect(intended, 'no change without a written intent').toEqual(expect.arrayContaining(changes));
  }
}

/** Open and closed: the closed ones stand in no set. */
export async function storedIds(world: World): Promise<readonly string[]> {
  const prefix = '{kw}:incident:';
  const redis = new Redis(world.redis.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length));
  } finally {
    redis.disconnect();
  }
}
