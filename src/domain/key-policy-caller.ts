/** Whom a key policy is asked about, and which of its principals that is. */
import { type AccountId, isAccountId } from './ids.ts';
import { isRecord, textsOf } from './key-policy-document.ts';
import { hasWildcard } from './wildcard.ts';

/**
 * `role`: any session of the role with that ARN. `session`: whoever we are already, under a role whose path a session does not
 * tell. `name` is what is unique in the account: the role's or user's, without its path.
 */
export interface Caller {
  readonly kind: 'role' | 'session' | 'user' | 'root';
  readonly partition: string;
  readonly account: AccountId;
  readonly arn: string;
  readonly name: string;
}

const IDENTITY = /^arn:(aws[a-z-]*):(iam|sts)::(\d{12}):(.+)$/;

interface Identity {
  readonly partition: string;
  readonly service: string;
  readonly account: AccountId;
  readonly resource: string;
}

function identityOf(arn: string): Identity | undefined {
  const [, partition, service, account, resource] = IDENTITY.exec(arn) ?? [];
  if (partition === undefined || service === undefined || account === undefined || resource === undefined)
    return undefined;
  return isAccountId(account) ? { partition, service, account, resource } : undefined;
}

/** `undefined`: an identity that is not understood. */
export function callerOf(arn: string): Caller | undefined {
  const identity = identityOf(arn);
  if (identity === undefined) return undefined;
  const { service, resource, partition, account } = identity;
  const whole = { partition, account, arn };
  if (service === 'iam' && resource === 'root') return { kind: 'root', ...whole, name: 'root' };
  const role = service === 'iam' ? /^role\/(?:.*\/)?([^/]+)$/.exec(resource)?.[1] : undefined;
  if (role !== undefined) return { kind: 'role', ...whole, name: role };
  const user = service === 'iam' ? /^user\/(?:.*\/)?([^/]+)$/.exec(resource)?.[1] : undefined;
  if (user !== undefined) return { kind: 'user', ...whole, name: user };
  const session = service === 'sts' ? /^assumed-role\/([^/]+)\/[^/]+$/.exec(resource)?.[1] : undefined;
  return session === undefined ? undefined : { kind: 'session', ...whole, name: session };
}

/** `account`: covered only as part of the account, which in an Allow leaves it to IAM and in a Deny binds everybody. */
export type Coverage = 'self' | 'account' | 'no' | 'unknown';

/** Whether a `Principal` (or what a `NotPrincipal` lists) means this caller. */
export function coverageOf(principal: unknown, caller: Caller): Coverage {
  if (principal === '*') return 'self';
  if (!isRecord(principal)) return 'unknown';
  const kinds = Object.entries(principal);
  // A kind of principal we do not know makes the whole element one.
  if (kinds.length === 0 || kinds.some(([kind]) => !KINDS.includes(kind))) return 'unknown';
  const parts = kinds.flatMap(([kind, names]) => {
    const texts = textsOf(names);
    return texts === undefined ? ['unknown' as const] : texts.map((name) => coverageOfName(kind, name, caller));
  });
  return (['self', 'account', 'unknown', 'no'] as const).find((coverage) => parts.includes(coverage)) ?? 'unknown';
}
const KINDS = ['AWS', 'Service', 'Federated', 'CanonicalUser'];

function coverageOfName(kind: string, name: string, caller: Caller): Coverage {
  if (kind === 'AWS') return coverageOfAws(name, caller);
  // We are no service. What has a wildcard or no dot is no name of one.
  if (kind === 'Service') return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(name) ? 'no' : 'unknown';
  // A role that we assume ourselves is no federated session; what our own credentials come from is not known.
  if (kind === 'Federated') return caller.kind === 'role' && !hasWildcard(name) ? 'no' : 'unknown';
  // Names a whole account by a number that nothing here can be compared with.
  return 'unknown';
}

function coverageOfAws(name: string, caller: Caller): Coverage {
  if (name === '*') return 'self';
  if (isAccountId(name)) return name === caller.account ? 'account' : 'no';
  // What a deleted principal leaves in a policy (IAM guide, "Unique identifiers"); ours may have been made anew.
  if (/^AIDA[A-Z0-9]+$/.test(name)) return caller.kind === 'user' || caller.kind === 'root' ? 'unknown' : 'no';
  const named = identityOf(name);
  if (named === undefined || named.partition !== caller.partition || hasWildcard(name)) return 'unknown';
  const { service, account, resource } = named;
  const home = account === caller.account;
  if (service === 'iam' && resource === 'root') return home ? 'account' : 'no';
  const other = callerOf(name);
  switch (other?.kind) {
    case 'role':
      return home && isRole(caller) ? sameName(other, caller) : 'no';
    case 'user':
      return home && caller.kind === 'user' ? sameName(other, caller) : 'no';
    case 'session':
      // One session, by its name: ours have names of their own each time.
      return home && isRole(caller) && sameName(other, caller) !== 'no' ? 'unknown' : 'no';
    case 'root':
    case undefined:
      return caller.kind === 'role' && /^federated-user\/[^/]+$/.test(resource) ? 'no' : 'unknown';
  }
}

const isRole = ({ kind }: Caller): boolean => kind === 'role' || kind === 'session';

/** Names are unique in an account without regard to case and path, so another spelling of ours may still be us. */
function sameName(one: Caller, caller: Caller): Coverage {
  if (one.arn === caller.arn) return 'self';
  if (one.name.toLowerCase() !== caller.name.toLowerCase()) return 'no';
  return caller.kind === 'session' && one.name === caller.name ? 'self' : 'unknown';
}
