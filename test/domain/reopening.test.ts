/** A closed record is not reopened by what a read showed before its end. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { Fact } from '../../src/domain/fact.ts';
import type { Outcome } from '../../src/domain/incident.ts';
import type { KeyRead } from '../../src/domain/key.ts';
import { by, fact, incident, key, MINUTE, opening, read, rules, T0 } from './samples.ts';

const END = T0 + MINUTE;
const NOW = END + 1_000;
const over = (outcome: Outcome = 'restored') =>
  incident({
    phase: { kind: 'closed', at: END, outcome },
    read: read('Enabled', { readAt: END - 100 }),
    sawDanger: true,
  });
const pendingAt = (readAt: number): KeyRead => read('PendingDeletion', { readAt });
const unreadableAt = (readAt: number): KeyRead => ({
  kind: 'unreadable',
  key,
  readAt,
  why: { kind: 'denied', operation: 'kms:DescribeKey', message: '' },
});
const useAt = (at: number): Fact =>
  fact({ kind: 'useRefused', key, refusal: 'pendingDeletion', call: by('Encrypt') }, { at });
const scheduledAt = (at: number): Fact =>
  fact({ kind: 'deletionScheduled', key, call: by('ScheduleKeyDeletion') }, { at });
const before = END - 5_000;
const after = END + 500;

describe('told after the end', () => {
  test.each<readonly [string, Fact, KeyRead | undefined, boolean, Outcome]>([
    [
      'a use refused before the end, the key read pending before it',
      useAt(before),
      pendingAt(before),
      false,
      'restored',
    ],
    ['a use refused before the end, the key read pending since', useAt(before), pendingAt(after), true, 'restored'],
    [
      'the scheduling that is over, the key read pending before the end',
      scheduledAt(before),
      pendingAt(before),
      false,
      'restored',
    ],
    [
      'a scheduling since, the key read pending before the end',
      scheduledAt(after),
      pendingAt(before),
      true,
      'restored',
    ],
    [
      'a scheduling since, the key read enabled before the end',
      scheduledAt(after),
      read('Enabled', { readAt: before }),
      true,
      'restored',
    ],
    [
      'a scheduling since, the key not readable before the end',
      scheduledAt(after),
      unreadableAt(before),
      true,
      'restored',
    ],
    [
      'a scheduling since, the key read enabled since',
      scheduledAt(after),
      read('Enabled', { readAt: after }),
      true,
      'restored',
    ],
    ['the scheduling that is over, the key not read', scheduledAt(before), undefined, false, 'restored'],
    ['looked into, and the key read pending before that', useAt(before), pendingAt(before), false, 'lookedInto'],
  ])('%s', (_name, told, seen, reopens, outcome) => {
    const happening = {
      kind: 'fact',
      fact: told,
      opening,
      ours: false,
      ...(seen === undefined ? {} : { read: seen }),
    } as const;
    const verdict = decide(over(outcome), happening, { now: NOW, rules });
    expect(verdict.kind).toBe(reopens ? 'decided' : 'nothing');
    if (verdict.kind === 'decided')
      expect(verdict.decision.incident).toMatchObject({ round: 2, phase: { kind: 'open' } });
  });

  test.each<readonly [string, KeyRead, boolean]>([
    ['read pending before the end', pendingAt(before), false],
    ['read pending since', pendingAt(after), true],
  ])('by the sweep, %s', (_name, seen, reopens) => {
    const swept = { kind: 'swept', danger: 'deletionScheduled', opening, read: seen } as const;
    expect(decide(over(), swept, { now: NOW, rules }).kind).toBe(reopens ? 'decided' : 'nothing');
  });
});
