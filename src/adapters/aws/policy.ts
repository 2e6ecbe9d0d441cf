/** The key policy: its text, and its digest, which tells whether it is still the one that people agreed on. */
import { createHash } from 'node:crypto';
import { GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { canonicalText } from '../../domain/canonical-text.ts';
import type { KeyRef } from '../../domain/ids.ts';
import { known, type Learned } from '../../domain/key.ts';
import { UnusableAnswer } from './failures.ts';
import { learn } from './learn.ts';
import { paced, type Reader, type Turn } from './paced.ts';

/** A key has one policy, of this name (KMS API reference, GetKeyPolicy). */
const ONLY_POLICY = 'default';
/** A quota of KMS, in bytes. */
const LONGEST_POLICY = 32_768;

/** The policy's JSON as KMS keeps it. Never rejects. */
export const policyText = (reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<string>> =>
  learn(reader, key, 'GetKeyPolicy', async () => {
    const text = await readPolicy(reader, key, turn);
    parsed(text);
    if (Buffer.byteLength(text) > LONGEST_POLICY)
      throw new UnusableAnswer('KMS answered with a policy longer than 32 KB');
    return known(text);
  });

/** sha256, hex, of the policy's canonical form; the turn's signal gives up early. Never rejects. */
export const policyDigest = (reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<string>> =>
  learn(reader, key, 'GetKeyPolicy', async () =>
    known(
      createHash('sha256')
        .update(canonicalText(parsed(await readPolicy(reader, key, turn))))
        .digest('hex'),
    ),
  );

async function readPolicy(reader: Reader, key: KeyRef, turn: Turn): Promise<string> {
  const command = new GetKeyPolicyCommand({ KeyId: key.arn, PolicyName: ONLY_POLICY });
  const answer = await paced(reader, key, 'GetKeyPolicy', turn, (client, abortSignal) =>
    client.send(command, { abortSignal }),
  );
  return answer.Policy ?? '';
}

function parsed(policy: string): unknown {
  try {
    const document: unknown = JSON.parse(policy);
    if (typeof document === 'object' && document !== null) return document;
  } catch {
    // No JSON: as unusable as an answer without a policy.
  }
  throw new UnusableAnswer('KMS answered without a readable key policy');
}
