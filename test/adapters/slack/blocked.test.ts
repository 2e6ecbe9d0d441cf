/** A card of a key whose policy was closed to our rescue: who did it stands there once, and the file to go back to has one name. */
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawForm } from '../../../src/adapters/slack/words/forms.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import type { Cancelling } from '../../../src/domain/cancelling.ts';
import type { Fact } from '../../../src/domain/fact.ts';
import type { DangerKind, Incident, Outcome } from '../../../src/domain/incident.ts';
import { matterOf } from '../../../src/domain/looked-into.ts';
import { closed } from '../../../src/domain/reading.ts';
import { noted } from '../../../src/domain/record.ts';
import { action, by, fact, incident, key, MINUTE, read, T0 } from '../../domain/samples.ts';
import { buttonsIn, readable, view } from './drawn.ts';

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

const no: Cancelling = {
  answer: 'no',
  checkedAt: T0,
  reasons: [
    { kind: 'denied', call: 'kms:CancelKeyDeletion', by: { place: 2 } },
    { kind: 'denied', call: 'kms:EnableKey', by: { place: 2 } },
  ],
  since: { at: T0, from: 'change' },
  repairers: { listed: [{ kind: 'account', name: '111122223333', certain: true }], more: 0 },
};

describe('what to do about a closed policy', () => {
  const nobody: Cancelling = { ...no, repairers: { listed: [], more: 0 } };
  const yes: Cancelling = { answer: 'yes', checkedAt: T0, reasons: [] };
  const about = (
    kinds: readonly DangerKind[],
    cancelling: Cancelling = no,
    state: 'Enabled' | 'Disabled' = 'Enabled',
  ) => incident({ read: read(state), dangers: kinds.map((kind) => danger(kind)), knowledge: { cancelling } });
  const reminded = (one: Incident): string =>
    readable(
      drawReminder(one, { reminder: { kind: 'cannotCancel' }, volume: 'broadcast' }, view, { plain: false }).blocks,
    );

  const YET =
    'Nothing endangers the key yet, but if somebody schedules its deletion now, no click of ours can cancel it';
  const OPEN = 'Now have the key policy opened again by somebody named above';
  const SUPPORT = 'Now open the case with AWS Support';
  const COMPARED = 'then compare the key policy with what it should be';
  const BY_ITSELF = 'once our rescue would pass, this card closes by itself';

  test.each<[string, readonly DangerKind[], Cancelling, readonly string[], readonly string[]]>([
    ['closed alone', ['rescueBlocked'], no, [YET, OPEN, BY_ITSELF], [COMPARED]],
    ['the lockout check bypassed', ['policyChanged', 'rescueBlocked'], no, [YET, OPEN, COMPARED], [BY_ITSELF]],
    ['read before the event came', ['rescueBlocked', 'policyChanged'], no, [YET, OPEN, COMPARED], [BY_ITSELF]],
    ['nobody may open it', ['policyChanged', 'rescueBlocked'], nobody, [YET, SUPPORT], [OPEN]],
    ['under a stolen name', ['suspect', 'rescueBlocked'], no, [YET, OPEN, 'under a stolen name'], []],
  ])('%s: card and reminder say it', (_name, kinds, cancelling, parts, never) => {
    for (const said of [text(about(kinds, cancelling)), reminded(about(kinds, cancelling))]) {
      for (const part of parts.filter((one) => !one.startsWith('under'))) expect(said).toContain(part);
      for (const part of never) expect(said).not.toContain(part);
    }
    for (const part of parts) expect(text(about(kinds, cancelling))).toContain(part);
    expect(reminded(about(kinds, cancelling))).toMatch(/State: Enabled/);
  });

  test('the reminder of a bypassed check says that nothing else endangers the key', () => {
    for (const kinds of [['rescueBlocked'], ['policyChanged', 'rescueBlocked']] as const)
      expect(reminded(about(kinds))).toContain('can no longer be rescued by us, though nothing else endangers it yet');
    expect(reminded(about(['watched', 'rescueBlocked']))).not.toContain('nothing else endangers');
  });

  test('opened again, and changed all the same: it is compared, and nothing is said of a rescue that cannot pass', () => {
    for (const kinds of [
      ['rescueBlocked', 'policyChanged'],
      ['policyChanged', 'rescueBlocked'],
    ] as const) {
      expect(text(about(kinds, yes))).toContain('Compare the key policy with what it should be');
      expect(text(about(kinds, yes))).not.toContain('no click of ours');
    }
  });

  test('where it is needed: what comes before the click', () => {
    expect(reminded(about(['keyDisabled'], no, 'Disabled'))).toContain('The key is disabled, and we cannot enable it');
    const pending = incident({
      read: read('PendingDeletion'),
      dangers: [danger('deletionScheduled')],
      knowledge: { cancelling: no },
    });
    expect(reminded(pending)).toContain(
      'As things stand our rescue will fail. First have the key policy opened again by somebody named above; then press Rescue.',
    );
  });
});

describe('what ends while a rescue is still impossible', () => {
  const STILL = 'Keywarden still cannot cancel a deletion of it';
  const yes: Cancelling = { answer: 'yes', checkedAt: T0, reasons: [] };
  const bob = { enterprise: '', team: 'T1', user: 'U0BOB' };
  const comparison = (accepted: boolean) => ({
    comparedAt: T0,
    checkedAt: T0,
    against: { kind: 'lastGood', takenAt: T0 - MINUTE } as const,
    standIns: [],
    differences: [{ part: 'policy', change: 'new', text: '{}' }] as const,
    more: 0,
    unsure: [],
    ...(accepted ? { accepted: { by: bob, at: T0 + MINUTE } } : {}),
  });
  const open = (cancelling: Cancelling, more: Partial<Incident> = {}): Incident =>
    incident({
      read: read('Enabled'),
      dangers: [danger('policyChanged'), danger('rescueBlocked')],
      knowledge: { cancelling, comparison: comparison(false) },
      ...more,
    });
  const ended = (cancelling: Cancelling, outcome: Outcome, more: Partial<Incident> = {}): Incident =>
    closed(
      noted(open(cancelling, { knowledge: { cancelling, comparison: comparison(true) }, ...more }), T0, {
        kind: 'lookedInto',
        by: bob,
        reason: 'CHG-9',
      }),
      T0,
      outcome,
    );
  const over = (one: Incident, outcome: 'deleted' | 'lookedInto' | 'recovered') =>
    drawReminder(one, { reminder: { kind: 'over', outcome } as never, volume: 'broadcast' }, view, { plain: false });

  test('to accept it asks that, within what Slack takes', () => {
    const asked = (cancelling: Cancelling) => {
      const [button] = buttonsIn(drawCard(open(cancelling), view, { plain: false }).blocks).filter(
        ({ text: said }) => said === 'Accept as it is',
      );
      return (JSON.parse(button?.json ?? '{}') as { confirm: { text: { text: string } } }).confirm.text.text;
    };
    expect(asked(no)).toContain(`${STILL}. For approvers.`);
    expect(asked(no)).toMatch(/and this incident may close\.$/);
    expect(asked(yes)).not.toContain(STILL);
  });

  test('the form that closes it says so, with the reason', () => {
    const form = (cancelling: Cancelling) => {
      const about = open(cancelling);
      return readable(drawForm({ kind: 'close', incident: about, matter: matterOf(about) }, view).blocks);
    };
    expect(form(no)).toContain(`*${STILL}*: the key policy denies CancelKeyDeletion and EnableKey`);
    expect(form(yes)).not.toContain(STILL);
  });

  test.each(['lookedInto', 'recovered'] as const)(
    'over as %s: the message in its title, the card under its advice',
    (outcome) => {
      const said = over(ended(no, outcome), outcome);
      expect(said.text).toContain(`; ${STILL}`);
      expect(readable(said.blocks)).toContain('Why not: the key policy denies');
      expect(text(ended(no, outcome))).toContain(`*${STILL}*: the key policy denies`);
      expect(readable(drawCard(ended(no, outcome), view, { plain: true }).blocks)).toContain(STILL);
      expect(over(ended(yes, outcome), outcome).text).not.toContain('cannot cancel');
      expect(text(ended(yes, outcome))).not.toContain('cannot cancel');
    },
  );

  test('a deleted key has nothing left to cancel, and a rescue that passed since knows better', () => {
    const gone = ended(no, 'deleted', { read: { kind: 'gone', key, readAt: T0 } });
    expect(over(gone, 'deleted').text).not.toContain('cannot cancel');
    expect(text(gone)).not.toContain('cannot cancel');
    const ending = { kind: 'verified', at: T0 + MINUTE, state: 'Enabled' } as never;
    const rescued = ended(no, 'restored', { actions: [action('rescue', [], { ending })] });
    expect(text(rescued)).not.toContain('cannot cancel');
  });
});
