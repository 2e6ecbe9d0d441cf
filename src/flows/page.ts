/** The pager: what it should know, told until it does. */
import { shownOn } from '../domain/gathering.ts';
import type { EffectId, GatheringId, IncidentId } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { graceOf, type Matter, matterOf, type Page, pageIdOf, pageOf } from '../domain/page.ts';
import { outcomeOf, type PageOutcome } from '../domain/page-outcome.ts';
import {
  type Answer,
  answered,
  ended,
  isDue,
  isSettled,
  type KeptPage,
  leased,
  opened,
  type Sink,
  unaware,
} from '../domain/paging.ts';
import { isDoneRow, type WaveRow } from '../domain/wave-row.ts';
import type { House } from './house.ts';
import { postNotice } from './notice.ts';

/**
 * An incident wants the pager told of something, or of its end. The record says which, whatever the errand was begun for: so the
 * order in which errands run does not matter.
 */
export async function wantPage(
  house: House,
  errand: { readonly incident: IncidentId; readonly effect: EffectId },
): Promise<void> {
  const pending = await house.incidents.effect(errand.effect);
  if (pending?.effect.kind === 'page') await settlePage(house, errand.incident, pending.effect.page);
  await house.incidents.forget(errand.effect);
}

/** A record that changes its mind this often within one errand is a bug. */
const MOST_CHANGES = 20;

/**
 * Holds one page of an incident against its record, and once more when the record changed meanwhile. A last day whose date has
 * passed stays open; the inspection after the sweep that finds the key gone, or rescued after all, ends it.
 */
export async function settlePage(house: House, id: IncidentId, kind: Matter): Promise<void> {
  let incident = await house.incidents.load(id);
  const shown = incident === undefined ? undefined : shownOn(incident);
  if (incident !== undefined && (kind === 'lastDay' || kind === 'lossDay') && shown?.on === 'wave')
    return settleWavePage(house, shown.gathering, kind, incident);
  for (let change = 0; change < MOST_CHANGES; change += 1) {
    const wanted = incident?.paged?.includes(kind) ?? false;
    if (wanted && incident !== undefined) await openPage(house, pageOf(incident, kind, house.clock.now()));
    else await endPage(house, pageIdOf(id, kind), (page) => outcomeOf(incident, page, house.clock.now()));
    incident = await house.incidents.load(id);
    if ((incident?.paged?.includes(kind) ?? false) === wanted) return;
  }
}

/** Before the deletion, or before something may be lost: two dates, two calls. */
type WaveDay = Extract<Matter, 'lastDay' | 'lossDay'>;

const isPaged = (row: WaveRow, day: WaveDay): boolean => (day === 'lastDay' ? row.paged : row.lossPaged === true);

/** Nearly as late as the one that is named: it is about to be paged as well, and whoever is called hears of all of them at once. */
function isOfThatDay({ settings }: House, row: WaveRow, { lossAt, deletionDate }: Page): boolean {
  const date = lossAt ?? deletionDate;
  if (isDoneRow(row) || row.clock === undefined || date === undefined) return false;
  return Math.abs(row.clock - date) <= graceOf(settings.rules);
}

/** The last day of sixty keys of a wave is one call: as long as any of them stands unacknowledged. `about`: one of them. */
export async function settleWavePage(
  house: House,
  wave: GatheringId,
  day: WaveDay,
  about: Incident | undefined,
): Promise<void> {
  const id = `${day}:${wave}`;
  for (let change = 0; change < MOST_CHANGES; change += 1) {
    const now = house.clock.now();
    const rows = (await house.gatherings.rows(wave)).filter(({ own }) => !own);
    const paged = rows.filter((row) => isPaged(row, day));
    const [worst] = paged;
    const named = worst === undefined ? undefined : await house.incidents.load(worst.incident);
    if (named === undefined) {
      const why = await wavesEnd(house, rows, about);
      await endPage(house, id, why);
    } else {
      const page = pageOf(named, day, now);
      const others = rows.filter((row) => row !== worst && (isPaged(row, day) || isOfThatDay(house, row, page))).length;
      const more = others === 0 ? [] : [`and ${others} more ${others === 1 ? 'key' : 'keys'} of the same wave`];
      const detail = [page.detail, ...more].filter((part) => part !== undefined).join('; ');
      const keys = others === 0 ? {} : { keys: others + 1 };
      await openPage(house, { ...page, id, ...(detail === '' ? {} : { detail }), ...keys });
    }
    // Another member may have begun or ended meanwhile: the page stands as the rows do.
    const after = (await house.gatherings.rows(wave)).some((row) => isPaged(row, day) && !row.own);
    if (after === (named !== undefined)) return;
  }
}

/** As many lost keys of a wave as are looked at for the moment of their end. */
const MOST_LOST = 200;

/** The worst of all ends: what was deleted since the call, else who still stands in danger. Nobody takes a lost key for a rescued one. */
async function wavesEnd(
  house: House,
  rows: readonly WaveRow[],
  about: Incident | undefined,
): Promise<(page: Page) => PageOutcome | undefined> {
  const lost = rows.filter(({ progress }) => progress === 'deleted').slice(0, MOST_LOST);
  const ends = await house.incidents.loadMany(lost.map(({ incident }) => incident));
  const open = rows.find((row) => !isDoneRow(row));
  const incident = open === undefined ? about : await house.incidents.load(open.incident);
  const date = incident?.countdown?.deletionDate;
  return (page) => {
    const since = ends
      .filter(({ phase }) => phase.kind === 'closed' && phase.at >= page.at)
      .map((ended) => outcomeOf(ended, page, house.clock.now()));
    const worst = (['deleted', 'memberDeleted'] as const).find((outcome) => since.includes(outcome));
    return worst ?? outcomeOf(incident, date === undefined ? page : { ...page, deletionDate: date }, house.clock.now());
  };
}

/** Pages that follow from records stand as the records say, also after one of the two was lost. */
export async function settleKept(house: House, page: Page): Promise<void> {
  if (page.incident === undefined) return;
  const matter = matterOf(page);
  if (page.id === pageIdOf(page.incident, matter)) return settlePage(house, page.incident, matter);
  const wave = /^(lastDay|lossDay):(g.+)$/.exec(page.id)?.[2];
  if (wave === undefined || (matter !== 'lastDay' && matter !== 'lossDay')) return;
  await settleWavePage(house, wave as GatheringId, matter, await house.incidents.load(page.incident));
}

/** It is so; told once, however many processes see it. */
export async function openPage(house: House, page: Page): Promise<void> {
  const { changed, kept } = await house.pages.change(page.id, (known) => opened(known, page));
  if (!changed || kept === undefined) return;
  house.counters.count('pages', { kind: page.kind });
  house.log.warn(
    { reason: page.kind, ...(page.incident === undefined ? {} : { incident: page.incident }), ...keyField(page) },
    'the pager is called',
  );
  await wakePager(house, kept);
}

/** It is over, if it ever was so. `why`: for a page of an incident, which stays open where that does not say. */
export async function endPage(house: House, id: string, why?: (page: Page) => PageOutcome | undefined): Promise<void> {
  const { changed, kept } = await house.pages.change(id, (known) => {
    if (known === undefined || why === undefined) return ended(known, house.clock.now());
    const outcome = why(known.page);
    return outcome === undefined ? known : ended(known, house.clock.now(), outcome);
  });
  if (!changed || kept === undefined) return;
  house.log.info({ reason: kept.page.kind, ...keyField(kept.page) }, 'a page is over');
  await wakePager(house, kept);
}

const keyField = ({ key }: Page): { readonly key?: string } => (key === undefined ? {} : { key });

/** Whatever stands to be told and has no pause left becomes a job; what is settled goes. */
export async function wakePager(house: House, kept: KeptPage): Promise<void> {
  const { id } = kept.page;
  const now = house.clock.now();
  if (isSettled(kept, house.pager.sinks)) await forgetSettled(house, id);
  else if (unaware(kept, house.pager.sinks).some((sink) => isDue(kept, sink, now)))
    await house.queue.ensure('pager', `pager-${house.hash(`${id} ${kept.version}`).slice(0, 32)}`, { page: id });
}

/** Tells each sink what it does not know, each by itself: a web address that hangs holds up no topic. */
export async function tellPager(house: House, id: string, signal: AbortSignal): Promise<void> {
  const kept = await house.pages.get(id);
  if (kept === undefined) return;
  await Promise.all(unaware(kept, house.pager.sinks).map((sink) => tellSink(house, id, sink, signal)));
  await forgetSettled(house, id);
}

async function forgetSettled(house: House, id: string): Promise<void> {
  await house.pages.change(id, (kept) => (kept !== undefined && isSettled(kept, house.pager.sinks) ? undefined : kept));
}

async function tellSink(house: House, id: string, sink: Sink, signal: AbortSignal): Promise<void> {
  const { changed, kept } = await house.pages.change(id, (known) =>
    known !== undefined && unaware(known, house.pager.sinks).includes(sink) && isDue(known, sink, house.clock.now())
      ? leased(known, sink, house.clock.now())
      : known,
  );
  // Somebody else is at it, or nothing is owed any more.
  if (!changed || kept === undefined) return;
  const { page, status, since, outcome } = kept;
  const call = { page, status, since, ...(outcome === undefined ? {} : { outcome }) };
  const answer = sink === 'channel' ? await tellChannel(house, page) : await house.pager.tell(sink, call, signal);
  house.counters.count('pager_calls', { sink, answer: answer.kind });
  tellOfAnswer(house, kept, sink, answer);
  await house.pages.change(id, (known) =>
    known === undefined ? undefined : answered(known, sink, status, answer, house.clock.now()),
  );
}

/** Fallback channel first. */
async function tellChannel(house: House, page: Page): Promise<Answer> {
  const problem = await postNotice(house, { kind: 'processStopped', page });
  return problem === undefined ? { kind: 'told' } : { kind: 'again', problem };
}

function tellOfAnswer(house: House, { page, sinks }: KeptPage, sink: Sink, answer: Answer): void {
  const fields = { operation: sink, reason: page.kind, ...keyField(page) };
  switch (answer.kind) {
    case 'told':
      if ((sinks[sink]?.failures ?? 0) > 0) house.log.info(fields, 'the pager is reached again');
      return;
    case 'again':
      house.log.warn(
        { ...fields, error: new Error(answer.problem) },
        'the pager did not take a call, it is told again',
      );
      return;
    case 'refused':
      house.log.error(
        { ...fields, error: new Error(answer.problem) },
        'the pager refuses a call: somebody must look at its address, its topic or the permission to publish',
      );
  }
}
