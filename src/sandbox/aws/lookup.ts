import { createHash } from 'node:crypto';
import type { CloudTrailRecord } from '../world.ts';
import type { Members } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** A record as LookupEvents searches it and shows it. */
export interface LookupEvent {
  /** Grows with every record: which of two came first. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly visibleAt: number;
  readonly record: CloudTrailRecord;
  /** The record on the wire. */
  readonly members: Members;
  /** What each attribute can be looked up by. */
  readonly values: Readonly<Record<Attribute, readonly (string | undefined)[]>>;
}

const attributes = [
  'EventId',
  'EventName',
  'ReadOnly',
  'Username',
  'ResourceType',
  'ResourceName',
  'EventSource',
  'AccessKeyId',
] as const;
type Attribute = (typeof attributes)[number];

/** A LookupEvents as asked for, checked. Times in milliseconds, both ends included. */
export interface Lookup {
  readonly attribute: { readonly name: Attribute; readonly value: string } | undefined;
  readonly from: number;
  readonly to: number;
  readonly most: number;
  /** Insights are searched, of which there are none here. */
  readonly insights: boolean;
  /** The last event of the page before. */
  readonly after: Pick<LookupEvent, 'time' | 'sequence'> | undefined;
  /** Stands for everything asked except the page. */
  readonly fingerprint: string;
}

const largestPage = 50;
const longestValue = 2000;

/** Reads and checks the parameters. Throws CloudTrail's own refusals. */
export function readLookup(parameters: Members): Lookup {
  const { NextToken: token, ...asked } = parameters;
  const from = time(asked.StartTime, Number.NEGATIVE_INFINITY);
  const to = time(asked.EndTime, Number.POSITIVE_INFINITY);
  if (from > to) throw new Refusal('InvalidTimeRangeException', 'The start time must not be later than the end time.');
  const most = asked.MaxResults ?? largestPage;
  if (typeof most !== 'number' || !Number.isInteger(most)) throw new Refusal('SerializationException', '');
  if (most < 1 || most > largestPage)
    throw new Refusal('InvalidMaxResultsException', `MaxResults must be between 1 and ${largestPage}.`);
  if (asked.EventCategory !== undefined && asked.EventCategory !== 'insight')
    throw new Refusal('InvalidEventCategoryException', 'The only valid event category is insight.');
  const names = Object.entries(asked).sort(([left], [right]) => (left < right ? -1 : 1));
  const fingerprint = createHash('sha256').update(JSON.stringify(names)).digest('base64url');
  return {
    attribute: readAttribute(asked.LookupAttributes),
    from,
    to,
    most,
    insights: asked.EventCategory !== undefined,
    after: token === undefined ? undefined : readToken(token, fingerprint),
    fingerprint,
  };
}

/** One page of the events found, newest first. */
export function lookUp(lookup: Lookup, events: readonly LookupEvent[]): Members {
  const { attribute, after, from, to } = lookup;
  const found = events
    .filter(
      (event) =>
        !lookup.insights &&
        event.time >= from &&
        event.time <= to &&
        (attribute === undefined || event.values[attribute.name].includes(attribute.value)) &&
        (after === undefined || newestFirst(after, event) < 0),
    )
    .sort(newestFirst);
  const page = found.slice(0, lookup.most);
  const last = page.at(-1);
  const token = found.length > page.length && last !== undefined ? writeToken(last, lookup.fingerprint) : undefined;
  return { Events: page.map(({ members }) => members), ...(token === undefined ? {} : { NextToken: token }) };
}

/** A record made ready to be looked up (`fixtures/cloudtrail-LookupEvents-response-page.json`). */
export function lookupEvent(record: CloudTrailRecord, sequence: number, visibleAt: number): LookupEvent {
  const { eventID, eventName, eventSource, eventTime, readOnly, userIdentity, resources } = record;
  const identity = isObject(userIdentity) ? userIdentity : {};
  const time = Date.parse(eventTime);
  const named = (Array.isArray(resources) ? resources : []).filter(isObject).map(({ type, ARN }) => ({
    ResourceType: text(type),
    ResourceName: text(ARN),
  }));
  const readOnlyText = readOnly === undefined ? undefined : String(readOnly);
  const user = userName(identity);
  const accessKeyId = text(identity.accessKeyId);
  return {
    sequence,
    time,
    visibleAt,
    record,
    members: {
      EventId: eventID,
      EventName: eventName,
      ReadOnly: readOnlyText,
      AccessKeyId: accessKeyId,
      EventTime: time / 1000,
      EventSource: eventSource,
      Username: user,
      Resources: named,
      CloudTrailEvent: JSON.stringify(record),
    },
    values: {
      EventId: [eventID],
      EventName: [eventName],
      ReadOnly: [readOnlyText],
      Username: [user],
      ResourceType: named.map(({ ResourceType }) => ResourceType),
      // A key is found by its id as well as by its ARN.
      ResourceName: named.flatMap(({ ResourceName }) => [ResourceName, ResourceName?.split('/').at(-1)]),
      EventSource: [text(eventSource)],
      AccessKeyId: [accessKeyId],
    },
  };
}

function newestFirst(left: Pick<LookupEvent, 'time' | 'sequence'>, right: Pick<LookupEvent, 'time' | 'sequence'>) {
  return right.time - left.time || right.sequence - left.sequence;
}

function readAttribute(given: unknown): Lookup['attribute'] {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw new Refusal('SerializationException', '');
  if (given.length > 1) throw invalidAttributes('Only one lookup attribute may be given.');
  if (given.length === 0) return undefined;
  const [first] = given as readonly unknown[];
  const { AttributeKey, AttributeValue: value } = isObject(first) ? first : {};
  const name = attributes.find((candidate) => candidate === AttributeKey);
  if (name === undefined) throw invalidAttributes(`The lookup attribute must be one of ${attributes.join(', ')}.`);
  if (typeof value !== 'string' || value === '' || value.length > longestValue)
    throw invalidAttributes(`The value of a lookup attribute must have 1 to ${longestValue} characters.`);
  return { name, value };
}

function invalidAttributes(message: string): Refusal {
  return new Refusal('InvalidLookupAttributesException', message);
}

/** Of epoch seconds on the wire. */
function time(value: unknown, absent: number): number {
  if (value === undefined) return absent;
  if (typeof value !== 'number') throw new Refusal('SerializationException', '');
  return value * 1000;
}

function writeToken({ time, sequence }: LookupEvent, fingerprint: string): string {
  return Buffer.from(JSON.stringify([time, sequence, fingerprint])).toString('base64');
}

function readToken(token: unknown, fingerprint: string): Lookup['after'] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(String(token), 'base64').toString('utf8'));
  } catch {
    // Not one of our tokens: refused below, as any other.
  }
  const [at, sequence, asked] = Array.isArray(parsed) ? (parsed as readonly unknown[]) : [];
  if (typeof at !== 'number' || typeof sequence !== 'number' || asked !== fingerprint)
    throw new Refusal(
      'InvalidNextTokenException',
      'The token is invalid or was previously used in a request with different parameters.',
    );
  return { time: at, sequence };
}

/** The name CloudTrail looks a caller up by: of a user, or of a role's session. */
function userName({ type, userName: user, principalId }: Members): string | undefined {
  if (type === 'Root') return 'root';
  if (type === 'AssumedRole') return text(principalId)?.split(':').slice(1).join(':');
  return text(user);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
