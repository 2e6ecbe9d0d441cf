/** KMS clients for mutations: one for each action, operation and key, under a session of its own, kept until the action is over. */
import type { KMSClient } from '@aws-sdk/client-kms';
import type { Attribution } from '../../domain/action.ts';
import type { Right } from '../../domain/approval.ts';
import type { ActionId, Duration, Instant, Place, Region } from '../../domain/ids.ts';
import type { Mutation } from '../../domain/key.ts';
import type { Duty } from '../../ports.ts';
import { assumeForAction, rememberReluctant } from './action-session.ts';
import type { Credentials, Role } from './assume-role.ts';
import { CredentialsUnavailable } from './failures.ts';
import { type AwsOptions, type Means, meansFor } from './options.ts';

/** Which role a call needs. Rescue is a duty of its own: it must work where nothing that destroys is allowed. */
export const DUTY_OF: Readonly<Record<Mutation, Duty>> = {
  CancelKeyDeletion: 'rescue',
  EnableKey: 'rescue',
  DisableKey: 'disable',
  DeleteImportedKeyMaterial: 'destroy',
  ScheduleKeyDeletion: 'destroy',
};

/** Of the 900 s an action's session lives. */
const SESSION_USE: Duration = 12 * 60_000;
const MOST_KEPT = 256;

export interface ActionClient {
  /** Never retries. */
  readonly client: KMSClient;
  readonly attribution: Attribution;
}

export interface ActionClients {
  /** Rejects with `CredentialsUnavailable`. */
  of(right: Right): Promise<ActionClient>;
  /** KMS turned the session away: the same call gets a new one. */
  forget(right: Right): void;
  /** The action is over. */
  discard(action: ActionId): void;
}

/** What the clients are built from. */
export interface ActionClientParts {
  readonly roleOf: (place: Place, means: Means & { readonly kind: 'role' }) => Role;
  readonly own: (region: Region) => KMSClient;
  readonly under: (region: Region, credentials: Credentials) => KMSClient;
}

export function createActionClients(options: AwsOptions, parts: ActionClientParts): ActionClients {
  const reluctant = rememberReluctant(options.clock, options.log);
  const kept = new Map<string, { readonly client: Promise<ActionClient>; readonly until: Instant }>();

  async function newClient(right: Right, means: Means & { readonly kind: 'role' }): Promise<ActionClient> {
    const { credentials, attribution } = await assumeForAction(parts.roleOf(right.key, means), right, reluctant);
    return { client: parts.under(right.key.region, credentials), attribution };
  }

  function session(right: Right, means: Means & { readonly kind: 'role' }): Promise<ActionClient> {
    const name = nameOf(right);
    const now = options.clock.now();
    const found = kept.get(name);
    if (found !== undefined && found.until > now) return found.client;
    const entry = { client: newClient(right, means), until: now + SESSION_USE };
    kept.delete(name);
    kept.set(name, entry);
    entry.client.catch(() => kept.get(name) === entry && kept.delete(name));
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return entry.client;
  }

  return {
    of: async (right) => {
      const duty = DUTY_OF[right.operation];
      const means = meansFor(options, duty, right.key);
      switch (means.kind) {
        case 'none':
          throw new CredentialsUnavailable(`account ${right.key.account} has no ${duty} role`, true);
        case 'own':
          return { client: parts.own(right.key.region), attribution: { kind: 'bot' } };
        case 'role':
          return session(right, means);
      }
    },
    forget: (right) => void kept.delete(nameOf(right)),
    discard: (action) => {
      for (const name of kept.keys()) if (name.startsWith(`${action} `)) kept.delete(name);
    },
  };
}

/** A session allows one operation on one key: so much belongs to its name. */
const nameOf = ({ action, operation, key }: Right): string => `${action} ${operation} ${key.arn}`;
