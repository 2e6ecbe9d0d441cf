/** A card of a key whose policy was closed to our rescue: who did it stands there once, and the file to go back to has one name. */
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import type { Fact } from '../../../src/domain/fact.ts';
import type { DangerKind, Incident } from '../../../src/domain/incident.ts';
import { noted } from '../../../src/domain/record.ts';
import { by, fact, incident, key, MINUTE, read, T0 } from '../../domain/samples.ts';
import { readable, view } from './drawn.ts';

const put = (more: Partial<Fact> = {}): Fact =>
  fact({ kind: 'policyChanged', key, call: by('PutKeyPolicy'), bypassedLockoutCheck: false }, more);
const danger = (kind: DangerKind, of?: Fact, more: Partial<Incident['dangers'][number]> = {}) => ({
  kind,
  firstAt: T0,
  lastAt: T0,
  count: 1,
  ...(of === undefined ? {} : { fact: of }),
  ...more,
});
const text = (about: Incident): string => readable(drawCard(about, view, { plain: false }).blocks);
const given = (dangers: Incident['dangers'], ...facts: readonly Fact[]): Incident =>
  facts.reduce<Incident>(
    (about, one) => noted(about, one.at, { kind: 'fact', fact: one }),
    incident({ read: read('Enabled'), dangers }),
  );

const READ_ONLY = 'by reading KMS; no event about it has arrived';
const times = (whole: string, part: string): number => whole.split(part).length - 1;

describe('who took the rescue away', () => {
  test.each<[string, Incident]>([
    ['read before the event came', given([danger('rescueBlocked'), danger('policyChanged', put())], put())],
    ['the event has no danger of its own', given([danger('rescueBlocked')], put())],
    ['both by one event', given([danger('rescueBlocked', put()), danger('policyChanged', put())], put())],
    ['other changes after it', given([danger('rescueBlocked')], put(), put({ id: 'ct:later', at: T0 + MINUTE }))],
  ])('%s: once, with its event', (_name, about) => {
    const all = text(about);
    expect(all).toContain('*Rescue taken away by*  Admins/mallory');
    expect(all).toContain('event event-1');
    expect(all).not.toContain(READ_ONLY);
    expect(times(all, 'event event-1')).toBe(1);
  });

  test.each<[string, Incident]>([
    ['nothing has told of it', given([danger('rescueBlocked')])],
    ['another change, after it', given([danger('rescueBlocked')], put({ at: T0 + MINUTE }))],
    ['an event of an earlier round', noted(given([], put()), T0, { kind: 'reopened', round: 2 })],
  ])('%s: said so', (_name, about) => {
    const dangers = [danger('rescueBlocked')];
    expect(text({ ...about, dangers })).toContain(`*Rescue taken away by*  seen 2026-03-14 09:12:00 UTC ${READ_ONLY}`);
  });

  test('several changes are still counted beside it', () => {
    const several = danger('policyChanged', put(), { count: 3 });
    expect(text(given([danger('rescueBlocked'), several], put()))).toContain('*Policy changed by*');
  });
});

test('every command names the policy file as Evidence does', () => {
  const cancelling = {
    answer: 'no',
    checkedAt: T0,
    reasons: [{ kind: 'notAllowed', call: 'kms:EnableKey' }],
    repairers: { listed: [{ kind: 'account', name: '111122223333', certain: true }], more: 0 },
  } as const;
  const all = text(incident({ read: read('PendingDeletion'), knowledge: { cancelling } }));
  expect([...all.matchAll(/file:\/\/[^\s`]+/g)].map(([name]) => name)).toEqual(['file://policy-last-good.json']);
});
