/**
 * Every key in Redis and how long it lives. All share the hash tag `{kw}` and so one slot: scripts that touch several
 * keys stay legal on Redis Cluster, Valkey and ElastiCache. BullMQ's own keys stand under the same prefix,
 * `{kw}:kms:…`, `{kw}:chat:…`, `{kw}:care:…`.
 */
import type { AccountId, ChannelId, Duration, GatheringId, IncidentId, Place } from '../../domain/ids.ts';
import { placeName } from '../../domain/ids.ts';
import { SHAPE_KEPT } from '../../domain/shape.ts';

export const PREFIX = '{kw}';

const HOUR = 3_600_000;

type Kept = 'shape' | 'closedIncident' | 'factMark' | 'pace' | 'role' | 'tally' | 'auditMark' | 'investigation';

/** How long things are kept, ms. What is not listed lives until it is removed. */
export const KEPT: Readonly<Record<Kept, Duration>> = {
  shape: SHAPE_KEPT,
  closedIncident: 90 * 24 * HOUR,
  /** EventBridge redelivers for 24 h, SNS for one hour. */
  factMark: 48 * HOUR,
  pace: 48 * HOUR,
  /** Longer than anybody takes to answer whether it was them, and than an intruder rests. */
  investigation: 48 * HOUR,
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
  /**
   * Hash: `format`, `version`, `body` (JSON), `mark` (of what the board shows), `placed` (the version
   * that stands on the board). Open: forever; closed: `KEPT.closedIncident`.
   */
  incident: (id: IncidentId) => `${PREFIX}:incident:${id}`,
  /** Set of the ids of open incidents. Forever. */
  open: `${PREFIX}:open`,
  /** Sorted set: closed incidents whose key KMS has deleted, by when. `KEPT.closedIncident`; bounded. */
  deaths: `${PREFIX}:deaths`,
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
  /** Sorted set: open incidents without a message in Slack, by since when; 0: nobody has looked yet. Until posted or closed. */
  cardless: `${PREFIX}:cardless`,
  /** Sorted set: the ids of open incidents, all of them and those of one account, by their place on the board. Until closed. */
  board: `${PREFIX}:board`,
  boardOf: (account: AccountId) => `${PREFIX}:board:of:${account}`,
  /** Sorted set: open incidents with a waiting request, by its age. Until decided or closed. */
  boardWaiting: `${PREFIX}:board:waiting`,
  /** Counter: how often something changed that the board shows. Forever. */
  boardChanges: `${PREFIX}:board:changes`,
  /** Sorted set: Slack user ids of who opened their Home tab, by when last. A day; bounded. */
  homes: `${PREFIX}:homes`,
  /**
   * Hash: `person` (JSON), `page`, `account`, `openedAt`, `said` (JSON); of its drawings `draw` (a counter), `drawnAt`, `changes`,
   * `digest`. Until a day after it was last opened.
   */
  home: (user: string) => `${PREFIX}:home:${user}`,
  /** Set: whose Home tab must be drawn again though nothing changed. Until drawn. */
  homesOwed: `${PREFIX}:homes:owed`,
  /** The board's counter as every Home tab shows it. Forever, replaced by the next. */
  homesSettled: `${PREFIX}:homes:settled`,
  /** JSON of a principal's investigation, and the set of the incidents it is for. `KEPT.investigation` after it last changed. */
  investigation: (id: string) => `${PREFIX}:investigation:${id}`,
  investigationIncidents: (id: string) => `${PREFIX}:investigation:${id}:incidents`,
  /** JSON of what a person was asked of a name, and says. `KEPT.investigation` after it last changed. */
  question: (id: string) => `${PREFIX}:question:${id}`,
  /** Sorted set: id of an investigation by when it looks next, of a question by when its answer is told. Until then. */
  investigations: `${PREFIX}:investigations`,
  /** Hash: page id → JSON of what the pager is owed. Until every sink knows that it is over. */
  pages: `${PREFIX}:pages`,
  /** Hash: process → its last beat, ms. Until its goodbye, or until another process misses it. */
  beats: `${PREFIX}:beats`,
  /** JSON of the last inspection. Forever, replaced by the next. */
  inspection: `${PREFIX}:inspection`,
  /**
   * Hash per digest of the configuration: `last` slot, `since` (ms), `told` (JSON of the last entry of the trail that was told),
   * `posting` (JSON of an attempt). Forever.
   */
  digest: (id: string) => `${PREFIX}:digest:${id}`,
  /** Hash per account and Region: key id → compact JSON. Forever; the sweep removes keys that are no longer listed. */
  keysOf: (place: Place) => `${PREFIX}:keys:${placeName(place)}`,
  /** JSON of a key's last good shape, some 60 KB at most. `KEPT.shape` after it was last taken, also when the key is gone. */
  shapeOf: (arn: string) => `${PREFIX}:shape:of:${arn}`,
  /** JSON of the shape taken when a round of an incident opened. `KEPT.shape`. */
  shapeAt: (id: IncidentId, round: number) => `${PREFIX}:shape:at:${id}:${round}`,
  /** Hash: place → the end of the full sweep whose keys were all surveyed last, ms. Forever. */
  surveys: `${PREFIX}:surveys`,
  /** Hash: place → JSON of its sweep. Forever. */
  sweeps: `${PREFIX}:sweeps`,
  /** Hash: `tat`, `until`. `KEPT.pace` after the last touch. A Slack channel's lane is paced under its channel id. */
  pace: (lane: string) => `${PREFIX}:pace:${lane}`,
  /** Hash: `version`, `body` (JSON) of a card that several incidents share. `KEPT.closedIncident` after the last save. */
  gathering: (id: GatheringId) => `${PREFIX}:gathering:${id}`,
  /** Hash: incident → JSON of its row, and their ids by rank, worst first. Each as long as the gathering. */
  gatheringRows: (id: GatheringId) => `${PREFIX}:gathering:${id}:rows`,
  gatheringRanks: (id: GatheringId) => `${PREFIX}:gathering:${id}:ranks`,
  /** Sorted set: effect ids of reminders that a wave says together, by since when. Until said. */
  gatheringOwed: (id: GatheringId) => `${PREFIX}:gathering:${id}:owed`,
  /** Sorted set: waves that owe reminders, by since when. Until said. */
  gatheringsOwing: `${PREFIX}:gatherings:owing`,
  /** Set: waves whose rescue of many is not worked off. Until it is. */
  gatheringsWorking: `${PREFIX}:gatherings:working`,
  /** Sorted set: the latest incidents of a channel or principal (a hash) by when they opened; and the wave that goes on there. Both as long as a wave's pause. */
  openings: (line: string) => `${PREFIX}:openings:${line}`,
  wave: (line: string) => `${PREFIX}:openings:${line}:wave`,
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
