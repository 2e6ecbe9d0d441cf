/**
 * The auditor of ourselves: what the countdown promises of a key that is pending deletion, and what is wrong with a record that
 * breaks the promise. Pure; the flow reads, repairs and tells.
 */
import { volumeAt } from './attention.ts';
import { unposted } from './deadline.ts';
import type { Effect, PendingEffect } from './effect.ts';
import type { Duration, EffectId, IncidentId, Instant, KeyArn } from './ids.ts';
import { type Incident, isOpen, type Rules } from './incident.ts';
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

/** The milestones' reminders among effects that are not done. */
export interface StandingReminders {
  has(incident: IncidentId, deletionDate: Instant, milestone: Duration): boolean;
  of(incident: Incident): readonly EffectId[];
}

/** What is said elsewhere than in the card's thread is not counted. */
export function standingReminders(effects: readonly PendingEffect[]): StandingReminders {
  const marks = new Set<string>();
  const byIncident = new Map<IncidentId, EffectId[]>();
  for (const { id, effect } of effects) {
    if (effect.kind !== 'remind' || effect.to !== undefined || effect.reminder.kind !== 'milestone') continue;
    const { deletionDate, milestone } = effect.reminder;
    marks.add(`${effect.incident} ${deletionDate} ${milestone}`);
    const known = byIncident.get(effect.incident);
    if (known === undefined) byIncident.set(effect.incident, [id]);
    else known.push(id);
  }
  return {
    has: (incident, deletionDate, milestone) => marks.has(`${incident} ${deletionDate} ${milestone}`),
    of: ({ id }) => byIncident.get(id) ?? [],
  };
}

/** Whether a reminder of this incident is told and not known to be posted: it stands somewhere, or is lost. */
export const mayBeLost = ({ countdown }: Incident, now: Instant): boolean =>
  countdown !== undefined && now <= countdown.deletionDate && unposted(countdown).length > 0;

/**
 * Milestones told that neither stand in Slack nor are about to: one reminder in place of them, and the record that says so.
 * `undefined`: none is lost, or it is too late for any.
 */
export function lostReminder(
  incident: Incident,
  standing: StandingReminders,
  rules: Rules,
  now: Instant,
): { readonly incident: Incident; readonly effect: Effect } | undefined {
  const { countdown, id } = incident;
  if (!isOpen(incident) || countdown === undefined || now > countdown.deletionDate) return undefined;
  const { deletionDate, posted = [] } = countdown;
  const lost = unposted(countdown).filter((milestone) => !standing.has(id, deletionDate, milestone));
  if (lost.length === 0) return undefined;
  const latest = Math.min(...lost);
  const late = Math.max(0, now - (deletionDate - latest));
  const effect: Effect = {
    kind: 'remind',
    incident: id,
    reminder: { kind: 'milestone', milestone: latest, deletionDate, late, collapsed: lost.length },
    volume: volumeAt(incident, deletionDate - now, rules, now),
  };
  const others = lost.filter((milestone) => milestone !== latest);
  const next = { ...incident, countdown: { ...countdown, posted: [...posted, ...others] } };
  return { incident: noted(next, now, { kind: 'repaired', what: 'reminder' }), effect };
}
