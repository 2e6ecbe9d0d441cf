/** What whoever runs the bot is told in the fallback channel. */
import { describe, expect, test } from 'vitest';
import { drawInspection, drawProcessStopped } from '../../../src/adapters/slack/words/notices.ts';
import { FINDING_KINDS, type Finding, type Inspection, MOST_LISTED } from '../../../src/domain/inspection.ts';
import { key, T0 } from '../../domain/samples.ts';
import { expectNoStrayMarkup, expectWithinLimits, readable } from './drawn.ts';

const finding = (more: Partial<Finding> = {}): Finding => ({
  kind: 'dueEntry',
  key: key.arn,
  name: 'alias/orders',
  repaired: true,
  ...more,
});
const inspection = (findings: readonly Finding[], more: Partial<Inspection> = {}): Inspection => ({
  slot: T0,
  endedAt: T0,
  took: 12,
  keys: 10_000,
  found: findings.length,
  repaired: findings.filter(({ repaired }) => repaired).length,
  findings,
  told: false,
  heartbeat: { kind: 'withheld', why: 'this inspection found something' },
  ...more,
});

describe('an inspection', () => {
  test.each(FINDING_KINDS)('%s: says which key, what was wrong, and whether it was repaired', (kind) => {
    const words = drawInspection(inspection([finding({ kind, repaired: kind !== 'failed' })]));
    expectWithinLimits(words);
    const text = readable(words.blocks);
    expect(text).toContain('alias/orders');
    expect(text).toContain('111122223333 in us-west-2');
    expect(text).toContain(kind === 'failed' ? 'Not repaired' : 'Repaired.');
    expect(words.text).toContain(kind === 'failed' ? '1 could not be repaired' : 'All of it was repaired');
  });

  test('ten thousand findings are one message within Slack’s limits, and say how many are not listed', () => {
    const findings = Array.from({ length: MOST_LISTED }, (_, index) =>
      finding({ name: `alias/${'x'.repeat(200)}${index}` }),
    );
    const words = drawInspection(inspection(findings, { found: 10_000, repaired: 9_999 }));
    expectWithinLimits(words);
    expect(readable(words.blocks)).toContain('and 9980 more');
    expect(words.text).toContain('10000 gaps');
    expect(words.text).toContain('1 could not be repaired');
  });

  test('a key’s name is no markup', () => {
    const words = drawInspection(inspection([finding({ name: 'alias/<!channel> *bold* `code`' })]));
    expectNoStrayMarkup(words.blocks);
    expect(JSON.stringify(words.blocks)).not.toContain('<!channel>');
  });
});

test('a process that stopped: when it was last seen, and what to look at', () => {
  const words = drawProcessStopped({ id: 'processStopped:p1', kind: 'processStopped', at: T0, detail: 'p1' });
  expectWithinLimits(words);
  expect(readable(words.blocks)).toContain('2026-03-14 09:12:00 UTC');
  expect(readable(words.blocks)).toContain('process p1');
});
