/** What the stories of harm share: keys that services need, and what their cards say of it. */
import { cardOf, settled, sweepNow } from '../faults/given.ts';
import { ACCOUNT, eventually, MALLORY, REGION, type World } from '../harness.ts';

export const PLACE = { account: ACCOUNT, region: REGION } as const;
export const REPLICATION = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication`;

/** A service keeps a grant on the key for one of its resources. */
export async function granted(
  world: World,
  arn: string,
  grantee: string,
  context: Readonly<Record<string, string>>,
): Promise<void> {
  await world.call('CreateGrant', {
    KeyId: arn,
    GranteePrincipal: grantee,
    Operations: ['Decrypt', 'GenerateDataKeyWithoutPlaintext'],
    Constraints: { EncryptionContextSubset: context },
  });
}

/** A key that the sweep knows as enabled, with grants, and that somebody then disables. */
export async function disabled(
  world: World,
  alias: string,
  grants: readonly (readonly [string, Readonly<Record<string, string>>])[],
): Promise<string> {
  const arn = await world.makeKey(alias);
  for (const [grantee, context] of grants) await granted(world, arn, grantee, context);
  await sweepNow(world);
  await world.call('DisableKey', { KeyId: arn });
  await cardOf(world, alias);
  return arn;
}

/** The card's words, once they hold a text. */
export async function cardSays(world: World, alias: string, text: string, within = 10_000): Promise<string> {
  return eventually(
    `“${text}” on the card of ${alias}`,
    async () => {
      await settled(world);
      const words = world.words((await cardOf(world, alias)).blocks as never);
      return words.includes(text) ? words : undefined;
    },
    within,
  );
}

/** S3 reads an object for somebody and is refused, or not. */
export const s3Reads = (world: World, arn: string, bucket: string): number =>
  world.aws.kms.useAsService({
    operation: 'Decrypt',
    keyArn: arn,
    encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${bucket}` },
    identity: { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:role/reader`, type: 'AssumedRole' } as never,
    invokedBy: 's3.amazonaws.com',
  }).status;

export { MALLORY };
