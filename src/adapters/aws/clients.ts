/**
 * SDK clients, built when first needed and kept: a client's first call costs connections and lazy imports. Endpoints are
 * given only where compose says so; else the SDK's own `AWS_ENDPOINT_URL_*` variables work.
 */
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { KMSClient } from '@aws-sdk/client-kms';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { type Duration, type Place, placeName, type Region } from '../../domain/ids.ts';
import { type ActionClients, createActionClients } from './action-clients.ts';
import type { Role } from './assume-role.ts';
import { CredentialsUnavailable } from './failures.ts';
import { type AwsOptions, type Means, meansFor } from './options.ts';
import { type CredentialsSource, ownCredentials, readSession } from './sessions.ts';

/** Sockets per host; a bulk rescue and the sweep each stay far below. */
const SOCKETS = 64;
const READ_ATTEMPTS = 3;

export interface Clients {
  /** Rejects (also later, out of `send`) with `CredentialsUnavailable`. */
  kmsForReading(place: Place): KMSClient;
  readonly actions: ActionClients;
  /** How to come by a role of the place. */
  role(place: Place, means: Means & { readonly kind: 'role' }): Role;
  cloudTrail(place: Place): CloudTrailClient;
  /** STS with the read credentials, in the place's Region. */
  sts(place: Place): STSClient;
  /** SNS with own credentials. */
  sns(region: Region): SNSClient;
  /** AWS turned the place's read credentials away: the next call gets new ones. */
  forgetReading(place: Place): void;
  close(): void;
}

export function createClients(options: AwsOptions): Clients {
  const own = ownCredentials(options.connection?.credentials);
  const at = (service: 'kms' | 'cloudtrail' | 'sts' | 'sns'): { readonly endpoint?: string } => {
    const endpoint = options.connection?.endpoints[service];
    return endpoint === undefined ? {} : { endpoint };
  };
  // Two transports: reads give an attempt half of the time and try again; what must not be repeated gets all of it.
  const retrying = transport(options, options.timeouts.request / 2);
  const patient = transport(options, options.timeouts.request);
  const reads = { requestHandler: retrying, maxAttempts: READ_ATTEMPTS };
  const once = { requestHandler: patient, maxAttempts: 1 };

  const ownSts = kept((region: Region) => new STSClient({ region, credentials: own, ...at('sts'), ...reads }));
  const roleOf = (place: Place, { arn, externalId }: Means & { readonly kind: 'role' }): Role => ({
    arn,
    externalId,
    sts: ownSts(place.region),
    longest: options.timeouts.request,
  });
  const readSources = kept((name: string, place: Place): CredentialsSource => {
    const means = meansFor(options, 'read', place);
    switch (means.kind) {
      case 'none':
        return missing(`account and Region ${name} are not configured`);
      case 'own':
        return own;
      case 'role':
        return readSession(roleOf(place, means), place, options.clock, options.log);
    }
  });
  const sourceOf = (place: Place): CredentialsSource => readSources(placeName(place), place);
  const reading = kept(
    (_: string, place: Place) =>
      new KMSClient({ region: place.region, credentials: sourceOf(place), ...at('kms'), ...reads }),
  );
  const trails = kept(
    (_: string, place: Place) =>
      new CloudTrailClient({ region: place.region, credentials: sourceOf(place), ...at('cloudtrail'), ...once }),
  );
  const identities = kept(
    (_: string, place: Place) =>
      new STSClient({ region: place.region, credentials: sourceOf(place), ...at('sts'), ...reads }),
  );
  const ownActing = kept((region: Region) => new KMSClient({ region, credentials: own, ...at('kms'), ...once }));
  const topics = kept((region: Region) => new SNSClient({ region, credentials: own, ...at('sns'), ...once }));
  const actions = createActionClients(options, {
    roleOf,
    own: ownActing,
    under: (region, credentials) => new KMSClient({ region, credentials, ...at('kms'), ...once }),
  });

  return {
    actions,
    role: roleOf,
    kmsForReading: (place) => {
      const source = sourceOf(place);
      // Asking the session now lets it renew in the background, before the SDK has to wait for it.
      if (source !== own) source().catch(() => undefined);
      return reading(placeName(place), place);
    },
    cloudTrail: (place) => trails(placeName(place), place),
    sts: (place) => identities(placeName(place), place),
    sns: topics,
    forgetReading: (place) => {
      for (const cache of [readSources, reading, trails, identities]) cache.forget(placeName(place));
    },
    close: () => {
      retrying.destroy?.();
      patient.destroy?.();
    },
  };
}

const missing =
  (message: string): CredentialsSource =>
  () =>
    Promise.reject(new CredentialsUnavailable(message, true));

/**
 * One HTTP handler for many clients, made by a client that is never asked anything: the SDK does not export the handler's
 * class from the packages we depend on, and shared sockets spare a session's first call the handshake.
 */
function transport(options: AwsOptions, requestTimeout: Duration): STSClient['config']['requestHandler'] {
  const agent = { keepAlive: true, maxSockets: SOCKETS };
  const warn = (): void => options.log.warn({}, 'the AWS SDK warned about its connections');
  const quiet = (): void => undefined;
  return new STSClient({
    region: 'us-east-1',
    requestHandler: {
      connectionTimeout: options.timeouts.connection,
      requestTimeout,
      // Without it the handler only warns, and waits on.
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
      logger: { trace: quiet, debug: quiet, info: quiet, warn, error: warn },
    },
  }).config.requestHandler;
}

interface Kept<N extends string, R extends readonly unknown[], T> {
  (name: N, ...rest: R): T;
  forget(name: N): void;
}

function kept<N extends string, R extends readonly unknown[], T>(build: (name: N, ...rest: R) => T): Kept<N, R, T> {
  const built = new Map<N, T>();
  const get = (name: N, ...rest: R): T => {
    const known = built.get(name);
    if (known !== undefined) return known;
    const fresh = build(name, ...rest);
    built.set(name, fresh);
    return fresh;
  };
  return Object.assign(get, { forget: (name: N) => void built.delete(name) });
}
