/** The Home tab: what waits for one person, what they asked for, what is open. */
import { describe, expect, test } from 'vitest';
import { drawHome } from '../../../src/adapters/slack/words/home.ts';
import type { IncidentId } from '../../../src/domain/ids.ts';
import type { HomeTab } from '../../../src/domain/interaction.ts';
import { known, unknown } from '../../../src/domain/key.ts';
import { approval, bob } from '../../domain/proofs.ts';
import { imported, incident, incidentId, read, T0 } from '../../domain/samples.ts';
import { buttonsIn, expectNoStrayMarkup, expectTaken, readable, view } from './drawn.ts';

const details = { aliases: known(['alias/orders']), tags: known({}), lastUse: unknown('not asked') };
const about = incident({ details, read: read('Enabled', imported) });
type Request = HomeTab['requests'][number];
const request = (mine: boolean, more: Partial<Parameters<typeof approval>[1]> = {}): Request => ({
  incident: about,
  approval: approval('scheduleDeletion', { windowDays: 14, reason: 'replaced', ...more }),
  mine,
});
const home = (requests: readonly Request[], more: Partial<HomeTab> = {}) =>
  drawHome(
    { sight: 'member', roles: ['approver'], open: more.incidents?.length ?? 0, incidents: [], requests, ...more },
    view,
  );

test.each([
  ['notMember', 'for members of the workspace only'],
  ['unknown', 'could not say just now who you are'],
] as const)('%s: no names, and why', (sight, words) => {
  const tab = home([request(false)], { sight, incidents: [about] });
  expect(readable(tab.blocks)).toContain(words);
  expect(readable(tab.blocks)).not.toContain('orders');
  expect(readable(tab.blocks)).not.toContain('No open incidents');
  expectTaken(tab);
});

test('more open than shown: the true number', () => {
  const tab = home([], { open: 500, incidents: [about] });
  expect(readable(tab.blocks)).toContain('*Open incidents*  500');
  expect(readable(tab.blocks)).toContain('and 499 more');
});

test('nothing waits: nothing is said of it', () => {
  const tab = home([]);
  expect(readable(tab.blocks)).not.toContain('approval');
  expect(readable(tab.blocks)).toContain('No open incidents');
  expect(buttonsIn(tab.blocks)).toEqual([]);
  expectTaken(tab);
});

test('a request of somebody else: all it takes to decide, and the two buttons', () => {
  const tab = home([request(false)], { incidents: [about] });
  const all = readable(tab.blocks);
  for (const part of [
    '*Waiting for your approval*',
    '*Schedule Deletion* of alias/orders, waiting period 14 days, asked for by <@UALICE>',
    '*Key*  1234abcd-12ab-34cd-56ef-1234567890ab  ·  payments-prod 111122223333  ·  us-west-2  ·  imported material',
    '“replaced”',
    'After 14 days KMS deletes it',
    'Expires 2026-03-14 09:42 UTC',
    '0 of 1 agreed',
  ])
    expect(all).toContain(part);
  expect(buttonsIn(tab.blocks).map(({ text, value }) => [text, value])).toEqual([
    ['Approve', `${incidentId}.p${'0'.repeat(31)}`],
    ['Reject', `${incidentId}.p${'0'.repeat(31)}`],
  ]);
  // What waits for somebody comes before what is only open.
  expect(all.indexOf('Waiting for your approval')).toBeLessThan(all.indexOf('Open incidents'));
  expectTaken(tab);
  expectNoStrayMarkup(tab.blocks);
});

test('one’s own: how far it is, and no button to agree with oneself', () => {
  const agreements = [{ by: bob, at: T0, steppedUp: true }];
  const tab = home([request(true, { quorum: 3, agreements })]);
  expect(readable(tab.blocks)).toContain('*Your requests*');
  expect(readable(tab.blocks)).toContain('1 of 3 agreed. Expires 2026-03-14 09:42 UTC');
  expect(readable(tab.blocks)).not.toContain('Waiting for your approval');
  expect(buttonsIn(tab.blocks)).toEqual([]);
});

describe('many', () => {
  const LONG = ['&'.repeat(1_000), '"'.repeat(1_000), '<!channel> <@U1> '.repeat(60)];
  const many = (count: number, mine: boolean, reason: string): readonly Request[] =>
    Array.from({ length: count }, (_, index) => ({
      ...request(mine, { reason, ticket: reason }),
      incident: { ...about, id: `i${String(index).padStart(31, '0')}` as IncidentId },
    }));
  test.each(LONG)('requests with long texts fit, and what is left out is counted', (reason) => {
    const incidents = Array.from({ length: 60 }, () => about);
    const tab = home([...many(25, false, reason), ...many(14, true, reason)], { incidents });
    expectTaken(tab);
    expectNoStrayMarkup(tab.blocks);
    const all = readable(tab.blocks);
    expect(buttonsIn(tab.blocks)).toHaveLength(20);
    expect(all).toContain('and 15 more wait for you');
    expect(all).toContain('and 4 more of yours');
    expect(all).toContain('and 40 more');
    // However long the reason: until when (also one's own), and what it breaks, is never cut away.
    expect(all.split('Expires 2026-03-14 09:42 UTC')).toHaveLength(21);
    expect(all.split('After 14 days KMS deletes it')).toHaveLength(11);
  });
});

test('roles are names, whatever they are called', () => {
  const tab = home([], { roles: ['<!channel>', 'x'.repeat(500)] });
  expectNoStrayMarkup(tab.blocks);
  expectTaken(tab);
});
