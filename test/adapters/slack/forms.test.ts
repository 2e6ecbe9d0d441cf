/** The forms: what they ask for, what they say first, what they remember; and the windows that only tell something. */
import type { ModalView } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { readSubmission } from '../../../src/adapters/slack/schema.ts';
import { drawForm, drawNotice } from '../../../src/adapters/slack/words/forms.ts';
import { ACTION_KINDS, type ActionKind } from '../../../src/domain/action.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { AskForm, ReviewForm } from '../../../src/domain/interaction.ts';
import { KEY_STATES, known } from '../../../src/domain/key.ts';
import { approval } from '../../domain/proofs.ts';
import { imported, incident, incidentId, key, read, T0 } from '../../domain/samples.ts';
import { buttonsIn, expectNoStrayMarkup, expectTaken, inputsOf, readable, rowsOf, view } from './drawn.ts';
import { sent } from './payloads.ts';

const details = {
  aliases: known(['alias/orders']),
  tags: known({ Team: 'team-pay' }),
  lastUse: known({ kind: 'neverSeen' as const }),
};
const about = incident({ details, read: read('Enabled', imported) });
const SHOWN = 'ab'.repeat(16);
const asking = (act: ActionKind, more: Partial<AskForm> = {}): AskForm => ({
  kind: 'ask',
  incident: about,
  act,
  why: act === 'disable' ? 'recentlyUsed' : 'destructive',
  code: true,
  breakGlass: false,
  shown: SHOWN,
  ...more,
});
const reviewing = (more: Partial<ReviewForm> = {}): ReviewForm => ({
  kind: 'review',
  incident: about,
  approval: approval('scheduleDeletion', { windowDays: 14, reason: 'replaced by orders-2', ticket: 'CHG-7' }),
  decision: 'approve',
  own: false,
  code: true,
  ...more,
});
const BOTH = [true, false];
/** Where a text first stands, by block. */
const placeOf = (form: ModalView, text: string): number =>
  form.blocks.findIndex((block) => JSON.stringify(block).includes(text));

describe('asking', () => {
  const all = ACTION_KINDS.flatMap((act) =>
    BOTH.flatMap((code) => BOTH.map((breakGlass) => [act, code, breakGlass] as const)),
  );
  test.each(all)('%s, code %s, break-glass %s: exactly the inputs it needs', (act, code, breakGlass) => {
    const destructive = act === 'deleteMaterial' || act === 'scheduleDeletion';
    const form = drawForm(asking(act, { code, breakGlass }), view);
    expect(inputsOf(form)).toEqual([
      ['reason', false],
      ['key_name', false],
      ['ticket', true],
      ...(code ? [['code', !destructive]] : []),
      ...(breakGlass ? [['break_glass', true]] : []),
    ]);
    expectTaken(form);
    expectNoStrayMarkup(form.blocks);
  });
  test.each<[ActionKind, string, string, readonly string[]]>([
    [
      'scheduleDeletion',
      'Schedule Deletion',
      'Keep it',
      ['After 7 days KMS deletes it', 'lost for good', 'Rescue, at any time before the date'],
    ],
    ['deleteMaterial', 'Delete Material', 'Keep it', ['without a waiting period', 'AWS keeps no copy']],
    ['disable', 'Disable', 'Leave it enabled', ['fails within seconds', 'Data keys already unwrapped keep working']],
    ['enable', 'Enable', 'Leave it disabled', ['also whoever it was disabled against']],
  ])('%s: its name, the way out, and what follows from it', (act, title, close, parts) => {
    const form = drawForm(asking(act, { windowDays: 7 }), view);
    expect([form.title.text, form.submit?.text, form.close?.text]).toEqual([title, 'Ask for approval', close]);
    for (const part of [...parts, 'alias/orders', 'payments-prod 111122223333', 'State: Enabled, read', 'no use seen'])
      expect(readable(form.blocks)).toContain(part);
  });
  test('says why somebody must agree', () => {
    expect(readable(drawForm(asking('disable'), view).blocks)).toContain('the key was used within the last 24 hours');
  });
  test('a key without an alias is named by its id; a long alias stands there whole', () => {
    const bare = { ...about, details: { ...details, aliases: known([]) } };
    expect(readable(drawForm(asking('disable', { incident: bare }), view).blocks)).toContain(`Exactly: ${key.keyId}`);
    const name = `_${'payments-'.repeat(27)}_`;
    const long = { ...about, details: { ...details, aliases: known([`alias/${name}`]) } };
    expect(readable(drawForm(asking('disable', { incident: long }), view).blocks)).toContain(`Exactly: ${name}`);
  });
});

describe('the safe way', () => {
  const ofState = (state: (typeof KEY_STATES)[number]): Incident => ({ ...about, read: read(state, imported) });
  test('stands before what the deletion breaks, with a button that asks once more', () => {
    const form = drawForm(asking('scheduleDeletion'), view);
    expect(placeOf(form, 'The safe way first')).toBe(1);
    expect(placeOf(form, 'disable_first')).toBe(2);
    expect(placeOf(form, 'What breaks')).toBe(3);
    expect(placeOf(form, '"reason"')).toBeGreaterThan(3);
    const [button] = buttonsIn(form.blocks);
    expect(button).toMatchObject({ text: 'Disable first', id: 'disable_first', value: incidentId });
    expect(JSON.parse(button?.json ?? '{}').confirm.text.text).toContain('Undo: Enable');
  });
  test.each(KEY_STATES.map((state) => [state, state === 'Enabled' ? [['Disable first']] : []] as const))(
    'of an %s key: the button only where it can still be disabled',
    (state, rows) => {
      const form = drawForm(asking('scheduleDeletion', { incident: ofState(state) }), view);
      expect(rowsOf({ text: '', blocks: form.blocks as never })).toEqual(rows);
      expect(readable(form.blocks)).toContain('The safe way');
      if (state !== 'Enabled') expect(readable(form.blocks)).not.toContain('Disable it');
      expectTaken(form);
    },
  );
  test('other forms have no such button', () => {
    for (const act of ACTION_KINDS.filter((one) => one !== 'scheduleDeletion'))
      expect(buttonsIn(drawForm(asking(act), view).blocks)).toEqual([]);
  });
  test('material: disable first; who cannot any more is not told to', () => {
    const enabled = drawForm(asking('deleteMaterial'), view);
    expect(placeOf(enabled, 'Disable first')).toBe(1);
    for (const state of ['Disabled', 'PendingDeletion', 'PendingReplicaDeletion'] as const) {
      const all = readable(drawForm(asking('deleteMaterial', { incident: ofState(state) }), view).blocks);
      expect(all).not.toContain('Disable first');
      expect(all).toContain('Nobody can use the key as it is');
    }
  });
});

describe('deciding', () => {
  test.each([
    [
      'approve',
      true,
      'Approve',
      [
        ['comment', true],
        ['code', false],
      ],
    ],
    ['approve', false, 'Approve', [['comment', true]]],
    ['reject', false, 'Reject', [['comment', false]]],
    [
      'reject',
      true,
      'Reject',
      [
        ['comment', false],
        ['code', false],
      ],
    ],
  ] as const)('%s, code %s', (decision, code, title, inputs) => {
    const form = drawForm(reviewing({ decision, code }), view);
    expect([form.title.text, form.submit?.text, form.close?.text]).toEqual([title, title, 'Decide later']);
    expect(inputsOf(form)).toEqual(inputs);
    for (const part of [
      'asked for by <@UALICE>',
      '“replaced by orders-2”',
      'CHG-7',
      'waiting period 14 days',
      'After 14 days KMS deletes it',
      '*Decided on*  Enabled',
    ])
      expect(readable(form.blocks)).toContain(part);
    expectTaken(form);
    expectNoStrayMarkup(form.blocks);
  });
});

describe('what a form remembers', () => {
  const person = { enterprise: '', team: 'T1234567', user: 'U1234567' };
  test('of asking: ids, the act and a digest; it comes back as it went out', () => {
    const form = drawForm(asking('scheduleDeletion', { windowDays: 14 }), view);
    const metadata = form.private_metadata ?? '';
    expect(JSON.parse(metadata)).toEqual({
      incident: incidentId,
      act: 'scheduleDeletion',
      shown: SHOWN,
      windowDays: 14,
    });
    const values = { reason: ' old ', key_name: 'orders', ticket: '', code: '123456', break_glass: [] };
    expect(readSubmission(sent(form.callback_id ?? '', metadata, values))).toEqual({
      kind: 'ask',
      ask: {
        person,
        incident: incidentId,
        act: 'scheduleDeletion',
        shown: SHOWN,
        windowDays: 14,
        reason: 'old',
        keyName: 'orders',
        code: '123456',
        breakGlass: false,
        nonce: 'V1',
      },
    });
  });
  test('of deciding: ids and which button it was', () => {
    const form = drawForm(reviewing({ decision: 'reject', code: false }), view);
    const metadata = form.private_metadata ?? '';
    const { id } = reviewing().approval;
    expect(JSON.parse(metadata)).toEqual({ incident: incidentId, approval: id, decision: 'reject' });
    expect(readSubmission(sent(form.callback_id ?? '', metadata, { comment: 'no' }))).toEqual({
      kind: 'review',
      review: { person, incident: incidentId, approval: id, decision: 'reject', comment: 'no', nonce: 'V1' },
    });
  });
});

test('a notice is one sentence and a way out', () => {
  const notice = drawNotice('A title that is far too long for Slack', `x${'&amp;'.repeat(2_000)}`);
  expectTaken(notice);
  expect(notice.submit).toBeUndefined();
  expect(notice.close?.text).toBe('Close');
});

test('moments are the reader’s own', () => {
  const { blocks } = drawForm(asking('disable'), view);
  expect(JSON.stringify(blocks)).toContain(`<!date^${T0 / 1_000}^`);
});
