import { describe, expect, it } from 'vitest';
import { Certificates } from '../../../src/adapters/intake/certificates.ts';
import { readSnsMessage, type SnsMessage, sentAt } from '../../../src/adapters/intake/sns.ts';
import { isCertificateUrl, stringToSign, verifySnsMessage } from '../../../src/adapters/intake/sns-signature.ts';
import { readCase, snsFixture } from './cases.ts';
import { makeSigner, type Signer, signed } from './certificate.ts';

const MINUTE = 60_000;
const TOPIC = 'arn:aws:sns:us-west-2:111122223333:kms-alarms';
const URL_OK = 'https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem';
const validity = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
const signer = makeSigner(validity);
const alarm = snsFixture('sns-notification-cloudwatch-alarm-ALARM.json');
const NOW = sentAt(alarm);

function setUp(answer: (fetched: number) => string | Error | Promise<string> = () => signer.pem) {
  const fetched: string[] = [];
  const certificates = new Certificates(async (url) => {
    fetched.push(url);
    const pem = await answer(fetched.length);
    if (pem instanceof Error) throw pem;
    return pem;
  });
  const trust = { topics: [TOPIC], signatureVersions: [1, 2], certificates } as const;
  return {
    fetched,
    check: (message: SnsMessage, now = NOW, narrower: Partial<typeof trust> | object = {}) =>
      verifySnsMessage(message, { ...trust, ...narrower }, now),
  };
}
const by = (who: Signer, changes: Partial<SnsMessage> = {}): SnsMessage =>
  signed({ ...alarm, ...changes } as SnsMessage, who);

describe('the string to sign', () => {
  const vectors = readCase('sns-string-to-sign-vectors.json') as readonly {
    readonly case: string;
    readonly message: unknown;
    readonly stringToSign: string;
  }[];
  it.each(vectors.map((vector) => [vector.case, vector] as const))('of %s', (_case, vector) => {
    const read = readSnsMessage(vector.message);
    expect(read.kind === 'message' && stringToSign(read.message)).toBe(vector.stringToSign);
  });
});

describe('the certificate address', () => {
  const path = '/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem';
  it.each([
    [`https://sns.us-west-2.amazonaws.com${path}`, TOPIC],
    [`https://sns.cn-north-1.amazonaws.com.cn${path}`, 'arn:aws-cn:sns:cn-north-1:111122223333:kms-alarms'],
    [`https://sns.us-gov-west-1.amazonaws.com${path}`, 'arn:aws-us-gov:sns:us-gov-west-1:111122223333:a.fifo'],
  ])('%s is good for %s', (url, topic) => expect(isCertificateUrl(url, topic)).toBe(true));

  it.each([
    `http://sns.us-west-2.amazonaws.com${path}`,
    `https://sns.us-west-2.amazonaws.com${path}?x=1`,
    `https://sns.us-west-2.amazonaws.com${path}#x`,
    `https://sns.us-west-2.amazonaws.com${path}\n`,
    `https://sns.us-west-2.amazonaws.com:443${path}`,
    `https://me@sns.us-west-2.amazonaws.com${path}`,
    `https://sns.us-west-2.amazonaws.com@evil.example${path}`,
    `https://sns.us-west-2.amazonaws.com.evil.example${path}`,
    `https://evil.example/sns.us-west-2.amazonaws.com${path}`,
    `https://s3.us-west-2.amazonaws.com${path}`,
    `https://sns.us-west-2.amazonaws.com/bucket${path}`,
    `https://sns.us-west-2.amazonaws.com/..${path}`,
    `https://sns.us-west-2.amazonaws.com/?Action=x${path}`,
    `https://sns.eu-west-1.amazonaws.com${path}`,
    `https://sns.us-west-2.amazonaws.com.cn${path}`,
    `https://SNS.us-west-2.amazonaws.com${path}`,
    `https://sns.us-west-2.amazonaws.com${path.replace('f3', 'zz')}`,
    'https://169.254.169.254/latest/meta-data',
    '',
  ])('%j is refused', async (url) => {
    expect(isCertificateUrl(url, TOPIC)).toBe(false);
    const { check, fetched } = setUp();
    expect(await check(by(signer, { SigningCertURL: url }))).toEqual({
      kind: 'refused',
      reason: 'certificate address',
    });
    expect(fetched).toEqual([]);
  });

  it('of China is refused for a topic elsewhere, and the other way round', () => {
    expect(
      isCertificateUrl(`https://sns.cn-north-1.amazonaws.com${path}`, 'arn:aws-cn:sns:cn-north-1:111122223333:a'),
    ).toBe(false);
    expect(isCertificateUrl(`https://sns.us-west-2.amazonaws.com.cn${path}`, TOPIC)).toBe(false);
  });
});

describe('a message', () => {
  it.each(['1', '2'])('with a true signature of version %s is verified', async (SignatureVersion) => {
    const { check, fetched } = setUp();
    expect(await check(by(signer, { SignatureVersion }))).toEqual({
      kind: 'verified',
      version: Number(SignatureVersion),
    });
    expect(fetched).toEqual([URL_OK]);
  });

  it.each(['sns-subscription-confirmation.json', 'sns-unsubscribe-confirmation.json'])(
    '%s is verified',
    async (name) => {
      const message = snsFixture(name);
      expect((await setUp().check(signed(message, signer), sentAt(message))).kind).toBe('verified');
    },
  );

  it.each<Partial<SnsMessage>>([
    { Message: 'changed' },
    { MessageId: '00000000-0000-0000-0000-000000000000' },
    { Timestamp: '2026-03-14T09:17:41.038Z' },
    { Signature: '' },
    { Signature: 'bm90IGEgc2lnbmF0dXJl' },
    { SignatureVersion: '2' },
  ])('changed after signing is refused: %j', async (changes) => {
    const forged = { ...by(signer), ...changes } as SnsMessage;
    expect(await setUp().check(forged)).toEqual({ kind: 'refused', reason: 'signature' });
  });

  it('of another topic is refused before anything else', async () => {
    const { check, fetched } = setUp();
    const foreign = by(signer, { TopicArn: 'arn:aws:sns:us-west-2:999988887777:evil' });
    expect(await check(foreign)).toEqual({ kind: 'refused', reason: 'foreign topic' });
    expect(await check(by(signer), NOW, { topics: [] })).toEqual({ kind: 'refused', reason: 'foreign topic' });
    expect(fetched).toEqual([]);
  });

  it('of a version the configuration excludes is refused', async () => {
    const { check } = setUp();
    expect(await check(by(signer), NOW, { signatureVersions: [2] })).toEqual({
      kind: 'refused',
      reason: 'signature version',
    });
    expect((await check(by(signer, { SignatureVersion: '3' }))).kind).toBe('refused');
  });

  it.each([
    [64 * MINUTE, 'verified'],
    [66 * MINUTE, 'refused'],
    [-4 * MINUTE, 'verified'],
    [-6 * MINUTE, 'refused'],
  ])('%i ms old is %s', async (age, kind) => {
    expect((await setUp().check(by(signer), NOW + age)).kind).toBe(kind);
  });
});

describe('a certificate', () => {
  it.each<[string, string]>([
    ['not valid yet', makeSigner({ from: new Date('2026-06-01T00:00:00Z'), to: validity.to }).pem],
    ['expired', makeSigner({ from: validity.from, to: new Date('2026-02-01T00:00:00Z') }).pem],
    ['of an elliptic curve', makeSigner(validity, 'ec').pem],
    ['of a short key', makeSigner(validity, 'smallRsa').pem],
    ['that is none', 'hello'],
  ])('%s is refused', async (_what, pem) => {
    expect(await setUp(() => pem).check(by(signer))).toEqual({ kind: 'refused', reason: 'certificate' });
  });

  it('is fetched once for concurrent and later messages', async () => {
    const { check, fetched } = setUp();
    const verdicts = await Promise.all([1, 2, 3].map(() => check(by(signer))));
    expect([...verdicts, await check(by(signer))].map((verdict) => verdict.kind)).toEqual(Array(4).fill('verified'));
    expect(fetched).toHaveLength(1);
  });

  it('that verified nothing is not remembered', async () => {
    const forger = makeSigner(validity);
    const { check, fetched } = setUp((attempt) => (attempt === 1 ? forger.pem : signer.pem));
    expect((await check(by(signer))).kind).toBe('refused');
    expect((await check(by(signer))).kind).toBe('verified');
    expect(fetched).toHaveLength(2);
  });

  it('that could not be fetched is fetched again', async () => {
    const { check } = setUp((attempt) => (attempt === 1 ? new Error('503') : signer.pem));
    expect(await check(by(signer))).toMatchObject({ kind: 'unavailable', reason: 'certificate' });
    expect((await check(by(signer))).kind).toBe('verified');
  });

  it('that expired in memory is fetched again', async () => {
    const later = makeSigner({ from: validity.from, to: new Date('2028-01-01T00:00:00Z') });
    const { check, fetched } = setUp((attempt) => (attempt === 1 ? signer.pem : later.pem));
    await check(by(signer));
    const Timestamp = '2027-02-01T00:00:00.000Z';
    const message = by(later, { Timestamp });
    expect((await check(message, Date.parse(Timestamp))).kind).toBe('verified');
    expect(fetched).toHaveLength(2);
  });

  it('is forgotten when sixteen newer ones came', async () => {
    const { check, fetched } = setUp();
    const from = (n: number) =>
      by(signer, { SigningCertURL: URL_OK.replace('f3ecfb72', n.toString(16).padStart(8, '0')) });
    for (let n = 0; n < 17; n += 1) await check(from(n));
    await check(from(16));
    expect(fetched).toHaveLength(17);
    await check(from(0));
    expect(fetched).toHaveLength(18);
  });
});
