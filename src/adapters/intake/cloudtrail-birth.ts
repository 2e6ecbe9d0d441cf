/**
 * CreateKey: the one record that says in which state a young key began. A replica's stands in its own Region (ReplicateKey, in the
 * primary's, is about the primary).
 */
import { type KeyRef, parseKeyArn } from '../../domain/ids.ts';
import { keyFrom, type TrailRecord } from './cloudtrail-record.ts';
import { field, textField } from './json.ts';

/** A key store takes no new key unless it is connected, so its keys begin Enabled too. */
const BEGINS_ENABLED = new Set(['AWS_KMS', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']);
const BEGUN = new Set(['Enabled', 'Creating']);

/** The key that was made and begins Enabled. `undefined`: it waits for its material, or the record does not tell. */
export function bornKeyFrom(record: TrailRecord): KeyRef | undefined {
  const made = field(record.responseElements, 'keyMetadata');
  const origin = textField(made, 'origin') ?? textField(record.requestParameters, 'origin');
  if (origin === undefined || !BEGINS_ENABLED.has(origin)) return undefined;
  if (!BEGUN.has(textField(made, 'keyState') ?? 'Enabled')) return undefined;
  const key = parseKeyArn(textField(made, 'arn') ?? '') ?? keyFrom(record);
  return key?.region === record.awsRegion ? key : undefined;
}
