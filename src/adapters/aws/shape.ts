/** The shape of a key: policy, grants, aliases, tags and rotation, each learnt, or not, on its own and at our pace. */
import { GetKeyRotationStatusCommand } from '@aws-sdk/client-kms';
import { isPending, type KeySnapshot, kindOf, known, type Learned, unknown } from '../../domain/key.ts';
import type { KeyShape, MultiRegionShape, Rotation } from '../../domain/shape.ts';
import { keyAliases, keyTags } from './details.ts';
import { UnusableAnswer } from './failures.ts';
import { keyGrants } from './grants.ts';
import { learn } from './learn.ts';
import { paced, type Reader, type Turn } from './paced.ts';
import { policyText } from './policy.ts';

/** KMS's quotas, both adjustable: what is beyond is not compared, and says so. */
const MOST_ALIASES = 50;
const MOST_TAGS = 50;

/** Never rejects. At most five requests at once, and more for more than a page of grants. */
export async function keyShape(reader: Reader, snapshot: KeySnapshot, turn: Turn): Promise<KeyShape> {
  const { key, state, multiRegion } = snapshot;
  const [policy, grants, aliases, tags, rotation] = await Promise.all([
    policyText(reader, key, turn),
    keyGrants(reader, key, turn),
    keyAliases(reader, key, turn),
    keyTags(reader, key, turn),
    rotates(snapshot) ? keyRotation(reader, snapshot, turn) : undefined,
  ]);
  return {
    takenAt: reader.options.clock.now(),
    state,
    policy,
    grants,
    aliases: atMost(aliases, MOST_ALIASES, 'aliases', (list) => list.length),
    tags: atMost(tags, MOST_TAGS, 'tags', (list) => Object.keys(list).length),
    ...(rotation === undefined ? {} : { rotation }),
    ...(multiRegion === undefined ? {} : { multiRegion: familyShape(multiRegion) }),
  };
}

function atMost<T>(learned: Learned<T>, most: number, what: string, count: (value: T) => number): Learned<T> {
  return learned.kind === 'known' && count(learned.value) > most
    ? unknown(`it has more than ${most} ${what}: they are not kept`)
    : learned;
}

/** KMS rotates by itself only symmetric encryption keys whose material it made (developer guide, rotate-keys). */
const rotates = (snapshot: KeySnapshot): boolean =>
  kindOf(snapshot) === 'awsKms' && snapshot.spec === 'SYMMETRIC_DEFAULT';

async function keyRotation(reader: Reader, { key, state }: KeySnapshot, turn: Turn): Promise<Learned<Rotation>> {
  // Then KMS answers "off", whatever was set, and sets it again when the deletion is cancelled (GetKeyRotationStatus).
  if (isPending(state)) return unknown('KMS does not tell it while the deletion is pending');
  return learn(reader, key, 'GetKeyRotationStatus', async () => {
    const command = new GetKeyRotationStatusCommand({ KeyId: key.arn });
    const { KeyRotationEnabled: enabled, RotationPeriodInDays: periodInDays } = await paced(
      reader,
      key,
      'GetKeyRotationStatus',
      turn,
      (client, abortSignal) => client.send(command, { abortSignal }),
    );
    if (enabled === undefined) throw new UnusableAnswer('KMS answered without a rotation status');
    return known({ enabled, ...(enabled && periodInDays !== undefined ? { periodInDays } : {}) });
  });
}

const familyShape = ({ role, primary, replicas }: NonNullable<KeySnapshot['multiRegion']>): MultiRegionShape => ({
  role,
  primary: primary.arn,
  replicas: replicas.map(({ arn, region }) => ({ arn, region })).sort((one, other) => (one.arn < other.arn ? -1 : 1)),
});
