/**
 * A gathering is several incidents that share one card: a family (a multi-Region primary with its replicas), or a wave (many keys at
 * once, by the same person or in the same minute). Each incident stays its own record, with its own actions, countdown and end;
 * only where it is shown differs. So joining and leaving cannot lose anything.
 */
import type { PendingEffect, Volume } from './effect.ts';
import type {
  AccountId,
  ChannelId,
  Duration,
  GatheringId,
  IncidentId,
  Instant,
  KeyRef,
  MessageTs,
  Person,
} from './ids.ts';
import type { Incident } from './incident.ts';
import type { WaveRow } from './wave-row.ts';

/** Five or more keys by one principal within ten minutes are a wave. */
export const WAVE_OF_PRINCIPAL = { from: 5, within: 600_000 } as const;
/** More than ten new incidents of a channel within a minute are one, whoever is behind them. */
export const WAVE_OF_CHANNEL = { from: 11, within: 60_000 } as const;
/** Rows of a wave on one page; Slack's checkboxes take no more (docs.slack.dev, checkboxes element). */
export const ROWS_PER_PAGE = 10;

export type GatheringKind =
  | { readonly kind: 'family'; readonly account: AccountId; readonly keyId: string }
  /** `who`: the principal behind all of them; absent: they only came at once. */
  | { readonly kind: 'wave'; readonly who?: string; readonly account?: string };

/** Somebody asked for something to be done to many. */
export interface Errand {
  readonly id: string;
  readonly deed: 'rescue' | 'acknowledge';
  readonly by: Person;
  readonly at: Instant;
  /** Where it was pressed: refusals are told there. */
  readonly channel: ChannelId;
  readonly wanted: 'all' | readonly IncidentId[];
  /** How many were asked for, and how many were not theirs to rescue; absent: it is still being worked off. */
  readonly ended?: { readonly at: Instant; readonly asked: number; readonly refused: number };
}

export interface GatheringCard {
  readonly channel: ChannelId;
  readonly ts?: MessageTs;
  /** A post was begun and its answer never came. */
  readonly postingSince?: Instant;
  /** A message that can no longer be changed; it is never adopted again. */
  readonly replaced?: MessageTs;
  readonly movedFrom?: ChannelId;
  /** Digest of what stands there: the same again is not sent. */
  readonly shown?: string;
}

export interface Gathering {
  readonly id: GatheringId;
  readonly version: number;
  readonly what: GatheringKind;
  readonly begunAt: Instant;
  readonly card: GatheringCard;
  /** Since when every member is over; endangered again after that it gets a fresh card. */
  readonly overAt?: Instant;
  /** The page of a wave that is shown, from 0. */
  readonly page: number;
  /** Newest last; bounded. */
  readonly errands: readonly Errand[];
  /** Who has been woken with what, and by which member: nobody is woken by each of sixty. Newest last, bounded. */
  readonly spoken?: readonly Spoken[];
  /** Whoever was woken since it began; they hear of its end. Bounded. */
  readonly woken?: readonly ChannelId[];
  /** It is over, and these have not been told yet. */
  readonly owesEnd?: readonly ChannelId[];
}

export interface Spoken {
  readonly mark: string;
  /** A channel, or one person. */
  readonly to: ChannelId;
  readonly by: IncidentId;
  readonly at: Instant;
}

/** A shared card as it is drawn: its members in full where they are few, else a page of them and every row. */
export type SharedCard =
  | { readonly kind: 'family'; readonly gathering: Gathering; readonly members: readonly Incident[] }
  /** `lead`: the member that stands worst, whose story is told. */
  | {
      readonly kind: 'wave';
      readonly gathering: Gathering;
      readonly rows: readonly WaveRow[];
      readonly lead?: Incident;
    };

/** What a wave reminds of, together. `reminders`: with the member each is about, worst first. */
export interface GatheredReminders {
  readonly gathering: Gathering;
  readonly reminders: readonly { readonly incident: Incident; readonly effect: PendingEffect }[];
  /** As loud as the loudest of them. */
  readonly volume: Volume;
}

export const MOST_ERRANDS = 20;

export const newGathering = (id: GatheringId, what: GatheringKind, channel: ChannelId, now: Instant): Gathering => ({
  id,
  version: 0,
  what,
  begunAt: now,
  card: { channel },
  page: 0,
  errands: [],
});

/** What is not worked off is never forgotten for what was asked later. */
export function withErrand(gathering: Gathering, errand: Errand): Gathering {
  const { errands } = gathering;
  if (errands.some(({ id }) => id === errand.id)) return gathering;
  const most = Math.max(0, MOST_ERRANDS - 1 - openErrands(gathering).length);
  const ended = errands.filter(({ ended }) => ended !== undefined);
  const forgotten = ended.slice(0, Math.max(0, ended.length - most));
  return { ...gathering, errands: [...errands.filter((one) => !forgotten.includes(one)), errand] };
}

export const openErrands = ({ errands }: Gathering): readonly Errand[] =>
  errands.filter(({ ended }) => ended === undefined);

/** Multi-Region keys are known by their id alone (KMS developer guide, multi-Region keys: `mrk-`). */
export const familyOf = (key: KeyRef): Extract<GatheringKind, { kind: 'family' }> | undefined =>
  key.keyId.startsWith('mrk-') ? { kind: 'family', account: key.account, keyId: key.keyId } : undefined;

/** Canonical text; hashed by adapters into the gathering's id. */
export const familyText = ({ account, keyId }: { readonly account: AccountId; readonly keyId: string }): string =>
  `family ${account} ${keyId}`;

/** Where an incident is shown: on a card of its own, on its family's, or on a wave's alone. */
export type Shown =
  | { readonly on: 'own' }
  | { readonly on: 'family'; readonly gathering: GatheringId }
  | { readonly on: 'wave'; readonly gathering: GatheringId };

export function shownOn({ wave, family }: Pick<Incident, 'wave' | 'family'>): Shown {
  if (wave !== undefined && !wave.own) return { on: 'wave', gathering: wave.id };
  return family === undefined ? { on: 'own' } : { on: 'family', gathering: family };
}

/** Where something else shows it, its own card owes nothing; nor does its thread where a wave of thousands would fill it. */
export function shownElsewhere(incident: Incident): Incident {
  const { on } = shownOn(incident);
  if (on === 'own') return incident;
  return {
    ...incident,
    notedSeq: on === 'wave' ? incident.nextSeq - 1 : incident.notedSeq,
    card: { ...incident.card, shownRevision: incident.revision },
  };
}

/** The gatherings that list an incident. */
export const gatheringsOf = ({ wave, family }: Pick<Incident, 'wave' | 'family'>): readonly GatheringId[] =>
  [wave?.id, family].filter((id) => id !== undefined);

/** A wave takes an incident in. What stands in Slack already, or may, stays there; so does what dies too soon to be one among many. */
export function joined(incident: Incident, wave: GatheringId, keepsOwn: boolean): Incident {
  const { ts, postingSince } = incident.card;
  const own = keepsOwn || ts !== undefined || postingSince !== undefined;
  return { ...incident, wave: { id: wave, own }, revision: incident.revision + 1 };
}

/** How long one alert of a wave speaks for those of the others. */
const SPEAKS_FOR: Duration = 3_600_000;
/** Everybody who is woken, with all that one hour can hold. */
const MOST_SPOKEN = 300;
const MOST_WOKEN = 100;

const isHeard = (one: Spoken, mark: string, now: Instant): boolean => one.mark === mark && now - one.at < SPEAKS_FOR;

/** Who has been woken with this by another member than `by`. Records from before there were receivers name nobody. */
export const wokenByOthers = (
  { spoken = [] }: Gathering,
  mark: string,
  by: IncidentId,
  now: Instant,
): readonly ChannelId[] => spoken.filter((one) => isHeard(one, mark, now) && one.by !== by).map(({ to }) => to);

/** Those whom this member has taken upon itself to wake. */
export const wokenBy = ({ spoken = [] }: Gathering, mark: string, by: IncidentId, now: Instant): readonly ChannelId[] =>
  spoken.filter((one) => isHeard(one, mark, now) && one.by === by).map(({ to }) => to);

/** A member takes it upon itself to wake `receivers` with this: those of them whom no other has woken. */
export function speaking(
  gathering: Gathering,
  { mark, by, receivers }: { readonly mark: string; readonly by: IncidentId; readonly receivers: readonly ChannelId[] },
  now: Instant,
): Gathering {
  const others = wokenByOthers(gathering, mark, by, now);
  const own = wokenBy(gathering, mark, by, now);
  const fresh = receivers.filter((to) => !others.includes(to) && !own.includes(to));
  if (fresh.length === 0) return gathering;
  const before = (gathering.spoken ?? []).filter(({ at }) => now - at < SPEAKS_FOR);
  const { woken = [] } = gathering;
  return {
    ...gathering,
    spoken: [...before, ...fresh.map((to): Spoken => ({ mark, to, by, at: now }))].slice(-MOST_SPOKEN),
    woken: [...new Set([...woken, ...fresh])].slice(0, MOST_WOKEN),
  };
}

/** Another member wakes somebody in the place of one that cannot any more. */
export const spokenBy = (gathering: Gathering, mark: string, to: ChannelId, by: IncidentId): Gathering => ({
  ...gathering,
  spoken: (gathering.spoken ?? []).map((one) => (one.mark === mark && one.to === to ? { ...one, by } : one)),
});

/** Nobody in it is open any more. Whoever was woken is owed the news. */
export function overSince(gathering: Gathering, overAt: Instant): Gathering {
  if (gathering.overAt !== undefined) return gathering;
  const { woken, spoken: _spoken, ...rest } = gathering;
  return { ...rest, overAt, ...(woken === undefined ? {} : { owesEnd: woken }) };
}

/** Endangered again after its end: that is news, and gets a fresh card. */
export function begunAnew(gathering: Gathering, channel: ChannelId, now: Instant): Gathering {
  const { overAt: _overAt, ...rest } = gathering;
  return { ...rest, begunAt: now, page: 0, card: { channel } };
}
