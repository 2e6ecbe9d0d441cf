import type { FaultQueue } from '../faults.ts';
import type { CloudTrailRecord, WorldClock } from '../world.ts';
import type { Authorize, Identify } from './kms/kms.ts';
import { type LookupEvent, lookUp, lookupEvent, readLookup } from './lookup.ts';
import { jsonProtocol, type Members } from './protocol.ts';
import { Requests } from './requests.ts';
import { type Listening, type Service, type ServiceCall, serveService } from './server.ts';

/** What CloudTrail works with. */
export interface CloudTrailOptions {
  readonly clock: WorldClock;
  readonly identify: Identify;
  readonly authorize: Authorize;
  readonly faults: FaultQueue;
  /** How long after it was recorded a record can be found by LookupEvents; at once when left out. */
  readonly lookupDelayMs?: number;
}

/** The event history of all accounts and Regions. */
export interface CloudTrail {
  record(record: CloudTrailRecord): void;
  /** Every record kept of an account and Region, oldest first, those LookupEvents does not show yet included. */
  records(account: string, region: string): readonly CloudTrailRecord[];
  listen(port: number): Promise<Listening>;
  /**
   * Calls served over HTTP, by `cloudtrail LookupEvents <account> <Region>`; once more by what was searched by,
   * `cloudtrail lookup by <attribute> <account> <Region>`, where there was an attribute.
   */
  readonly calls: ReadonlyMap<string, number>;
  readonly requests: Requests;
}

/** Of all accounts and Regions together: hours of a busy world. */
const mostRecords = 20_000;
/** LookupEvents' quota per account and Region (CloudTrail API reference). */
const lookupsPerSecond = 2;

const protocol = jsonProtocol(['CloudTrail_20131101.', 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.']);

/** The emulated CloudTrail: keeps what it is told, and lets it be looked up at CloudTrail's own pace. */
export function createCloudTrail(options: CloudTrailOptions): CloudTrail {
  const { clock, identify, faults, lookupDelayMs = 0 } = options;
  const kept: LookupEvent[] = [];
  const requests = new Requests(clock);
  const searches = new Map<string, number>();
  const pace = new Pace(clock);
  let recorded = 0;

  const of = (account: string, region: string): readonly LookupEvent[] =>
    kept.filter(({ record }) => record.recipientAccountId === account && record.awsRegion === region);

  function lookupEvents({ identity, region, parameters, stale }: ServiceCall): Members {
    if (identity === undefined) throw protocol.refusals.unsigned;
    if (!pace.allows(`${identity.account} ${region}`)) throw protocol.refusals.throttled;
    const answer = options.authorize(identity, 'cloudtrail:LookupEvents', '*');
    if (!answer.allowed) throw protocol.refusals.denied(answer.message);
    const lookup = readLookup(parameters);
    if (lookup.attribute !== undefined) {
      const by = `cloudtrail lookup by ${lookup.attribute.name} ${identity.account} ${region}`;
      searches.set(by, (searches.get(by) ?? 0) + 1);
    }
    const visible = of(identity.account, region).filter(({ visibleAt }) => visibleAt <= clock.now());
    return lookUp(lookup, stale ? visible.slice(0, -1) : visible);
  }

  const service: Service = {
    name: 'cloudtrail',
    protocol,
    operations: new Map([['LookupEvents', { run: lookupEvents }]]),
    checkRegion: () => undefined,
  };
  return {
    get calls() {
      return new Map([...requests.calls, ...searches]);
    },
    requests,
    record: (record) => {
      recorded += 1;
      kept.push(lookupEvent(record, recorded, clock.now() + lookupDelayMs));
      if (kept.length > mostRecords) kept.shift();
    },
    records: (account, region) => of(account, region).map(({ record }) => record),
    listen: (port) =>
      serveService(
        service,
        {
          find: (accessKeyId, token, where) => identify(accessKeyId, where, token) ?? 'unknown',
          faults,
          count: (name) => requests.count(name),
        },
        port,
      ),
  };
}

/** AWS's request quota as a bucket of tokens, one bucket per account and Region. */
class Pace {
  readonly #clock: WorldClock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  allows(place: string): boolean {
    const at = this.#clock.now();
    const { tokens, at: before } = this.#buckets.get(place) ?? { tokens: lookupsPerSecond, at };
    const filled = Math.min(lookupsPerSecond, tokens + (Math.max(0, at - before) / 1000) * lookupsPerSecond);
    const allowed = filled >= 1;
    this.#buckets.set(place, { tokens: allowed ? filled - 1 : filled, at });
    return allowed;
  }
}
