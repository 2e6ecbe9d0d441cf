/** What cannot be provoked from a loopback server. */
import { expect, test } from 'vitest';
import { CredentialsUnavailable, classify } from '../../../src/adapters/aws/failures.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  [
    'a connection that takes too long',
    Object.assign(
      new Error(
        '@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 1000 ms.',
      ),
      { name: 'TimeoutError' },
    ),
    'notSent',
  ],
  ['all addresses refuse', new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), 'notSent'],
  ['one of the addresses broke later', new AggregateError([coded('ECONNREFUSED'), coded('ECONNRESET')]), 'ambiguous'],
  ['a certificate that is not the host’s', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'notSent'],
  ['a pipe that broke', coded('EPIPE'), 'ambiguous'],
  ['no credentials', new CredentialsUnavailable('none', false), 'notSent'],
  ['a role that is not ours', new CredentialsUnavailable('role', true), 'denied'],
  ['something that is no error', 'text', 'ambiguous'],
  ['nothing', undefined, 'ambiguous'],
])('%s', (_, error, kind) => expect(classify(error, 'kms:EnableKey').kind).toBe(kind));

test('a service’s endless message is cut', () => {
  const error = Object.assign(new Error('x'.repeat(50_000)), {
    name: 'NovelException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
  expect(classify(error, 'kms:EnableKey')).toMatchObject({ kind: 'refused', message: `${'x'.repeat(1000)}…` });
});
