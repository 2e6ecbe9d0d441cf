import { createHash, randomBytes } from 'node:crypto';
import type { AwsWorldOptions, Caller, CallerIdentity, WorldClock } from '../world.ts';

/** Credentials as STS hands them out. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: number;
}

interface Session {
  readonly identity: CallerIdentity;
  readonly sessionToken: string;
  readonly expiresAt: number;
}

/** A session per mutation, a few per hour for reads: days of sessions, and no more. */
const mostSessions = 10_000;

/** Who stands behind an access key: static keys, sessions of STS, people at a console. */
export class Identities {
  readonly #clock: WorldClock;
  readonly #fixed: ReadonlyMap<string, CallerIdentity>;
  readonly #sessions = new Map<string, Session>();

  constructor({ clock, accessKeys }: Pick<AwsWorldOptions, 'clock' | 'accessKeys'>) {
    this.#clock = clock;
    this.#fixed = new Map(accessKeys.map((key) => [key.accessKeyId, { ...key, ...roleBehind(key.arn) }]));
  }

  /** The identity of a key that is still good. */
  identify(accessKeyId: string): CallerIdentity | undefined {
    const fixed = this.#fixed.get(accessKeyId);
    if (fixed !== undefined) return fixed;
    const session = this.#sessions.get(accessKeyId);
    return session !== undefined && session.expiresAt > this.#clock.now() ? session.identity : undefined;
  }

  /** The same, telling an expired session from an unknown key; a session's key is nothing without its token. */
  find(accessKeyId: string, token: string | undefined): CallerIdentity | 'expired' | 'unknown' {
    const session = this.#sessions.get(accessKeyId);
    if (session !== undefined && session.sessionToken !== token) return 'unknown';
    const identity = this.identify(accessKeyId);
    return identity ?? (session === undefined ? 'unknown' : 'expired');
  }

  /** Issues keys for a session. */
  issue(session: Omit<CallerIdentity, 'accessKeyId'>, lifeMs: number): IssuedCredentials {
    const issued: IssuedCredentials = {
      accessKeyId: `ASIA${base32(randomBytes(16))}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(240).toString('base64'),
      expiresAt: this.#clock.now() + lifeMs,
    };
    const { accessKeyId, sessionToken, expiresAt } = issued;
    this.#sessions.set(accessKeyId, { identity: { ...session, accessKeyId }, sessionToken, expiresAt });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
    return issued;
  }
}

/**
 * A person at a console: a session of the account's role `Admins`, named after them. `root` is the account itself, and
 * an ARN stands for itself. Always the same key for the same name, so that CloudTrail can be searched by it.
 */
export function personIdentity({ principal, account }: Caller): CallerIdentity {
  const key = base32(createHash('sha256').update(`${account} ${principal}`).digest().subarray(0, 16));
  if (principal === 'root') return { account, arn: `arn:aws:iam::${account}:root`, accessKeyId: `ASIA${key}` };
  if (principal.startsWith('arn:')) return { account, arn: principal, accessKeyId: `AKIA${key}` };
  // IAM allows these characters in a session's name.
  const sessionName = principal.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64) || 'somebody';
  const arn = `arn:aws:sts::${account}:assumed-role/Admins/${sessionName}`;
  return { account, arn, accessKeyId: `ASIA${key}`, sessionName };
}

function roleBehind(arn: string): Pick<CallerIdentity, 'roleArn' | 'sessionName'> {
  const [, account, role, sessionName] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? [];
  if (account === undefined || sessionName === undefined) return {};
  return { roleArn: `arn:aws:iam::${account}:role/${role}`, sessionName };
}

/** Sixteen characters of the alphabet of access key ids. */
function base32(bytes: Buffer): string {
  return [...bytes].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
}
