/**
 * `npm start` against a KMS and a Slack that this project did not write, given by the URLs in the environment only: the
 * Slack of the `emulate` package, and a KMS that knows few operations and answers the others with an HTML 500.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from 'emulate';
import { afterEach, describe, expect, test } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '../../src/sandbox/redis.ts';
import { eventually } from '../harness.ts';

const ACCOUNT = '111122223333';
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:us-west-2:${ACCOUNT}:key/${KEY_ID}`;
const SECRET = 'a-signing-secret';

/** What a Web API method answers; read field by field. */
interface Answer {
  readonly [field: string]: unknown;
  readonly ts?: string;
}

interface ForeignKms {
  state: string;
  readonly url: string;
  readonly asked: string[];
  close(): Promise<void>;
}

async function foreignKms(): Promise<ForeignKms> {
  const asked: string[] = [];
  const kms = { state: 'Enabled' };
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
      asked.push(operation);
      const answer = answers(kms)[operation]?.();
      if (answer === undefined)
        return response
          .writeHead(500, { 'content-type': 'text/html' })
          .end('<html><body>Not implemented</body></html>');
      return response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    get state() {
      return kms.state;
    },
    set state(state: string) {
      kms.state = state;
    },
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const answers = (kms: { state: string }): Readonly<Record<string, () => unknown>> => ({
  ListKeys: () => ({ Keys: [{ KeyId: KEY_ID, KeyArn: ARN }], Truncated: false }),
  ListAliases: () => ({
    Aliases: [
      { AliasName: 'alias/foreign', TargetKeyId: KEY_ID, AliasArn: `arn:aws:kms:us-west-2:${ACCOUNT}:alias/foreign` },
    ],
    Truncated: false,
  }),
  DescribeKey: () => ({
    KeyMetadata: {
      KeyId: KEY_ID,
      Arn: ARN,
      AWSAccountId: ACCOUNT,
      KeyState: kms.state,
      KeyManager: 'CUSTOMER',
      Origin: 'AWS_KMS',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      CreationDate: 1_700_000_000,
      ...(kms.state === 'PendingDeletion' ? { DeletionDate: Math.floor(Date.now() / 1_000) + 7 * 86_400 } : {}),
    },
  }),
  CancelKeyDeletion: () => {
    kms.state = 'Disabled';
    return { KeyId: ARN };
  },
  EnableKey: () => {
    kms.state = 'Enabled';
    return {};
  },
});

let ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(
  environment: Record<string, string>,
  config: object,
): Promise<{ readonly url: string; readonly process: ChildProcess; output(): string }> {
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-foreign-'));
  ends.push(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'keywarden.yaml'), JSON.stringify(config));
  const port = 32_100 + Math.floor(Math.random() * 500);
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      PATH: process.env.PATH,
      KEYWARDEN_CONFIG: join(folder, 'keywarden.yaml'),
      PORT: String(port),
      HOST: '127.0.0.1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  ends.push(async () => {
    if (child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exited;
  });
  return { url: `http://127.0.0.1:${port}`, process: child, output: () => output };
}

describe('with a KMS and a Slack of others', () => {
  test('the card says what could not be learnt, and the rescue works', async () => {
    const redis: PrivateRedis = await startPrivateRedis();
    ends.push(() => redis.stop());
    const kms = await foreignKms();
    ends.push(() => kms.close());
    const slack = await createEmulator({
      service: 'slack',
      port: 0,
      seed: { slack: { users: [{ name: 'alice' }], channels: [{ name: 'incidents' }], signing_secret: SECRET } },
    } as never);
    ends.push(() => slack.close());
    const api = async (method: string, body: Record<string, string> = {}): Promise<Answer> => {
      const response = await fetch(`${slack.url}/api/${method}`, {
        method: 'POST',
        headers: { authorization: 'Bearer xoxb-foreign', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(body),
      });
      return (await response.json()) as Answer;
    };
    const channel =
      ((await api('conversations.list')).channels as { id: string; name: string }[]).find(
        ({ name }) => name === 'incidents',
      )?.id ?? '';
    const identity = await api('auth.test');
    const alice =
      ((await api('users.list')).members as { id: string; name: string }[]).find(({ name }) => name === 'alice')?.id ??
      '';
    const bot = await start(
      {
        REDIS_URL: redis.url,
        SLACK_API_URL: `${slack.url}/api/`,
        SLACK_BOT_TOKEN: 'xoxb-foreign',
        SLACK_SIGNING_SECRET: SECRET,
        KEYWARDEN_EVENTBRIDGE_TOKENS: 'foreign-token',
        AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'example',
        AWS_ENDPOINT_URL_KMS: kms.url,
        AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9',
        AWS_ENDPOINT_URL_CLOUDTRAIL: 'http://127.0.0.1:9',
      },
      {
        channels: { default: channel },
        accounts: [{ id: ACCOUNT, regions: ['us-west-2'] }],
        roles: { responder: { users: [alice], usergroups: ['S0NOGROUPS'] } },
      },
    );
    await eventually('readiness', async () => (await fetch(`${bot.url}/readyz`)).status === 200, 15_000).catch(
      (error: unknown) => {
        throw new Error(bot.output(), { cause: error });
      },
    );
    await eventually('the first sweep', () => kms.asked.includes('DescribeKey'));
    kms.state = 'PendingDeletion';
    const event = {
      version: '0',
      id: 'e-1',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.kms',
      account: ACCOUNT,
      time: new Date().toISOString(),
      region: 'us-west-2',
      resources: [],
      detail: {
        eventVersion: '1.11',
        userIdentity: {
          type: 'IAMUser',
          arn: `arn:aws:iam::${ACCOUNT}:user/mallory`,
          accountId: ACCOUNT,
          userName: 'mallory',
        },
        eventTime: new Date().toISOString(),
        eventSource: 'kms.amazonaws.com',
        eventName: 'ScheduleKeyDeletion',
        awsRegion: 'us-west-2',
        requestParameters: { keyId: ARN, pendingWindowInDays: 7 },
        responseElements: { keyId: ARN },
        requestID: 'r-1',
        eventID: 'ev-1',
        readOnly: false,
        resources: [{ ARN, accountId: ACCOUNT, type: 'AWS::KMS::Key' }],
        eventType: 'AwsApiCall',
        recipientAccountId: ACCOUNT,
      },
    };
    const accepted = await fetch(`${bot.url}/webhooks/eventbridge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-keywarden-token': 'foreign-token' },
      body: JSON.stringify(event),
    });
    expect(accepted.status).toBe(200);
    const history = async (): Promise<Answer[]> =>
      (await api('conversations.history', { channel })).messages as Answer[];
    const card = await eventually('the card', async () =>
      (await history()).find((message) => JSON.stringify(message).includes('alias/foreign')),
    );
    await eventually('what could not be learnt', async () =>
      JSON.stringify(await history()).includes('tags not known: KMS answered HTTP 500'),
    );
    expect(JSON.stringify(card)).toContain('mallory');
    const button = JSON.stringify(card.blocks).match(
      /"action_id":"rescue"[^}]*"value":"([^"]+)"|"value":"([^"]+)"[^}]*"action_id":"rescue"/,
    );
    const payload = {
      type: 'block_actions',
      user: { id: alice, team_id: identity.team_id },
      team: { id: identity.team_id },
      channel: { id: channel },
      container: { type: 'message', message_ts: card.ts, channel_id: channel },
      message: { ts: card.ts },
      trigger_id: '1.2.3',
      actions: [
        { action_id: 'rescue', block_id: 'b', type: 'button', value: button?.[1] ?? button?.[2], action_ts: '1.1' },
      ],
    };
    const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
    const stamp = String(Math.floor(Date.now() / 1_000));
    const signature = `v0=${createHmac('sha256', SECRET).update(`v0:${stamp}:${body}`).digest('hex')}`;
    const pressed = await fetch(`${bot.url}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': stamp,
        'x-slack-signature': signature,
      },
      body,
    });
    expect(pressed.status).toBe(200);
    await eventually('the key enabled', () => kms.state === 'Enabled').catch((error: unknown) => {
      throw new Error(bot.output(), { cause: error });
    });
    // Enabled, and read so; what this KMS does not answer for is not taken for as it was.
    await eventually('the amber card', async () => {
      const words = JSON.stringify(await history());
      return (
        words.includes('🟠  Key usable again, but not as before') && words.includes('*Grants* could not be compared')
      );
    });
    expect(await history()).toHaveLength(1);
  }, 60_000);
});
