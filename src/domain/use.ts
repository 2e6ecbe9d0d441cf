/** What CloudTrail's event history shows of a key's successful use, where KMS itself cannot tell. It reaches back 90 days. */
import type { Instant } from './ids.ts';
import type { Deed } from './intruder.ts';

export interface TrailUse {
  readonly lookedAt: Instant;
  /** Begin of the searched stretch. */
  readonly from: Instant;
  readonly newest?: SeenUse;
  /** Everything from there on was read; else uses further back may not have been reached. */
  readonly complete: boolean;
  /** Why it could not be searched. */
  readonly problem?: string;
}

export interface SeenUse {
  readonly operation: string;
  readonly at: Instant;
  /** ARN or service, from outside. */
  readonly who: string;
}

/** Calls that need a usable key; of public keys KMS itself keeps no last use. */
const USES: readonly string[] = [
  'Encrypt',
  'Decrypt',
  'ReEncrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'Sign',
  'Verify',
  'DeriveSharedSecret',
];

export const isUse = ({ operation }: Deed): boolean => USES.includes(operation);

/** Successful uses among calls, oldest first. */
export const usesAmong = (deeds: readonly Deed[]): readonly SeenUse[] =>
  deeds
    .filter((deed) => isUse(deed) && deed.error === undefined)
    .map(({ operation, at, actor }) => ({
      operation,
      at,
      who: actor.invokedBy ?? actor.issuerArn ?? actor.arn ?? actor.type,
    }))
    .sort((one, other) => one.at - other.at);
