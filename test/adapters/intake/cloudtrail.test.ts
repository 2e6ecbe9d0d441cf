import { describe, expect, it } from 'vitest';
import { factFromRecord } from '../../../src/adapters/intake/cloudtrail.ts';
import type { FactBody } from '../../../src/domain/fact.ts';
import { readCase } from './cases.ts';

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OTHER = 'arn:aws:kms:us-west-2:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321';

type Changes = Readonly<Record<string, unknown>>;

function record(name: string, changes: Changes = {}): unknown {
  return { ...(readCase(`fixtures/cloudtrail-${name}.json`) as object), ...changes };
}
function bodyOf(name: string, changes: Changes = {}): FactBody | string {
  const result = factFromRecord(record(name, changes), 'cloudtrail', 0);
  if (result.kind === 'fact') return result.fact.body;
  return result.kind === 'setAside' ? result.reason : `malformed: ${result.problem}`;
}
const keyArnOf = (body: FactBody | string): string | undefined =>
  typeof body !== 'string' && 'key' in body ? body.key.arn : undefined;

describe('the key of a record', () => {
  it.each([
    ['an alias', 'alias/orders'],
    ['an alias ARN', 'arn:aws:kms:us-west-2:111122223333:alias/orders'],
  ])('is taken from the resources when the caller named %s', (_what, keyId) => {
    expect(keyArnOf(bodyOf('DisableKey', { requestParameters: { keyId }, responseElements: null }))).toBe(KEY);
  });

  it('is not guessed from an alias alone', () => {
    const changes = { requestParameters: { keyId: 'alias/orders' }, responseElements: null, resources: null };
    expect(bodyOf('DisableKey', changes)).toBe('no key named');
  });

  it('is built from a bare id, in the partition of the Region', () => {
    const changes = { awsRegion: 'cn-north-1', responseElements: null, resources: undefined };
    expect(keyArnOf(bodyOf('DisableKey', changes))).toBe(KEY.replace('aws:kms:us-west-2', 'aws-cn:kms:cn-north-1'));
  });

  it('is the refused one when ReEncrypt lists two', () => {
    const changes = {
      eventName: 'ReEncrypt',
      resources: [{ ARN: OTHER }, { ARN: KEY }],
      requestParameters: { sourceKeyId: OTHER, destinationKeyId: KEY },
    };
    expect(keyArnOf(bodyOf('Decrypt-failed-pending-deletion-iam-user', changes))).toBe(KEY);
  });
});

describe('a refused use', () => {
  it.each([
    ['is pending deletion.', 'pendingDeletion'],
    ['is pending deletion (or pending replica deletion).', 'pendingDeletion'],
    ['is pending replica deletion.', 'pendingDeletion'],
    ['is disabled.', 'disabled'],
    ['is pending import because no key material has ever been imported.', 'pendingImport'],
    ['is unavailable.', 'unavailable'],
  ])('"%s" means %s, by either exception', (words, refusal) => {
    for (const errorCode of ['KMSInvalidStateException', 'DisabledException']) {
      const body = bodyOf('Decrypt-failed-pending-deletion-minimal-no-resources', {
        errorCode,
        errorMessage: `${KEY} ${words}`,
      });
      expect(body).toMatchObject({ kind: 'useRefused', refusal, key: { arn: KEY } });
    }
  });

  it.each(['is creating.', 'is updating.', 'is not pending deletion.'])('"%s" is none', (words) => {
    const changes = { errorMessage: `${KEY} ${words}` };
    expect(bodyOf('Decrypt-failed-pending-deletion-iam-user', changes)).toBe('a call without consequence for a key');
  });

  it('by other errors is none, whatever the words', () => {
    const changes = { errorCode: 'AccessDenied' };
    expect(bodyOf('Decrypt-failed-pending-deletion-iam-user', changes)).toBe('a call without consequence for a key');
  });

  it('includes a grant that could not be created', () => {
    const body = bodyOf('CreateGrant', { errorCode: 'DisabledException', errorMessage: `${KEY} is disabled.` });
    expect(body).toMatchObject({ kind: 'useRefused', refusal: 'disabled' });
  });
});

describe('a refused attempt', () => {
  it.each([
    'ScheduleKeyDeletion',
    'DisableKey',
    'DeleteImportedKeyMaterial',
    'PutKeyPolicy',
    'CancelKeyDeletion',
    'EnableKey',
    'ImportKeyMaterial',
  ])('at %s is told', (eventName) => {
    const body = bodyOf('ScheduleKeyDeletion-access-denied', { eventName, errorCode: 'AccessDeniedException' });
    expect(body).toMatchObject({ kind: 'attemptRefused', error: 'AccessDeniedException', key: { arn: KEY } });
  });

  it('names its key in the message alone', () => {
    expect(keyArnOf(bodyOf('ScheduleKeyDeletion-access-denied', { resources: null }))).toBe(KEY);
  });

  it('without any key is set aside', () => {
    const changes = { resources: null, errorMessage: 'not authorized', requestParameters: { keyId: 'nonsense' } };
    expect(bodyOf('ScheduleKeyDeletion-access-denied', changes)).toBe('no key named');
  });
});

describe('a new key', () => {
  const metadata = { arn: KEY, origin: 'AWS_KMS', keyState: 'Enabled' };
  const made = (changes: Changes): Changes => ({ responseElements: { keyMetadata: { ...metadata, ...changes } } });

  it.each<[string, Changes]>([
    ['of KMS', made({})],
    ['of a key store', made({ origin: 'AWS_CLOUDHSM' })],
    ['of an external key store', made({ origin: 'EXTERNAL_KEY_STORE' })],
    ['that is still being made', made({ keyState: 'Creating' })],
    ['named by its resources alone', made({ arn: undefined })],
  ])('%s begins Enabled', (_what, changes) =>
    expect(bodyOf('CreateKey', changes)).toMatchObject({ kind: 'keyCreated', key: { arn: KEY } }),
  );

  it.each<[string, Changes]>([
    ['waits for its material', made({ origin: 'EXTERNAL', keyState: 'PendingImport' })],
    ['is in another state', made({ keyState: 'Unavailable' })],
    ['says nothing of its origin', { responseElements: null, requestParameters: null }],
    ['is of another Region', { awsRegion: 'eu-west-1' }],
    ['was refused', { errorCode: 'AccessDenied' }],
    ['is replicated: its own record stands in its own Region', { eventName: 'ReplicateKey' }],
  ])('that %s tells nothing', (_what, changes) =>
    expect(bodyOf('CreateKey', changes)).toBe('a call without consequence for a key'),
  );
});

describe('other calls', () => {
  it('keep a bypassed lock-out check in mind', () => {
    const body = bodyOf('PutKeyPolicy', { requestParameters: { bypassPolicyLockoutSafetyCheck: true } });
    expect(body).toMatchObject({ kind: 'policyChanged', bypassedLockoutCheck: true });
  });

  it('tell a disconnected key store by its place', () => {
    const body = bodyOf('DisableKey', {
      eventName: 'DisconnectCustomKeyStore',
      requestParameters: { customKeyStoreId: 'cks-1234567890abcdef0' },
      resources: null,
    });
    const place = { account: '111122223333', region: 'us-west-2' };
    expect(body).toMatchObject({ kind: 'keyStoreDisconnected', place, keyStoreId: 'cks-1234567890abcdef0' });
  });

  it.each([
    ['DescribeKey', 'a read-only call'],
    ['ListAliases', 'a read-only call'],
    ['RotateKey', 'a rotation'],
    ['TagResource', 'a call without consequence for a key'],
  ])('%s: %s', (eventName, reason) => expect(bodyOf('EnableKey', { eventName })).toBe(reason));

  it('of other services are set aside', () => {
    expect(bodyOf('EnableKey', { eventSource: 's3.amazonaws.com' })).toBe('another service');
  });

  it.each([undefined, null, 'text', 7, [], {}, { eventID: { length: 3 } }])('%j is malformed', (value) => {
    expect(factFromRecord(value, 'cloudtrail', 0).kind).toBe('malformed');
  });
});

describe('event selectors', () => {
  const field = (name: string, values: object) => ({ field: name, ...values });
  const management = field('eventCategory', { equals: ['Management'] });
  const kms = ['kms.amazonaws.com'];

  it.each<[string, object, boolean]>([
    ['keep KMS', { eventSelectors: [{ includeManagementEvents: true }] }, false],
    ['drop management events', { eventSelectors: [{ includeManagementEvents: false }] }, true],
    ['record writes only', { eventSelectors: [{ readWriteType: 'WriteOnly' }] }, true],
    ['exclude KMS, in capitals', { EventSelectors: [{ ExcludeManagementEventSources: kms }] }, true],
    ['exclude it in one of two', { eventSelectors: [{ excludeManagementEventSources: kms }, {}] }, false],
    ['advanced: keep KMS', { advancedEventSelectors: [{ fieldSelectors: [management] }] }, false],
    [
      'advanced: exclude KMS',
      { advancedEventSelectors: [{ fieldSelectors: [management, field('eventSource', { notEquals: kms })] }] },
      true,
    ],
    [
      'advanced: writes only',
      { advancedEventSelectors: [{ fieldSelectors: [management, field('readOnly', { equals: ['false'] })] }] },
      true,
    ],
    [
      'advanced: data events only',
      { advancedEventSelectors: [{ fieldSelectors: [field('eventCategory', { equals: ['Data'] })] }] },
      true,
    ],
  ])('that %s', (_what, requestParameters, blinds) => {
    const body = bodyOf('PutEventSelectors-excludes-kms', { requestParameters });
    expect(typeof body === 'string' ? body : body.kind).toBe(
      blinds ? 'trailBlinded' : 'a call without consequence for a key',
    );
  });
});
