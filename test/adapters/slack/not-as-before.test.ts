/** The title of a key that works and is not as it was: "again" only after an outage; a policy opened to others is no good news. */
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import type { DangerKind, Incident } from '../../../src/domain/incident.ts';
import type { Difference } from '../../../src/domain/shape-difference.ts';
import { action, incident, read, T0 } from '../../domain/samples.ts';
import { headerOf, view } from './drawn.ts';

const danger = (kind: DangerKind): Incident['dangers'][number] => ({ kind, firstAt: T0, lastAt: T0, count: 1 });
const statement = (account: string, Effect = 'Allow'): string =>
  JSON.stringify({ Action: 'kms:*', Effect, Principal: { AWS: `arn:aws:iam::${account}:root` }, Resource: '*' });
const added = (text: string): Difference => ({ part: 'policy', change: 'new', text });
const tag: Difference = { part: 'aliases', change: 'gone', alias: 'alias/a' };
const given = (differences: readonly Difference[], more: Partial<Incident> = {}): Incident =>
  incident({
    read: read('Enabled'),
    dangers: [danger('policyChanged')],
    knowledge: {
      comparison: {
        comparedAt: T0,
        checkedAt: T0,
        against: { kind: 'lastGood', takenAt: T0 - 60_000 },
        standIns: [],
        differences,
        more: 0,
        unsure: [],
      },
    },
    ...more,
  });
const titleOf = (about: Incident): string => headerOf(drawCard(about, view, { plain: false })).split(' · ')[0] ?? '';

const OTHER = '999999999999';
const AGAIN = '🟠  Key usable again, but not as before';
const CHANGED = '🟠  Key policy changed, and not as before';

describe('never out of use', () => {
  test.each<[string, readonly Difference[], string]>([
    ['an alias is gone', [tag], CHANGED],
    ['a statement for another account', [added(statement(OTHER))], `${CHANGED}: opened to account ${OTHER}`],
    [
      'a statement opened to another account',
      [{ part: 'policy', change: 'changed', sid: 'A', before: statement('111122223333'), text: statement(OTHER) }],
      `${CHANGED}: opened to account ${OTHER}`,
    ],
    ['for two', [added(statement(OTHER)), added(statement('444455556666'))], `${CHANGED}: opened to 2 other accounts`],
    ['for the account of the key', [added(statement('111122223333'))], CHANGED],
    ['one that shuts it out', [added(statement(OTHER, 'Deny'))], CHANGED],
    ['for it, one is gone', [{ part: 'policy', change: 'gone', text: statement(OTHER) }], CHANGED],
    [
      'one that it was in before',
      [{ part: 'policy', change: 'changed', sid: 'A', before: `${statement(OTHER)}`, text: statement(OTHER) }],
      CHANGED,
    ],
    ['one of which the end is not kept', [added(statement(OTHER).slice(0, 60))], CHANGED],
  ])('%s', (_name, differences, title) => {
    expect(titleOf(given(differences))).toBe(title);
  });

  test('under watch: named after that', () => {
    expect(titleOf(given([tag], { dangers: [danger('watched')] }))).toBe('🟠  Key under watch, and not as before');
  });
});

test.each<[string, Partial<Incident>]>([
  ['it read disabled', { sawDanger: true }],
  ['it was disabled', { dangers: [danger('policyChanged'), danger('keyDisabled')] }],
  ['its deletion was scheduled', { dangers: [danger('policyChanged'), danger('deletionScheduled')] }],
  ['uses were refused', { dangers: [danger('policyChanged'), danger('useRefused')] }],
  ['we rescued it', { actions: [action('rescue')].map((one) => ({ ...one, ending: { kind: 'verified' } }) as never) }],
])('%s: usable again', (_name, more) => {
  expect(titleOf(given([added(statement(OTHER))], more))).toBe(AGAIN);
});
