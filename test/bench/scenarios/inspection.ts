/**
 * An inspection of ten thousand keys that are pending deletion: nothing wrong, and every due entry gone. The auditor alone, on a
 * real Redis, without KMS and Slack: a clean one asks neither.
 */

import { setFlagsFromString } from 'node:v8';
import { noChat, noQueue } from '../../../src/adapters/memory/memory.ts';
import { connectRedis } from '../../../src/adapters/redis/connect.ts';
import { redisIncidents } from '../../../src/adapters/redis/incidents.ts';
import { redisInspections } from '../../../src/adapters/redis/inspections.ts';
import { redisKeyIndex } from '../../../src/adapters/redis/key-index.ts';
import { KEYS } from '../../../src/adapters/redis/keys.ts';
import { redisLanes } from '../../../src/adapters/redis/lanes.ts';
import { redisPages } from '../../../src/adapters/redis/pages.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { sha256 } from '../../../src/adapters/system/hash.ts';
import type { ChannelId, KeyRef, MessageTs, Place } from '../../../src/domain/ids.ts';
import { keyRefOf } from '../../../src/domain/ids.ts';
import type { Incident, Rules } from '../../../src/domain/incident.ts';
import { dueOf, withRead } from '../../../src/domain/reading.ts';
import { newIncident, noted } from '../../../src/domain/record.ts';
import { incidentIdOf } from '../../../src/flows/commit.ts';
import type { House } from '../../../src/flows/house.ts';
import { inspect } from '../../../src/flows/inspect.ts';
import { startPrivateRedis } from '../../../src/sandbox/redis.ts';
import { note, type Scenario } from './scenario.ts';

const DAY = 86_400_000;
const PLACE = { account: '111122223333', region: 'us-west-2' } as Place;
const CHANNEL = 'C0INCIDENT' as ChannelId;
/** What a record of some age holds. */
const ENTRIES = 40;
const AT_ONCE = 200;

export const inspection: Scenario = async ({ quick }) => {
  const keys = quick ? 1_000 : 10_000;
  note(`inspection: ${keys} pending keys`);
  const redis = await startPrivateRedis();
  const store = connectRedis(redis.url);
  try {
    await store.whenReady(5_000);
    const house = houseOn(store);
    const size = await fill(house, keys);
    const clean = await measured(house, 1);
    setFlagsFromString('--expose-gc');
    const growth = await held(house, 2);
    await store.run((client) => client.del(KEYS.due));
    const lost = await measured(house, 3);
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    const row = (what: string, { seconds, found, repaired }: Measured, more: string, goal: string) => ({
      path: `inspection of ${keys} pending keys (records of ${(size / 1e3).toFixed(1)} KB), ${what}`,
      keywarden: `${seconds.toFixed(2)} s, ${found} found, ${repaired} repaired${more}`,
      goal,
    });
    return [
      row('nothing wrong', clean, `; ${megabytes(growth)} held at once`, '≤ 5 s; < 50 MB'),
      row('every due entry gone', lost, '', 'all repaired'),
    ];
  } finally {
    await store.close();
    await redis.stop();
  }
};

interface Measured {
  readonly seconds: number;
  readonly found: number;
  readonly repaired: number;
}

async function measured(house: House, slot: number): Promise<Measured> {
  const started = performance.now();
  await inspect(house, { slot, signal: new AbortController().signal });
  const seconds = (performance.now() - started) / 1_000;
  const { found = 0, repaired = 0 } = (await house.inspections.last()) ?? {};
  return { seconds, found, repaired };
}

/** Bytes held at once at most: what is left after collecting the garbage, looked at ten times a second. Takes its time. */
async function held(house: House, slot: number): Promise<number> {
  const collect = globalThis.gc ?? (await import('node:vm')).runInNewContext('gc');
  const live = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = live();
  let highest = before;
  const watching = setInterval(() => {
    highest = Math.max(highest, live());
  }, 100);
  await measured(house, slot);
  clearInterval(watching);
  return highest - before;
}

type Store = ReturnType<typeof connectRedis>;

/** What an inspection is handed; Slack takes whatever it is told. */
function houseOn(store: Store): House {
  const tell = (error: Error): void => note(error.message);
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const rules: Rules = {
    milestones: [14, 7, 3, 1].map((days) => days * DAY),
    loudWithin: DAY,
    acknowledgeFor: DAY / 2,
    timezone: 'UTC',
    selfKeys: new Set(),
    channelOf: () => CHANNEL,
  };
  return {
    clock: systemClock,
    log: quiet,
    counters: { count: () => undefined },
    hash: sha256,
    incidents: redisIncidents(store, tell),
    index: redisKeyIndex(store, tell),
    inspections: redisInspections(store, tell),
    pages: redisPages(store, tell),
    lanes: redisLanes(store),
    drains: { wake: () => undefined },
    queue: noQueue,
    chat: { ...noChat, notice: () => Promise.resolve({ kind: 'delivered', ts: '1' as MessageTs }) },
    keys: { places: () => [PLACE] } as unknown as House['keys'],
    beats: { steadySince: () => undefined } as unknown as House['beats'],
    settings: { rules, defaultChannel: CHANNEL } as unknown as House['settings'],
  } as unknown as House;
}

/** Answers the size of a record, bytes. */
async function fill(house: House, keys: number): Promise<number> {
  const now = house.clock.now();
  let size = 0;
  for (let from = 0; from < keys; from += AT_ONCE) {
    const page = Array.from({ length: Math.min(AT_ONCE, keys - from) }, (_, index) => keyAt(from + index));
    await Promise.all(
      page.map(async (key, index) => {
        const incident = record(house, key, now + (3 + ((from + index) % 26)) * DAY);
        size = JSON.stringify(incident).length;
        const dueAt = dueOf(incident, house.settings.rules, now);
        const due = dueAt === undefined ? {} : { dueAt };
        await house.incidents.save({ incident, ...due, add: [], remove: [], lanes: [], facts: [] });
        const deletionDate = incident.countdown?.deletionDate ?? 0;
        const memory = {
          state: 'PendingDeletion',
          readAt: now,
          aliases: [],
          origin: 'AWS_KMS',
          manager: 'CUSTOMER',
        } as const;
        await house.index.put([{ key, memory: { ...memory, deletionDate } }]);
      }),
    );
  }
  return size;
}

const keyAt = (index: number): KeyRef =>
  keyRefOf('aws', PLACE, `${index.toString(16).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`) as KeyRef;

function record(house: House, key: KeyRef, deletionDate: number): Incident {
  const now = house.clock.now();
  const subject = { kind: 'key', key } as const;
  const prior = { kind: 'known', state: 'Enabled', from: 'sweep', at: now } as const;
  const fresh = newIncident({ id: incidentIdOf(house, subject), subject, channel: CHANNEL, prior, now, adopt: false });
  const snapshot = {
    key,
    readAt: now,
    state: 'PendingDeletion',
    manager: 'CUSTOMER',
    origin: 'AWS_KMS',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    deletionDate,
  } as const;
  let incident = withRead(fresh, { kind: 'read', snapshot }, house.settings.rules);
  for (let entry = 0; entry < ENTRIES; entry += 1)
    incident = noted(incident, now, { kind: 'delivery', problem: `entry ${entry} of a story that went on for weeks` });
  const card = { ...incident.card, ts: '1.1' as MessageTs, shownRevision: incident.revision };
  return { ...incident, version: 1, notedSeq: incident.nextSeq - 1, card };
}
