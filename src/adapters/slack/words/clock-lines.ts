/** Until when: the earliest clock of an incident, how much of it is left, and the clocks after it. */
import { type Clock, clocksOf, type Losses, type LossKind, outOfUseSince, pastLosses } from '../../../domain/clocks.ts';
import type { Instant } from '../../../domain/ids.ts';
import { type Countdown, type Incident, isOpen } from '../../../domain/incident.ts';
import { lossesNamed } from '../../../domain/loss-names.ts';
import { dayAndTime, plainTime } from './times.ts';
import type { View } from './view.ts';

/** `RDS databases may be lost after`; of material there is no may. */
const untilWhen = (of: readonly LossKind[]): string =>
  `${lossesNamed(of)} ${of.every((loss) => loss === 'material') ? 'expires' : 'may be lost after'}`;

/** With the moment, for mrkdwn. */
export const lossWords = ({ of, deletionDate }: Pick<Losses, 'of' | 'deletionDate'>): string =>
  `${untilWhen(of)} ${dayAndTime(deletionDate)}`;

/** The same for plain text. */
export const plainLoss = ({ of, deletionDate }: Losses): string => `${untilWhen(of)} ${plainTime(deletionDate)}`;

const CONSEQUENCES: Readonly<Record<LossKind, string>> = {
  replica: 'DynamoDB drops the replica of a global table 20 hours after it lost its key.',
  rds: 'RDS gives a stopped database 7 days to get its key back; then only a backup brings it back.',
  dynamodb: 'DynamoDB archives the table after 7 days, to a backup that needs the same key.',
  material: 'Then nobody can use the key until exactly the same material is imported again; no rescue does that.',
};

/** What happens at the moment of a loss, for whoever reads nothing else. */
export const lossConsequence = (of: readonly LossKind[]): string => of.map((loss) => CONSEQUENCES[loss]).join(' ');

/** When the key is deleted or something of it may be lost, soonest first. Nothing: no clock runs. */
export function clockLines(incident: Incident, view: View): readonly string[] {
  if (!isOpen(incident) || incident.read?.kind !== 'read') return [];
  const clocks = groupedClocks(incident);
  const [first, ...later] = clocks.filter(({ at }) => at > view.now);
  const isOver = first === undefined ? clocks.find(({ kind }) => kind === 'deletion') : undefined;
  const lines = [
    first === undefined ? '' : firstWords(incident, first, view.now),
    isOver === undefined ? '' : `*Deleted after*  ${dayAndTime(isOver.at)}   the window is over`,
    first?.kind === 'replicas' ? '' : waitsWords(incident),
    later.length === 0
      ? ''
      : `*Then*  ${later.map((clock) => `${lowered(titleOf(clock))} ${dayAndTime(clock.at)}${subjectOf(clock)}`).join('; ')}`,
    pastWords(incident, view),
  ];
  return lines.filter((line) => line !== '');
}

function firstWords(incident: Incident, clock: GroupedClock, now: Instant): string {
  const bar = barOf(incident, clock, now);
  return clock.kind === 'replicas'
    ? `${waitsWords(incident)}; replicas: ${dayAndTime(clock.at)}  ${bar}`
    : `*${titleOf(clock)}*  ${dayAndTime(clock.at)}   ${bar}${subjectOf(clock)}`;
}

const lowered = (title: string): string => `${title.charAt(0).toLowerCase()}${title.slice(1)}`;

/** What happens at one moment is one line. */
interface GroupedClock {
  readonly at: Instant;
  readonly kind: 'loss' | 'material' | 'deletion' | 'replicas';
  readonly of: readonly LossKind[];
}

function groupedClocks(incident: Incident): readonly GroupedClock[] {
  const grouped: GroupedClock[] = [];
  for (const { kind, at } of clocksOf(incident)) {
    const last = grouped.at(-1);
    if (kind === 'deletion' || kind === 'replicas') grouped.push({ kind, at, of: [] });
    else if (kind === 'material') grouped.push({ kind, at, of: [kind] });
    else if (last?.kind === 'loss' && last.at === at) grouped.splice(-1, 1, { ...last, of: [...last.of, kind] });
    else grouped.push({ kind: 'loss', at, of: [kind] });
  }
  return grouped;
}

function titleOf({ kind }: GroupedClock): string {
  switch (kind) {
    case 'loss':
      return 'May be lost after';
    case 'material':
      return 'Material expires';
    case 'deletion':
      return 'Deleted after';
    case 'replicas':
      return 'Replicas deleted after';
  }
}

const subjectOf = ({ kind, of }: GroupedClock): string => (kind === 'loss' ? `  ${lossesNamed(of)}` : '');

/** Ten cells of the window; full ones are left. Drawn anew at milestones and reads. */
function barOf(incident: Incident, { kind, at }: GroupedClock, now: Instant): string {
  const scheduled = incident.dangers.find((danger) => danger.kind === 'deletionScheduled')?.fact?.at;
  const { countdown, losses } = incident;
  const begun =
    kind === 'loss'
      ? outOfUseSince(incident)
      : kind === 'material'
        ? losses?.since
        : Math.min(scheduled ?? now, countdown?.since ?? now);
  const start = Math.min(begun ?? now, now);
  const share = start >= at ? 0 : (at - now) / (at - start);
  const full = Math.max(1, Math.min(10, Math.floor(share * 10)));
  return `${'▓'.repeat(full)}${'░'.repeat(10 - full)}`;
}

/** A primary that waits for its replicas has no date of its own. */
function waitsWords(incident: Incident): string {
  if (incident.read?.kind !== 'read' || incident.read.snapshot.state !== 'PendingReplicaDeletion') return '';
  return noDateWords(incident.read.snapshot.pendingWindowInDays);
}

const noDateWords = (days: number | undefined): string =>
  `*Deleted after*  no date yet: its own window${days === undefined ? '' : ` of ${days} d`} begins when the last replica is deleted`;

/** What a countdown runs to. */
export type Until = Pick<Countdown, 'deletionDate' | 'replicas'>;

/** The countdown of an incident as one of its dates has it: a date that it does not run to any more was one of its own. */
export const untilOf = ({ countdown }: Incident, deletionDate: Instant): Until =>
  countdown?.deletionDate === deletionDate ? countdown : { deletionDate };

/** `*Deleted after*  09:12`, in the words of the card. */
export const untilLine = ({ deletionDate, replicas }: Until): string =>
  replicas === undefined
    ? `*Deleted after*  ${dayAndTime(deletionDate)}`
    : `${noDateWords(replicas.windowDays)}; replicas: ${dayAndTime(deletionDate)}`;

/** `deleted after 09:12`; `written`: how a moment is written where it is read. */
export const untilWords = ({ deletionDate, replicas }: Until, written = dayAndTime): string =>
  replicas === undefined
    ? `deleted after ${written(deletionDate)}`
    : `its replicas are gone after ${written(deletionDate)}; from then on it has ${ownWindow(replicas)}`;

/** `is deleted after 09:12`, of a key that has just been named. */
export const fateWords = (until: Until): string =>
  until.replicas === undefined ? `is ${untilWords(until)}` : `waits for its replicas: ${untilWords(until)}`;

const ownWindow = ({ windowDays }: NonNullable<Countdown['replicas']>): string =>
  windowDays === undefined ? 'a window of its own' : `${windowDays} d of its own`;

function pastWords(incident: Incident, view: View): string {
  const past = pastLosses(incident, view.now);
  if (past.length === 0) return '';
  const words = past.map(({ kind, at }: Clock) => `${lossOf(kind)} since ${dayAndTime(at)}`);
  return `*May be lost already*  ${words.join('; ')}`;
}

const lossOf = (kind: Clock['kind']): string =>
  kind === 'deletion' || kind === 'replicas' ? 'the key' : lossesNamed([kind]);
