/**
 * Credentials of the bot itself, and the sessions of reading: shared by all reads of a place, renewed before they end. What
 * changes something has sessions of its own (`action-session.ts`).
 */
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { Duration, Instant, Place } from '../../domain/ids.ts';
import type { Clock, Log } from '../../ports.ts';
import { assumeRole, type Credentials, notAssumed, type Role } from './assume-role.ts';
import { CredentialsUnavailable } from './failures.ts';

export type CredentialsSource = () => Promise<Credentials>;

interface Session {
  readonly credentials: Credentials;
  /** By our clock, counted from the answer: STS's own expiry would be off by the difference of the clocks. */
  readonly until: Instant;
}

const READ_SECONDS = 3600;
/** The SDK asks anew five minutes before expiry; we renew earlier, in the background, so that it never waits. */
const RENEW_BEFORE: Duration = 10 * 60_000;
const WAIT_BEFORE: Duration = 60_000;
/** Between attempts in the background: an STS in trouble is not asked at every read. */
const RENEW_AGAIN: Duration = 30_000;

/** The SDK's default chain; every failure of it becomes `CredentialsUnavailable`. */
export function ownCredentials(fixed?: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}): CredentialsSource {
  if (fixed !== undefined) return () => Promise.resolve(fixed);
  const chain = fromNodeProviderChain();
  return async () => {
    try {
      return await chain();
    } catch (error) {
      throw new CredentialsUnavailable('no AWS credentials found for the bot itself', false, error);
    }
  };
}

/** A source of read credentials for a place: cached, renewed in the background. Rejects with `CredentialsUnavailable`. */
export function readSession(role: Role, place: Place, clock: Clock, log: Log): CredentialsSource {
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;
  let quietUntil: Instant = 0;
  const renew = (): Promise<Session> => {
    renewal ??= assumeRole(role, { RoleSessionName: 'keywarden-read', DurationSeconds: READ_SECONDS })
      .catch((error: unknown) => Promise.reject(notAssumed(role, error)))
      .then(({ credentials }) => {
        session = { credentials, until: clock.now() + READ_SECONDS * 1000 };
        return session;
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };
  const renewInBackground = (): void => {
    quietUntil = clock.now() + RENEW_AGAIN;
    renew().catch((error: unknown) => {
      log.warn({ account: place.account, region: place.region, error }, 'the read session could not be renewed yet');
    });
  };
  return async () => {
    const left = session === undefined ? 0 : session.until - clock.now();
    if (session === undefined || left <= WAIT_BEFORE) return (await renew()).credentials;
    if (left <= RENEW_BEFORE && clock.now() >= quietUntil) renewInBackground();
    return session.credentials;
  };
}
