/**
 * What is done to many at once, above all their rescue: written down first, then worked off worst first, a few at a time in each place, so
 * that KMS's lanes are never idle and a person's own click never waits behind hundreds. Whoever dies here is run again: asking twice is
 * asking once, and what was asked for is counted in the records.
 */

import type { Asker } from '../domain/action.ts';
import { familyLines, isPendingState } from '../domain/family.ts';
import { type Errand, MOST_ERRANDS, openErrands, type SharedCard, withErrand } from '../domain/gathering.ts';
import {
  type Duration,
  type GatheringId,
  type IncidentId,
  type KeyRef,
  parseKeyArn,
  placeName,
  samePerson,
} from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import type { GatheringPress, Refusal } from '../domain/interaction.ts';
import { denialWord, type Verdict } from '../domain/policy.ts';
import { isDoneRow } from '../domain/wave-row.ts';
import type { ClickAnswer } from '../ports.ts';
import { change, incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { actionIdOf, actionOf, askFor, refusalOf, type Wish } from './receive-click.ts';
import { auditRefusal } from './record-audit.ts';
import { sharedCard } from './shared-card.ts';
import { amendGathering } from './shared-record.ts';
import { within } from './within.ts';

/** Rescues under way at once in one place: each waits for two slots of its lanes, and for KMS to show what it did. */
const AT_ONCE = 12;
const LOOK_AGAIN: Duration = 400;
/** How long an acknowledgement waits for Slack to say whose it was; a rescue's own click waits as long. */
const ROLE_PATIENCE: Duration = 60_000;
const PAGE = 100;

const NO_ROLE =
  'in the account of some of these keys no role for rescuing is configured. They are left as they are: rescue them there, with the AWS CLI.';
const notNow = (message: string): ClickAnswer => ({ kind: 'whisper', words: { kind: 'notNow', message } });

/** A press on a shared card: written down before it is answered. Rejects with `StoreUnavailable`. */
export async function pressGathering(house: House, press: GatheringPress): Promise<ClickAnswer> {
  const { gathering: id, person, channel } = press;
  if (press.what === 'page') return turnPage(house, press);
  if (press.what === 'selected' && press.picked.length === 0)
    return notNow('Nothing is selected. Tick the keys first, then press again.');
  const barred = await barredAtOnce(house, press);
  if (barred !== undefined) return barred;
  const errand: Errand = {
    id: house.hash(`errand ${id} ${press.nonce}`).slice(0, 32),
    by: person,
    at: house.clock.now(),
    channel,
    deed: press.what === 'acknowledge' ? 'acknowledge' : 'rescue',
    wanted: press.what === 'selected' ? press.picked : 'all',
  };
  let full = false;
  const written = await amendGathering(house, id, (gathering) => {
    full = openErrands(gathering).length >= MOST_ERRANDS;
    return full ? undefined : withErrand(gathering, errand);
  });
  if (full) return notNow('So much is asked for here already that is not done yet. Press again once some of it is.');
  if (written === undefined) return { kind: 'whisper', words: { kind: 'noSuchButton' } };
  return { kind: 'written', follow: () => startErrand(house, id, errand.id, false) };
}

/** Shorter than the time a press has: where Slack does not say in time who somebody is, the errand asks again. */
const SAID_WITHIN = 700;

/** Who may do this with no key at all leaves nothing written down, and keeps nobody else from asking. */
async function barredAtOnce(house: House, press: GatheringPress): Promise<ClickAnswer | undefined> {
  const { person } = press;
  const act = press.what === 'acknowledge' ? 'acknowledge' : 'rescue';
  const judged = await within(house, SAID_WITHIN, judgeNow(house, { act, person }));
  if (judged?.verdict.kind !== 'denied') return undefined;
  const { why } = judged.verdict;
  if (why.kind !== 'barred' && why.kind !== 'notInRole') return undefined;
  await auditRefusal(house, { person, what: act, why: denialWord(why) });
  return { kind: 'whisper', words: { kind: 'mayNot', why, action: act === 'rescue' ? 'rescue' : 'Acknowledge' } };
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
  house.drains.wake(gathering.card.channel);
}

interface Run {
  readonly errand: Errand;
  readonly tried: Set<string>;
  refused: number;
  refusal?: Refusal;
  /** They may not do it to any key: nothing more is tried. */
  barred: boolean;
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
  const run: Run = { errand, tried: new Set(), refused: 0, barred: false };
  await redraw(house, id);
  for (;;) {
    signal.throwIfAborted();
    const card = await sharedCard(house, id);
    if (card === undefined) break;
    const { left, running } = targetsOf(card, run);
    if (left.length === 0) break;
    for (const key of left) {
      // No call of ours gets where nobody watches; the card names it.
      if (!house.keys.covers(key)) {
        run.tried.add(key.arn);
        continue;
      }
      const place = placeName(key);
      if ((running.get(place) ?? 0) >= AT_ONCE) continue;
      running.set(place, (running.get(place) ?? 0) + 1);
      await (errand.deed === 'rescue' ? rescueOne(house, key, run, card.kind) : acknowledgeOne(house, key, run));
      if (run.barred) break;
    }
    if (run.barred) {
      run.refused = Math.max(run.refused, left.length);
      break;
    }
    await house.clock.sleep(LOOK_AGAIN, signal);
  }
  const asked = await askedFor(house, id, errand);
  const { refused } = run;
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
    const concerned = errand.deed === 'rescue' ? row.rescuable : !isDoneRow(row);
    if (!concerned || tried.has(row.arn) || (wanted !== 'all' && !wanted.includes(row.incident))) continue;
    const key = parseKeyArn(row.arn);
    if (key !== undefined) left.push(key);
  }
  return { left, running };
}

/** How many records have it, whichever process asked. */
async function askedFor(house: House, id: GatheringId, errand: Errand): Promise<number> {
  const card = await sharedCard(house, id);
  if (card === undefined) return 0;
  const ids: readonly IncidentId[] =
    card.kind === 'family' ? card.members.map((one) => one.id) : card.rows.map(({ incident }) => incident);
  let asked = 0;
  for (let from = 0; from < ids.length; from += PAGE) {
    const members = await house.incidents.loadMany(ids.slice(from, from + PAGE));
    asked += members.filter((incident) => hasErrand(house, incident, errand)).length;
  }
  return asked;
}

function hasErrand(house: House, incident: Incident, errand: Errand): boolean {
  if (errand.deed === 'acknowledge') return isAcknowledged(incident, errand);
  const action = actionIdOf(house, incident.id, 'rescue', errand.id);
  return incident.actions.some(({ id }) => id === action);
}

/** By this very press, or by a later one of theirs: one that ran out since is none. */
const isAcknowledged = ({ attention }: Incident, { by, at }: Errand): boolean =>
  attention?.kind === 'acknowledged' && samePerson(attention.by, by) && attention.at >= at;

/** Somebody has it in hand: said for each key that they may speak for. */
async function acknowledgeOne(house: House, key: KeyRef, run: Run): Promise<void> {
  const { errand } = run;
  const person = errand.by;
  const id = incidentIdOf(house, { kind: 'key', key });
  const incident = await house.incidents.load(id);
  if (incident !== undefined && isOpen(incident)) {
    const { verdict } = await judgeNow(house, { act: 'acknowledge', person, key, incident });
    const refusal = refusalTo(house, verdict, errand);
    if (verdict.kind === 'denied')
      await auditRefusal(house, { person, what: 'acknowledge', why: denialWord(verdict.why), incident, key });
    if (refusal === undefined)
      await change(house, id, (now) =>
        now !== undefined && isOpen(now) && !isAcknowledged(now, errand)
          ? { kind: 'attended', attention: { kind: 'acknowledged', by: person } }
          : undefined,
      );
    else refuse(run, refusal);
  }
  run.tried.add(key.arn);
}

/** Why somebody may not acknowledge. A silent Slack is asked again, by the queue and the pulse, before it is given up. */
function refusalTo(house: House, verdict: Verdict, { at }: Errand): Refusal | undefined {
  switch (verdict.kind) {
    case 'allowed':
    case 'needsApproval':
      return undefined;
    case 'unsure':
      if (verdict.passing && house.clock.now() - at < ROLE_PATIENCE)
        throw new Error('Slack does not say yet who somebody is');
      return { kind: 'roleUnknown', message: verdict.message };
    case 'denied':
      return { kind: 'mayNot', why: verdict.why, action: 'Acknowledge' };
  }
}

/** Told once, however many keys it is about. Whoever has no such role at all, or no account here, is not asked about each key. */
function refuse(run: Run, refusal: Refusal): void {
  run.refused += 1;
  run.refusal ??= refusal;
  if (refusal.kind === 'mayNot') run.barred = refusal.why.kind === 'barred' || refusal.why.kind === 'notInRole';
}

/** Asks for one rescue: judged for this very key, and refused as a click of its own would be. */
async function rescueOne(house: House, key: KeyRef, run: Run, kind: SharedCard['kind']): Promise<void> {
  const { errand } = run;
  const by: Asker = { via: 'slack', person: errand.by };
  const wish: Wish = { kind: 'rescue', by, nonce: errand.id, ...(kind === 'wave' ? { errand: errand.id } : {}) };
  const id = incidentIdOf(house, { kind: 'key', key });
  const incident = await house.incidents.load(id);
  // A member of the family that nobody has told us of is pending all the same; of a wave, everybody has a record.
  if (kind === 'wave' && (incident === undefined || !isOpen(incident))) {
    run.tried.add(key.arn);
    return;
  }
  // As on its own card, where the button would be absent.
  if (!house.keys.has('rescue', key)) {
    run.tried.add(key.arn);
    return refuse(run, { kind: 'notNow', message: NO_ROLE });
  }
  // Pressed when the button was, however long the others took.
  const pressed = { ...actionOf(house, id, wish), askedAt: errand.at };
  const refusal = await refusalOf(house, { action: pressed, incident, key });
  run.tried.add(key.arn);
  if (refusal !== undefined) return refuse(run, refusal);
  if (incident === undefined || !isOpen(incident)) {
    await askFor(house, key, wish);
    return;
  }
  const action = actionOf(house, id, wish);
  await change(house, id, (now) =>
    now !== undefined && isOpen(now)
      ? { kind: 'asked', action, opening: { id, subject: now.subject, prior: now.prior, adopt: false } }
      : undefined,
  );
}
