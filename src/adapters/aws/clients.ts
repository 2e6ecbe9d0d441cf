/**
 * SDK clients, built when first needed and kept: a client's first call costs connections and lazy imports. Endpoints are
 * given only where compose says so; else the SDK's own `AWS_ENDPOINT_URL_*` variables work.
 */
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { KMSClient } from '@aws-sdk/client-kms';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { type Duration, type Instant, type Place, placeName, type Region } from '../../domain/ids.ts';
import type { Mutation } from '../../domain/key.ts';
import type { Duty, MutationRequest } from '../../ports.ts';
import { CredentialsUnavailable } from './failures.ts';
import { type AwsOptions, accountOf } from './options.ts';
import { assumeForAction, type CredentialsSource, ownCredentials, type Role, readSession } from './sessions.ts';

/** Which role a call needs. Rescue is a duty of its own: it must work where nothing that destroys is allowed. */
export const DUTY_OF: Readonly<Record<Mutation, Duty>> = {
  CancelKeyDeletion: 'rescue',
  EnableKey: 'rescue',
  DisableKey: 'disable',
  DeleteImportedKeyMaterial: 'destroy',
  ScheduleKeyDeletion: 'destroy',
};

/** Sockets per host; a bulk rescue and the sweep each stay far below. */
const SOCKETS = 64;
const READ_ATTEMPTS = 3;
/** Of the 900 s an action's session lives. */
const ACTION_CLIENT_LIFE: Duration = 12 * 60_000;
const MOST_ACTION_CLIENTS = 256;

export interface Clients {
  has(duty: Duty, place: Place): boolean;
  /** Rejects (also later, out of `send`) with `CredentialsUnavailable`. */
  kmsForReading(place: Place): KMSClient;
  /** The client for one action's one operation, never retrying. Rejects with `CredentialsUnavailable`. */
  kmsForAction(request: MutationRequest): Promise<KMSClient>;
  cloudTrail(place: Place): CloudTrailClient;
  /** STS with the read credentials, in the place's Region. */
  sts(place: Place): STSClient;
  /** SNS with own credentials. */
  sns(region: Region): SNSClient;
  /** AWS turned the place's read credentials away: the next call gets new ones. */
  forgetReading(place: Place): void;
  forgetAction(request: MutationRequest): void;
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
  const roleOf = (place: Place, arn: string, externalId: string | undefined): Role => ({
    arn,
    externalId,
    sts: ownSts(place.region),
    longest: options.timeouts.request,
  });
  const readSources = kept((name: string, place: Place): CredentialsSource => {
    const account = accountOf(options, place);
    if (account === undefined) return missing(`account and Region ${name} are not configured`);
    if (account.roles === undefined) return own;
    const role = account.roles.read;
    // Roles for acting only: reading is done with own credentials.
    if (role === undefined) return own;
    return readSession(roleOf(place, role, account.externalId), place, options.clock, options.log);
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
  const actions = new Map<string, { readonly client: Promise<KMSClient>; readonly until: Instant }>();

  const has = (duty: Duty, place: Place): boolean => {
    const account = accountOf(options, place);
    return (
      account !== undefined && (duty === 'read' || account.roles === undefined || account.roles[duty] !== undefined)
    );
  };

  async function sessionClient(request: MutationRequest, role: string, externalId?: string): Promise<KMSClient> {
    const { region } = request.key;
    const credentials = await assumeForAction(roleOf(request.key, role, externalId), request);
    return new KMSClient({ region, credentials, ...at('kms'), ...once });
  }

  return {
    has,
    kmsForReading: (place) => {
      const source = sourceOf(place);
      // Asking the session now lets it renew in the background, before the SDK has to wait for it.
      if (source !== own) source().catch(() => undefined);
      return reading(placeName(place), place);
    },
    kmsForAction: (request) => {
      const account = accountOf(options, request.key);
      const duty = DUTY_OF[request.operation];
      if (account === undefined || !has(duty, request.key)) {
        const text = `account ${request.key.account} has no ${duty} role`;
        return Promise.reject(new CredentialsUnavailable(text, true));
      }
      const role = account.roles?.[duty];
      if (role === undefined) return Promise.resolve(ownActing(request.key.region));
      const now = options.clock.now();
      const cached = actions.get(actionName(request));
      if (cached !== undefined && cached.until > now) return cached.client;
      const client = sessionClient(request, role, account.externalId);
      actions.delete(actionName(request));
      actions.set(actionName(request), { client, until: now + ACTION_CLIENT_LIFE });
      client.catch(() => actions.delete(actionName(request)));
      const [oldest] = actions.keys();
      if (actions.size > MOST_ACTION_CLIENTS && oldest !== undefined) actions.delete(oldest);
      return client;
    },
    cloudTrail: (place) => trails(placeName(place), place),
    sts: (place) => identities(placeName(place), place),
    sns: topics,
    forgetReading: (place) => {
      for (const cache of [readSources, reading, trails, identities]) cache.forget(placeName(place));
    },
    forgetAction: (request) => actions.delete(actionName(request)),
    close: () => {
      retrying.destroy?.();
      patient.destroy?.();
    },
  };
}

/** A session allows one operation on one key: so much belongs to its name. */
const actionName = (request: MutationRequest): string => `${request.action} ${request.operation} ${request.key.arn}`;

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
