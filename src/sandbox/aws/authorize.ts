import type { AwsWorldOptions, CallerIdentity } from '../world.ts';
import type { Authorize } from './kms/kms.ts';
import { evaluateSessionPolicy, matches, type SessionPolicy } from './session-policy.ts';

/** Whose permissions there are to know. */
export interface AuthorizeOptions extends Pick<AwsWorldOptions, 'accounts' | 'accessKeys'> {
  /** IAM actions the static access keys are allowed, with wildcards; only STS when left out. */
  readonly staticKeysAllow?: readonly string[];
}

/**
 * IAM's answer to one action of one identity: what its role allows, narrowed by its session policy. A static access key
 * has its own list. Everybody else (the account itself, people, their roles) may do everything; whose account a resource
 * belongs to is for the resource's own policy to judge.
 */
export function createAuthorize({ accounts, accessKeys, staticKeysAllow = ['sts:*'] }: AuthorizeOptions): Authorize {
  const known = new Map([
    ...accessKeys.map(({ arn }) => [arn, staticKeysAllow] as const),
    ...accounts.flatMap(({ roles }) => roles.map(({ arn, allows }) => [arn, allows] as const)),
  ]);
  return (identity, action, resource) => {
    const session = answerOfSession(identity, action, resource);
    if (session === 'denied') return refused(identity, action, resource, 'with an explicit deny in a session policy');
    const allows = known.get(identity.roleArn ?? '') ?? known.get(identity.arn);
    if (allows !== undefined && !allows.some((pattern) => matches(pattern, action, true)))
      return refused(identity, action, resource, `because no identity-based policy allows the ${action} action`);
    if (session === 'silent')
      return refused(identity, action, resource, `because no session policy allows the ${action} action`);
    return { allowed: true };
  };
}

function answerOfSession({ sessionPolicy }: CallerIdentity, action: string, resource: string) {
  // Only AssumeRole puts policies on identities, and it has parsed them.
  return sessionPolicy === undefined
    ? 'allowed'
    : evaluateSessionPolicy(sessionPolicy as SessionPolicy, action, resource);
}

function refused({ arn }: CallerIdentity, action: string, resource: string, why: string) {
  const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  return { allowed: false, message } as const;
}
