/** Gathering a digest: page by page, so that a hundred thousand keys need no more memory than a hundred. */
import type { AuditEntry, AuditHead } from '../domain/audit.ts';
import { type Digest, type DyingKeys, hearingOf, type RememberedKey } from '../domain/digest.ts';
import type { DeedsMark } from '../domain/digest-deeds.ts';
import { type DigestDraft, draftDigest, dyingKeysOf } from '../domain/digest-draft.ts';
import { type ChannelId, type Duration, type IncidentId, type KeyRef, keyRefOf, parseKeyArn } from '../domain/ids.ts';
import type { Incident, Subject } from '../domain/incident.ts';
import { sweepPatience } from '../domain/sweep-patience.ts';
import { incidentIdOf } from './commit.ts';
import { DAY } from './deliver.ts';
import type { DigestPlan, House } from './house.ts';

/** Records at once: they hold whole timelines. */
const INCIDENTS_AT_ONCE = 100;

type Hears = (subject: Subject | undefined) => boolean;

/** What a person asks for: the digest of the channel it is asked in or, where that has none, of everything in the last day. */
export async function digestFor(house: House, channel: ChannelId): Promise<Digest> {
  const plan = house.settings.digests.find((one) => one.channel === channel);
  const now = house.clock.now();
  const memory = plan === undefined ? undefined : await house.digests.get(plan.id);
  const mark = memory === undefined ? { since: now - DAY } : markIn(memory, now);
  return (await gatherDigest(house, plan ?? { timezone: house.settings.rules.timezone }, mark)).digest;
}

/** Where the next digest begins. A moment yet to come was noted by a wrong clock. */
export const markIn = ({ since, told }: DeedsMark, now: number): DeedsMark => ({
  since: since > now ? now - DAY : since,
  ...(told === undefined ? {} : { told }),
});

export interface GatheredDigest {
  readonly digest: Digest;
  /** Up to where it tells what was done. */
  readonly mark: DeedsMark;
}

/** `mark`: up to where actions were told before. Changes nothing. Rejects with `StoreUnavailable`. */
export async function gatherDigest(
  house: House,
  plan: Pick<DigestPlan, 'timezone'> & { readonly channel?: ChannelId },
  mark: DeedsMark,
  late?: Duration,
): Promise<GatheredDigest> {
  const { rules, defaultChannel, sweep } = house.settings;
  const places = house.keys.places();
  const hears = hearingOf(plan.channel, rules, places, defaultChannel as ChannelId);
  const at = house.clock.now();
  const draft = draftDigest(at, mark.since, sweepPatience(sweep.every));
  await gatherIncidents(house, await house.incidents.open(), hears, draft.incidents);
  for (const place of places) {
    if (!hears({ kind: 'place', place })) continue;
    draft.place(place, await house.index.sweepState(place));
    for await (const page of house.index.scan(place)) draft.keys(page);
  }
  const read = await gatherEntries(house, draft, mark, hears);
  const dying = await withFamilies(house, draft.dying());
  const names = await namesOf(house, draft.newest());
  // Last: who decided before this began has saved by now, so that the next one, which begins there, misses none.
  await gatherIncidents(house, await house.incidents.deaths(mark.since), hears, draft.deaths);
  const digest = draft.finished({
    timezone: plan.timezone,
    dying,
    names,
    incomplete: !read.complete,
    ...(late === undefined ? {} : { late }),
  });
  if (!read.complete) return { digest, mark };
  return { digest, mark: { since: at, ...(read.told === undefined ? {} : { told: read.told }) } };
}

async function gatherIncidents(
  house: House,
  ids: readonly IncidentId[],
  hears: Hears,
  add: (page: readonly Incident[]) => void,
): Promise<void> {
  for (let from = 0; from < ids.length; from += INCIDENTS_AT_ONCE) {
    const page = await house.incidents.loadMany(ids.slice(from, from + INCIDENTS_AT_ONCE));
    add(page.filter(({ subject }) => hears(subject)));
  }
}

interface TrailRead {
  readonly complete: boolean;
  /** The last entry that was read. */
  readonly told: AuditHead | undefined;
}

/** In front of the first entry, which begins with 1: of an empty trail nothing was told, and all that comes is new. */
const BEFORE_ALL: AuditHead = { seq: 0, hash: '' };

async function gatherEntries(house: House, draft: DigestDraft, mark: DeedsMark, hears: Hears): Promise<TrailRead> {
  const subjectOf = (arn: string | undefined): Subject | undefined => {
    const key = arn === undefined ? undefined : parseKeyArn(arn);
    return key === undefined ? undefined : { kind: 'key', key };
  };
  let told = mark.told;
  try {
    const pages = told === undefined ? house.audit.entries() : house.audit.entriesAfter(told);
    for await (const page of pages) {
      const isNew = (entry: AuditEntry): boolean => mark.told !== undefined || entry.at >= mark.since;
      draft.entries(page.filter((entry) => isNew(entry) && hears(subjectOf(entry.key))));
      const last = page.at(-1);
      if (last !== undefined) told = { seq: last.seq, hash: last.hash };
    }
    return { complete: true, told: told ?? BEFORE_ALL };
  } catch (error) {
    house.log.warn({ error }, 'the audit trail could not be read for a digest');
    return { complete: false, told: mark.told };
  }
}

/** The same key in the account's other Regions, and who has it in hand. */
async function withFamilies(house: House, first: readonly RememberedKey[]): Promise<readonly DyingKeys[]> {
  const relatives = first.flatMap(({ key }) => relativesOf(house, key));
  const memories = await house.index.getMany(relatives);
  const known = relatives.flatMap((key, index): readonly RememberedKey[] => {
    const memory = memories[index];
    return memory === undefined ? [] : [{ key, memory }];
  });
  const idOf = (key: KeyRef): Incident['id'] => incidentIdOf(house, { kind: 'key', key });
  const incidents = await house.incidents.loadMany([...first, ...known].map(({ key }) => idOf(key)));
  const incidentOf = ({ key }: RememberedKey) => incidents.find(({ id }) => id === idOf(key));
  return first.map((one) =>
    dyingKeysOf(
      one,
      known.filter(({ key }) => isRelative(one.key, key)),
      incidentOf,
    ),
  );
}

const isRelative = (one: KeyRef, other: KeyRef): boolean => one.keyId === other.keyId && one.account === other.account;

async function namesOf(house: House, entries: readonly AuditEntry[]): Promise<Digest['names']> {
  const keys = entries.flatMap(({ key }) => (key === undefined ? [] : (parseKeyArn(key) ?? [])));
  const memories = await house.index.getMany(keys);
  return new Map(
    keys.flatMap(({ arn }, index): readonly (readonly [string, string])[] => {
      const [alias] = memories[index]?.aliases ?? [];
      return alias === undefined ? [] : [[arn, alias]];
    }),
  );
}

/** Only a multi-Region key has the same id elsewhere. */
const relativesOf = (house: House, { keyId, account, partition, region }: KeyRef): readonly KeyRef[] =>
  !keyId.startsWith('mrk-')
    ? []
    : house.keys
        .places()
        .filter((place) => place.account === account && place.region !== region)
        .flatMap((place) => keyRefOf(partition, place, keyId) ?? []);
