import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetParametersForImportCommand,
  type KMSClient,
  ListAliasesCommand,
  paginateListKeys,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Listening } from '../../../src/sandbox/aws/kms/kms.ts';
import type { FaultMode } from '../../../src/sandbox/world.ts';
import { account, arnOf, bot, dayMs, region, sdk, type World, world } from './kms-harness.ts';

let kms: World;
let server: Listening;
let client: KMSClient;

beforeEach(async () => {
  kms = world();
  server = await kms.kms.listen(0);
  client = sdk(server.url);
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

const fault = (operation: string, mode: FaultMode, count = 1) =>
  kms.faults.add({ service: 'kms', operation, mode, count });

describe('the SDK', () => {
  test('creates, describes, uses and schedules a key', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: 'orders' }));
    const KeyId = KeyMetadata?.KeyId;
    expect(KeyMetadata).toMatchObject({ Arn: arnOf(KeyId ?? ''), CreationDate: new Date(kms.now()) });
    const context = { EncryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::bucket/object' } };
    const sealed = await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('hello'), ...context }));
    const { CiphertextBlob } = sealed;
    const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob, ...context }));
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('hello');
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    const { DeletionDate } = await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(DeletionDate).toEqual(new Date(kms.now() + 7 * dayMs));
    await expect(client.send(new DecryptCommand({ CiphertextBlob, ...context }))).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: `${arnOf(KeyId ?? '')} is pending deletion.`,
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('gets import parameters as bytes', async () => {
    const KeyId = await kms.key({ Origin: 'EXTERNAL' });
    const answer = await client.send(
      new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec: 'RSA_2048',
      }),
    );
    expect(answer.PublicKey).toBeInstanceOf(Uint8Array);
    expect(answer.ImportToken?.length).toBeLessThanOrEqual(6144);
    expect(answer.ParametersValidTo).toEqual(new Date(kms.now() + 86_400_000));
  });

  test('pages through keys', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => kms.key()));
    const seen: (string | undefined)[] = [];
    for await (const { Keys } of paginateListKeys({ client, pageSize: 2 }, {}))
      seen.push(...(Keys ?? []).map(({ KeyId }) => KeyId));
    expect(seen.toSorted()).toEqual(made.toSorted());
  });

  test('sees the account and Region it signs for, and the request id of the record', async () => {
    await kms.key();
    const europe = sdk(server.url, bot, 'eu-west-1');
    const { Aliases, $metadata } = await europe.send(new ListAliasesCommand({}));
    expect(Aliases).toEqual([]);
    expect(kms.last()).toMatchObject({
      eventName: 'ListAliases',
      awsRegion: 'eu-west-1',
      requestID: $metadata.requestId,
      userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { userName: 'KeywardenRead' } } },
    });
    expect([...kms.kms.calls]).toEqual([[`kms ListAliases ${account} eu-west-1`, 1]]);
  });

  test('is refused with unknown credentials', async () => {
    const unknown = sdk(server.url, { ...bot, accessKeyId: 'AKIANOBODY' });
    await expect(unknown.send(new ListAliasesCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });
});

const scope = {
  authorization: `AWS4-HMAC-SHA256 Credential=AKIAALICE/20261124/${region}/kms/aws4_request, Signature=0`,
};
const post = (target: string, body: string, headers: Record<string, string> = scope) =>
  fetch(server.url, { method: 'POST', body, headers: { 'x-amz-target': target, ...headers } });

test.each([
  ['TrentService.MakeCoffee', '{}', scope, 'UnknownOperationException'],
  ['TrentService.constructor', '{}', scope, 'UnknownOperationException'],
  ['Other.ListKeys', '{}', scope, 'UnknownOperationException'],
  ['TrentService.ListKeys', '{', scope, 'SerializationException'],
  ['TrentService.ListKeys', '[]', scope, 'ValidationException'],
  ['TrentService.ListKeys', '{"Limit":0}', scope, 'ValidationException'],
  ['TrentService.ListKeys', '{"Marker":"nonsense"}', scope, 'InvalidMarkerException'],
  ['TrentService.DescribeKey', '{}', scope, 'ValidationException'],
  ['TrentService.ListKeys', '{}', {}, 'MissingAuthenticationTokenException'],
])('%s with %s answers an error in JSON 1.1', async (target, body, headers, type) => {
  const response = await post(target, body, headers as Record<string, string>);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await response.json()).toMatchObject({ __type: type });
});

describe('faults', () => {
  test('throttle and failBefore refuse without the work, once each', async () => {
    const KeyId = await kms.key();
    fault('DisableKey', 'throttle');
    fault('DisableKey', 'failBefore');
    const disable = () => client.send(new DisableKeyCommand({ KeyId }));
    await expect(disable()).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
    await expect(disable()).rejects.toMatchObject({ name: 'KMSInternalException', $metadata: { httpStatusCode: 500 } });
    expect(await kms.state(KeyId)).toBe('Enabled');
    await disable();
    expect(await kms.state(KeyId)).toBe('Disabled');
  });

  test('failAfter does the work and loses the answer', async () => {
    const KeyId = await kms.key();
    await kms.ok('ScheduleKeyDeletion', { KeyId });
    fault('CancelKeyDeletion', 'failAfter');
    await expect(client.send(new CancelKeyDeletionCommand({ KeyId }))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await kms.state(KeyId)).toBe('Disabled');
  });

  test('hang answers nothing and does nothing until the end', async () => {
    const KeyId = await kms.key();
    fault('*', 'hang');
    const hanging = client.send(new DisableKeyCommand({ KeyId })).catch((error: unknown) => error);
    const first = await Promise.race([hanging, new Promise((resolve) => setTimeout(resolve, 100, 'still waiting'))]);
    expect(first).toBe('still waiting');
    await server.close();
    expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
    expect(await kms.state(KeyId)).toBe('Enabled');
  });

  test('slow answers after two seconds', async () => {
    const KeyId = await kms.key();
    fault('DescribeKey', 'slow');
    const started = performance.now();
    await client.send(new DescribeKeyCommand({ KeyId }));
    expect(performance.now() - started).toBeGreaterThan(1_900);
  });

  test('stale shows the key as it was before its last change', async () => {
    const KeyId = await kms.key();
    await kms.ok('ScheduleKeyDeletion', { KeyId });
    await kms.ok('CancelKeyDeletion', { KeyId });
    fault('DescribeKey', 'stale');
    const state = async () => (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
    expect(await state()).toBe('PendingDeletion');
    expect(await state()).toBe('Disabled');
  });
});

test('windows end while nobody calls', async () => {
  const KeyId = await kms.key();
  await kms.ok('ScheduleKeyDeletion', { KeyId });
  kms.advance(30);
  await vi.waitFor(() => expect(kms.last().eventName).toBe('DeleteKey'), { timeout: 2_000 });
});
