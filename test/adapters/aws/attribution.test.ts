/** Whom AWS shows behind a call: through the emulated STS, whose word it is. */
import {
  CancelKeyDeletionCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from 'vitest';
import { assumeForAction, rememberReluctant } from '../../../src/adapters/aws/action-session.ts';
import type { CallOutcome } from '../../../src/domain/action.ts';
import type { Proof } from '../../../src/domain/approval.ts';
import type { ActionId, KeyRef } from '../../../src/domain/ids.ts';
import { MUTATIONS, type Mutation } from '../../../src/domain/key.ts';
import type { Duty } from '../../../src/ports.ts';
import { proofFor } from '../../domain/proofs.ts';
import { ACTION } from './bench.ts';
import { DUTIES, type Emulated, EXTERNAL_ID, OWN, openEmulated, REGION, roleOf } from './emulated.ts';

let bench: Emulated;
const destroyed: { destroy(): void }[] = [];
afterEach(async () => {
  for (const client of destroyed.splice(0)) client.destroy();
  await bench.close();
});

const OTHER = `b${'1'.repeat(31)}` as ActionId;
const CASES: Readonly<
  Record<Mutation, { readonly duty: Duty; readonly kind: string; readonly body?: object; readonly before?: string }>
> = {
  CancelKeyDeletion: { duty: 'rescue', kind: 'cancelDeletion', before: 'ScheduleKeyDeletion' },
  EnableKey: { duty: 'rescue', kind: 'enable', before: 'DisableKey' },
  DisableKey: { duty: 'disable', kind: 'disable' },
  DeleteImportedKeyMaterial: { duty: 'destroy', kind: 'deleteMaterial', body: { Origin: 'EXTERNAL' } },
  ScheduleKeyDeletion: { duty: 'destroy', kind: 'scheduleDeletion' },
};
const keyFor = (operation: Mutation): Promise<KeyRef> => {
  const { body, before } = CASES[operation];
  return bench.makeKey(body, ...(before === undefined ? [] : [before]));
};
const send = (operation: Mutation, key: KeyRef, action = ACTION): Promise<CallOutcome> =>
  bench.aws.keys.mutate({ proof: proofFor(operation, { key, action, now: bench.now() }) });
/** Enables a disabled key for a rescue. */
const rescue = async (action = ACTION): Promise<CallOutcome> => {
  const proof = proofFor('EnableKey', { key: await keyFor('EnableKey'), action, kind: 'rescue', now: bench.now() });
  return bench.aws.keys.mutate({ proof });
};
/** Every AssumeRole: the source identity asked for, or what was refused. */
const asked = (): readonly unknown[] =>
  bench.records('AssumeRole').map(({ errorMessage, requestParameters }) => {
    if (errorMessage !== undefined) return / perform: (\S+)/.exec(String(errorMessage))?.[1];
    return (requestParameters as { readonly sourceIdentity?: string }).sourceIdentity ?? 'none';
  });
const SESSION = `UALICE.rescue.${ACTION}`;
const IDENTITY = 'T1.UALICE.rescue';
const person = { kind: 'person', session: SESSION, sourceIdentity: IDENTITY };

describe.each(MUTATIONS)('%s', (operation) => {
  const { duty, kind } = CASES[operation];

  test('has a session of its own, named after person and action, for nothing else', async () => {
    bench = await openEmulated();
    const key = await keyFor(operation);
    const outcome = await send(operation, key);
    const session = `UALICE.${kind}.${ACTION}`;
    const sourceIdentity = `T1.UALICE.${kind}`;
    expect(outcome).toEqual({
      kind: 'succeeded',
      requestId: expect.any(String),
      attribution: { kind: 'person', session, sourceIdentity },
    });
    const [assumed, ...more] = bench.records('AssumeRole');
    expect(more).toEqual([]);
    expect(assumed?.requestParameters).toEqual({
      roleArn: roleOf(duty),
      roleSessionName: session,
      sourceIdentity,
      externalId: EXTERNAL_ID,
      durationSeconds: 900,
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: `kms:${operation}`, Resource: key.arn }],
      }),
    });
    expect(bench.records(operation).at(-1)).toMatchObject({
      requestID: outcome.requestId,
      userIdentity: {
        arn: `arn:aws:sts::111122223333:assumed-role/Keywarden-${duty}/${session}`,
        principalId: expect.stringMatching(new RegExp(`:${session}$`)),
        sessionContext: { sessionIssuer: { arn: roleOf(duty) }, sourceIdentity },
      },
    });
  });

  test('its session can do no other operation, and not this one on another key', async () => {
    bench = await openEmulated();
    const [key, other] = [await keyFor(operation), await keyFor(operation)];
    const kms = await issued(operation, key);
    for (const one of MUTATIONS) {
      expect(await said(kms, one, key), `${one} on the key`).toBe(one === operation ? 'done' : 'denied');
      expect(await said(kms, one, other), `${one} on the other key`).toBe('denied');
    }
    await expect(kms.send(new DescribeKeyCommand({ KeyId: key.arn }))).rejects.toThrow(
      'because no session policy allows the kms:DescribeKey action',
    );
  });
});

/** A client with the very session that the action's call would be sent with. */
async function issued(operation: Mutation, key: KeyRef): Promise<KMSClient> {
  const sts = new STSClient({ endpoint: bench.world.urls.sts, region: REGION, credentials: OWN });
  const role = { arn: roleOf(CASES[operation].duty), externalId: EXTERNAL_ID, sts, longest: 2000 };
  const quiet = (): void => undefined;
  const reluctant = rememberReluctant(
    { now: () => 0, sleep: () => Promise.resolve() },
    { debug: quiet, info: quiet, warn: quiet, error: quiet },
  );
  const { credentials } = await assumeForAction(role, proofFor(operation, { key, action: ACTION }).right, reluctant);
  const kms = new KMSClient({ endpoint: bench.world.urls.kms, region: REGION, credentials, maxAttempts: 1 });
  destroyed.push(sts, kms);
  return kms;
}

async function said(kms: KMSClient, operation: Mutation, { arn }: KeyRef): Promise<string> {
  const KeyId: string = arn;
  const commands = {
    CancelKeyDeletion: () => kms.send(new CancelKeyDeletionCommand({ KeyId })),
    EnableKey: () => kms.send(new EnableKeyCommand({ KeyId })),
    DisableKey: () => kms.send(new DisableKeyCommand({ KeyId })),
    DeleteImportedKeyMaterial: () => kms.send(new DeleteImportedKeyMaterialCommand({ KeyId })),
    ScheduleKeyDeletion: () => kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })),
  };
  try {
    await commands[operation]();
    return 'done';
  } catch (error) {
    const { name, message } = error as Error;
    return name === 'AccessDeniedException' && message.includes('no session policy allows') ? 'denied' : name;
  }
}

describe('only the proof decides', () => {
  test('what was cast to a proof is not sent, and nothing is asked of AWS', async () => {
    bench = await openEmulated();
    const key = await keyFor('EnableKey');
    const genuine = proofFor('EnableKey', { key, action: ACTION });
    const forged = [
      { right: genuine.right },
      Object.create(genuine),
      structuredClone(genuine.right),
      undefined,
      'proof',
    ] as readonly unknown[] as readonly Proof[];
    for (const proof of forged) {
      expect(await bench.aws.keys.mutate({ proof })).toEqual({
        kind: 'notSent',
        message: 'nothing proves that this call is allowed; it was not sent',
      });
    }
    expect([...bench.world.calls()]).toEqual([]);
  });

  test('what stands beside it in the request does not', async () => {
    bench = await openEmulated();
    const [key, other] = [await keyFor('EnableKey'), await keyFor('EnableKey')];
    const proof = proofFor('EnableKey', { key, action: ACTION });
    const request = { proof, operation: 'ScheduleKeyDeletion', key: other, action: OTHER, windowDays: 7 };
    expect((await bench.aws.keys.mutate(request)).kind).toBe('succeeded');
    expect(bench.records('ScheduleKeyDeletion')).toEqual([]);
    const [enabled, ...more] = bench.records('EnableKey').filter(({ resources }) => resources !== undefined);
    expect(more).toEqual([]);
    expect(enabled).toMatchObject({ requestParameters: { keyId: key.arn } });
  });

  test('the window of a scheduled deletion is the one of the proof', async () => {
    bench = await openEmulated();
    const key = await bench.makeKey();
    await bench.aws.keys.mutate({ proof: proofFor('ScheduleKeyDeletion', { key, windowDays: 14 }) });
    expect(bench.records('ScheduleKeyDeletion').at(-1)).toMatchObject({
      requestParameters: { keyId: key.arn, pendingWindowInDays: 14 },
    });
  });
});

describe('a trust policy without sts:SetSourceIdentity', () => {
  const nameless = { kind: 'session', session: SESSION, why: 'trustPolicy' };

  test('costs the source identity, never the rescue', async () => {
    bench = await openEmulated({ setSourceIdentity: false });
    expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: nameless });
    expect(asked()).toEqual(['sts:SetSourceIdentity', 'none']);
    const record = bench.records('EnableKey').at(-1);
    expect(record).toMatchObject({ userIdentity: { principalId: expect.stringMatching(new RegExp(`:${SESSION}$`)) } });
    expect(JSON.stringify(record)).not.toContain('sourceIdentity');
    expect(bench.lines).toEqual([
      {
        fields: { account: '111122223333', reason: 'trustPolicy' },
        message: 'a role took no source identity; CloudTrail shows the session name alone',
      },
    ]);
  });

  test('is remembered for a while, and asked anew then', async () => {
    bench = await openEmulated({ setSourceIdentity: false });
    await rescue();
    bench.pass(9 * 60_000);
    expect(await rescue(OTHER)).toMatchObject({ kind: 'succeeded', attribution: { kind: 'session' } });
    expect(asked()).toEqual(['sts:SetSourceIdentity', 'none', 'none']);
    bench.pass(60_000);
    expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: nameless });
    expect(asked().slice(3)).toEqual(['sts:SetSourceIdentity', 'none']);
    bench.trust.setSourceIdentity = true;
    bench.pass(10 * 60_000);
    expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: person });
    expect(asked().slice(5)).toEqual([IDENTITY]);
  });

  test('of one role says nothing about another', async () => {
    bench = await openEmulated({ setSourceIdentity: false });
    await rescue();
    bench.trust.setSourceIdentity = true;
    const outcome = await send('DisableKey', await bench.makeKey());
    expect(outcome.attribution).toMatchObject({ kind: 'person', sourceIdentity: 'T1.UALICE.disable' });
  });
});

describe('our own session carries a source identity', () => {
  const CARRIED = 'deploy-pipeline';
  const chained = { kind: 'session', session: SESSION, why: 'chained', carried: CARRIED };

  test('which stays, and the session name tells the person', async () => {
    bench = await openEmulated({ carries: CARRIED });
    expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: chained });
    expect(asked()).toEqual(['sts:SetSourceIdentity', 'none']);
    expect(bench.records('EnableKey').at(-1)).toMatchObject({
      userIdentity: { arn: expect.stringContaining(SESSION), sessionContext: { sourceIdentity: CARRIED } },
    });
    expect(bench.lines).toMatchObject([{ fields: { reason: 'chained' } }]);
  });

  test('is remembered for a while, and asked anew then', async () => {
    bench = await openEmulated({ carries: CARRIED });
    await rescue();
    expect(await rescue(OTHER)).toMatchObject({ attribution: { why: 'chained', carried: CARRIED } });
    expect(asked().slice(2)).toEqual(['none']);
    bench.pass(10 * 60_000);
    await rescue();
    expect(asked().slice(3)).toEqual(['sts:SetSourceIdentity', 'none']);
  });

  test('that happens to be the one we want is the person', async () => {
    bench = await openEmulated({ carries: IDENTITY });
    expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: person });
  });

  test('and the trust policy does not let it pass: denied, and told what is needed', async () => {
    bench = await openEmulated({ carries: CARRIED, setSourceIdentity: false });
    const key = await keyFor('EnableKey');
    expect(await send('EnableKey', key)).toEqual({
      kind: 'denied',
      operation: 'sts:AssumeRole',
      message: `role ${roleOf('rescue')} may not be assumed: User: arn:aws:sts::111122223333:assumed-role/Hub/keywarden is not authorized to perform: sts:SetSourceIdentity on resource: ${roleOf('rescue')}; its trust policy (with the externalId of keywarden.yaml) and the bot's own permissions must both allow sts:AssumeRole and sts:SetSourceIdentity`,
    });
    expect(bench.records('EnableKey')).toEqual([]);
    expect(await bench.aws.keys.read(key)).toMatchObject({
      why: {
        kind: 'denied',
        operation: 'sts:AssumeRole',
        message: expect.stringMatching(/Keywarden-read may not be assumed: .* allow sts:AssumeRole and sts:SetSource/),
      },
    });
    // Nothing is remembered of a role that could not be assumed: allowed now, used now.
    bench.trust.setSourceIdentity = true;
    expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: chained });
  });
});

describe('an action’s session', () => {
  test('serves its own call again, until the action is over', async () => {
    bench = await openEmulated();
    const key = await keyFor('EnableKey');
    await send('EnableKey', key);
    await send('EnableKey', key);
    await send('EnableKey', key, OTHER);
    expect(asked()).toHaveLength(2);
    bench.aws.keys.discard(ACTION);
    await send('EnableKey', key, OTHER);
    expect(asked()).toHaveLength(2);
    await send('EnableKey', key);
    expect(asked()).toHaveLength(3);
  });

  test('is left well before STS ends it after 900 s', async () => {
    bench = await openEmulated();
    const key = await keyFor('EnableKey');
    const session = await issued('EnableKey', key);
    await send('EnableKey', key);
    bench.pass(899_000);
    expect(await said(session, 'EnableKey', key)).toBe('done');
    expect(await send('EnableKey', key)).toMatchObject({ kind: 'succeeded' });
    bench.pass(1_000);
    expect(await said(session, 'EnableKey', key)).toBe('ExpiredTokenException');
    expect(await send('EnableKey', key)).toMatchObject({ kind: 'succeeded' });
    // The test's own, the first, and the one after twelve minutes.
    expect(asked()).toHaveLength(3);
  });
});

test('a wrong external id: the role is named, and what its trust policy needs', async () => {
  bench = await openEmulated({ externalId: 'another' });
  const outcome = await rescue();
  expect(outcome).toEqual({
    kind: 'denied',
    operation: 'sts:AssumeRole',
    message: `role ${roleOf('rescue')} may not be assumed: User: arn:aws:iam::111122223333:user/keywarden is not authorized to perform: sts:AssumeRole on resource: ${roleOf('rescue')}; its trust policy (with the externalId of keywarden.yaml) and the bot's own permissions must both allow sts:AssumeRole`,
  });
  expect(asked()).toEqual(['sts:AssumeRole']);
});

test('what KMS refuses carries the attribution, too', async () => {
  bench = await openEmulated();
  const outcome = await send('CancelKeyDeletion', await bench.makeKey());
  expect(outcome).toMatchObject({
    kind: 'refused',
    error: 'KMSInvalidStateException',
    attribution: { kind: 'person' },
  });
});

test('without roles, CloudTrail shows the bot itself', async () => {
  bench = await openEmulated({ withoutRoles: true });
  expect(await rescue()).toMatchObject({ kind: 'succeeded', attribution: { kind: 'bot' } });
  expect(asked()).toEqual([]);
  expect(bench.records('EnableKey').at(-1)).toMatchObject({ userIdentity: { type: 'IAMUser', userName: 'keywarden' } });
  const [place] = bench.aws.keys.places();
  if (place === undefined) throw new Error('no place');
  expect(DUTIES.map((duty) => [bench.aws.keys.has(duty, place), bench.aws.keys.assumes(duty, place)])).toEqual(
    DUTIES.map(() => [true, false]),
  );
});
