/**
 * Every key in Redis and how long it lives. All share the hash tag `{kw}` and so one slot: scripts that touch several
 * keys stay legal on Redis Cluster, Valkey and ElastiCache. BullMQ's own keys stand under the same prefix,
 * `{kw}:kms:…`, `{kw}:chat:…`, `{kw}:care:…`.
 */
import type { ChannelId, Duration, IncidentId, Place } from '../../domain/ids.ts';
import { placeName } from '../../domain/ids.ts';

export const PREFIX = '{kw}';

const HOUR = 3_600_000;

type Kept = 'closedIncident' | 'factMark' | 'pace' | 'role' | 'tally' | 'auditMark';

/** How long things are kept, ms. What is not listed lives until it is removed. */
export const KEPT: Readonly<Record<Kept, Duration>> = {
  closedIncident: 90 * 24 * HOUR,
  /** EventBridge redelivers for 24 h, SNS for one hour. */
  factMark: 48 * HOUR,
  pace: 48 * HOUR,
  /** Far longer than anything is tried again: a deletion window ends within 30 days. */
  auditMark: 90 * 24 * HOUR,
  /** A role confirmed within this time is enough for a rescue. */
  role: 24 * HOUR,
  /** Longer than the hour that is counted, and than any job's retries. */
  tally: 6 * HOUR,
};

export const KEYS = {
  /** When Slack last confirmed that a person has a role, ms. `KEPT.role`. */
  role: (person: string, role: string) => `${PREFIX}:role:${role}:${person}`,
  /**
   * Hash: `enrolment`, `name`, `enrolledAt`, `sealed` (the encrypted secret), `usedStep`, `failures`, `lockedUntil`. Until an
   * operator removes it: a lock's end is a field, because a key that expires would take the enrolment along.
   */
  stepUp: (person: string) => `${PREFIX}:step-up:${person}`,
  /** Set of everybody who is enrolled, `enterprise/team/user`. Forever. */
  stepUpPeople: `${PREFIX}:step-up`,
  /** Sorted set: a person's wishes of a kind by their moment. `KEPT.tally` after the last. */
  tally: (what: string, person: string) => `${PREFIX}:tally:${what}:${person}`,
  /** Stream `<seq>-0`: `entry` (JSON), the audit trail. Forever, append-only: nothing here ever trims or deletes it. */
  audit: `${PREFIX}:audit`,
  /** A trail that was set aside, by the moment of that; mostly a stream like it. Forever. */
  auditSetAside: (moment: string) => `${PREFIX}:audit:set-aside:${moment}`,
  /** Where an event stands in the trail, by the hash of its id; a hint, read again before it is believed. `KEPT.auditMark`. */
  auditMark: (hash: string) => `${PREFIX}:audit:mark:${hash}`,
  /** The day (since the epoch) whose head was posted last. Forever. */
  auditPosted: `${PREFIX}:audit:posted`,
  /** Hash: `format`, `version`, `body` (JSON). Open: forever; closed: `KEPT.closedIncident`. */
  incident: (id: IncidentId) => `${PREFIX}:incident:${id}`,
  /** Set of the ids of open incidents. Forever. */
  open: `${PREFIX}:open`,
  /** Sorted set: incident id by the moment it wants to be looked at. Forever. */
  due: `${PREFIX}:due`,
  /** Hash: effect id → JSON, and their ids by age. Until a save removes them. */
  pending: `${PREFIX}:pending`,
  pendingSince: `${PREFIX}:pending:since`,
  /** Hash: fact id → JSON, and their ids by age. Until worked off; bounded by `accept`. */
  inbox: `${PREFIX}:inbox`,
  inboxSince: `${PREFIX}:inbox:since`,
  /** Mark that a fact was kept once. `KEPT.factMark`. */
  factMark: (factId: string) => `${PREFIX}:fact:${factId}`,
  /** Single-use mark. As long as its maker asks. */
  seen: (mark: string) => `${PREFIX}:seen:${mark}`,
  /** Hash per account and Region: key id → compact JSON. Forever; the sweep removes keys that are no longer listed. */
  keysOf: (place: Place) => `${PREFIX}:keys:${placeName(place)}`,
  /** Hash: place → JSON of its sweep. Forever. */
  sweeps: `${PREFIX}:sweeps`,
  /** Hash: `tat`, `until`. `KEPT.pace` after the last touch. A Slack channel's lane is paced under its channel id. */
  pace: (lane: string) => `${PREFIX}:pace:${lane}`,
  /** Set of channels in whose lane something stands or is leased. Forever. */
  lanes: `${PREFIX}:lanes`,
  /** Counter behind the order of lane items and the tokens of leases. Forever. */
  laneSequence: `${PREFIX}:lanes:sequence`,
  /** Sorted set: item by priority, then order of arrival. Until empty. */
  lane: (channel: ChannelId) => `${PREFIX}:lane:${channel}`,
  /** Sorted set: leased item by the end of its lease. Until empty. */
  leased: (channel: ChannelId) => `${PREFIX}:lane:${channel}:leased`,
  /** Set: items that were leased before and may stand in Slack already. Until done. */
  again: (channel: ChannelId) => `${PREFIX}:lane:${channel}:again`,
  /** Hash: leased item → `number score`. Until empty. */
  leases: (channel: ChannelId) => `${PREFIX}:lane:${channel}:leases`,
} as const;
