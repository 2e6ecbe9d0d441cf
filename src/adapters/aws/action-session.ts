/**
 * The session of one mutation: named after person and action, and allowed exactly one operation on one key, so that
 * CloudTrail tells whose click was behind a call and a stolen session is worth one call. The person is also set as source
 * identity where the role lets us; a rescue never fails for the want of one.
 */
import type { Attribution } from '../../domain/action.ts';
import type { Right } from '../../domain/approval.ts';
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Clock, Log } from '../../ports.ts';
import {
  type Assumed,
  assumeRole,
  type Credentials,
  isAboutSourceIdentity,
  notAssumed,
  type Role,
  refusalOf,
  saysChained,
} from './assume-role.ts';
import { sessionNameOf, sourceIdentityOf } from './session-name.ts';

export interface ActionSession {
  readonly credentials: Credentials;
  readonly attribution: Attribution;
}

/** The shortest session STS gives. */
const ACTION_SECONDS = 900;
/** How long a refused source identity is not asked for again: then the role's owner may have allowed it. */
const REMEMBERED: Duration = 10 * 60_000;

type Why = (Attribution & { readonly kind: 'session' })['why'];

/** Roles that took no source identity from us lately, by ARN. */
export interface Reluctant {
  why(role: string): Why | undefined;
  note(role: string, why: Why): void;
  forget(role: string): void;
}

export function rememberReluctant(clock: Clock, log: Log): Reluctant {
  const found = new Map<string, { readonly why: Why; readonly until: Instant }>();
  return {
    why: (role) => {
      const finding = found.get(role);
      return finding !== undefined && finding.until > clock.now() ? finding.why : undefined;
    },
    note: (role, why) => {
      const [, , , , account = ''] = role.split(':');
      log.warn({ account, reason: why }, 'a role took no source identity; CloudTrail shows the session name alone');
      found.set(role, { why, until: clock.now() + REMEMBERED });
    },
    forget: (role) => void found.delete(role),
  };
}

/** Rejects with `CredentialsUnavailable`. At most three calls to STS, usually one. */
export async function assumeForAction(role: Role, right: Right, reluctant: Reluctant): Promise<ActionSession> {
  const sourceIdentity = sourceIdentityOf(right);
  const wish = {
    RoleSessionName: sessionNameOf(right),
    DurationSeconds: ACTION_SECONDS,
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: `kms:${right.operation}`, Resource: right.key.arn }],
    }),
  };
  const attributed = (assumed: Assumed, why: Why): ActionSession => ({
    credentials: assumed.credentials,
    attribution: attributionOf(assumed, { session: wish.RoleSessionName, sourceIdentity, why }),
  });

  const known = reluctant.why(role.arn);
  if (known !== undefined) {
    try {
      return attributed(await assumeRole(role, wish), known);
    } catch (error) {
      if (refusalOf(error).kind !== 'denied') throw notAssumed(role, error);
      // The trust policy may demand a source identity by now: judged anew.
      reluctant.forget(role.arn);
    }
  }
  let why: Why;
  try {
    return attributed(await assumeRole(role, { ...wish, SourceIdentity: sourceIdentity }), 'trustPolicy');
  } catch (error) {
    const refusal = refusalOf(error);
    if (!isAboutSourceIdentity(refusal)) throw notAssumed(role, error);
    why = saysChained(refusal) ? 'chained' : 'trustPolicy';
  }
  try {
    const session = attributed(await assumeRole(role, wish), why);
    if (session.attribution.kind === 'session') reluctant.note(role.arn, session.attribution.why);
    return session;
  } catch (error) {
    throw notAssumed(role, error, true);
  }
}

/** Believed is only what STS answers: a session that carries another's name was chained from one that had it. */
function attributionOf(
  { sourceIdentity: carried }: Assumed,
  asked: { readonly session: string; readonly sourceIdentity: string; readonly why: Why },
): Attribution {
  const { session, sourceIdentity, why } = asked;
  if (carried === sourceIdentity) return { kind: 'person', session, sourceIdentity };
  if (carried !== undefined) return { kind: 'session', session, why: 'chained', carried };
  return { kind: 'session', session, why };
}
