/**
 * What is done to many at once, above all their rescue: written down first, then worked off worst first, a few at a time in each place, so that KMS's lanes are never
 * idle and a person's own click never waits behind hundreds. Whoever dies here is run again: asking twice is asking once.
 */

import type { Asker } from '../domain/action.ts';
import { familyLines, isPendingState } from '../domain/family.ts';
import type { SharedCard } from '../domain/gathering.ts';
import { type Errand, openErrands, withErrand } from '../domain/gathering.ts';
import { type GatheringId, type KeyRef, parseKeyArn, placeName } from '../domain/ids.ts';
import { isOpen } from '../domain/incident.ts';
import type { GatheringPress, Refusal } from '../domain/interaction.ts';
import type { Progress } from '../domain/wave-row.ts';
import type { ClickAnswer } from '../ports.ts';
import { change, incidentIdOf, wakeLane } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { actionOf, askFor, refusalOf, type Wish } from './receive-click.ts';
import { amendGathering, sharedCard } from './send-shared.ts';

/** Rescues under way at once in one place: each waits for two slots of its lanes, and for KMS to show what it did. */
const AT_ONCE = 12;
const LOOK_AGAIN = 400;
const DONE: readonly Progress[] = ['restored', 'over', 'deleted'];

/** A press on a shared card: written down before it is answered. Rejects with `StoreUnavailable`. */
export async function pressGathering(house: House, press: GatheringPress): Promise<ClickAnswer> {
  const { gathering: id, person, channel } = press;
  if (press.what === 'page') return turnPage(house, press);
  if (press.what === 'selected' && press.picked.length === 0)
    return {
      kind: 'whisper',
      words: { kind: 'notNow', message: 'Nothing is selected. Tick the keys first, then press again.' },
    };
  const errand: Errand = {
    id: house.hash(`errand ${id} ${press.nonce}`).slice(0, 32),
    by: person,
    at: house.clock.now(),
    channel,
    deed: press.what === 'acknowledge' ? 'acknowledge' : 'rescue',
    wanted: press.what === 'selected' ? press.picked : 'all',
  };
  const written = await amendGathering(house, id, (gathering) => withErrand(gathering, errand));
  if (written === undefined) return { kind: 'whisper', words: { kind: 'noSuchButton' } };
  return { kind: 'written', follow: () => startErrand(house, id, errand.id, false) };
}

async function turnPage(house: House, press: Extract<GatheringPress, { what: 'page' }>): Promise<ClickAnswer> {
  const { verdict } = await judgeNow(house, { act: 'look', person: press.person });
  if (verdict.kind === 'denied')
    return { kind: 'whisper', words: { kind: 'mayNot', why: verdict.why, action: 'rescue' } };
  const page = Math.max(0, press.page);
  const turned = await amendGathering(house, press.gathering, (gathering) => ({ ...gathering, page }));
  if (turned === undefined) return { kind: 'whisper', words: { kind: 'noSuchButton' } };
  await redraw(house, turned.id);
  return { kind: 'written', follow: async () => undefined };
}

export const startErrand = (house: House, gathering: GatheringId, errand: string, again: boolean): Promise<void> =>
  house.queue[again ? 'ensure' : 'add']('errand', `many-${house.hash(`${gathering} ${errand}`).slice(0, 32)}`, {
    gathering,
    errand,
  });

async function redraw(house: House, id: GatheringId): Promise<void> {
  const gathering = await house.gatherings.load(id);
  if (gathering === undefined) return;
  await house.lanes.put(gathering.card.channel, { kind: 'gathering', gathering: id }, 'approval');
  await wakeLane(house, gathering.card.channel);
}

interface Run {
  readonly errand: Errand;
  readonly tried: Set<string>;
  asked: number;
  refused: number;
  refusal?: Refusal;
}

export async function runErrand(
  house: House,
  {
    gathering: id,
    errand: name,
    signal,
  }: { readonly gathering: GatheringId; readonly errand: string; readonly signal: AbortSignal },
): Promise<void> {
  const begun = await house.gatherings.load(id);
  const errand = begun === undefined ? undefined : openErrands(begun).find((one) => one.id === name);
  if (errand === undefined) return;
  const run: Run = { errand, tried: new Set(), asked: 0, refused: 0 };
  await redraw(house, id);
  for (;;) {
    signal.throwIfAborted();
    const card = await sharedCard(house, id);
    if (card === undefined) break;
    const { left, running } = targetsOf(card, run);
    if (left.length === 0) break;
    for (const key of left) {
      const place = placeName(key);
      if ((running.get(place) ?? 0) >= AT_ONCE) continue;
      running.set(place, (running.get(place) ?? 0) + 1);
      await (errand.deed === 'rescue' ? rescueOne(house, key, run, card.kind) : acknowledgeOne(house, key, run));
    }
    await house.clock.sleep(LOOK_AGAIN, signal);
  }
  const { asked, refused } = run;
  await amendGathering(house, id, (now) => ({
    ...now,
    errands: now.errands.map((one) =>
      one.id === name ? { ...one, ended: { at: house.clock.now(), asked, refused } } : one,
    ),
  }));
  await redraw(house, id);
  if (run.refusal !== undefined) await house.chat.whisper(errand.channel, errand.by, run.refusal);
}

/** Who is left to be asked for, worst first, and how many are under way in each place. */
function targetsOf(
  card: SharedCard,
  { errand, tried }: Run,
): { readonly left: readonly KeyRef[]; readonly running: Map<string, number> } {
  const running = new Map<string, number>();
  const { wanted } = errand;
  if (card.kind === 'family') {
    const lines = familyLines(card.members).filter(
      ({ state, incident }) => isPendingState(state) || (incident !== undefined && isOpen(incident)),
    );
    return { left: lines.map(({ key }) => key).filter((key) => !tried.has(key.arn)), running };
  }
  const left: KeyRef[] = [];
  for (const row of card.rows) {
    if (row.progress === 'running') {
      const place = placeName(row);
      running.set(place, (running.get(place) ?? 0) + 1);
    }
    const concerned = errand.deed === 'rescue' ? row.rescuable : !DONE.includes(row.progress);
    if (!concerned || tried.has(row.arn) || (wanted !== 'all' && !wanted.includes(row.incident))) continue;
    const key = parseKeyArn(row.arn);
    if (key !== undefined) left.push(key);
  }
  return { left, running };
}

/** Somebody has it in hand: said for each key that they may speak for. */
async function acknowledgeOne(house: House, key: KeyRef, run: Run): Promise<void> {
  run.tried.add(key.arn);
  const person = run.errand.by;
  const id = incidentIdOf(house, { kind: 'key', key });
  const incident = await house.incidents.load(id);
  if (incident === undefined || !isOpen(incident)) return;
  const { verdict } = await judgeNow(house, { act: 'acknowledge', person, key, incident });
  if (verdict.kind !== 'allowed') {
    run.refused += 1;
    if (verdict.kind === 'denied') run.refusal ??= { kind: 'mayNot', why: verdict.why, action: 'Acknowledge' };
    return;
  }
  await change(house, id, (now) =>
    now !== undefined && isOpen(now) && now.attention?.by.user !== person.user
      ? { kind: 'attended', attention: { kind: 'acknowledged', by: person } }
      : undefined,
  );
  run.asked += 1;
}

/** Asks for one rescue: judged for this very key, and refused as a click of its own would be. */
async function rescueOne(house: House, key: KeyRef, run: Run, kind: SharedCard['kind']): Promise<void> {
  run.tried.add(key.arn);
  const { errand } = run;
  const by: Asker = { via: 'slack', person: errand.by };
  const wish: Wish = { kind: 'rescue', by, nonce: errand.id, ...(kind === 'wave' ? { errand: errand.id } : {}) };
  const id = incidentIdOf(house, { kind: 'key', key });
  const incident = await house.incidents.load(id);
  if (incident !== undefined && isOpen(incident)) {
    const refusal = await refusalOf(house, { action: actionOf(house, id, wish), incident, key });
    if (refusal !== undefined) {
      run.refused += 1;
      run.refusal ??= refusal;
      return;
    }
    const action = actionOf(house, id, wish);
    const outcome = await change(house, id, (now) =>
      now !== undefined && isOpen(now)
        ? { kind: 'asked', action, opening: { id, subject: now.subject, prior: now.prior, adopt: false } }
        : undefined,
    );
    if (outcome.kind === 'saved' || (outcome.kind === 'nothing' && outcome.why === 'known already')) run.asked += 1;
    return;
  }
  // A member of the family that nobody has told us of: pending all the same.
  if (kind === 'wave') return;
  const { verdict } = await judgeNow(house, { act: 'rescue', person: errand.by, key });
  if (verdict.kind !== 'allowed') {
    run.refused += 1;
    return;
  }
  const asked = await askFor(house, key, wish);
  if (asked.kind === 'asked') run.asked += 1;
}
