/** Which key an alias belongs to now: one that is gone from its key may have been given to another. */
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { type KeyArn, type Place, parseKeyArn } from '../../domain/ids.ts';
import { bounded } from './deadline.ts';
import { accountOf } from './options.ts';
import type { Reader } from './paced.ts';

/** Never rejects. */
export async function aliasTarget(
  { options, clients }: Reader,
  place: Place,
  alias: string,
): Promise<KeyArn | undefined> {
  if (accountOf(options, place) === undefined) return undefined;
  try {
    const command = new DescribeKeyCommand({ KeyId: alias });
    const answer = await bounded(options.timeouts.request, undefined, (abortSignal) =>
      clients.kmsForReading(place).send(command, { abortSignal }),
    );
    return parseKeyArn(answer.KeyMetadata?.Arn ?? '')?.arn;
  } catch {
    return undefined;
  }
}
