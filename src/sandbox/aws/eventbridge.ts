import { randomUUID } from 'node:crypto';
import { type FaultQueue, slowAnswerMs } from '../faults.ts';
import type { CloudTrailRecord, Delivery } from '../world.ts';
import type { Courier, Outcome } from './courier.ts';
import type { Feed } from './feed.ts';
import type { NativeEvent } from './kms/kms.ts';

/** An event in EventBridge's envelope. */
export type BusEvent = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly 'detail-type': string;
  readonly account: string;
  readonly region: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** What the bus and its API destination work with. */
export interface EventBridgeParts {
  readonly courier: Courier;
  readonly faults: FaultQueue;
  readonly feed: Feed;
  /** Counts an event by `eventbridge PutEvents <account> <Region>`. */
  readonly count: (name: string) => void;
  /** Where to send now; `undefined`: there is no rule yet, and events pass by. */
  readonly target: () => Pick<Delivery, 'eventBridgeUrl' | 'eventBridgeToken' | 'ruleRegions'> | undefined;
  readonly firstPauseMs?: number;
}

/** EventBridge guide, API destinations: answers that are tried again. */
const triedAgain = new Set([401, 407, 409, 429]);
const timeoutMs = 5_000;
/** AWS tries 185 times in 24 hours; a sandbox's bot is back within a minute or not at all. */
const mostAttempts = 12;
const longestPauseMs = 10_000;
/** A Retry-After beyond this is not waited for in full: nothing is kept for hours. */
const longestAskedMs = 60_000;
/** Longer events never reach the bus from CloudTrail. */
const longestEvent = 256 * 1024;

/** The default bus with its rules (`fixtures/eventbridge-rule-pattern-*.json`) and one API destination: the bot. */
export class EventBridge {
  readonly #parts: EventBridgeParts;

  constructor(parts: EventBridgeParts) {
    this.#parts = parts;
  }

  /** Passes on what a trail would: changes, what services did of themselves, and refused uses. */
  record(record: CloudTrailRecord): void {
    if (record.readOnly !== false && !isRefusedUse(record)) return;
    const service = record.eventType === 'AwsServiceEvent';
    this.#put({
      version: '0',
      id: randomUUID(),
      'detail-type': service ? 'AWS Service Event via CloudTrail' : 'AWS API Call via CloudTrail',
      source: `aws.${String(record.eventSource).split('.')[0]}`,
      account: record.recipientAccountId,
      time: record.eventTime,
      region: record.awsRegion,
      resources: [],
      detail: record,
    });
  }

  /** Passes on an event KMS sends to the bus itself. */
  native(event: NativeEvent): void {
    this.#put({ ...event });
  }

  #put(event: BusEvent): void {
    const target = this.#parts.target();
    const body = JSON.stringify(event);
    if (target === undefined || Buffer.byteLength(body) > longestEvent) return;
    if (target.ruleRegions?.includes(event.region) === false) return;
    const { courier, count, faults } = this.#parts;
    count(`eventbridge PutEvents ${event.account} ${event.region}`);
    const mode = faults.take('eventbridge', 'PutEvents');
    if (mode === 'failBefore' || mode === 'hang') {
      this.#tell(event, { delivered: false, error: `dropped by the fault ${mode}` });
      return;
    }
    // At-least-once: the same event, the same id, twice.
    for (let copy = 0; copy < (mode === 'failAfter' ? 2 : 1); copy++) {
      const taken = courier.run(async () => {
        if (mode === 'slow' || mode === 'throttle') await courier.pause(slowAnswerMs);
        await this.#deliver(event, body, target);
      });
      if (!taken) this.#tell(event, { delivered: false, error: 'too much is being delivered already' });
    }
  }

  async #deliver(
    event: BusEvent,
    body: string,
    { eventBridgeUrl, eventBridgeToken }: Pick<Delivery, 'eventBridgeUrl' | 'eventBridgeToken'>,
  ): Promise<void> {
    const { outcome, attempts } = await this.#parts.courier.carry({
      url: eventBridgeUrl,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Amazon/EventBridge/ApiDestinations',
        'x-keywarden-token': eventBridgeToken,
      },
      body,
      timeoutMs,
      again: (last, attempt) => pauseAfter(last, attempt, this.#parts.firstPauseMs ?? 250),
    });
    const answered = outcome.kind === 'answered';
    const delivered = answered && outcome.status < 300;
    this.#tell(event, {
      delivered,
      attempts,
      ...(answered ? { status: outcome.status } : { error: outcome.problem }),
    });
  }

  #tell(event: BusEvent, detail: Readonly<Record<string, unknown>>): void {
    this.#parts.feed.tell('eventbridge', { ...event, ...detail });
  }
}

/** A read that failed because of the key's state (`fixtures/eventbridge-rule-pattern-refused-use-read-events.json`). */
function isRefusedUse({ errorCode }: CloudTrailRecord): boolean {
  return errorCode === 'KMSInvalidStateException' || errorCode === 'DisabledException';
}

function pauseAfter(outcome: Outcome, attempt: number, firstPauseMs: number): number | undefined {
  const again = outcome.kind === 'lost' || outcome.status >= 500 || triedAgain.has(outcome.status);
  if (!again || attempt >= mostAttempts) return undefined;
  const backoff = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
  const asked = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0;
  return Math.min(Math.max(backoff, asked), longestAskedMs);
}
