import type { FaultQueue } from '../faults.ts';
import type { AwsWorldOptions, CallerIdentity, CloudTrailRecord, WorldClock } from '../world.ts';
import { createAuthorize } from './authorize.ts';
import { Identities } from './identities.ts';
import type { Authorize } from './kms/kms.ts';
import { Requests } from './requests.ts';
import { type Listening, serveService } from './server.ts';
import { stsService } from './sts-service.ts';

/** What STS works with. */
export interface StsOptions extends Pick<AwsWorldOptions, 'accounts' | 'accessKeys'> {
  readonly clock: WorldClock;
  readonly faults: FaultQueue;
  /** IAM actions the static access keys are allowed, with wildcards; only STS when left out. */
  readonly staticKeysAllow?: readonly string[];
  /** Receives the CloudTrail records of every AssumeRole. */
  readonly record: (record: CloudTrailRecord) => void;
}

/** Who calls, what they may do, and the service that lends them roles. */
export interface Sts {
  /** The identity behind an access key that is still good. */
  identify(accessKeyId: string): CallerIdentity | undefined;
  /** The same, telling an expired session from an unknown key or a wrong session token. */
  find(accessKeyId: string, token: string | undefined): CallerIdentity | 'expired' | 'unknown';
  readonly authorize: Authorize;
  listen(port: number): Promise<Listening>;
  /** Calls served over HTTP, by `sts <operation> <account> <Region>`. */
  readonly calls: ReadonlyMap<string, number>;
  readonly requests: Requests;
}

/** The emulated STS of all accounts and Regions, with the IAM it answers for. */
export function createSts(options: StsOptions): Sts {
  const { clock, accounts, faults, record } = options;
  const requests = new Requests(clock);
  const identities = new Identities(options);
  const authorize = createAuthorize(options);
  const find: Sts['find'] = (accessKeyId, token) => identities.find(accessKeyId, token);
  const service = stsService({
    clock,
    identities,
    authorize,
    roles: new Map(accounts.flatMap(({ roles }) => roles.map((role) => [role.arn, role] as const))),
    regions: new Set(accounts.flatMap(({ regions }) => regions)),
    record,
  });
  return {
    identify: (accessKeyId) => identities.identify(accessKeyId),
    find,
    authorize,
    calls: requests.calls,
    requests,
    listen: (port) => serveService(service, { find, faults, count: (name) => requests.count(name) }, port),
  };
}
