import { afterEach, describe, expect, test } from 'vitest';
import { type Bench, openBench, PLACE, ROLES } from './bench.ts';

let bench: Bench;
afterEach(() => bench.close());
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:kms-alarms';

describe('who we are', () => {
  test('the account agrees, asked in the place’s own Region', async () => {
    bench = await openBench({}, { roles: ROLES });
    expect(await bench.aws.keys.verifyIdentity(PLACE)).toEqual({
      kind: 'agrees',
      arn: 'arn:aws:sts::111122223333:assumed-role/KeywardenRead/keywarden-read',
    });
    expect(bench.standIn.last('GetCallerIdentity').region).toBe('us-west-2');
  });

  test('credentials of another account differ', async () => {
    bench = await openBench();
    bench.standIn.account = '999988887777';
    expect(await bench.aws.keys.verifyIdentity(PLACE)).toEqual({
      kind: 'differs',
      expected: '111122223333',
      actual: '999988887777',
    });
  });

  test('an STS that does not answer is unknown', async () => {
    bench = await openBench();
    bench.standIn.fault('GetCallerIdentity', ...Array.from({ length: 4 }, () => ({ html: 503 })));
    expect((await bench.aws.keys.verifyIdentity(PLACE)).kind).toBe('unknown');
  });

  test('our roles in any session, and the identity we were told', async () => {
    bench = await openBench({}, { roles: ROLES });
    bench.standIn.arn = 'arn:aws:sts::111122223333:assumed-role/Hub/i-0abc';
    const { keys } = bench.aws;
    const sts = 'arn:aws:sts::111122223333:assumed-role';
    expect(keys.isOurs({ arn: `${sts}/KeywardenRescue/keywarden-a1` })).toBe('role');
    expect(keys.isOurs({ arn: `${sts}/KeywardenRead/mallory` })).toBe('role');
    expect(keys.isOurs({ issuerArn: ROLES.read })).toBe('role');
    expect(keys.isOurs({ arn: `${sts}/Admins/keywarden-a1` })).toBe(false);
    expect(keys.isOurs({ arn: 'arn:aws:sts::999988887777:assumed-role/KeywardenRead/x' })).toBe(false);
    expect(keys.isOurs({ arn: 'arn:aws:iam::111122223333:user/KeywardenRead' })).toBe(false);
    expect(keys.isOurs({})).toBe(false);
  });

  test('without roles, our own identity, once verified', async () => {
    bench = await openBench();
    bench.standIn.arn = 'arn:aws:sts::111122223333:assumed-role/Hub/i-0abc';
    const other = { arn: 'arn:aws:sts::111122223333:assumed-role/Hub/i-0def' };
    expect(bench.aws.keys.isOurs(other)).toBe(false);
    await bench.aws.keys.verifyIdentity(PLACE);
    expect(bench.aws.keys.isOurs(other)).toBe('self');
  });

  test('the places are those configured', async () => {
    bench = await openBench();
    expect(bench.aws.keys.places()).toEqual([PLACE, { ...PLACE, region: 'us-east-1' }]);
    expect(bench.aws.keys.covers(PLACE)).toBe(true);
  });
});

describe('confirming a subscription', () => {
  test('goes through the API in the topic’s Region, so that only we can unsubscribe', async () => {
    bench = await openBench({}, { roles: ROLES });
    expect(await bench.aws.confirmSubscription(TOPIC, 'token')).toEqual({
      kind: 'confirmed',
      subscriptionArn: `${TOPIC}:1`,
    });
    expect(bench.standIn.last('ConfirmSubscription')).toMatchObject({
      region: 'us-east-1',
      accessKey: 'AKIAOWN',
      input: { TopicArn: TOPIC, Token: 'token', AuthenticateOnUnsubscribe: 'true' },
    });
  });

  test.each([
    [{ error: 'AuthorizationError', status: 403 }, 'denied'],
    [{ error: 'InvalidParameter', message: 'Invalid token' }, 'refused'],
    [{ html: 502 }, 'unreachable'],
  ] as const)('%j is %s', async (fault, why) => {
    bench = await openBench();
    bench.standIn.fault('ConfirmSubscription', fault);
    expect(await bench.aws.confirmSubscription(TOPIC, 'token')).toMatchObject({ kind: 'failed', why });
  });

  test('what is no topic of our partition is not asked about', async () => {
    bench = await openBench();
    for (const arn of [
      'arn:aws-cn:sns:cn-north-1:111122223333:x',
      'https://169.254.169.254/',
      'arn:aws:sns:evil.example:1:x',
    ]) {
      expect(await bench.aws.confirmSubscription(arn, 'token')).toMatchObject({ kind: 'failed', why: 'refused' });
    }
    expect(bench.standIn.calls).toHaveLength(0);
  });
});
