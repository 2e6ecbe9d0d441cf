import { afterEach, describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../../src/domain/action.ts';
import type { ActionId } from '../../../src/domain/ids.ts';
import type { Mutation } from '../../../src/domain/key.ts';
import { proofFor } from '../../domain/proofs.ts';
import { ACTION, ARN, type Bench, fixture, KEY, keyOf, openBench, PLACE, ROLES } from './bench.ts';

let bench: Bench;
afterEach(() => bench.close());
const open = async (account: object): Promise<void> => {
  bench = await openBench({}, account);
  bench.standIn.put(fixture('kms-DescribeKey-PendingDeletion').KeyMetadata as Record<string, unknown>);
};
const mutate = (operation: Mutation, action: ActionId = ACTION, key = KEY): Promise<CallOutcome> =>
  bench.aws.keys.mutate({ proof: proofFor(operation, { key, action, now: bench.now }) });

describe('a mutation with roles', () => {
  test('has a session named after its action, allowed one operation on one key', async () => {
    await open({ roles: ROLES, externalId: 'example' });
    expect(await mutate('CancelKeyDeletion')).toMatchObject({ kind: 'succeeded' });
    const { input, region, accessKey } = bench.standIn.last('AssumeRole');
    expect({ region, accessKey }).toEqual({ region: 'us-west-2', accessKey: 'AKIAOWN' });
    expect(input).toMatchObject({
      RoleArn: ROLES.rescue,
      RoleSessionName: `UALICE.cancelDeletion.${ACTION}`,
      SourceIdentity: 'T1.UALICE.cancelDeletion',
      DurationSeconds: '900',
      ExternalId: 'example',
    });
    expect(JSON.parse(String(input.Policy))).toEqual({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:CancelKeyDeletion', Resource: ARN }],
    });
    expect(bench.standIn.last('CancelKeyDeletion').accessKey).toMatch(/^ASIA/);
  });

  test('keeps the session for the same call, and takes another for everything else', async () => {
    await open({ roles: ROLES });
    await mutate('CancelKeyDeletion');
    await mutate('EnableKey');
    await mutate('EnableKey');
    expect(bench.standIn.count('AssumeRole')).toBe(2);
    await mutate('EnableKey', 'a1' as ActionId);
    expect(bench.standIn.count('AssumeRole')).toBe(3);
    bench.now += 13 * 60_000;
    await mutate('EnableKey', 'a1' as ActionId);
    expect(bench.standIn.count('AssumeRole')).toBe(4);
  });

  test('after KMS turned its session away, the same action takes a new one', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('CancelKeyDeletion', { error: 'ExpiredTokenException' });
    expect((await mutate('CancelKeyDeletion')).kind).toBe('notSent');
    expect((await mutate('CancelKeyDeletion')).kind).toBe('succeeded');
    expect(bench.standIn.count('AssumeRole')).toBe(2);
  });

  test('a role that may not be assumed is named, and KMS is not asked', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('AssumeRole', { error: 'AccessDenied', message: 'not authorized', status: 403 });
    expect(await mutate('CancelKeyDeletion')).toEqual({
      kind: 'denied',
      operation: 'sts:AssumeRole',
      message: `role ${ROLES.rescue} may not be assumed: not authorized; its trust policy and the bot's own permissions must both allow sts:AssumeRole`,
    });
    expect(bench.standIn.count('CancelKeyDeletion')).toBe(0);
    expect((await mutate('CancelKeyDeletion')).kind).toBe('succeeded');
  });

  test('an STS that does not work: nothing was sent', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('AssumeRole', ...Array.from({ length: 5 }, () => ({ html: 500 })));
    const outcome = await mutate('CancelKeyDeletion');
    expect(outcome).toMatchObject({ kind: 'notSent', message: expect.stringContaining(ROLES.rescue) });
    expect(outcome.attribution).toBeUndefined();
    expect(bench.standIn.count('CancelKeyDeletion')).toBe(0);
  });

  test('an STS that hangs is given up in time', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('AssumeRole', 'hang', 'hang', 'hang');
    const started = performance.now();
    expect(await mutate('CancelKeyDeletion')).toMatchObject({
      kind: 'notSent',
      message: `role ${ROLES.rescue} could not be assumed: STS did not answer in time`,
    });
    expect(performance.now() - started).toBeLessThan(1500);
  });

  test('an absent role is no duty, and own credentials do not stand in', async () => {
    await open({ roles: ROLES });
    const { keys } = bench.aws;
    const duties = (['read', 'rescue', 'disable', 'destroy'] as const).filter((duty) => keys.has(duty, PLACE));
    expect(duties).toEqual(['read', 'rescue']);
    expect(duties.map((duty) => keys.assumes(duty, PLACE))).toEqual([true, true]);
    expect(keys.assumes('disable', PLACE)).toBe(false);
    for (const operation of ['DisableKey', 'ScheduleKeyDeletion', 'DeleteImportedKeyMaterial'] as const) {
      expect(await mutate(operation)).toMatchObject({ kind: 'denied', operation: 'sts:AssumeRole' });
    }
    expect(bench.standIn.calls).toHaveLength(0);
  });

  test('an action that is over has no session left, also not one still on its way', async () => {
    await open({ roles: ROLES });
    const going = mutate('CancelKeyDeletion');
    bench.aws.keys.discard(ACTION);
    expect((await going).kind).toBe('succeeded');
    await mutate('CancelKeyDeletion');
    expect(bench.standIn.count('AssumeRole')).toBe(2);
  });

  test('a key outside the configuration is never touched', async () => {
    await open({ roles: ROLES });
    const key = keyOf(ARN.replace('111122223333', '999988887777'));
    expect((await mutate('EnableKey', ACTION, key)).kind).toBe('notSent');
    expect(bench.standIn.calls).toHaveLength(0);
  });
});

describe('a source identity', () => {
  const refusal = (action: string) => ({
    error: 'AccessDenied',
    message: `User: bot is not authorized to perform: sts:${action} on resource: ${ROLES.rescue}`,
    status: 403,
  });
  /** The source identities asked for, in order. */
  const asked = (): readonly unknown[] =>
    bench.standIn.calls
      .filter(({ operation }) => operation === 'AssumeRole')
      .map(({ input }) => input.SourceIdentity ?? 'none');
  const OTHER = 'b1' as ActionId;

  test('that is demanded while we still remember that it was refused is set after all', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('AssumeRole', refusal('SetSourceIdentity'));
    expect((await mutate('CancelKeyDeletion')).attribution).toMatchObject({ why: 'trustPolicy' });
    bench.standIn.fault('AssumeRole', refusal('AssumeRole'));
    expect((await mutate('EnableKey')).attribution).toMatchObject({ kind: 'person' });
    const [first, second] = ['T1.UALICE.cancelDeletion', 'T1.UALICE.enable'];
    expect(asked()).toEqual([first, 'none', 'none', second]);
    // The finding is gone with it.
    expect((await mutate('EnableKey', OTHER)).attribution).toMatchObject({ kind: 'person' });
    expect(asked().slice(4)).toEqual([second]);
  });

  test('that neither may be set nor left out: both permissions are named', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('AssumeRole', refusal('SetSourceIdentity'), refusal('AssumeRole'));
    expect(await mutate('CancelKeyDeletion')).toEqual({
      kind: 'denied',
      operation: 'sts:AssumeRole',
      message: `role ${ROLES.rescue} may not be assumed: ${refusal('AssumeRole').message}; its trust policy and the bot's own permissions must both allow sts:AssumeRole and sts:SetSourceIdentity`,
    });
  });

  test('refused in other words: a value that does not pass, a session that has one already', async () => {
    await open({ roles: ROLES });
    const message = "1 validation error detected: Value 'x' at 'sourceIdentity' failed to satisfy constraint";
    bench.standIn.fault('AssumeRole', { error: 'ValidationError', message });
    expect(await mutate('CancelKeyDeletion')).toMatchObject({ kind: 'succeeded', attribution: { why: 'trustPolicy' } });
    bench.now += 10 * 60_000;
    const already = 'The source identity of the session is set already and cannot be changed';
    bench.standIn.fault('AssumeRole', { error: 'AccessDenied', message: already, status: 403 });
    expect((await mutate('EnableKey')).attribution).toEqual({
      kind: 'session',
      session: `UALICE.enable.${ACTION}`,
      why: 'chained',
    });
  });

  test('an STS in trouble is no refusal of it', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault(
      'AssumeRole',
      refusal('SetSourceIdentity'),
      ...Array.from({ length: 4 }, () => ({ html: 503 })),
    );
    expect((await mutate('CancelKeyDeletion')).kind).toBe('notSent');
    bench.standIn.faults.clear();
    expect((await mutate('CancelKeyDeletion')).attribution).toMatchObject({ kind: 'person' });
  });

  test('an STS that does not say it was set is not believed to have set it', async () => {
    await open({ roles: ROLES });
    bench.standIn.knowsSourceIdentity = false;
    expect(await mutate('CancelKeyDeletion')).toMatchObject({ kind: 'succeeded', attribution: { kind: 'session' } });
    expect(bench.standIn.count('AssumeRole')).toBe(1);
  });
});

describe('without roles', () => {
  test('own credentials do everything, and the window is always sent', async () => {
    await open({});
    await mutate('CancelKeyDeletion');
    await mutate('ScheduleKeyDeletion');
    expect(bench.standIn.count('AssumeRole')).toBe(0);
    expect(bench.standIn.last('ScheduleKeyDeletion')).toMatchObject({
      accessKey: 'AKIAOWN',
      input: { KeyId: ARN, PendingWindowInDays: 30 },
    });
    expect(bench.aws.keys.has('destroy', PLACE)).toBe(true);
  });

  test('no credentials at all: nothing was sent, nothing could be read', async () => {
    await open({});
    const kept = { ...process.env };
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nowhere',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    });
    try {
      expect(await mutate('CancelKeyDeletion')).toMatchObject({ kind: 'notSent' });
      expect(await bench.aws.keys.read(KEY)).toMatchObject({
        why: { kind: 'unreachable', message: 'no AWS credentials found for the bot itself' },
      });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in kept)) delete process.env[name];
      Object.assign(process.env, kept);
    }
  });
});

describe('the read session', () => {
  test('is shared by all reads of a place, and renewed in the background', async () => {
    await open({ roles: ROLES, externalId: 'example' });
    const { keys } = bench.aws;
    await Promise.all([keys.read(KEY), keys.read(KEY), keys.aliases(KEY)]);
    expect(bench.standIn.count('AssumeRole')).toBe(1);
    expect(bench.standIn.last('AssumeRole').input).toMatchObject({
      RoleArn: ROLES.read,
      RoleSessionName: 'keywarden-read',
      ExternalId: 'example',
    });
    bench.now += 52 * 60_000;
    bench.standIn.fault('AssumeRole', 'hang');
    expect((await keys.read(KEY)).kind).toBe('read');
    expect((await keys.read(KEY)).kind).toBe('read');
    expect(bench.standIn.count('AssumeRole')).toBe(2);
  });

  test('a renewal that fails is told, and tried again later', async () => {
    await open({ roles: ROLES });
    const { keys } = bench.aws;
    await keys.read(KEY);
    bench.now += 52 * 60_000;
    bench.standIn.fault('AssumeRole', { error: 'AccessDenied', status: 403 });
    expect((await keys.read(KEY)).kind).toBe('read');
    await expect.poll(() => bench.lines.length).toBe(1);
    bench.now += 31_000;
    await keys.read(KEY);
    await expect.poll(() => bench.standIn.count('AssumeRole')).toBe(3);
  });

  test('a role that may not be assumed is named', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('AssumeRole', ...Array.from({ length: 4 }, () => ({ error: 'AccessDenied', status: 403 })));
    expect(await bench.aws.keys.read(KEY)).toMatchObject({
      why: { kind: 'denied', operation: 'sts:AssumeRole', message: expect.stringContaining(ROLES.read) },
    });
  });

  test('after KMS turned it away, the next read takes a new one', async () => {
    await open({ roles: ROLES });
    bench.standIn.fault('DescribeKey', ...Array.from({ length: 3 }, () => ({ error: 'UnrecognizedClientException' })));
    const first = await bench.aws.keys.read(KEY);
    expect(first).toMatchObject({ why: { message: expect.stringContaining('does not accept our credentials') } });
    bench.standIn.faults.clear();
    expect((await bench.aws.keys.read(KEY)).kind).toBe('read');
    expect(bench.standIn.count('AssumeRole')).toBe(2);
  });

  test('roles for acting only: reading is done with own credentials', async () => {
    await open({ roles: { rescue: ROLES.rescue } });
    expect((await bench.aws.keys.read(KEY)).kind).toBe('read');
    expect(bench.standIn.count('AssumeRole')).toBe(0);
  });
});
