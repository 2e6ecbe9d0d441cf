import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/adapters/system/hash.ts';
import type { AuditEntry, AuditHead } from '../../src/domain/audit.ts';
import { chained } from '../../src/domain/audit-chain.ts';
import type { ChainFaultKind, StoredEntry } from '../../src/domain/audit-verification.ts';
import { canonicalText } from '../../src/domain/canonical-text.ts';
import {
  auditEvent,
  auditTrail,
  rechained,
  rehashed,
  stored,
  verify,
  verifyTrail,
  withInserted,
  withMoved,
  without,
  withReplaced,
  withSwapped,
} from './audit-trails.ts';

const SIX = auditTrail(6);
const at = (number: number, trail: readonly AuditEntry[] = SIX): AuditEntry => trail[number - 1] as AuditEntry;
const headOf = ({ seq, hash }: AuditEntry): AuditHead => ({ seq, hash });
const ELSEWHERE = 'ab'.repeat(32);

describe('the text of an entry', () => {
  test('is one, however it was put together', () => {
    const one = { seq: 1, actor: { via: 'terminal', user: 'é"\n' }, approvers: ['b', 'a'], reason: undefined };
    const other = { approvers: ['b', 'a'], actor: { user: 'é"\n', via: 'terminal' }, seq: 1 };
    expect(canonicalText(one)).toBe(canonicalText(other));
    expect(canonicalText(one)).toBe('{"actor":{"user":"é\\"\\n","via":"terminal"},"approvers":["b","a"],"seq":1}');
  });
  test('survives being kept and read', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalText(JSON.parse(canonicalText(value)))).toBe(canonicalText(value));
      }),
    ));
});

describe('chaining', () => {
  test('begins at 1, behind 64 zeros, and hashes number and predecessor along', () => {
    const [first, second] = chained(undefined, [auditEvent('a'), auditEvent('b')], sha256) as [AuditEntry, AuditEntry];
    expect(first).toMatchObject({ seq: 1, prev: '0'.repeat(64), id: 'event a' });
    expect(second).toMatchObject({ seq: 2, prev: first.hash, id: 'event b' });
    const { hash, ...rest } = second;
    expect(hash).toBe(sha256(canonicalText(rest)));
  });
  test('in steps is the same as at once', () => {
    const events = [auditEvent('a'), auditEvent('b'), auditEvent('c')];
    const [one, ...rest] = events as [(typeof events)[0], ...typeof events];
    const begun = chained(undefined, [one], sha256);
    expect([...begun, ...chained(begun[0], rest, sha256)]).toEqual(chained(undefined, events, sha256));
  });
});

describe('a sound trail', () => {
  test.each([1, 2, 3, 6])('of %i', (count) => {
    const trail = auditTrail(count);
    expect(verifyTrail(trail)).toEqual({ kind: 'sound', count, head: headOf(at(count, trail)) });
  });
  test('of none', () => expect(verifyTrail([])).toEqual({ kind: 'sound', count: 0 }));
  test.each([1, 3, 6])('with the head posted at entry %i', (number) =>
    expect(verifyTrail(SIX, { expected: headOf(at(number)) })).toMatchObject({ kind: 'sound', count: 6 }),
  );
});

const forgery = at(3) && rehashed(at(3), { reason: 'forged' });
/** Entries from `number` on carry the next number; hashes and links are kept, or hashes fit again. */
const renumbered = (trail: readonly AuditEntry[], number: number, how: 'kept' | 'rehashed'): readonly AuditEntry[] =>
  trail.map((entry) => {
    if (entry.seq < number) return entry;
    return how === 'kept' ? { ...entry, seq: entry.seq + 1 } : rehashed(entry, { seq: entry.seq + 1 });
  });

const cases: readonly (readonly [string, readonly AuditEntry[], ChainFaultKind, number])[] = [
  ['a word changed', withReplaced(SIX, 3, { ...at(3), reason: 'x' }), 'edited', 3],
  ['the first changed', withReplaced(SIX, 1, { ...at(1), reason: 'x' }), 'edited', 1],
  ['the last changed', withReplaced(SIX, 6, { ...at(6), reason: 'x' }), 'edited', 6],
  ['a field added', withReplaced(SIX, 3, { ...at(3), comment: 'x' }), 'edited', 3],
  ['only the hash changed', withReplaced(SIX, 3, { ...at(3), hash: ELSEWHERE }), 'edited', 3],
  ['only the link changed', withReplaced(SIX, 3, { ...at(3), prev: ELSEWHERE }), 'edited', 3],
  ['a word changed, with a new hash', withReplaced(SIX, 3, forgery), 'edited', 3],
  ['the first changed, with a new hash', withReplaced(SIX, 1, rehashed(at(1), { reason: 'x' })), 'edited', 1],
  ['the last but one changed, with a new hash', withReplaced(SIX, 5, rehashed(at(5), { reason: 'x' })), 'edited', 5],
  ['the link changed, with a new hash', withReplaced(SIX, 3, rehashed(at(3), { prev: ELSEWHERE })), 'edited', 3],
  ['the number changed, with a new hash', withReplaced(SIX, 3, rehashed(at(3), { seq: 9 })), 'edited', 3],
  ['the first removed', without(SIX, 1), 'removed', 1],
  ['one removed', without(SIX, 3), 'removed', 3],
  ['the last but one removed', without(SIX, 5), 'removed', 5],
  ['the last removed', without(SIX, 6), 'removed', 6],
  ['two removed', without(without(SIX, 3), 3), 'removed', 3],
  ['all removed', [], 'removed', 1],
  ['one put in', withInserted(SIX, 3, rehashed(auditEntry(3, at(2).hash))), 'inserted', 3],
  ['one put in first', withInserted(SIX, 1, rehashed(auditEntry(1, '0'.repeat(64)))), 'inserted', 1],
  ['one put in before the last two', withInserted(SIX, 5, rehashed(auditEntry(5, at(4).hash))), 'inserted', 5],
  ['one put in that fits nowhere', withInserted(SIX, 3, rehashed(auditEntry(77, ELSEWHERE))), 'inserted', 3],
  ['one put in with a wrong hash', withInserted(SIX, 3, auditEntry(3, at(2).hash)), 'inserted', 3],
  ['one put in, the others renumbered', withInserted(renumbered(SIX, 3, 'kept'), 3, forgery), 'inserted', 3],
  ['one put in, the others hashed anew', withInserted(renumbered(SIX, 3, 'rehashed'), 3, forgery), 'inserted', 3],
  ['an entry repeated', withInserted(SIX, 5, at(2)), 'inserted', 5],
  ['an entry repeated at the end', [...SIX, at(2)], 'inserted', 7],
  ['a later entry shown early', withInserted(SIX, 2, at(5)), 'inserted', 2],
  ['neighbours swapped', withSwapped(SIX, 3, 4), 'reordered', 3],
  ['the first two swapped', withSwapped(SIX, 1, 2), 'reordered', 1],
  ['the last two swapped', withSwapped(SIX, 5, 6), 'reordered', 5],
  ['first and last swapped', withSwapped(SIX, 1, 6), 'reordered', 1],
  ['two apart swapped', withSwapped(SIX, 2, 4), 'reordered', 2],
  ['one moved to the end', withMoved(SIX, 2, 6), 'reordered', 2],
  ['the last moved up', withMoved(SIX, 6, 2), 'reordered', 2],
  ['all in reverse', SIX.toReversed(), 'reordered', 1],
];
function auditEntry(seq: number, prev: string): AuditEntry {
  return { ...auditEvent('forged'), seq, prev, hash: ELSEWHERE };
}

describe('what was done to it is named', () => {
  test.each(cases)('%s', (_title, trail, kind, number) => {
    const verdict = verifyTrail(trail, { lastStored: Math.max(6, trail.length) });
    expect(verdict).toMatchObject({ kind: 'faulty', fault: { kind, number } });
  });
  test.each(['', 'garbage', '[]', '"text"', 'null', '{}', '{"seq":"3"}', '['.repeat(200_000)])(
    'what is no entry: %.20s',
    (text) => {
      const kept = SIX.map(stored).with(2, { number: 3, text });
      expect(verify(kept)).toMatchObject({ kind: 'faulty', fault: { kind: 'unreadable', number: 3 } });
    },
  );
  test.each([
    ['spaces', JSON.stringify(at(3), null, 1)],
    ['a name given twice', canonicalText(at(3)).replace('{', '{"reason":"hidden",')],
  ])('an entry spelled otherwise: %s', (_title, text) =>
    expect(verify(SIX.map(stored).with(2, { number: 3, text }))).toMatchObject({
      fault: { kind: 'edited', number: 3 },
    }),
  );
  test('of two last entries, the one that is stored under its own number is believed', () => {
    const double = rehashed(at(6), { reason: 'x' });
    const kept = SIX.map(stored);
    const behind = verify([...kept, { number: undefined, text: canonicalText(double) }]);
    const before = verify(kept.toSpliced(5, 0, { number: undefined, text: canonicalText(double) }));
    expect(behind).toMatchObject({ fault: { kind: 'inserted', number: 7 } });
    expect(before).toMatchObject({ fault: { kind: 'inserted', number: 6 } });
  });
  test('a last entry that is kept under another number than its own, behind which nothing can be written', () =>
    expect(verify(SIX.map(stored).with(5, { number: undefined, text: canonicalText(at(6)) }))).toMatchObject({
      fault: { kind: 'reordered', number: 6 },
    }));
  test('every explanation is one sentence that names the number', () => {
    for (const [, trail, , number] of cases) {
      const verdict = verifyTrail(trail, { lastStored: Math.max(6, trail.length) });
      expect(verdict.kind === 'faulty' && verdict.fault.explanation).toMatch(
        new RegExp(`^Entr(y|ies) ${number} [^.]+\\.$`),
      );
    }
  });
});

describe('a head that was posted earlier', () => {
  test.each([
    ['of a trail written anew', rechained(withReplaced(SIX, 2, { ...at(2), reason: 'x' }), 2), at(4), 4],
    ['of the last entry, forged since', withReplaced(SIX, 6, rehashed(at(6), { reason: 'x' })), at(6), 6],
    ['beyond the end', SIX.slice(0, 4), at(6), 5],
    ['of a trail that is gone', [], at(6), 1],
  ])('%s', (_title, trail, posted, number) =>
    expect(verifyTrail(trail, { expected: headOf(posted) })).toMatchObject({
      kind: 'faulty',
      fault: { kind: 'rewritten', number },
    }),
  );
  test('does not hide what lies before it', () =>
    expect(verifyTrail(without(SIX, 2), { expected: { seq: 5, hash: ELSEWHERE } })).toMatchObject({
      fault: { kind: 'removed', number: 2 },
    }));
  test('comes before what lies behind it', () =>
    expect(verifyTrail(without(SIX, 5), { expected: { seq: 4, hash: ELSEWHERE } })).toMatchObject({
      fault: { kind: 'rewritten', number: 4 },
    }));
  test('tells which of the last two is forged', () => {
    const expected = headOf(at(5));
    const last = withReplaced(SIX, 6, rehashed(at(6), { prev: ELSEWHERE }));
    expect(verifyTrail(last, { expected })).toMatchObject({ fault: { kind: 'edited', number: 6 } });
    const beforeLast = withReplaced(SIX, 5, rehashed(at(5), { reason: 'x' }));
    expect(verifyTrail(beforeLast, { expected })).toMatchObject({ fault: { kind: 'edited', number: 5 } });
  });
});

/* ── Any single change to any trail ──────────────────────────────────────────────────────────────────────────── */

interface Tampered {
  readonly kept: readonly StoredEntry[];
  readonly number: number;
  /** Without a head posted earlier it cannot be seen, or one of two entries could be the forged one. */
  readonly needsHead: boolean;
}
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const text = fc.string({ unit: 'binary', maxLength: 12 });
const events = fc.array(
  fc.record({ reason: text, at: fc.nat(), steppedUp: fc.boolean() }).map((more) => auditEvent('any', more)),
  { minLength: 1, maxLength: 7 },
);
const changes = fc.oneof(
  fc.record({ reason: text.map((word) => `${word} forged`) }),
  fc.record({ comment: text }),
  fc.record({ at: fc.integer({ max: -1 }) }),
  fc.record({ prev: hex }),
  fc.record({ seq: fc.integer({ min: -2, max: 12 }) }),
);
const numbered = (trail: readonly AuditEntry[]): readonly StoredEntry[] => trail.map(stored);

const edit = (trail: readonly AuditEntry[]): fc.Arbitrary<Tampered> =>
  fc
    .record({ number: fc.integer({ min: 1, max: trail.length }), changes, isRehashed: fc.boolean() })
    .filter(({ number, changes }) => !('seq' in changes) || changes.seq !== number)
    .map(({ number, changes, isRehashed }) => {
      const entry = at(number, trail);
      const forged = isRehashed ? rehashed(entry, changes) : { ...entry, ...changes };
      const needsHead = isRehashed && number === trail.length && !('seq' in changes);
      return { kept: numbered(withReplaced(trail, number, forged)), number, needsHead };
    });

const removal = (trail: readonly AuditEntry[]): fc.Arbitrary<Tampered> =>
  fc.integer({ min: 1, max: trail.length }).map((number) => ({
    kept: trail.map(stored).toSpliced(number - 1, 1),
    number,
    needsHead: false,
  }));

const swap = (trail: readonly AuditEntry[]): fc.Arbitrary<Tampered> =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: trail.length }), { minLength: 2, maxLength: 2 })
    .map((pair) => pair.toSorted((left, right) => left - right) as [number, number])
    .chain(([number, other]) =>
      fc.constantFrom('as they are', 'renumbered', 'rehashed').map((how) => {
        const swapped = withSwapped(trail, number, other).map((entry, index) => {
          if (how === 'as they are' || entry.seq === index + 1) return entry;
          return how === 'renumbered' ? { ...entry, seq: index + 1 } : rehashed(entry, { seq: index + 1 });
        });
        return { kept: numbered(swapped), number, needsHead: false };
      }),
    );

const insertion = (trail: readonly AuditEntry[]): fc.Arbitrary<Tampered> =>
  fc
    .record({
      number: fc.integer({ min: 1, max: trail.length + 1 }),
      entry: fc.record({ reason: text, seq: fc.option(fc.integer({ min: 1, max: 12 })), prev: fc.option(hex) }),
      linkedTo: fc.option(fc.integer({ min: 0, max: trail.length - 1 })),
      isHashed: fc.boolean(),
      behind: fc.constantFrom('as they are', 'renumbered', 'relinked', 'rehashed'),
    })
    .map(({ number, entry, linkedTo, isHashed, behind }) => {
      const before = trail[number - 2];
      const prev = linkedTo === null ? (before?.hash ?? '0'.repeat(64)) : (trail[linkedTo]?.hash ?? ELSEWHERE);
      const raw = { ...auditEvent('forged', { reason: entry.reason }), seq: entry.seq ?? number, hash: ELSEWHERE };
      const linked: AuditEntry = { ...raw, prev: entry.prev ?? prev };
      const forged = isHashed ? rehashed(linked) : linked;
      let last = forged;
      const rest = trail.slice(number - 1).map((entry) => {
        const moved = { ...entry, seq: entry.seq + 1, ...(behind === 'relinked' ? { prev: last.hash } : {}) };
        if (behind === 'as they are') last = entry;
        else last = behind === 'rehashed' ? rehashed(moved) : moved;
        return last;
      });
      const fits = isHashed && forged.seq === number && forged.prev === before?.hash;
      return {
        kept: numbered([...trail.slice(0, number - 1), forged, ...rest]),
        number,
        // Put in as the last but one, or behind the last: nothing is left that could vouch for what was there.
        needsHead: isHashed && number >= trail.length,
        isAppend: fits && number === trail.length + 1,
      };
    })
    .filter(({ isAppend }) => !isAppend);

const tampering = events.chain((all) => {
  const trail = chained(undefined, all, sha256);
  const ways = [edit(trail), removal(trail), insertion(trail), ...(trail.length > 1 ? [swap(trail)] : [])];
  return fc.oneof(...ways).map((tampered) => ({ trail, ...tampered }));
});

describe('any single edit, removal, insertion or swap of any trail', () => {
  test('is found, and the first entry touched is named', () =>
    fc.assert(
      fc.property(tampering, ({ trail, kept, number, needsHead }) => {
        fc.pre(!needsHead);
        const verdict = verify(kept, { lastStored: trail.length });
        expect(verdict).toMatchObject({ kind: 'faulty', fault: { number } });
      }),
      { numRuns: 2_000 },
    ));
  test('is found with the head that was posted, also at the very end', () =>
    fc.assert(
      fc.property(tampering, ({ trail, kept, number }) => {
        const verdict = verify(kept, { lastStored: trail.length, expected: headOf(at(trail.length, trail)) });
        expect(verdict).toMatchObject({ kind: 'faulty', fault: { number } });
      }),
      { numRuns: 2_000 },
    ));
  test('and an untouched one is sound', () =>
    fc.assert(
      fc.property(events, fc.nat(), (all, any) => {
        const trail = chained(undefined, all, sha256);
        const expected = headOf(at((any % trail.length) + 1, trail));
        expect(verifyTrail(trail, { expected })).toMatchObject({ kind: 'sound', count: trail.length });
      }),
    ));
});
