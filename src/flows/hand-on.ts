/** One member of a wave wakes people for all of them. What it cannot say any more, because it was rescued meanwhile, another one says. */
import type { PendingEffect, Reminder } from '../domain/effect.ts';
import { spokenBy } from '../domain/gathering.ts';
import type { ChannelId, EffectId, GatheringId, Person } from '../domain/ids.ts';
import { type Incident, keyOfIncident } from '../domain/incident.ts';
import { sameFor } from '../domain/same-reminder.ts';
import { isDoneRow } from '../domain/wave-row.ts';
import { amend } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { amendGathering } from './shared-record.ts';

/** The worst of them; the next mark wakes everybody anew. */
const MOST_ASKED = 100;

/** What makes two alerts of a wave one: the same thing, about the same mark. */
export function alertMark(reminder: Reminder): string {
  switch (reminder.kind) {
    case 'milestone':
    case 'loss':
      return `${reminder.kind} ${reminder.milestone}`;
    case 'over':
      return `over ${reminder.outcome}`;
    case 'worse':
      return `worse ${reminder.change}`;
    case 'again':
    case 'undecided':
    case 'planVoid':
    case 'overdue':
    case 'end':
    case 'cannotCancel':
    case 'ownKey':
    case 'wasThisYou':
    case 'notMe':
      return reminder.kind;
  }
}

/** Whoever may do nothing about this key need not be woken, nor read of it. */
export async function mayAgree(house: House, person: Person, incident: Incident): Promise<boolean> {
  const key = keyOfIncident(incident);
  if (key === undefined) return false;
  const { verdict } = await judgeNow(house, { act: 'approve', person, key, incident });
  // Under whose name it was done is woken all the same: it may be a stolen one.
  return verdict.kind !== 'denied' || verdict.why.kind === 'ownDeed';
}

/** Safe to repeat: the same handed on twice is one. */
export async function handOn(
  house: House,
  incident: Incident,
  { id, reminder }: { readonly id: PendingEffect['id']; readonly reminder: Reminder },
  receivers: readonly ChannelId[],
): Promise<void> {
  const { wave } = incident;
  if (wave === undefined || wave.own || receivers.length === 0) return;
  const rows = (await house.gatherings.rows(wave.id))
    .filter((row) => row.incident !== incident.id && !row.own && !isDoneRow(row))
    .slice(0, MOST_ASKED);
  const left = new Set(receivers);
  const { people } = await house.people.holders('approver');
  for (const row of rows) {
    if (left.size === 0) return;
    const other = await house.incidents.load(row.incident);
    const same = other === undefined ? undefined : sameFor(other, reminder, house.clock.now());
    if (other === undefined || same === undefined) continue;
    for (const to of [...left]) {
      const person = people.find(({ user }) => user === to);
      if (person !== undefined && !(await mayAgree(house, person, other))) continue;
      if (
        await says(house, other, same, wave.id, {
          to,
          of: `e${house.hash(`${id} ${other.id}`).slice(0, 63)}` as EffectId,
        })
      )
        left.delete(to);
    }
  }
}

async function says(
  house: House,
  other: Incident,
  reminder: Reminder,
  wave: GatheringId,
  { to, of }: { readonly to: ChannelId; readonly of: EffectId },
): Promise<boolean> {
  await amendGathering(house, wave, (now) => spokenBy(now, alertMark(reminder), to, other.id));
  const saved = await amend(
    house,
    other.id,
    (now) => (sameFor(now, reminder, house.clock.now()) === undefined ? undefined : now),
    { add: [{ kind: 'remind', incident: other.id, reminder, volume: 'everyone', to, of }] },
  );
  return saved !== undefined;
}
