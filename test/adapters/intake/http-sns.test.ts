import { describe, expect, it } from 'vitest';
import { type SnsMessage, sentAt } from '../../../src/adapters/intake/sns.ts';
import { snsFixture } from './cases.ts';
import { makeSigner, signed } from './certificate.ts';
import { openDoor, TOPIC } from './door.ts';

const MINUTE = 60_000;
const signer = makeSigner({ from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') });
const fetchCertificate = async () => signer.pem;
const alarm = snsFixture('sns-notification-cloudwatch-alarm-ALARM.json');
const signedAlarm = (changes: Partial<SnsMessage> = {}) => signed({ ...alarm, ...changes } as SnsMessage, signer);

describe('POST /webhooks/sns', () => {
  it('keeps an alarm before it answers 200', async () => {
    await using door = await openDoor({ fetchCertificate });
    expect(await door.sns(signedAlarm())).toEqual({ status: 200, body: { ok: true, reason: 'kept' } });
    expect([...door.kept.keys()]).toEqual([`sns:${alarm.MessageId}`]);
    expect(door.versions).toEqual([1]);
  });

  it('keeps one of two copies that reach two instances at once (fault 24)', async () => {
    await using one = await openDoor({ fetchCertificate });
    await using two = await openDoor({ fetchCertificate }, one.kept);
    const answers = await Promise.all([one.sns(signedAlarm()), two.sns(signedAlarm())]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ body }) => (body as { readonly reason: string }).reason).sort()).toEqual([
      'duplicate',
      'kept',
    ]);
    expect(one.kept.size).toBe(1);
  });

  it.each([
    ['a query', (url: string) => `${url}?x=https://evil.example/a.pem`],
    ['S3', (url: string) => url.replace('sns.', 's3.')],
    ['userinfo', (url: string) => url.replace('https://', 'https://evil.example@')],
    ['a port', (url: string) => url.replace('.com/', '.com:8443/')],
  ])('refuses a certificate address with %s and fetches nothing (fault 27)', async (_what, change) => {
    await using door = await openDoor({ fetchCertificate });
    const answer = await door.sns(signedAlarm({ SigningCertURL: change(alarm.SigningCertURL) }));
    expect(answer).toEqual({ status: 403, body: { ok: false, reason: 'certificate address' } });
    expect([door.fetched, door.kept.size]).toEqual([[], 0]);
    expect(door.counted).toEqual(['intake sns refused certificate address']);
  });

  it('refuses a forged signature (fault 27)', async () => {
    await using door = await openDoor({ fetchCertificate });
    expect((await door.sns(alarm)).status).toBe(403);
    expect(door.kept.size).toBe(0);
    expect(door.counted).toEqual(['intake sns refused signature']);
  });

  it('refuses a truly signed message of another topic, and never follows its SubscribeURL (fault 28)', async () => {
    await using door = await openDoor({ fetchCertificate });
    const evil = signed(
      {
        ...(snsFixture('sns-subscription-confirmation.json') as object),
        TopicArn: 'arn:aws:sns:us-west-2:999988887777:evil',
        SubscribeURL: 'http://169.254.169.254/latest/meta-data/',
        Timestamp: alarm.Timestamp,
      } as SnsMessage,
      signer,
    );
    expect(await door.sns(evil)).toEqual({ status: 403, body: { ok: false, reason: 'foreign topic' } });
    expect([door.fetched, door.confirmed]).toEqual([[], []]);
    expect(door.counted).toEqual(['intake sns refused foreign topic']);
  });

  it('says 503 while the certificate cannot be fetched, and takes the next attempt (fault 29)', async () => {
    let attempts = 0;
    await using door = await openDoor({
      fetchCertificate: async () => {
        attempts += 1;
        if (attempts === 1) throw new Error('503');
        return signer.pem;
      },
    });
    expect(await door.sns(signedAlarm())).toEqual({ status: 503, body: { ok: false, reason: 'certificate' } });
    expect((await door.sns(signedAlarm())).status).toBe(200);
  });

  it('refuses what was sent two hours ago (fault 30)', async () => {
    await using door = await openDoor({ fetchCertificate, now: () => sentAt(alarm) + 120 * MINUTE });
    expect(await door.sns(signedAlarm())).toEqual({ status: 403, body: { ok: false, reason: 'stale' } });
    expect(door.fetched).toEqual([]);
  });

  it('refuses the future and alarms about the clock, but takes what is ten minutes late (fault 30)', async () => {
    await using behind = await openDoor({ fetchCertificate, now: () => sentAt(alarm) - 10 * MINUTE });
    expect((await behind.sns(signedAlarm())).status).toBe(403);
    expect(behind.counted).toContain('intake_clock_skew sns');
    await using ahead = await openDoor({ fetchCertificate, now: () => sentAt(alarm) + 10 * MINUTE });
    expect((await ahead.sns(signedAlarm())).status).toBe(200);
  });

  it('confirms a subscription by the SDK, and says 503 when that fails', async () => {
    const confirmation = snsFixture('sns-subscription-confirmation.json');
    const now = () => sentAt(confirmation);
    const token = confirmation.Type === 'SubscriptionConfirmation' ? confirmation.Token : '';
    await using door = await openDoor({ fetchCertificate, now });
    expect((await door.sns(signed(confirmation, signer))).status).toBe(200);
    expect(door.confirmed).toEqual([`${TOPIC} ${token}`]);

    const confirmSubscription = async () => {
      throw new Error('throttled');
    };
    await using failing = await openDoor({ fetchCertificate, now, confirmSubscription });
    expect(await failing.sns(signed(confirmation, signer))).toEqual({
      status: 503,
      body: { ok: false, reason: 'confirmation' },
    });
  });

  it('keeps the end of a subscription as a fact', async () => {
    const message = snsFixture('sns-unsubscribe-confirmation.json');
    await using door = await openDoor({ fetchCertificate, now: () => sentAt(message) });
    expect((await door.sns(signed(message, signer))).status).toBe(200);
    expect([...door.kept.values()].map((fact) => fact.body)).toEqual([{ kind: 'unsubscribed', topicArn: TOPIC }]);
  });

  it('sets a plain text aside with 200', async () => {
    await using door = await openDoor({ fetchCertificate });
    const text = signed(snsFixture('sns-notification-kms-alarm-plain-text-message.json'), signer);
    expect(await door.sns(text)).toEqual({ status: 200, body: { ok: true, reason: 'not an alarm: plain text' } });
    expect(door.kept.size).toBe(0);
  });

  it('calls a signed alarm it cannot read malformed', async () => {
    await using door = await openDoor({ fetchCertificate });
    expect((await door.sns(signedAlarm({ Message: '{"AlarmName":"kms"}' }))).status).toBe(400);
    expect(door.counted).toEqual(['intake sns malformed content']);
  });

  it('calls raw delivery malformed', async () => {
    await using door = await openDoor({ fetchCertificate });
    expect(await door.sns(alarm.Message)).toEqual({ status: 400, body: { ok: false, reason: 'not an SNS message' } });
  });

  it('narrows the signature versions', async () => {
    await using door = await openDoor({ fetchCertificate, signatureVersions: [2] });
    expect((await door.sns(signedAlarm())).status).toBe(403);
    expect((await door.sns(signedAlarm({ SignatureVersion: '2' }))).status).toBe(200);
    expect(door.versions).toEqual([2]);
  });
});
