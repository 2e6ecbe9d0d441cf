/** Which person of the workspace acts in AWS under which principal, as the configuration says. */
import type { Actor } from './fact.ts';
import { matchesAlias } from './limit.ts';
import { roleArnOf } from './principal.ts';

export interface Identity {
  /** ARN of an IAM user or role. */
  readonly principal: string;
  /** Names of the role's sessions, with `*` and `?`; absent: all of them. */
  readonly session?: string;
  /** Slack user id. */
  readonly user: string;
}

/** The Slack user id behind a caller; the first line that fits. */
export function ownerOf(actor: Actor, identities: readonly Identity[]): string | undefined {
  return identities.find(({ principal, session }) => {
    if (principal === actor.arn) return session === undefined;
    if (principal !== roleArnOf(actor)) return false;
    return session === undefined || (actor.sessionName !== undefined && matchesAlias(session, actor.sessionName));
  })?.user;
}
