/**
 * Credentials. Reads share one session per place, renewed before it ends; every mutation gets a session of its own, named
 * after its action and allowed exactly one operation on one key, so that CloudTrail tells which click was behind a call
 * and a stolen session is worth one call.
 */
import type { STSClient } from '@aws-sdk/client-sts';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { Duration, Instant, Place } from '../../domain/ids.ts';
import type { Clock, Log, MutationRequest } from '../../ports.ts';
import { bounded } from './deadline.ts';
import { CredentialsUnavailable, classify } from './failures.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
export type CredentialsSource = () => Promise<Credentials>;

interface Session {
  readonly credentials: Credentials;
  /** By our clock, counted from the answer: STS's own expiry would be off by the difference of the clocks. */
  readonly until: Instant;
}

const READ_SECONDS = 3600;
/** The shortest session STS gives. */
const ACTION_SECONDS = 900;
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

/** A role, and how to come by it. `longest`: ms for an AssumeRole with its attempts. */
export interface Role {
  readonly arn: string;
  readonly externalId: string | undefined;
  readonly sts: STSClient;
  readonly longest: Duration;
}

/** One AssumeRole for one action's operation on one key. Rejects with `CredentialsUnavailable`. */
export function assumeForAction(role: Role, request: MutationRequest): Promise<Credentials> {
  const Statement = [{ Effect: 'Allow', Action: `kms:${request.operation}`, Resource: request.key.arn }];
  return assume(role, {
    RoleSessionName: `keywarden-${request.action}`,
    DurationSeconds: ACTION_SECONDS,
    Policy: JSON.stringify({ Version: '2012-10-17', Statement }),
  });
}

/** A source of read credentials for a place: cached, renewed in the background. Rejects with `CredentialsUnavailable`. */
export function readSession(role: Role, place: Place, clock: Clock, log: Log): CredentialsSource {
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;
  let quietUntil: Instant = 0;
  const renew = (): Promise<Session> => {
    renewal ??= assume(role, { RoleSessionName: 'keywarden-read', DurationSeconds: READ_SECONDS })
      .then((credentials) => {
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

interface SessionWish {
  readonly RoleSessionName: string;
  readonly DurationSeconds: number;
  readonly Policy?: string;
}

async function assume({ arn, externalId, sts, longest }: Role, wish: SessionWish): Promise<Credentials> {
  const command = new AssumeRoleCommand({ ...wish, RoleArn: arn, ExternalId: externalId });
  try {
    const { Credentials: given } = await bounded(longest, undefined, (abortSignal) =>
      sts.send(command, { abortSignal }),
    );
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) {
      throw new CredentialsUnavailable(`STS gave no credentials for role ${arn}`, false);
    }
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
    };
  } catch (error) {
    if (error instanceof CredentialsUnavailable) throw error;
    const failure = classify(error, 'sts:AssumeRole');
    const denied = failure.kind === 'denied';
    const how = denied ? 'may not be assumed' : 'could not be assumed';
    throw new CredentialsUnavailable(`role ${arn} ${how}: ${failure.message}`, denied, error);
  }
}
