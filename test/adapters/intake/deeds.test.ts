import { expect, it, test } from 'vitest';
import { deedFromRecord } from '../../../src/adapters/intake/cloudtrail.ts';
import type { Place } from '../../../src/domain/ids.ts';
import { readCase } from './cases.ts';

const PLACE = { account: '111122223333', region: 'us-west-2' } as Place;
const record = (name: string, changes: object = {}): unknown => ({
  ...(readCase(`fixtures/cloudtrail-${name}.json`) as object),
  ...changes,
});
const deedOf = (name: string, changes: object = {}) => deedFromRecord(record(name, changes), PLACE, 0);

test.each([
  ['Decrypt-success', { operation: 'Decrypt', readOnly: true }, undefined],
  ['GetParametersForImport', { operation: 'GetParametersForImport' }, undefined],
  ['ScheduleKeyDeletion-single-region', { operation: 'ScheduleKeyDeletion', readOnly: false }, 'deletionScheduled'],
  ['ScheduleKeyDeletion-access-denied', { operation: 'ScheduleKeyDeletion', error: 'AccessDenied' }, 'attemptRefused'],
])('%s is a deed, whether or not it is a fact', (name, expected, fact) => {
  const deed = deedOf(name);
  expect(deed).toMatchObject({ ...expected, service: 'kms.amazonaws.com', place: PLACE });
  expect(deed?.fact?.body.kind).toBe(fact);
});

it('carries nothing of the parameters, the answer or the error’s words but the key', () => {
  const canary = 'canary-of-the-parameters';
  const deed = deedOf('Decrypt-success', {
    requestParameters: { encryptionContext: { secret: canary }, keyId: canary },
    responseElements: { plaintext: canary },
    errorMessage: canary,
    additionalEventData: { note: canary },
  });
  expect(deed).toBeDefined();
  expect(JSON.stringify(deed)).not.toContain(canary);
});

it('of another service is a deed too, and means nothing for a key', () => {
  expect(deedOf('DisableKey', { eventSource: 'iam.amazonaws.com', eventName: 'CreateAccessKey' })).toMatchObject({
    service: 'iam.amazonaws.com',
    operation: 'CreateAccessKey',
  });
});

it.each([null, 7, 'text', [], {}])('%j is no deed', (nothing) => {
  expect(deedFromRecord(nothing, PLACE, 0)).toBeUndefined();
});
