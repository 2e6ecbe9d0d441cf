/** Who is behind a call, so that two calls can be told to be by the same: a session renewed under another key is the same. */
import type { Actor } from './fact.ts';
import { isAccountId } from './ids.ts';

/** Canonical name of a principal, within its account; `undefined`: an AWS service, or nobody is named. */
export function principalOf(actor: Actor): string | undefined {
  if (actor.type === 'AWSService') return undefined;
  if (actor.arn === undefined && actor.invokedBy !== undefined) return undefined;
  // The account's ARN and the root user's are one; the type tells.
  if (actor.type === 'Root') return `root ${actor.account ?? actor.arn ?? ''}`;
  return actor.arn ?? (actor.accessKeyId === undefined ? undefined : `access key ${actor.accessKeyId}`);
}

/** What CloudTrail searches a principal's calls by as `Username`: a session's name, a user's name, `root`. */
export function userNameOf(actor: Actor): string | undefined {
  if (actor.type === 'Root') return 'root';
  return actor.sessionName ?? /:user\/(?:.*\/)?([^/]+)$/.exec(actor.arn ?? '')?.[1];
}

/** The role behind a session: `arn:aws:iam::111122223333:role/path/Admins`, without its path where only the session's ARN is known. */
export function roleArnOf(actor: Actor): string | undefined {
  if (actor.issuerArn !== undefined) return actor.issuerArn;
  const [, partition, account, role] =
    /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(actor.arn ?? '') ?? [];
  return partition === undefined ? undefined : `arn:${partition}:iam::${account}:role/${role}`;
}

/** The account a principal belongs to, as far as its ARN or the record tells. */
export function homeOf(actor: Actor): string | undefined {
  const account = /^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):/.exec(actor.arn ?? '')?.[1];
  return account !== undefined && isAccountId(account) ? account : actor.account;
}

/**
 * Whether another call is by the same: under the same access key, or by the same principal. In another account nothing but the
 * name of session or user can be the same, and somebody else may bear it too: that is `byName`.
 */
export function sameHand(suspect: Actor, other: Actor): 'same' | 'byName' | 'other' {
  if (suspect.accessKeyId !== undefined && suspect.accessKeyId === other.accessKeyId) return 'same';
  const principal = principalOf(suspect);
  if (principal !== undefined && principal === principalOf(other)) return 'same';
  const home = homeOf(suspect);
  const elsewhere = homeOf(other);
  const name = userNameOf(suspect);
  // Every account has its root user, and an account's users may share names across accounts by chance alone.
  if (home === undefined || elsewhere === undefined || home === elsewhere || suspect.type === 'Root') return 'other';
  const identities = [suspect.sourceIdentity, other.sourceIdentity].filter((one) => one !== undefined);
  if (new Set(identities).size > 1) return 'other';
  return name !== undefined && name === userNameOf(other) ? 'byName' : 'other';
}
