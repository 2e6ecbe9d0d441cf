/** Secrets at rest: which key opens what, and that nothing opens which was touched or moved. */
import { describe, expect, test } from 'vitest';
import { keyringOf } from '../../../src/adapters/step-up/keyring.ts';

const key = (byte: number) => Buffer.alloc(32, byte);
const secret = Buffer.from('12345678901234567890');
const ALICE = '/T0HOME/U0ALICE';
const ring = keyringOf([key(1)]);

test('what is sealed opens again, and never looks the same twice', () => {
  const sealed = Array.from({ length: 50 }, () => ring.seal(secret, ALICE));
  expect(new Set(sealed).size).toBe(50);
  for (const one of sealed) {
    expect(ring.open(one, ALICE)).toEqual({ kind: 'opened', secret, byOldKey: false });
    for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const)
      expect(one).not.toContain(secret.toString(encoding));
  }
});

describe('during a rotation', () => {
  const old = keyringOf([key(1)]).seal(secret, ALICE);
  const both = keyringOf([key(2), key(1)]);
  test('both open, the first seals', () => {
    expect(both.open(old, ALICE)).toEqual({ kind: 'opened', secret, byOldKey: true });
    expect(both.sealedBy(old)).toBe('oldKey');
    const renewed = both.seal(secret, ALICE);
    expect(both.sealedBy(renewed)).toBe('firstKey');
    expect(keyringOf([key(2)]).open(renewed, ALICE)).toMatchObject({ kind: 'opened' });
  });
  test('a retired key opens nothing, and is named', () => {
    const after = keyringOf([key(2)]);
    expect(after.open(old, ALICE)).toEqual({ kind: 'keyMissing', keyId: old.split('.')[0] });
    expect(after.sealedBy(old)).toBe('missingKey');
    expect(old).not.toContain(key(1).toString('base64url').slice(0, 20));
  });
});

test('without keys nothing is sealed', () => {
  expect(keyringOf([]).isEmpty).toBe(true);
  expect(() => keyringOf([]).seal(secret, ALICE)).toThrow();
});

describe('what does not open', () => {
  const sealed = ring.seal(secret, ALICE);
  const [keyId = '', hidden = ''] = sealed.split('.');
  const bytes = Buffer.from(hidden, 'base64url');
  const flipped = (at: number) => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return `${keyId}.${changed.toString('base64url')}`;
  };

  test.each(['/T0HOME/U0BOB', '/T0OTHER/U0ALICE', 'E0ORG/T0HOME/U0ALICE', ''])('under the name of %j', (person) =>
    expect(ring.open(sealed, person)).toEqual({ kind: 'broken' }),
  );
  test('with any single bit changed', () => {
    const answers = Array.from(bytes, (_, at) => ring.open(flipped(at), ALICE).kind);
    expect(answers).toEqual(Array.from(bytes, () => 'broken'));
  });
  test('cut anywhere, its tag included', () => {
    const answers = Array.from(bytes, (_, end) => ring.open(`${keyId}.${bytes.toString('base64url', 0, end)}`, ALICE));
    expect(answers.every(({ kind }) => kind === 'broken')).toBe(true);
  });
  test('nonsense', () => {
    expect(ring.open('', ALICE).kind).toBe('keyMissing');
    expect(ring.open('nonsense', ALICE).kind).toBe('keyMissing');
    expect(ring.open(keyId, ALICE).kind).toBe('broken');
  });
});
