/** What a fault left behind: in Redis, at the emulated AWS, and in its events. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { FAMILIES } from '../../src/adapters/queue/families.ts';
import { ACCOUNT, eventually, REGION, TOKEN, type World } from '../harness.ts';

/** One command to the world's Redis, over a connection of its own. */
export async function redisCommand(world: World, ...words: readonly string[]): Promise<unknown> {
  const client = new Redis(world.redis.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(words[0] ?? 'PING', ...words.slice(1));
  } finally {
    client.disconnect();
  }
}

/** What is owed, and every job that runs or stands to be run. ARGV: the families. */
const UNDER_WAY = `
local count = redis.call('HLEN', '{kw}:pending') + redis.call('HLEN', '{kw}:inbox') + redis.call('SCARD', '{kw}:lanes')
for _, family in ipairs(ARGV) do
  local queue = '{kw}:' .. family
  count = count + redis.call('LLEN', queue .. ':wait') + redis.call('LLEN', queue .. ':active')
    + redis.call('ZCARD', queue .. ':prioritized')
end
return count`;

/** Nothing is under way and Slack shows everything, whoever works: the next call to KMS is the one a test asks for. */
export const quiet = (world: World): Promise<true> =>
  // CloudTrail is asked once a second: what several keys wait to be told of takes its time.
  eventually(
    'nothing under way',
    async () => ((await redisCommand(world, 'EVAL', UNDER_WAY, '0', ...FAMILIES)) === 0 ? true : undefined),
    40_000,
  );

/** Calls that reached an emulated service, whatever became of them. */
export const called = (world: World, operation: string, service = 'kms'): number =>
  [...world.aws.calls()]
    .filter(([name]) => name.startsWith(`${service} ${operation} `))
    .reduce((sum, [, count]) => sum + count, 0);

/** What sessions of ours changed about a key, as CloudTrail recorded it, in order. */
export const changesByUs = (world: World, arn: string): readonly string[] =>
  world.aws
    .events()
    .filter(({ source, detail }) => source === 'cloudtrail' && detail.readOnly === false && !('errorCode' in detail))
    .map(({ detail }) => ({ name: String(detail.eventName), text: JSON.stringify(detail) }))
    .filter(({ text }) => text.includes(arn) && /\.a[0-9a-f]{31}\b/.test(text))
    .map(({ name }) => name);

/** The newest CloudTrail record of an operation on a key, as EventBridge brings it. */
export async function eventOf(world: World, operation: string, arn: string): Promise<Record<string, unknown>> {
  const record = await eventually(`the record of ${operation}`, () =>
    world.aws
      .events()
      .filter(({ source, detail }) => source === 'cloudtrail' && detail.eventName === operation)
      .findLast(({ detail }) => JSON.stringify(detail).includes(arn)),
  );
  return enveloped(record.detail);
}

/** The envelope of `AWS API Call via CloudTrail`, with an id of its own. */
export const enveloped = (detail: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.kms',
  account: ACCOUNT,
  time: detail.eventTime,
  region: REGION,
  resources: [],
  detail,
});

/** A call in a session of our role, as CloudTrail tells it. */
export const inOurRole = (event: Record<string, unknown>, role: string, session: string): Record<string, unknown> => {
  const detail = event.detail as Record<string, unknown>;
  return enveloped({
    ...detail,
    eventID: randomUUID(),
    requestID: randomUUID(),
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLE:${session}`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
      accountId: ACCOUNT,
      accessKeyId: 'ASIAEXAMPLE',
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: 'AROAEXAMPLE',
          arn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
          accountId: ACCOUNT,
          userName: role,
        },
        attributes: { creationDate: detail.eventTime, mfaAuthenticated: 'false' },
      },
    },
  });
};

/** Hands an event to a bot as EventBridge does; answers the status. */
export const postEvent = async (url: string, event: object): Promise<number> => {
  const response = await fetch(`${url}/webhooks/eventbridge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-keywarden-token': TOKEN },
    body: JSON.stringify(event),
  });
  await response.arrayBuffer();
  return response.status;
};
