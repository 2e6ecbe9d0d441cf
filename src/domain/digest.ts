/** What a digest says, as data: what dies when, what is switched off, what nobody looks after, and what was done since the last one. */
import type { Losses } from './clocks.ts';
import type { Deeds } from './digest-deeds.ts';
import type { Foremost } from './foremost.ts';
import type { ChannelId, Duration, Instant, KeyRef, Place } from './ids.ts';
import type { Incident, Rules, Subject } from './incident.ts';
import type { KeyMemory } from './key.ts';

/** A key as the sweep remembers it. */
export interface RememberedKey {
  readonly key: KeyRef;
  readonly memory: KeyMemory;
}

/** A key that is switched off. `losses`: what may be lost next for it. */
export interface DisabledKey extends RememberedKey {
  readonly losses?: NextLoss;
}
export type NextLoss = Pick<Losses, 'of' | 'deletionDate'>;

/** A key that is pending deletion or, of a multi-Region key, everything of it in one account that is; soonest first. */
export interface DyingKeys {
  /** The first alias that any of them has in any Region, else the id. */
  readonly name: string;
  readonly keys: readonly [RememberedKey, ...RememberedKey[]];
  /** The open incident of whichever of them something may be lost for next, else of the first that has one. */
  readonly incident?: Incident;
}

/** An account in a Region whose keys are not known to be fine. */
export interface UnreadPlace {
  readonly place: Place;
  /** Absent: nothing went wrong as far as is known. */
  readonly problem?: string;
  /** When it was last read to its end, too long ago; absent without a problem: it was never read so far. */
  readonly sweptAt?: Instant;
}

export interface Digest {
  /** When it was gathered. */
  readonly at: Instant;
  /** Whose zone the picture shows (IANA name). */
  readonly timezone: string;
  /** How long after its moment it was gathered, where that is worth a word. */
  readonly late?: Duration;
  /** Customer managed keys it is about. */
  readonly keys: number;
  /** When the least recent of the sweeps it stands on was complete; absent: none was. */
  readonly sweptAt?: Instant;
  /** `total` counts keys, a row is a family; what ends or may be lost next stands first. */
  readonly dying: Foremost<DyingKeys>;
  /** What something may be lost for stands first, soonest first; then the longest. */
  readonly disabled: Foremost<DisabledKey>;
  /** What the disabled ones cost at least, USD a month; absent: the list price is in another currency. */
  readonly monthlyCost?: number;
  /** Without imported material, or about to lose it; soonest first. */
  readonly material: Foremost<RememberedKey>;
  /** Open, and nobody has it in hand; oldest first. */
  readonly unattended: Foremost<Incident>;
  /** Keys that KMS has deleted since the last one, by their incidents; newest first. */
  readonly deleted: Foremost<Incident>;
  readonly deeds: Deeds;
  /** First aliases of the keys that the newest deeds are about, by ARN. */
  readonly names: ReadonlyMap<string, string>;
  readonly unreadPlaces: readonly UnreadPlace[];
  /** Longest unread first. */
  readonly unreadKeys: Foremost<RememberedKey>;
}

/** Nothing that anybody would want to read twice. */
export const isQuiet = (digest: Digest): boolean =>
  digest.dying.total + digest.disabled.total + digest.material.total + digest.unattended.total === 0 &&
  digest.unreadPlaces.length + digest.unreadKeys.total === 0 &&
  digest.deleted.total + digest.deeds.total === 0 &&
  !digest.deeds.incomplete;

/**
 * Whose matters a channel hears of: those whose cards it gets, as the default channel always gets what is not routed away; a channel
 * that gets no card at all hears of everything. `undefined` as channel: everything; as subject: what belongs to no account, and so
 * to the default channel.
 */
export function hearingOf(
  channel: ChannelId | undefined,
  { channelOf }: Pick<Rules, 'channelOf'>,
  places: readonly Place[],
  defaultChannel: ChannelId,
): (subject: Subject | undefined) => boolean {
  const getsCards =
    channel === defaultChannel || places.some((place) => channelOf({ kind: 'place', place }) === channel);
  if (channel === undefined || !getsCards) return () => true;
  return (subject) => (subject === undefined ? defaultChannel : channelOf(subject)) === channel;
}

/** What all Regions of a multi-Region key share within an account; any other key stands for itself. */
export const familyOf = ({ keyId, account, arn }: KeyRef): string =>
  keyId.startsWith('mrk-') ? `${account} ${keyId}` : arn;

/** What the message of one slot is found again by. */
export const digestMark = (id: string, slot: string): string => `digest-${id}-${slot}`;
