/** One AssumeRole: what is asked, what came of it, and what a refused role lacks. */
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Duration } from '../../domain/ids.ts';
import { bounded } from './deadline.ts';
import { CredentialsUnavailable, classify, type Failure } from './failures.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** A role, and how to come by it. `longest`: ms for an AssumeRole with its attempts. */
export interface Role {
  readonly arn: string;
  readonly externalId: string | undefined;
  readonly sts: STSClient;
  readonly longest: Duration;
}

export interface SessionWish {
  readonly RoleSessionName: string;
  readonly DurationSeconds: number;
  readonly Policy?: string;
  readonly SourceIdentity?: string;
}

export interface Assumed {
  readonly credentials: Credentials;
  /** What the session carries, asked for or inherited. */
  readonly sourceIdentity?: string;
}

/** Rejects with the SDK's error, or with `CredentialsUnavailable` for an answer without credentials. */
export async function assumeRole({ arn, externalId, sts, longest }: Role, wish: SessionWish): Promise<Assumed> {
  const command = new AssumeRoleCommand({ ...wish, RoleArn: arn, ExternalId: externalId });
  const answer = await bounded(longest, undefined, (abortSignal) => sts.send(command, { abortSignal }));
  const { Credentials: given, SourceIdentity: sourceIdentity } = answer;
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) {
    throw new CredentialsUnavailable(`STS gave no credentials for role ${arn}`, false);
  }
  return {
    credentials: {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
    },
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  };
}

export const refusalOf = (error: unknown): Failure => classify(error, 'sts:AssumeRole');

/**
 * STS has one code for all it denies, so the reason is read in its words: "User: … is not authorized to perform:
 * sts:SetSourceIdentity on resource: …" says both that the trust policy or our own permissions do not allow it, and that our
 * own session carries another one already (IAM guide, "Monitor and control actions taken with assumed roles").
 */
export const isAboutSourceIdentity = (failure: Failure): boolean =>
  (failure.kind === 'denied' || failure.kind === 'refused') &&
  /sts:SetSourceIdentity|'sourceIdentity'|source identity/i.test(failure.message);

/** Whether the words themselves say that our own session carries a source identity, which no later session can change. */
export const saysChained = (failure: Failure): boolean =>
  /source identity\b.*\b(already|cannot be changed)/i.test(failure.message);

/**
 * The refusal in words that say what to change. `setting`: the source identity stood in the way of an earlier attempt
 * already.
 */
export function notAssumed(role: Role, error: unknown, setting = false): CredentialsUnavailable {
  if (error instanceof CredentialsUnavailable) return error;
  const failure = refusalOf(error);
  if (failure.kind !== 'denied') {
    return new CredentialsUnavailable(`role ${role.arn} could not be assumed: ${failure.message}`, false, error);
  }
  const needed =
    setting || isAboutSourceIdentity(failure) ? 'sts:AssumeRole and sts:SetSourceIdentity' : 'sts:AssumeRole';
  const condition = role.externalId === undefined ? '' : ' (with the externalId of keywarden.yaml)';
  const advice = `its trust policy${condition} and the bot's own permissions must both allow ${needed}`;
  return new CredentialsUnavailable(`role ${role.arn} may not be assumed: ${failure.message}; ${advice}`, true, error);
}
