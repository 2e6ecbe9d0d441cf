import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Normalised } from '../../../src/domain/fact.ts';
import type { TrailQuery } from '../../../src/ports.ts';
import { type Bench, fixture, KEY, openBench, PLACE } from './bench.ts';

let bench: Bench;
/** Facts out of `eventID`, as compose's normaliser would make them. */
const normalise = (record: unknown, source: 'cloudtrail', seenAt: number): Normalised => {
  const { eventID, eventName } = record as { eventID?: string; eventName?: string };
  if (eventName === 'CreateGrant') return { kind: 'setAside', reason: 'a read-only call' };
  if (eventID === undefined) return { kind: 'malformed', problem: 'no eventID' };
  const body = { kind: 'watchRequested', key: KEY, by: 'x', reason: 'y' } as const;
  return { kind: 'fact', fact: { id: eventID, source, at: seenAt, seenAt, body } };
};
const QUERY: TrailQuery = {
  place: PLACE,
  from: 1_773_000_000_000,
  to: 1_774_000_000_000,
  attribute: { name: 'EventSource', value: 'kms.amazonaws.com' },
  maxPages: 5,
};
const record = (eventID: string): object => ({ CloudTrailEvent: JSON.stringify({ eventID }) });
const ids = (answer: Awaited<ReturnType<Bench['aws']['trail']['search']>>): unknown =>
  answer.kind === 'found' ? answer.facts.map(({ id }) => id) : answer;

beforeEach(async () => {
  bench = await openBench({ normalise });
});
afterEach(() => bench.close());

test('AWS’s page becomes facts, asked for in JSON 1.1 with one attribute', async () => {
  const events = fixture('cloudtrail-LookupEvents-response-page').Events as { EventTime: string }[];
  // The fixture is the CLI's rendering; on the wire, JSON 1.1 dates are seconds.
  bench.standIn.pages = [events.map((event) => ({ ...event, EventTime: Date.parse(event.EventTime) / 1000 }))];
  const answer = await bench.aws.trail.search(QUERY);
  expect(answer).toMatchObject({ kind: 'found', complete: true });
  expect(ids(answer)).toContain('abcde202-ba1a-467c-b4ba-f729d45ae523');
  expect(bench.standIn.last('LookupEvents')).toMatchObject({
    contentType: 'application/x-amz-json-1.1',
    region: 'us-west-2',
    input: {
      LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' }],
      StartTime: 1_773_000_000,
      EndTime: 1_774_000_000,
      MaxResults: 50,
    },
  });
});

test('pages are asked for with identical parameters, each in its own slot', async () => {
  bench.standIn.pages = [[record('1')], [record('2')], [record('3')]];
  const answer = await bench.aws.trail.search(QUERY);
  expect(ids(answer)).toEqual(['1', '2', '3']);
  const asked = bench.standIn.calls.map(({ input: { NextToken: _, ...same } }) => same);
  expect(asked).toEqual([asked[0], asked[0], asked[0]]);
  const lane = { lane: 'cloudtrail 111122223333 us-west-2 LookupEvents', every: 1000, burst: 1 };
  expect(bench.reserved).toEqual([lane, lane, lane]);
});

test('whoever looks for deeds lets everybody pass who looks for a key', async () => {
  bench.standIn.pages = [[record('1')]];
  bench.waits.push(5_000);
  await bench.aws.trail.search({ ...QUERY, maxPages: 1 });
  expect(bench.slept.splice(0)).toEqual([5_000]);
  // No slot far ahead is reserved: the next one to come would stand behind it.
  bench.waits.push(5_000);
  await bench.aws.trail.deeds({ ...QUERY, attribute: { name: 'Username', value: 'm-17' }, maxPages: 1 });
  expect(bench.slept.every((ms) => ms < 1_000)).toBe(true);
  expect(bench.slept).toHaveLength(1);
});

test('a search that stops at its last page says that it is not complete', async () => {
  bench.standIn.pages = [[record('1')], [record('2')]];
  const answer = await bench.aws.trail.search({ ...QUERY, maxPages: 1 });
  expect(answer).toMatchObject({ kind: 'found', complete: false });
});

test('records nobody understands are skipped and counted', async () => {
  const aside = { CloudTrailEvent: JSON.stringify({ eventName: 'CreateGrant' }) };
  bench.standIn.pages = [[record('1'), { CloudTrailEvent: '<html>' }, {}, { CloudTrailEvent: '{}' }, aside]];
  expect(ids(await bench.aws.trail.search(QUERY))).toEqual(['1']);
  expect(bench.lines).toEqual([
    { fields: { ...PLACE, count: 3 }, message: 'CloudTrail records could not be understood' },
  ]);
});

test('throttled: said, and the lane rests', async () => {
  bench.standIn.fault('LookupEvents', { error: 'ThrottlingException', message: 'Rate exceeded' });
  expect(await bench.aws.trail.search(QUERY)).toEqual({ kind: 'failed', why: 'throttled', message: 'Rate exceeded' });
  expect(bench.paused).toEqual([{ lane: 'cloudtrail 111122223333 us-west-2 LookupEvents', duration: 375 }]);
  expect(bench.standIn.count('LookupEvents')).toBe(1);
});

test('a failure on a later page keeps what was found', async () => {
  bench.standIn.pages = [[record('1')], [record('2')]];
  bench.standIn.fault('LookupEvents', { body: { Events: [record('1')], NextToken: '1' } }, 'reset');
  const answer = await bench.aws.trail.search(QUERY);
  expect(answer).toMatchObject({ kind: 'found', complete: false });
  expect(ids(answer)).toEqual(['1']);
});

test.each([
  [{ error: 'AccessDeniedException', message: 'no' }, 'denied'],
  [{ html: 500 }, 'unreachable'],
  ['reset', 'unreachable'],
  [{ error: 'InvalidTimeRangeException' }, 'unreachable'],
] as const)('%j is %s', async (fault, why) => {
  bench.standIn.fault('LookupEvents', fault);
  expect(await bench.aws.trail.search(QUERY)).toMatchObject({ kind: 'failed', why });
});

test('a caller who stops while it waits for a slot is let go', async () => {
  await expect(bench.aws.trail.search(QUERY, AbortSignal.abort())).rejects.toThrow();
});
