/** Gathering a digest: page by page, so that a hundred thousand keys need no more memory than a hundred. */
import type { AuditEntry } from '../domain/audit.ts';
import { type Digest, type DyingKeys, hearingOf, type RememberedKey } from '../domain/digest.ts';
import { type DigestDraft, draftDigest, dyingKeysOf } from '../domain/digest-draft.ts';
import { type ChannelId, type Duration, type Instant, type KeyRef, keyRefOf, parseKeyArn } from '../domain/ids.ts';
import type { Incident, Subject } from '../domain/incident.ts';
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
  const since = memory === undefined || memory.since > now ? now - DAY : memory.since;
  return gatherDigest(house, plan ?? { timezone: house.settings.rules.timezone }, since);
}

/** `since`: from when on actions are told, ms since the epoch. Changes nothing. Rejects with `StoreUnavailable`. */
export async function gatherDigest(
  house: House,
  plan: Pick<DigestPlan, 'timezone'> & { readonly channel?: ChannelId },
  since: Instant,
  late?: Duration,
): Promise<Digest> {
  const { rules, defaultChannel } = house.settings;
  const places = house.keys.places();
  const hears = hearingOf(plan.channel, rules, places, defaultChannel as ChannelId);
  const draft = draftDigest(house.clock.now(), since);
  for (const place of places) {
    if (!hears({ kind: 'place', place })) continue;
    draft.place(place, await house.index.sweepState(place));
    for await (const page of house.index.scan(place)) draft.keys(page);
  }
  await gatherIncidents(house, draft, hears);
  const incomplete = !(await gatherEntries(house, draft, since, hears));
  const dying = await withFamilies(house, draft.dying());
  const names = await namesOf(house, draft.newest());
  return draft.finished({ timezone: plan.timezone, dying, names, incomplete, ...(late === undefined ? {} : { late }) });
}

async function gatherIncidents(house: House, draft: DigestDraft, hears: Hears): Promise<void> {
  const ids = await house.incidents.open();
  for (let from = 0; from < ids.length; from += INCIDENTS_AT_ONCE) {
    const page = await house.incidents.loadMany(ids.slice(from, from + INCIDENTS_AT_ONCE));
    draft.incidents(page.filter(({ subject }) => hears(subject)));
  }
}

/** False: the trail could not be read to its end. */
async function gatherEntries(house: House, draft: DigestDraft, since: Instant, hears: Hears): Promise<boolean> {
  const subjectOf = (arn: string | undefined): Subject | undefined => {
    const key = arn === undefined ? undefined : parseKeyArn(arn);
    return key === undefined ? undefined : { kind: 'key', key };
  };
  try {
    for await (const page of house.audit.entries(since)) draft.entries(page.filter(({ key }) => hears(subjectOf(key))));
    return true;
  } catch (error) {
    house.log.warn({ error }, 'the audit trail could not be read for a digest');
    return false;
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
