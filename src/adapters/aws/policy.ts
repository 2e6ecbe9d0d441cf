/** The key policy as a digest: whether it is still the one that people agreed on, without showing it to anybody. */
import { createHash } from 'node:crypto';
import { GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { canonicalText } from '../../domain/canonical-text.ts';
import type { KeyRef } from '../../domain/ids.ts';
import { known, type Learned } from '../../domain/key.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { UnusableAnswer } from './failures.ts';
import { learn } from './learn.ts';
import type { AwsOptions } from './options.ts';

/** A key has one policy, of this name (KMS API reference, GetKeyPolicy). */
const ONLY_POLICY = 'default';

/** sha256, hex, of the policy's canonical form; `signal` gives up early. Never rejects. */
export const policyDigest = (
  options: AwsOptions,
  clients: Clients,
  key: KeyRef,
  signal?: AbortSignal,
): Promise<Learned<string>> =>
  learn(options, clients, key, 'GetKeyPolicy', async () => {
    const command = new GetKeyPolicyCommand({ KeyId: key.arn, PolicyName: ONLY_POLICY });
    const answer = await bounded(options.timeouts.request, signal, (abortSignal) =>
      clients.kmsForReading(key).send(command, { abortSignal }),
    );
    return known(
      createHash('sha256')
        .update(canonicalText(parsed(answer.Policy)))
        .digest('hex'),
    );
  });

function parsed(policy: string | undefined): unknown {
  try {
    const document: unknown = JSON.parse(policy ?? '');
    if (typeof document === 'object' && document !== null) return document;
  } catch {
    // No JSON: as unusable as an answer without a policy.
  }
  throw new UnusableAnswer('KMS answered without a readable key policy');
}
