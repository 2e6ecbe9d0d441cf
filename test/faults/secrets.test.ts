/** What must stay secret appears nowhere: not in a log, not in anything Redis was ever told, not in Slack, not in a probe. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from '../../src/adapters/system/log.ts';
import { ACCOUNT, BOT_TOKEN, CHANNEL, eventually, REGION, SIGNING_SECRET, TOKEN, type World } from '../harness.ts';
import { cardOf, connect, inWorld, openRelay, pass, scheduled, settled } from './given.ts';

const CANARY = 'canary-7f3a9c51e2';
const AWS_SECRET = 'secret-of-the-tests';

/** Every command Redis was ever sent that changed something. */
async function everWritten(world: World): Promise<string> {
  const files = await readdir(world.redis.directory, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}

const seenInSlack = (world: World): string =>
  JSON.stringify([world.slack.channels(), world.slack.views(), world.slack.ephemerals()]);

test('secrets and canaries of every input stay out of logs, Redis, Slack and probes', () => {
  let logged = '';
  const log = createLog({
    level: 'debug',
    secrets: [BOT_TOKEN, SIGNING_SECRET, TOKEN, AWS_SECRET],
    destination: {
      write: (line) => {
        logged += line;
      },
    },
  });
  return inWorld({ withoutBot: true }, async (world) => {
    const bot = await world.addBot({ log });
    await using sns = await openRelay([`${bot.url}/webhooks/sns`]);
    await using clicks = await openRelay([`${bot.url}/slack/events`]);
    await connect(world, bot, sns.url);
    world.slack.deliverTo(clicks.url);

    // A canary wherever AWS leaves room for one that the bot has no use for.
    const arn = await scheduled(world, 'canary', 30, bot);
    await cardOf(world, 'canary');
    const event = {
      version: '0',
      id: '5d1f3f0a-0000-4000-8000-000000000001',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.kms',
      account: ACCOUNT,
      time: new Date(world.clock.now()).toISOString(),
      region: REGION,
      resources: [],
      detail: {
        eventVersion: '1.11',
        eventSource: 'kms.amazonaws.com',
        eventName: 'PutKeyPolicy',
        eventTime: new Date(world.clock.now()).toISOString(),
        awsRegion: REGION,
        recipientAccountId: ACCOUNT,
        eventID: '5d1f3f0a-0000-4000-8000-000000000002',
        requestID: '5d1f3f0a-0000-4000-8000-000000000003',
        sourceIPAddress: '203.0.113.9',
        userAgent: 'aws-cli',
        userIdentity: {
          type: 'IAMUser',
          arn: `arn:aws:iam::${ACCOUNT}:user/mallory`,
          accountId: ACCOUNT,
          userName: 'mallory',
          sessionContext: { webIdFederationData: { token: CANARY } },
        },
        requestParameters: {
          keyId: arn,
          policyName: 'default',
          // A policy is kept: it is held against the one that was last good.
          policy: '{}',
          bypassReason: CANARY,
          plaintext: CANARY,
          importToken: CANARY,
        },
        responseElements: { keyId: arn, token: CANARY },
        additionalEventData: { secret: CANARY },
        resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
        readOnly: false,
        unheardOf: CANARY,
      },
    };
    const post = (path: string, body: string, headers: Record<string, string>): Promise<number> =>
      fetch(`${bot.url}${path}`, { method: 'POST', body, headers }).then(({ status }) => status);
    const json = { 'content-type': 'application/json' };
    expect(await post('/webhooks/eventbridge', JSON.stringify(event), { ...json, 'x-keywarden-token': TOKEN })).toBe(
      200,
    );
    await eventually('the policy change on the card', () => world.words(world.messages()[0]).includes('203.0.113.9'));
    // Refused input must not be echoed into the log either.
    for (const path of ['/webhooks/eventbridge', '/webhooks/sns', '/slack/events']) {
      await post(path, JSON.stringify({ Token: CANARY, payload: CANARY }), { ...json, 'x-keywarden-token': CANARY });
      await post(path, `{"${CANARY}`, { ...json, authorization: `Bearer ${CANARY}` });
      await fetch(`${bot.url}${path}?token=${CANARY}`);
    }
    // Clicks, commands, and failures of both sides, whose errors carry requests.
    await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'status canary' });
    world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'failAfter', count: 1 });
    const card = await cardOf(world, 'canary');
    await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
    await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled', 20_000);
    // A rescue that is still looking would cancel the next deletion as well.
    await eventually('its end', async () => (await world.incident(arn))?.actions[0]?.ending, 20_000);
    world.slack.change({ kind: 'revokeToken' });
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    await eventually('the refused token', () => logged.includes('refuses the bot token'));
    world.slack.change({ kind: 'restoreToken' });
    pass(world, 31_000);
    await settled(world, bot);

    const probes = await Promise.all(
      ['/readyz', '/healthz'].map((path) => fetch(`${bot.url}${path}`).then((answer) => answer.text())),
    );
    const places = { logged, redis: await everWritten(world), slack: seenInSlack(world), probes: probes.join() };
    // The nets hold: each has caught what it should.
    expect(places.logged).toContain('KMS answered');
    expect(places.redis).toContain(String((await world.incident(arn))?.id));
    expect(places.slack).toContain('alias/canary');
    const subscription = /"Token" : "([0-9a-f]+)"/.exec(sns.bodies.join())?.[1];
    const urls = clicks.bodies.flatMap((body) => {
      const form = new URLSearchParams(body);
      const payload = JSON.parse(form.get('payload') ?? '{}') as { response_url?: string };
      return [payload.response_url, form.get('response_url')].filter((url) => typeof url === 'string');
    });
    expect(subscription).toBeDefined();
    expect(urls).toHaveLength(2);
    for (const secret of [BOT_TOKEN, SIGNING_SECRET, TOKEN, AWS_SECRET, CANARY, subscription ?? '', ...urls])
      for (const [place, text] of Object.entries(places))
        expect(text.includes(secret), `${secret.slice(0, 40)} in ${place}`).toBe(false);
  });
});
