/**
 * The clocks of an incident: when services may lose data because their key cannot be used, when imported material expires, and when
 * KMS deletes the key. The earliest counts, whichever it is.
 */
import { isUnusable, loudMoments } from './attention.ts';
import { countdownTo } from './deadline.ts';
import type { Duration, Instant } from './ids.ts';
import { type Countdown, type DangerKind, type Incident, isOpen, type Prior, type Rules } from './incident.ts';
import { countdownDateOf } from './key.ts';
import { touched } from './record.ts';
import type { Service } from './services.ts';
import { type Victim, victimsNow } from './victims.ts';

const HOUR: Duration = 3_600_000;

/** What may be lost, or ends, before the key itself does. */
export const LOSS_KINDS = ['replica', 'rds', 'dynamodb', 'material'] as const;
export type LossKind = (typeof LOSS_KINDS)[number];

/** The countdown to the next loss. Its `deletionDate` is the moment of that loss. `of`: what may be lost then. */
export interface Losses extends Countdown {
  readonly of: readonly LossKind[];
}

export interface Clock {
  readonly kind: LossKind | 'deletion' | 'replicas';
  readonly at: Instant;
  /** It may be so: nobody tells when a service noticed. */
  readonly may: boolean;
}

/**
 * How long after its key became unusable a service may lose data: DynamoDB drops a global table's replica after 20 hours and archives a
 * table after 7 days (developer guide, encryption.howitworks); RDS gives 7 days from when it noticed (user guide, Overview.Encryption).
 */
const LOST_AFTER: Readonly<Partial<Record<Service, readonly (readonly [Exclude<LossKind, 'material'>, Duration])[]>>> =
  {
    dynamodbReplica: [
      ['replica', 20 * HOUR],
      ['dynamodb', 7 * 24 * HOUR],
    ],
    rds: [['rds', 7 * 24 * HOUR]],
    dynamodb: [['dynamodb', 7 * 24 * HOUR]],
  };

/** Dangers from whose moment on nobody can use the key. */
const ENDS_USE: readonly DangerKind[] = [
  'deletionScheduled',
  'keyDisabled',
  'materialDeleted',
  'materialExpired',
  'keyStoreDisconnected',
];

/**
 * Since when nobody can use the key: the call that ended its use, which is earlier than our first read of it. `undefined`: it can be
 * used, nobody knows, or it was off before the danger as well, when whoever needs it had lost it already.
 */
export function outOfUseSince(incident: Incident): Instant | undefined {
  const { read, stateSince, outOfUse, dangers, prior } = incident;
  if (read === undefined || read.kind === 'gone' || wasOff(prior)) return undefined;
  if (read.kind === 'read' && !isUnusable(incident)) return undefined;
  const seen = outOfUse?.since ?? (read.kind === 'read' ? stateSince?.at : undefined);
  if (seen === undefined) return undefined;
  const usableAt = outOfUse?.usableAt ?? Number.NEGATIVE_INFINITY;
  const told = dangers
    .filter(({ kind }) => ENDS_USE.includes(kind))
    .flatMap(({ firstAt, lastAt, fact }) => [firstAt, lastAt, fact?.at ?? lastAt])
    .filter((at) => at > usableAt);
  return Math.min(seen, ...told);
}

/** An action of ours that turned it off is a danger of now; a key that was off before it is not. */
const wasOff = (prior: Prior): boolean => prior.kind === 'known' && prior.state === 'Disabled' && prior.from !== 'read';

/** What a tag says is too little to count down from. */
const isSeenInUse = ({ seen }: Victim): boolean => seen.some((sighting) => sighting !== 'tag');

function serviceLosses(incident: Incident): readonly Clock[] {
  const since = outOfUseSince(incident);
  if (since === undefined) return [];
  const { listed } = victimsNow(incident.knowledge?.victims, incident.refused);
  const clocks = new Map<LossKind, Clock>();
  for (const victim of listed.filter(isSeenInUse))
    for (const [kind, after] of LOST_AFTER[victim.service] ?? [])
      clocks.set(kind, { kind, at: since + after, may: true });
  return [...clocks.values()];
}

/** What would be lost within the hour before the key goes is lost with it. */
const orderOf = ({ kind, at }: Clock): number => (isLoss(kind) ? at : at - HOUR);

/** Every clock that runs or has run out, earliest first. */
export function clocksOf(incident: Incident): readonly Clock[] {
  const { read, losses } = incident;
  const snapshot = read?.kind === 'read' ? read.snapshot : undefined;
  const clocks = [...serviceLosses(incident)];
  // Not being able to read the key stops no clock of it.
  const validTo =
    snapshot?.validTo ??
    (read?.kind === 'unreadable' && losses?.of.includes('material') ? losses.deletionDate : undefined);
  if (validTo !== undefined) clocks.push({ kind: 'material', at: validTo, may: false });
  const date = snapshot === undefined ? incident.countdown?.deletionDate : countdownDateOf(snapshot);
  if (date !== undefined && read?.kind !== 'gone')
    clocks.push({ kind: snapshot?.state === 'PendingReplicaDeletion' ? 'replicas' : 'deletion', at: date, may: false });
  return clocks.sort((one, other) => orderOf(one) - orderOf(other));
}

/** The next clock to run out. `undefined`: none runs any more. */
export const earliestClock = (incident: Incident, now: Instant): Clock | undefined =>
  clocksOf(incident).find(({ at }) => at > now);

/** What may have been lost already, earliest first. */
export const pastLosses = (incident: Incident, now: Instant): readonly Clock[] =>
  serviceLosses(incident)
    .filter(({ at }) => at <= now)
    .sort((one, other) => one.at - other.at);

/**
 * The countdown to the next loss, if one comes before the key's own date speaks for it. A loss whose moment is learnt to be earlier
 * keeps what was told of it: all of that has passed for the earlier moment, too.
 */
function lossesOf(incident: Incident, rules: Rules, now: Instant): Losses | undefined {
  const limit = incident.countdown === undefined ? Number.POSITIVE_INFINITY : incident.countdown.deletionDate - HOUR;
  const ahead = clocksOf(incident).filter(({ kind, at }) => isLoss(kind) && at > now && at < limit);
  const [next] = ahead;
  if (next === undefined) return undefined;
  const of = LOSS_KINDS.filter((loss) => ahead.some(({ kind, at }) => kind === loss && at === next.at));
  const { losses } = incident;
  const same = losses?.deletionDate === next.at;
  const moved = losses !== undefined && next.at < losses.deletionDate && of.some((loss) => losses.of.includes(loss));
  if (losses !== undefined && (same || moved)) return { ...losses, deletionDate: next.at, of };
  return { ...countdownTo(next.at, now, rules), of };
}

const isLoss = (kind: Clock['kind']): kind is LossKind => kind !== 'deletion' && kind !== 'replicas';

/** The incident with its next loss as it is known now. Whoever said that they know is not quiet past a loud moment of it. */
export function withLosses(incident: Incident, rules: Rules, now: Instant): Incident {
  if (!isOpen(incident) || incident.subject.kind !== 'key') return incident;
  const losses = lossesOf(incident, rules, now);
  const { losses: before, ...rest } = incident;
  if (losses === undefined) return before === undefined ? incident : touched(rest);
  if (JSON.stringify(losses) === JSON.stringify(before)) return incident;
  const next = touched({ ...rest, losses });
  const { attention } = next;
  if (attention === undefined) return next;
  const limits = loudMoments(next, rules).filter((at) => at > now);
  return { ...next, attention: { ...attention, until: Math.min(attention.until, ...limits) } };
}
