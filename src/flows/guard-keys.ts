/** `/kms guard`: which keys nothing guards against deletion, and what to paste. The list is from the last good shapes, one key is read now. */
import type { Cancelling } from '../domain/cancelling.ts';
import {
  type DeletionGuard,
  type Demand,
  demandsOn,
  GUARDED_CALLS,
  guardOf,
  standingOf,
  statementFor,
} from '../domain/deletion-guard.ts';
import type { Duration, IncidentId, KeyRef } from '../domain/ids.ts';
import type { CommandAnswer, GuardRow } from '../domain/interaction.ts';
import type { KeyMemory } from '../domain/key.ts';
import type { KnownKey } from '../domain/key-name.ts';
import type { KeyShape } from '../domain/shape.ts';
import { cancellingNow } from './can-we-cancel.ts';
import { incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { lookWithin } from './look.ts';

const MOST_ROWS = 30;
const MOST_UNKNOWN = 10;
/** Somebody waits for the answer. */
const MOST_KEYS = 20_000;
const LONGEST: Duration = 8_000;
const AT_ONCE = 50;
const PATIENCE: Duration = 1_500;

/** One key, as its policy reads now. */
export async function guardOne(house: House, known: KnownKey): Promise<CommandAnswer> {
  const { key } = known;
  const [policy, read] = await Promise.all([
    house.keys.policyText(key, PATIENCE),
    lookWithin(house, key, house.settings.firstReadWithin),
  ]);
  const snapshot = read?.kind === 'read' ? read.snapshot : undefined;
  const guard = guardOf(policy, key, snapshot, house.clock.now());
  // What its card knows, also from the event that closed a policy which nobody here can read any more.
  const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key }));
  const cancelling = await cancellingNow(house, {
    key,
    policy,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(incident === undefined ? {} : { incident }),
  });
  const own = await ownArns(house, key);
  const lacking = demandsOn('ScheduleKeyDeletion').filter((demand: Demand) =>
    GUARDED_CALLS.some((call) => guard.demands[call][demand] === 'absent'),
  );
  const statements = lacking.map((demand) => ({ demand, json: statementFor(demand, key, own) }));
  return { kind: 'guard', key: known, guard, cancelling, statements };
}

/** Under which names this bot disables and deletes there. */
async function ownArns(house: House, key: KeyRef): Promise<readonly string[]> {
  const arns = (['disable', 'destroy'] as const).map(async (duty) => {
    if (!house.keys.has(duty, key)) return undefined;
    await house.keys.assumable(duty, key);
    const means = house.keys.means(duty, key);
    return means.kind === 'none' ? undefined : means.arn;
  });
  return [...new Set((await Promise.all(arns)).filter((arn) => arn !== undefined))];
}

interface Found {
  readonly rows: GuardRow[];
  /** Keys that a rescue of ours could not save. */
  readonly unsaved: KnownKey[];
  /** Some of those whose policy is not known. */
  readonly unknown: KnownKey[];
  bare: number;
  lost: number;
  unsure: number;
  unread: number;
  looked: number;
  unlooked: number;
}

type Entry = { readonly key: KeyRef; readonly memory: KeyMemory };

export async function guardList(house: House, named: (entry: Entry) => KnownKey): Promise<CommandAnswer> {
  const found: Found = {
    rows: [],
    unsaved: [],
    unknown: [],
    bare: 0,
    lost: 0,
    unsure: 0,
    unread: 0,
    looked: 0,
    unlooked: 0,
  };
  const until = house.clock.now() + LONGEST;
  const open = new Set(await house.incidents.open());
  for (const place of house.keys.places())
    for await (const page of house.index.scan(place)) {
      const keys = page.filter(({ memory }) => memory.manager !== 'AWS');
      for (let from = 0; from < keys.length; from += AT_ONCE) {
        const some = keys.slice(from, from + AT_ONCE);
        if (found.looked >= MOST_KEYS || house.clock.now() > until) found.unlooked += some.length;
        else await Promise.all(some.map((entry) => lookAt(house, entry, named, found, open)));
      }
    }
  return { kind: 'guards', ...found };
}

async function lookAt(
  house: House,
  entry: Entry,
  named: (entry: Entry) => KnownKey,
  found: Found,
  open: ReadonlySet<IncidentId>,
): Promise<void> {
  const { key } = entry;
  // No part of the survey: its policy was read for the card, and is newer.
  const id = incidentIdOf(house, { kind: 'key', key });
  const incident = open.has(id) ? await house.incidents.load(id) : undefined;
  const { guard: told, cancelling: judged } = incident?.knowledge ?? {};
  if (told !== undefined && judged !== undefined && told.unread === undefined) {
    found.looked += 1;
    return tell(found, named(entry), told, judged);
  }
  const shape: KeyShape | undefined = await house.shapes.good(key);
  found.looked += 1;
  // One of an earlier survey may have been replaced by one that lets nobody read it.
  if (shape?.policy.kind !== 'known' || shape.partsAt?.policy !== undefined) {
    found.unread += 1;
    if (found.unknown.length < MOST_UNKNOWN) found.unknown.push(named(entry));
    if (judged?.answer === 'no') tellLost(found, named(entry));
    return;
  }
  const cancelling = judged ?? (await cancellingNow(house, { key, policy: shape.policy }));
  tell(found, named(entry), guardOf(shape.policy, key, undefined, shape.takenAt), cancelling);
}

function tellLost(found: Found, key: KnownKey): void {
  found.lost += 1;
  if (found.unsaved.length < MOST_ROWS) found.unsaved.push(key);
}

function tell(found: Found, key: KnownKey, guard: DeletionGuard, { answer }: Cancelling): void {
  if (answer === 'no') tellLost(found, key);
  const standings = GUARDED_CALLS.map((call) => standingOf(guard, call));
  if (standings.includes('unguarded')) {
    found.bare += 1;
    if (found.rows.length < MOST_ROWS) found.rows.push({ key, guard });
  } else if (standings.includes('unknown')) found.unsure += 1;
}
