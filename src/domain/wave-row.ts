/** One member of a wave as its card lists it, small enough to keep thousands of them; and which of them is worst. */
import { buttonsOf } from './buttons.ts';
import { shownOn } from './gathering.ts';
import type { AccountId, IncidentId, Instant, KeyArn, MessageTs, Region } from './ids.ts';
import { actionsOfRound, type Incident, keyOfIncident, type Outcome, runningAction } from './incident.ts';
import type { KeyState } from './key.ts';

/** How the key is used, as far as is known: it decides who comes first. */
export type Use = 'refused' | 'recent' | 'seen' | 'never' | 'unknown';

/** What became of a member so far. */
export type Progress = 'open' | 'running' | 'restored' | 'amber' | 'failed' | 'over' | 'lookedInto' | 'deleted';

export interface WaveRow {
  readonly incident: IncidentId;
  readonly arn: KeyArn;
  readonly account: AccountId;
  readonly region: Region;
  /** An alias, or the key's id. Comes from outside. */
  readonly name: string;
  readonly state: KeyState | 'gone' | 'unreadable' | 'unread';
  /** When it is lost, at the earliest. */
  readonly clock?: Instant;
  readonly use: Use;
  readonly progress: Progress;
  /** Of `self.keys`. */
  readonly self: boolean;
  /** Tagged as production, or as critical. */
  readonly weighty: boolean;
  /** It has a card of its own, too. */
  readonly own: boolean;
  /** It has a card, and where that stands, as far as it knows. */
  readonly placed: boolean;
  readonly ts?: MessageTs;
  /** The pager should know that its last day stands unacknowledged. */
  readonly paged: boolean;
  /** The same of the last day before something may be lost. */
  readonly lossPaged?: boolean;
  /** Can we cancel? Of a key whose rescue is a question. */
  readonly cancelling?: 'yes' | 'no' | 'unknown';
  /** Somebody holds it off on purpose. */
  readonly held?: true;
  /** Its state allows a rescue, whoever may do it. */
  readonly rescuable: boolean;
}

/** How many keys a wave has, and how many of them are not done with. */
export interface WaveCount {
  readonly keys: number;
  readonly left: number;
}

const DONE: readonly Progress[] = ['restored', 'over', 'lookedInto', 'deleted'];

/** Nothing is left to be done about it. */
export const isDoneRow = ({ progress }: Pick<WaveRow, 'progress'>): boolean => DONE.includes(progress);

const RECENT = 24 * 3_600_000;
const LONGEST_NAME = 80;

/** `self`: whether the key is one of our own. `clock`: the earliest of its clocks. */
export function rowOf(
  incident: Incident,
  known: { readonly self: boolean; readonly clock: Instant | undefined },
): WaveRow | undefined {
  const key = keyOfIncident(incident);
  if (key === undefined) return undefined;
  const { read, details } = incident;
  const [alias] = details?.aliases.kind === 'known' ? details.aliases.value : [];
  const rescuable = buttonsOf(incident, () => true, false).offered.includes('rescue');
  return {
    incident: incident.id,
    arn: key.arn,
    account: key.account,
    region: key.region,
    name: (alias ?? key.keyId).slice(0, LONGEST_NAME),
    state: read === undefined ? 'unread' : read.kind === 'read' ? read.snapshot.state : read.kind,
    ...(known.clock === undefined ? {} : { clock: known.clock }),
    use: usageOf(incident),
    progress: progressOf(incident),
    self: known.self,
    weighty: isWeighty(incident),
    own: shownOn(incident).on !== 'wave',
    placed: incident.card.ts !== undefined,
    ...(incident.card.ts === undefined ? {} : { ts: incident.card.ts }),
    paged: incident.paged?.includes('lastDay') ?? false,
    ...(incident.paged?.includes('lossDay') ? { lossPaged: true } : {}),
    ...(incident.hold === undefined ? {} : { held: true as const }),
    ...(rescuable ? { cancelling: incident.knowledge?.cancelling?.answer ?? ('unknown' as const) } : {}),
    rescuable,
  };
}

function usageOf({ refused, details, openedAt }: Incident): Use {
  if (refused !== undefined) return 'refused';
  if (details?.lastUse.kind !== 'known') return 'unknown';
  const { value } = details.lastUse;
  if (value.kind === 'neverSeen') return 'never';
  return openedAt - value.usage.at < RECENT ? 'recent' : 'seen';
}

function progressOf(incident: Incident): Progress {
  if (incident.phase.kind === 'closed') return progressOfClosed(incident.phase.outcome);
  if (runningAction(incident) !== undefined) return 'running';
  const ending = actionsOfRound(incident).at(-1)?.ending?.kind;
  switch (ending) {
    case 'amber':
      return 'amber';
    case 'failed':
    case 'unknownOutcome':
      return 'failed';
    case 'verified':
    case undefined:
      return 'open';
  }
}

function progressOfClosed(outcome: Outcome): Progress {
  switch (outcome) {
    case 'restored':
    case 'deleted':
    case 'lookedInto':
      return outcome;
    case 'recovered':
    case 'linked':
    case 'readableAgain':
    case 'alarmOver':
    case 'noDanger':
      return 'over';
  }
}

/** A map: tags are named by whoever may tag the key, also `constructor`. */
const WEIGHTY_TAGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['environment', ['prod', 'production', 'live']],
  ['env', ['prod', 'production', 'live']],
  ['stage', ['prod', 'production', 'live']],
  ['criticality', ['high', 'critical']],
  ['tier', ['0', '1', 'critical']],
]);

function isWeighty({ details }: Incident): boolean {
  if (details?.tags.kind !== 'known') return false;
  return Object.entries(details.tags.value).some(([name, value]) =>
    WEIGHTY_TAGS.get(name.toLowerCase())?.includes(value.toLowerCase()),
  );
}

const NO_CLOCK = 9e12;

/** The lower, the worse: our own keys, what is in use, what was tagged as weighty; then by the clock. What is over comes last. */
export function rankOf(row: WaveRow): number {
  return tierOf(row) * 1e13 + Math.min(row.clock ?? NO_CLOCK, NO_CLOCK);
}

function tierOf(row: WaveRow): number {
  const { self, use, weighty, state } = row;
  if (isDoneRow(row)) return 9;
  if (self) return 0;
  if (use === 'refused') return 1;
  if (use === 'recent') return 2;
  if (weighty) return 3;
  return state === 'Enabled' ? 6 : use === 'never' ? 5 : 4;
}
