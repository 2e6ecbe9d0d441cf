/** What may be lost, in the words that stand everywhere alike. */
import type { LossKind } from './clocks.ts';

const NAMES: Readonly<Record<LossKind, string>> = {
  replica: 'the replica of a DynamoDB global table',
  rds: 'RDS databases',
  dynamodb: 'DynamoDB tables',
  material: 'the imported key material',
};

/** `RDS databases and DynamoDB tables`. */
export const lossesNamed = (of: readonly LossKind[]): string => of.map((loss) => NAMES[loss]).join(' and ');
