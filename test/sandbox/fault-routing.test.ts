import { describe, expect, test } from 'vitest';
import { readFault } from '../../src/sandbox/fault-routing.ts';

const good = { service: 'kms', operation: 'CancelKeyDeletion', mode: 'failAfter', count: 2 };

describe('a fault', () => {
  test.each([
    [good],
    [{ service: 'slack', operation: 'chat.postMessage', mode: 'throttle', count: 1 }],
    [{ service: 'eventbridge', operation: '*', mode: 'hang', count: 1 }],
  ])('%j is taken', (fault) => expect(readFault(fault)).toEqual({ fault }));

  test.each([
    ['service', { ...good, service: 's3' }, /service is "s3"; expected one of kms, cloudtrail/],
    [
      'operation',
      { ...good, operation: 'CancelDeletion' },
      /operation is "CancelDeletion"; expected \* or one of .*CancelKeyDeletion/,
    ],
    ['operation of another service', { ...good, operation: 'chat.update' }, /operation is/],
    ['mode', { ...good, mode: 'explode' }, /mode is "explode"; expected one of slow, throttle, failBefore/],
    ['count', { ...good, count: 0 }, /count is 0; expected a whole number/],
    ['count as text', { ...good, count: '1' }, /count is "1"/],
    ['nothing at all', {}, /service is \(absent\)/],
  ])('with a wrong %s is refused, and told what would be right', (_, body, problem) => {
    expect(readFault(body)).toEqual({ problem: expect.stringMatching(problem) });
  });
});
