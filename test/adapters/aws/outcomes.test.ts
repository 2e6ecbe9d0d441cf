/** What each way of failing means for a mutation: over the wire, because the SDK's own errors are half of the matter. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../../src/domain/action.ts';
import { MUTATIONS } from '../../../src/domain/key.ts';
import { proofFor } from '../../domain/proofs.ts';
import { ACTION, ARN, type Bench, fixture, KEY, openBench, PLACE } from './bench.ts';
import type { Fault } from './stand-in.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const proof = proofFor('EnableKey', { key: KEY, action: ACTION });
const enable = (): Promise<CallOutcome> => bench.aws.keys.mutate({ proof });

const TABLE: readonly (readonly [string, Fault, Partial<CallOutcome> & { readonly error?: string }])[] = [
  [
    'wrong state',
    { error: 'KMSInvalidStateException', message: `${ARN} is pending deletion.` },
    {
      kind: 'refused',
      error: 'KMSInvalidStateException',
      message: `${ARN} is pending deletion.`,
      requestId: 'request-refused',
    },
  ],
  [
    'a key that is not there',
    { error: 'NotFoundException', message: 'x' },
    { kind: 'refused', error: 'NotFoundException' },
  ],
  [
    'an unsupported origin',
    { error: 'UnsupportedOperationException' },
    { kind: 'refused', error: 'UnsupportedOperationException' },
  ],
  ['a limit', { error: 'LimitExceededException' }, { kind: 'refused', error: 'LimitExceededException' }],
  [
    'an error nobody knows yet',
    { error: 'NovelException', message: 'new' },
    { kind: 'refused', error: 'NovelException', message: 'new' },
  ],
  [
    'a namespaced error',
    { error: 'com.amazonaws.kms#DisabledException' },
    { kind: 'refused', error: 'DisabledException' },
  ],
  [
    'a missing permission',
    { error: 'AccessDeniedException', message: 'no key policy allows it' },
    { kind: 'denied', operation: 'kms:EnableKey', message: 'no key policy allows it', requestId: 'request-refused' },
  ],
  ['throttling', { error: 'ThrottlingException', message: 'slow down' }, { kind: 'throttled', message: 'slow down' }],
  ['throttling by status', { error: 'Whatever', status: 429, retryAfter: 7 }, { kind: 'throttled', retryAfter: 7000 }],
  ['an internal error', { error: 'KMSInternalException', status: 500 }, { kind: 'ambiguous' }],
  ['a dependency that timed out', { error: 'DependencyTimeoutException', status: 500 }, { kind: 'ambiguous' }],
  ['a key unavailable', { error: 'KeyUnavailableException', status: 500 }, { kind: 'ambiguous' }],
  ['an expired session', { error: 'ExpiredTokenException', message: 'old' }, { kind: 'notSent' }],
  ['a bad signature', { error: 'InvalidSignatureException', message: 'clock' }, { kind: 'notSent' }],
  [
    'an HTML 500',
    { html: 500 },
    { kind: 'ambiguous', message: 'KMS answered HTTP 500 with a body that is not its own' },
  ],
  ['an HTML 503', { html: 503 }, { kind: 'ambiguous' }],
  ['an HTML 403 of a proxy', { html: 403 }, { kind: 'ambiguous' }],
  ['an HTML 429 of a proxy', { html: 429 }, { kind: 'throttled' }],
  ['an HTML page with 200', { html: 200 }, { kind: 'ambiguous' }],
  ['a lost answer', 'loseAnswer', { kind: 'ambiguous' }],
  ['a reset connection', 'reset', { kind: 'ambiguous' }],
  ['silence', 'hang', { kind: 'ambiguous', message: 'KMS did not answer in time' }],
  ['half an answer', 'stall', { kind: 'ambiguous' }],
];

describe('one mutation', () => {
  test.each(TABLE)('%s', async (_, fault, expected) => {
    bench.standIn.put(fixture('kms-DescribeKey-Disabled').KeyMetadata as Record<string, unknown>);
    bench.standIn.fault('EnableKey', fault);
    const before = bench.standIn.count('EnableKey');
    await expect(enable()).resolves.toMatchObject({ ...expected, attribution: { kind: 'bot' } });
    expect(bench.standIn.count('EnableKey') - before).toBe(1);
  });

  const errors = fixture('kms-error-bodies') as unknown as {
    httpStatus: number;
    body: { __type: string; message: string };
  }[];
  test.each(errors)('AWS’s own $body.__type: $body.message', async ({ httpStatus, body }) => {
    bench.standIn.fault('EnableKey', { error: body.__type, message: body.message, status: httpStatus });
    const outcome = await enable();
    expect(outcome.kind).toBe(
      httpStatus === 500
        ? 'ambiguous'
        : body.__type === 'ThrottlingException'
          ? 'throttled'
          : body.__type === 'AccessDeniedException'
            ? 'denied'
            : 'refused',
    );
  });

  test('a successful call names its request', async () => {
    bench.standIn.put(fixture('kms-DescribeKey-Disabled').KeyMetadata as Record<string, unknown>);
    await expect(enable()).resolves.toEqual({
      kind: 'succeeded',
      requestId: expect.stringMatching(/^request-\d+$/),
      attribution: { kind: 'bot' },
    });
  });

  test('an answer about another key is not trusted', async () => {
    const other = ARN.replace('1234abcd', '99999999');
    bench.standIn.fault('CancelKeyDeletion', { body: { KeyId: other } });
    const outcome = await bench.aws.keys.mutate({ proof: proofFor('CancelKeyDeletion', { key: KEY }) });
    expect(outcome).toMatchObject({ kind: 'ambiguous', message: expect.stringContaining(other) });
  });

  test('a caller who stopped before sending sent nothing', async () => {
    const before = bench.standIn.count('EnableKey');
    const signal = AbortSignal.abort();
    const outcome = await bench.aws.keys.mutate({ proof, signal });
    expect(outcome.kind).toBe('notSent');
    expect(bench.standIn.count('EnableKey')).toBe(before);
  });

  test('a caller who stops while KMS works does not know', async () => {
    const stop = new AbortController();
    bench.standIn.fault('EnableKey', 'hang');
    const going = bench.aws.keys.mutate({ proof, signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    expect((await going).kind).toBe('ambiguous');
  });

  test('a throttle pauses the lane for longer each time, and success forgets it', async () => {
    bench.standIn.put(fixture('kms-DescribeKey-Disabled').KeyMetadata as Record<string, unknown>);
    await enable();
    bench.paused.length = 0;
    bench.standIn.fault('EnableKey', { error: 'ThrottlingException' }, { error: 'ThrottlingException' });
    expect([await enable(), await enable()]).toMatchObject([{ retryAfter: 375 }, { retryAfter: 750 }]);
    await enable();
    bench.standIn.fault('EnableKey', { error: 'ThrottlingException' });
    expect(await enable()).toMatchObject({ retryAfter: 375 });
    const lane = 'kms 111122223333 us-west-2 EnableKey';
    expect(bench.paused).toEqual([375, 750, 375].map((duration) => ({ lane, duration })));
  });

  test('slots come at half of KMS’s quota', async () => {
    bench.reserved.length = 0;
    bench.waits.push(400);
    bench.slept.length = 0;
    for (const operation of MUTATIONS) await bench.aws.keys.slot(operation, PLACE, 'one');
    expect(bench.slept).toEqual([400]);
    expect(bench.reserved.map(({ lane, every }) => [lane, every])).toEqual([
      ['kms 111122223333 us-west-2 CancelKeyDeletion', 400],
      ['kms 111122223333 us-west-2 EnableKey', 400],
      ['kms 111122223333 us-west-2 DisableKey', 400],
      ['kms 111122223333 us-west-2 DeleteImportedKeyMaterial', 134],
      ['kms 111122223333 us-west-2 ScheduleKeyDeletion', 134],
    ]);
    await expect(bench.aws.keys.slot('EnableKey', PLACE, 'one', AbortSignal.abort())).rejects.toThrow();
  });

  test('a server that is not there: nothing was sent', async () => {
    const away = await openBench();
    process.env.AWS_ENDPOINT_URL_KMS = 'http://127.0.0.1:1';
    const outcome = await away.aws.keys.mutate({ proof });
    await away.close();
    expect(outcome).toMatchObject({ kind: 'notSent', message: 'KMS could not be reached (ECONNREFUSED)' });
  });

  test('a name that does not resolve: nothing was sent', async () => {
    const away = await openBench();
    process.env.AWS_ENDPOINT_URL_KMS = 'http://kms.invalid';
    const outcome = await away.aws.keys.mutate({ proof });
    await away.close();
    expect(outcome.kind).toBe('notSent');
  });

  test('a server that speaks no HTTP: nobody knows', async () => {
    const noise = createServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'));
    await new Promise<void>((resolve) => noise.listen(0, '127.0.0.1', resolve));
    const away = await openBench();
    const address = noise.address();
    process.env.AWS_ENDPOINT_URL_KMS = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const outcome = await away.aws.keys.mutate({ proof });
    await away.close();
    noise.close();
    expect(outcome.kind).toBe('ambiguous');
  });
});
