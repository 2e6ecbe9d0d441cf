/**
 * The auditor of ourselves: what the countdown promises of a key that is pending deletion, and what is wrong with a record that
 * breaks the promise. Pure; the flow reads, repairs and tells.
 */
import { volumeAt } from './attention.ts';
import { dateOfMark, isMark, type Mark, unposted } from './deadline.ts';
import type { Effect, PendingEffect, Reminder } from './effect.ts';
import type { Duration, EffectId, IncidentId, Instant, KeyArn } from './ids.ts';
import { type Countdown, type Incident, isOpen, type Rules } from './incident.ts';
import { dueOf } from './reading.ts';
import { noted } from './record.ts';

export const FINDING_KINDS = [
  /** A pending key without an open incident. */
  'incident',
  /** The countdown runs to another date than the key's. */
  'date',
  /** The due entry is missing, or later than the record wants. */
  'dueEntry',
  /** A reminder was decided, Slack never took it, and nothing is about to post it. */
  'reminder',
  /** The due moment came minutes ago, and nobody acted on it. */
  'stuck',
  /** The key's record could not be looked at. */
  'failed',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly key: KeyArn;
  /** As people call the key. */
  readonly name?: string;
  readonly repaired: boolean;
}

/** Whether whoever watches the heartbeat was told that all is well. */
export type HeartbeatResult =
  | { readonly kind: 'pinged' }
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'withheld'; readonly why: string }
  | { readonly kind: 'notConfigured' };

/** The last inspection, as it is kept. */
export interface Inspection {
  /** The sweep slot it followed. */
  readonly slot: Instant;
  readonly endedAt: Instant;
  readonly took: Duration;
  /** Pending keys looked at. */
  readonly keys: number;
  /** How many were found; `findings` holds the first of them, and those of before that nobody was told of yet. */
  readonly found: number;
  readonly repaired: number;
  readonly findings: readonly Finding[];
  /** The fallback channel knows of what was found, or there was nothing. */
  readonly told: boolean;
  readonly heartbeat: HeartbeatResult;
}

/** What was found is listed up to here; the rest is counted. */
export const MOST_LISTED = 20;

/** Whether the due entry stands where the record wants it, or earlier. */
export function isDueKept(incident: Incident, dueAt: Instant | undefined, rules: Rules, now: Instant): boolean {
  const wanted = dueOf(incident, rules, now);
  return wanted === undefined || (dueAt !== undefined && dueAt <= wanted);
}

/** The milestones' reminders among effects that are not done. `kind`: of which countdown. */
export interface StandingReminders {
  has(incident: IncidentId, kind: Mark['kind'], date: Instant, milestone: Duration): boolean;
  of(incident: Incident): readonly EffectId[];
}

/** What is said elsewhere than in the card's thread is not counted. */
export function standingReminders(effects: readonly PendingEffect[]): StandingReminders {
  const marks = new Set<string>();
  const byIncident = new Map<IncidentId, EffectId[]>();
  for (const { id, effect } of effects) {
    if (effect.kind !== 'remind' || effect.to !== undefined || !isMark(effect.reminder)) continue;
    marks.add(markName(effect.incident, effect.reminder.kind, dateOfMark(effect.reminder), effect.reminder.milestone));
    const known = byIncident.get(effect.incident);
    if (known === undefined) byIncident.set(effect.incident, [id]);
    else known.push(id);
  }
  return {
    has: (incident, kind, date, milestone) => marks.has(markName(incident, kind, date, milestone)),
    of: ({ id }) => byIncident.get(id) ?? [],
  };
}

/** The moment of a loss may have been learnt to be earlier since its reminder was written down. */
const markName = (incident: IncidentId, kind: Mark['kind'], date: Instant, milestone: Duration): string =>
  kind === 'loss' ? `${incident} loss ${milestone}` : `${incident} ${date} ${milestone}`;

/** Whether a reminder of this incident is told and not known to be posted: it stands somewhere, or is lost. */
export const mayBeLost = ({ countdown, losses }: Incident, now: Instant): boolean =>
  [countdown, losses].some((one) => one !== undefined && now <= one.deletionDate && unposted(one).length > 0);

/**
 * Milestones told that neither stand in Slack nor are about to: one reminder in place of them, and the record that says so.
 * `undefined`: none is lost, or it is too late for any. Of both countdowns the next inspection repairs the other.
 */
export function lostReminder(
  incident: Incident,
  standing: StandingReminders,
  rules: Rules,
  now: Instant,
): { readonly incident: Incident; readonly effect: Effect } | undefined {
  const { countdown, losses, id } = incident;
  if (!isOpen(incident)) return undefined;
  const ofKey = lostOf(incident, 'milestone', countdown, standing, now);
  const lost = ofKey ?? lostOf(incident, 'loss', losses, standing, now);
  if (lost === undefined) return undefined;
  const { date, marks, after } = lost;
  const latest = Math.min(...marks);
  const mark = { milestone: latest, late: Math.max(0, now - (date - latest)), collapsed: marks.length };
  const reminder: Reminder =
    ofKey === undefined && losses !== undefined
      ? { kind: 'loss', of: losses.of, lossAt: date, ...mark }
      : { kind: 'milestone', deletionDate: date, ...mark };
  const effect: Effect = { kind: 'remind', incident: id, reminder, volume: volumeAt(incident, date - now, rules, now) };
  const next: Incident =
    ofKey === undefined && losses !== undefined
      ? { ...incident, losses: { ...losses, ...after } }
      : { ...incident, countdown: after };
  return { incident: noted(next, now, { kind: 'repaired', what: 'reminder' }), effect };
}

/** What is lost of one countdown, and the countdown once the latest of it stands for the others. */
function lostOf(
  { id }: Incident,
  kind: Mark['kind'],
  countdown: Countdown | undefined,
  standing: StandingReminders,
  now: Instant,
): { readonly date: Instant; readonly marks: readonly Duration[]; readonly after: Countdown } | undefined {
  if (countdown === undefined || now > countdown.deletionDate) return undefined;
  const { deletionDate: date, posted = [] } = countdown;
  const marks = unposted(countdown).filter((milestone) => !standing.has(id, kind, date, milestone));
  if (marks.length === 0) return undefined;
  const others = marks.filter((milestone) => milestone !== Math.min(...marks));
  return { date, marks, after: { ...countdown, posted: [...posted, ...others] } };
}
