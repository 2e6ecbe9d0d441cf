/** CloudTrail's event history, page by page at a pace that leaves AWS's other users room. */
import { type Event, LookupEventsCommand, type LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import type { Fact } from '../../domain/fact.ts';
import type { Deed } from '../../domain/intruder.ts';
import type { DeedsAnswer, DeedsQuery, TrailAnswer, TrailQuery } from '../../ports.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify, type Failure } from './failures.ts';
import { type Lane, type Lanes, trailLane } from './lanes.ts';
import { type AwsOptions, accountOf } from './options.ts';

/** LookupEvents gives no more. */
const PER_PAGE = 50;

type Query = TrailQuery | DeedsQuery;
type History =
  | { readonly kind: 'found'; readonly events: readonly Event[]; readonly complete: boolean }
  | Extract<TrailAnswer, { readonly kind: 'failed' }>;

/** Every record that became a fact, newest first. Rejects when aborted while waiting for a slot, or with `StoreUnavailable`. */
export async function searchTrail(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  query: TrailQuery,
  signal?: AbortSignal,
): Promise<TrailAnswer> {
  const history = await readHistory(options, clients, lanes, query, signal);
  if (history.kind === 'failed') return history;
  return { kind: 'found', facts: factsOf(options, query, history.events), complete: history.complete };
}

/** Every record, also of what has no consequence for a key, newest first. Rejects as `searchTrail` does. */
export async function searchDeeds(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  query: DeedsQuery,
  signal?: AbortSignal,
): Promise<DeedsAnswer> {
  // Hours of somebody's calls can wait; which key an alarm is about, and how a key was before a rescue, cannot.
  const behind: Lanes = { ...lanes, slot: lanes.slotBehind };
  const history = await readHistory(options, clients, behind, query, signal);
  if (history.kind === 'failed') return history;
  const seenAt = options.clock.now();
  const deeds = history.events.map((event): Deed | undefined => {
    const record = parseJson(event.CloudTrailEvent);
    return record === undefined ? undefined : options.deedOf(record, query.place, seenAt);
  });
  const understood = deeds.filter((deed) => deed !== undefined);
  tellMalformed(options, query, deeds.length - understood.length);
  return { kind: 'found', deeds: understood, complete: history.complete };
}

/** Page by page, newest first. A failure on a later page keeps what was found: `complete: false`. */
async function readHistory(
  options: AwsOptions,
  clients: Clients,
  lanes: Lanes,
  query: Query,
  signal?: AbortSignal,
): Promise<History> {
  const { place } = query;
  if (accountOf(options, place) === undefined) {
    const message = `account ${place.account} in ${place.region} is not configured`;
    return { kind: 'failed', why: 'denied', message };
  }
  const lane = trailLane(place);
  // AWS wants every page asked for with identical parameters, the token apart.
  const same: LookupEventsCommandInput = {
    LookupAttributes: [{ AttributeKey: query.attribute.name, AttributeValue: query.attribute.value }],
    StartTime: new Date(query.from),
    EndTime: new Date(query.to),
    MaxResults: PER_PAGE,
  };
  const events: Event[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < query.maxPages; page++) {
    if (!(await slotFor(lanes, lane, query, signal)))
      return page === 0
        ? { kind: 'failed', why: 'throttled', message: 'too many searches of CloudTrail at once' }
        : { kind: 'found', events, complete: false };
    try {
      const command = new LookupEventsCommand({ ...same, NextToken });
      const answer = await bounded(options.timeouts.request, signal, (abortSignal) =>
        clients.cloudTrail(place).send(command, { abortSignal }),
      );
      lanes.ease(lane);
      events.push(...(answer.Events ?? []));
      NextToken = answer.NextToken;
    } catch (error) {
      const failure = classify(error, 'cloudtrail:LookupEvents');
      if (failure.kind === 'throttled') await lanes.backOff(lane, failure.retryAfter);
      if (failure.kind === 'credentials') clients.forgetReading(place);
      if (page === 0) return failed(failure);
      options.log.warn({ ...placeFields(query), count: page, reason: failure.kind }, 'a CloudTrail search ended early');
      return { kind: 'found', events, complete: false };
    }
    if (NextToken === undefined) return { kind: 'found', events, complete: true };
  }
  return { kind: 'found', events, complete: false };
}

async function slotFor(lanes: Lanes, lane: Lane, query: Query, signal: AbortSignal | undefined): Promise<boolean> {
  if ('patience' in query && query.patience !== undefined) return lanes.slotWithin(lane, query.patience, signal);
  await lanes.slot(lane, signal);
  return true;
}

/** Records that became facts; set-aside ones are dropped, malformed ones counted in the log. */
function factsOf(options: AwsOptions, query: TrailQuery, events: readonly Event[]): readonly Fact[] {
  const seenAt = options.clock.now();
  const results = events.map((event) => {
    const record = parseJson(event.CloudTrailEvent);
    if (record === undefined) return { kind: 'malformed' } as const;
    return options.normalise(record, 'cloudtrail', seenAt);
  });
  tellMalformed(options, query, results.filter((result) => result.kind === 'malformed').length);
  return results.flatMap((result) => (result.kind === 'fact' ? [result.fact] : []));
}

function tellMalformed(options: AwsOptions, query: Query, count: number): void {
  if (count > 0) options.log.warn({ ...placeFields(query), count }, 'CloudTrail records could not be understood');
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function failed(failure: Failure): Extract<TrailAnswer, { readonly kind: 'failed' }> {
  switch (failure.kind) {
    case 'denied':
      return { kind: 'failed', why: 'denied', message: `${failure.operation}: ${failure.message}` };
    case 'throttled':
      return { kind: 'failed', why: 'throttled', message: failure.message };
    case 'refused':
      return { kind: 'failed', why: 'unreachable', message: `${failure.error}: ${failure.message}` };
    case 'credentials':
    case 'notSent':
    case 'ambiguous':
      return { kind: 'failed', why: 'unreachable', message: failure.message };
  }
}

const placeFields = ({ place }: Query): { readonly account: string; readonly region: string } => ({
  account: place.account,
  region: place.region,
});
