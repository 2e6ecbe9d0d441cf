/**
 * What the pager is told: matters that must reach a person although Slack is silent, or although everybody in Slack is. Each has
 * one name for as long as it lasts, so that it is told once, and once that it is over.
 */
import { acknowledgedBy } from './attention.ts';
import type { Cancelling } from './cancelling.ts';
import { callOf } from './fact.ts';
import type { AccountId, Duration, IncidentId, Instant, KeyArn, Place, Region } from './ids.ts';
import { type Countdown, type Incident, isOpen, keyOfIncident, type Rules, runningAction } from './incident.ts';
import { lossesNamed } from './loss-names.ts';
import { isExpiry } from './reimport.ts';
import { endangersSelf } from './self.ts';

export const PAGE_KINDS = [
  /** A loud message could not be posted for minutes. */
  'unposted',
  /** Slack refuses the bot's token. */
  'tokenRevoked',
  /** The last day has begun, and nobody has acknowledged it. */
  'lastDay',
  /** An account cannot be read in a Region. */
  'unreadable',
  /** A role of the bot acted without the bot. */
  'ownRole',
  /** A key that the bot itself depends on is in danger. */
  'ownKey',
  /** A place is not swept any more. */
  'sweepStopped',
  /** A process of the bot went silent without a goodbye: told in Slack, and to nobody's telephone. */
  'processStopped',
  /** An operator tries whether the pager rings. */
  'test',
] as const;
export type PageKind = (typeof PAGE_KINDS)[number];

/**
 * What of an incident the pager should know. `lossDay`: the last day before something may be lost; to whoever is called it is a last day
 * as any, and it is named apart because the deletion has another.
 */
export type Matter = PageKind | 'lossDay';

/** One matter, as it was when it began. */
export interface Page {
  /** The same for as long as it lasts: `tokenRevoked`, `lastDay:i1f…`, `lossDay:i1f…`, `sweepStopped:111122223333/us-west-2`. */
  readonly id: string;
  readonly kind: PageKind;
  readonly at: Instant;
  readonly incident?: IncidentId;
  readonly key?: KeyArn;
  /** As people call the key. */
  readonly name?: string;
  readonly account?: AccountId;
  readonly region?: Region;
  readonly deletionDate?: Instant;
  /** Of a primary that waits: the date is that of its last replica, and its own window begins only then. */
  readonly replicas?: NonNullable<Countdown['replicas']>;
  /** Of a last day before a loss: when it may come; `detail` names what may be lost. */
  readonly lossAt?: Instant;
  /** Of a last day before a loss that is no loss: imported material expires, and whoever holds it can import it again. */
  readonly expires?: true;
  /** What else there is to say; may hold words from outside. */
  readonly detail?: string;
  /** What the key is for, as KMS spells it, where it is another than to encrypt. */
  readonly usage?: string;
  /** Of a wave: for how many keys it stands, of which `key` stood worst. Absent: for one. */
  readonly keys?: number;
  /** A rescue by us would fail, as it was judged when the page began: why, who closed it, who may repair it. */
  readonly cannotCancel?: Cancelling;
}

/** An hour, where the loud stretch is a day: so long the reminder has to be seen in Slack, ms. */
export const graceOf = ({ loudWithin }: Rules): Duration => loudWithin / 24;
const MOST_PATIENCE: Duration = 300_000;

/** Slack's limit of a message a second and channel does not shrink with the day. */
const LEAST_PATIENCE: Duration = 10_000;

/** How long a loud message may wait for Slack before the pager is called, ms: five minutes, less where all is short. */
export const patienceOf = (rules: Rules): Duration => Math.max(LEAST_PATIENCE, Math.min(MOST_PATIENCE, graceOf(rules)));

/** When the last day before a date of an incident stands unacknowledged. A snooze acknowledges nothing. */
function lastDayFrom(
  { attention, plan, self }: Incident,
  countdown: Countdown | undefined,
  rules: Rules,
): Instant | undefined {
  if (countdown === undefined || (plan?.status.kind === 'agreed' && self !== true)) return undefined;
  const { deletionDate, since } = countdown;
  const until = attention?.kind === 'acknowledged' ? attention.until : 0;
  // Whoever sees a key for the first time on its last day has as long to say so, but never all that is left of it.
  const start = Math.max(deletionDate - rules.loudWithin, since, until);
  return start + Math.min(graceOf(rules), Math.max(0, deletionDate - start) / 4);
}

/** What the pager should know of an incident at `now`. */
export function pagesOf(incident: Incident, rules: Rules, now: Instant): readonly Matter[] {
  if (!isOpen(incident)) return [];
  const has = (kind: Incident['dangers'][number]['kind']): boolean => incident.dangers.some((one) => one.kind === kind);
  // Whoever was called hears how it ended, and not that a rescue is half done.
  const pages = new Set<Matter>(runningAction(incident) === undefined ? [] : incident.paged);
  const { countdown, losses } = incident;
  const from = lastDayFrom(incident, countdown, rules);
  const date = countdown?.deletionDate;
  const heard = acknowledgedBy(incident, now) !== undefined;
  // Called before the date, it is over when the key's end is known; after the date nobody is called any more.
  const counts = date !== undefined && (now <= date || incident.paged?.includes('lastDay') === true);
  if (from !== undefined && counts && now >= from && !heard) pages.add('lastDay');
  // Nobody will ever tell whether something was lost: past its moment the next date counts.
  const lossFrom = lastDayFrom(incident, losses, rules);
  if (losses !== undefined && lossFrom !== undefined && now >= lossFrom && now < losses.deletionDate && !heard)
    pages.add('lossDay');
  if (has('ownRoleMisused') && !heard) pages.add('ownRole');
  if (endangersSelf(incident) && !heard) pages.add('ownKey');
  if (incident.subject.kind === 'place' && has('unreadable')) pages.add('unreadable');
  return [...pages];
}

/** When `pagesOf` will say more than it does at `now`, with nothing else changing. */
export function nextPage(incident: Incident, rules: Rules, now: Instant): Instant | undefined {
  if (!isOpen(incident)) return undefined;
  const { countdown, losses, paged = [] } = incident;
  const moments: Instant[] = [];
  const from = paged.includes('lastDay') ? undefined : lastDayFrom(incident, countdown, rules);
  const date = countdown?.deletionDate;
  // Past the date nothing is called any more: KMS may take another day, and this moment would stay due all along.
  if (from !== undefined && date !== undefined && from <= date && now <= date) moments.push(from);
  const lossFrom = paged.includes('lossDay') ? undefined : lastDayFrom(incident, losses, rules);
  if (losses !== undefined && lossFrom !== undefined && lossFrom < losses.deletionDate && now < losses.deletionDate)
    moments.push(lossFrom);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

export const pageIdOf = (incident: IncidentId, matter: Matter): string => `${matter}:${incident}`;

/** Which matter a page of an incident is. */
export const matterOf = ({ kind, lossAt }: Page): Matter => (lossAt === undefined ? kind : 'lossDay');

/** What is said of an incident that the pager should know of. */
export function pageOf(incident: Incident, matter: Matter, now: Instant): Page {
  const key = keyOfIncident(incident);
  const { subject, countdown, details, knowledge } = incident;
  const losses = matter === 'lossDay' ? incident.losses : undefined;
  const kind = matter === 'lossDay' ? 'lastDay' : matter;
  const place: Place | undefined =
    key ?? (subject.kind === 'topic' || subject.kind === 'key' ? undefined : subject.place);
  const [name] = details?.aliases.kind === 'known' ? details.aliases.value : [];
  const detail =
    kind === 'ownRole'
      ? misuseOf(incident)
      : kind === 'unreadable'
        ? incident.problem
        : losses === undefined
          ? undefined
          : lossesNamed(losses.of);
  return {
    id: pageIdOf(incident.id, matter),
    kind,
    at: now,
    incident: incident.id,
    ...(key === undefined ? {} : { key: key.arn }),
    ...(name === undefined ? {} : { name }),
    ...(place === undefined ? {} : { account: place.account, region: place.region }),
    ...(countdown === undefined ? {} : { deletionDate: countdown.deletionDate }),
    ...(countdown?.replicas === undefined ? {} : { replicas: countdown.replicas }),
    ...(losses === undefined ? {} : { lossAt: losses.deletionDate }),
    ...(losses !== undefined && isExpiry(losses.of) ? { expires: true as const } : {}),
    ...(detail === undefined ? {} : { detail }),
    ...(incident.usage === undefined ? {} : { usage: incident.usage }),
    ...(knowledge?.cancelling?.answer === 'no' ? { cannotCancel: knowledge.cancelling } : {}),
  };
}

/** Which call it was, and under which role. */
function misuseOf({ dangers }: Incident): string | undefined {
  const fact = dangers.find(({ kind }) => kind === 'ownRoleMisused')?.fact;
  const call = fact === undefined ? undefined : callOf(fact.body);
  if (call === undefined) return undefined;
  const role = call.actor.issuerArn ?? call.actor.arn;
  return role === undefined ? call.operation : `${call.operation} under ${role}`;
}
