/** What compose hands to this room; plain values, so that the room knows no configuration file. */
import type { Normalised } from '../../domain/fact.ts';
import type { AccountId, Duration, Instant, Place, Region } from '../../domain/ids.ts';
import type { Deed } from '../../domain/intruder.ts';
import type { Clock, Duty, Log, Pace } from '../../ports.ts';

export interface AccountOptions {
  readonly id: AccountId;
  readonly name: string;
  readonly regions: readonly Region[];
  /** Absent: own credentials for every duty. Present: a duty without a role is not available. */
  readonly roles?: Readonly<Partial<Record<Duty, string>>>;
  readonly externalId?: string;
}

export interface AwsOptions {
  readonly accounts: readonly AccountOptions[];
  /** `aws`, `aws-cn`, `aws-us-gov`: a key of another partition is never asked for. */
  readonly partition: string;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly log: Log;
  /** Turns one CloudTrail record into a fact. */
  readonly normalise: (record: unknown, source: 'cloudtrail', seenAt: Instant) => Normalised;
  /** Turns one CloudTrail record into what somebody did; `undefined`: it is malformed. */
  readonly deedOf: (record: unknown, place: Place, seenAt: Instant) => Deed | undefined;
  /** ms. `request` bounds a whole read with its retries, or one mutation; at most 5 s are sensible. */
  readonly timeouts: { readonly connection: Duration; readonly request: Duration };
  /** Another AWS than the SDK's own variables name: the sandbox's, in the same process. */
  readonly connection?: {
    readonly endpoints: Readonly<Partial<Record<'kms' | 'cloudtrail' | 'sts' | 'sns', string>>>;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Jitter, 0 ≤ x < 1. */
  readonly random?: () => number;
}

/** The account's options when the account and the Region are configured. */
export const accountOf = (options: AwsOptions, place: Place): AccountOptions | undefined =>
  options.accounts.find((account) => account.id === place.account && account.regions.includes(place.region));

/** How a duty is carried out in a place. */
export type Means =
  | { readonly kind: 'role'; readonly arn: string; readonly externalId: string | undefined }
  | { readonly kind: 'own' }
  | { readonly kind: 'none' };

/** Without roles all is done with own credentials; with roles for acting only, reading still is. */
export function meansFor(options: AwsOptions, duty: Duty, place: Place): Means {
  const account = accountOf(options, place);
  if (account === undefined) return { kind: 'none' };
  const arn = account.roles?.[duty];
  if (arn !== undefined) return { kind: 'role', arn, externalId: account.externalId };
  return account.roles === undefined || duty === 'read' ? { kind: 'own' } : { kind: 'none' };
}
