/** A request in the thread, on the card, at home: what it says in each of its states, and what its buttons carry. */
import { describe, expect, test } from 'vitest';
import { approvalLines, drawApproval } from '../../../src/adapters/slack/words/approval-message.ts';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import type { ActionKind } from '../../../src/domain/action.ts';
import type { Agreement, Approval, ApprovalStatus } from '../../../src/domain/approval.ts';
import type { ActionId } from '../../../src/domain/ids.ts';
import type { EntryBody } from '../../../src/domain/incident.ts';
import { known } from '../../../src/domain/key.ts';
import { noted } from '../../../src/domain/record.ts';
import { alice, approval, bob, carol } from '../../domain/proofs.ts';
import { action, DAY, HOUR, imported, incident, incidentId, MINUTE, read, T0 } from '../../domain/samples.ts';
import { buttonsIn, expectNoStrayMarkup, expectWithinLimits, readable, rowsOf, view } from './drawn.ts';

const details = {
  aliases: known(['alias/orders']),
  tags: known({}),
  lastUse: known({ kind: 'used' as const, usage: { operation: 'Decrypt', at: T0 - HOUR } }),
};
const about = incident({ details, read: read('Enabled', imported) });
const mentioning = { ...view, approverMentions: () => '<!subteam^S0SECLEADS> <@UBOB>' };
const draw = (request: Approval, plain = false) => drawApproval(about, request, mentioning, { plain });
const granted: ApprovalStatus = { kind: 'granted', at: T0 + MINUTE, action: `a${'0'.repeat(31)}` as ActionId };
const agreement = (more: Partial<Agreement> = {}): Agreement => ({ by: bob, at: T0, steppedUp: true, ...more });

const ENDS: Readonly<
  Record<Exclude<ApprovalStatus['kind'], 'waiting'>, readonly [ApprovalStatus, string, readonly string[]]>
> = {
  granted: [
    granted,
    '🔐 Approved: Schedule Deletion of alias/orders',
    ['Granted at 2026-03-14 09:13:00 UTC', 'its outcome stands on the card'],
  ],
  rejected: [
    { kind: 'rejected', at: T0, by: carol, comment: 'still in use' },
    '🚫 Rejected: Schedule Deletion of alias/orders',
    ['Rejected by <@UCAROL> at 2026-03-14 09:12:00 UTC: “still in use”', 'Nothing was done.'],
  ],
  withdrawn: [
    { kind: 'withdrawn', at: T0, comment: 'the wrong key' },
    '🚫 Withdrawn: Schedule Deletion of alias/orders',
    ['Withdrawn by who asked at 2026-03-14 09:12:00 UTC: “the wrong key”', 'Nothing was done.'],
  ],
  expired: [
    { kind: 'expired', at: T0 + HOUR / 2 },
    '⌛ Expired: Schedule Deletion of alias/orders',
    ['expired 2026-03-14 09:42:00 UTC', 'Nothing was done.'],
  ],
  superseded: [
    { kind: 'superseded', at: T0, by: carol },
    '🚫 Superseded: Schedule Deletion of alias/orders',
    ['Superseded at 2026-03-14 09:12:00 UTC: <@UCAROL> broke the glass on this key. Nothing came of it.'],
  ],
  voided: [
    { kind: 'voided', at: T0, changes: [{ part: 'state', was: 'Enabled', is: 'Disabled' }, { part: 'policy' }] },
    '🚫 Void: Schedule Deletion of alias/orders',
    ['its state was Enabled and is Disabled; its key policy was changed', 'Nothing was done.'],
  ],
};

describe('a request that waits', () => {
  const request = approval('scheduleDeletion', { windowDays: 14, reason: 'replaced by orders-2', ticket: 'CHG-7' });
  const words = draw(request);
  test('says who wants what, why, what it breaks, who must agree and until when', () => {
    expect(words.text).toBe('🔐 Approval needed: Schedule Deletion of alias/orders');
    const all = readable(words.blocks);
    for (const part of [
      '*🔐 Approval needed: Schedule Deletion of alias/orders*',
      '*Schedule Deletion* of alias/orders, waiting period 14 days, asked for by <@UALICE> at 2026-03-14 09:12:00 UTC, with a code',
      '*Key*  1234abcd-12ab-34cd-56ef-1234567890ab  ·  payments-prod 111122223333  ·  us-west-2  ·  imported material',
      '*Reason*  “replaced by orders-2”  ·  *Ticket* CHG-7',
      '*Needs an approver*, because what it destroys cannot be brought back',
      '*Decided on*  Enabled',
      'Any change to the key voids it.',
      'After 14 days KMS deletes it',
      '*Undo.*  Rescue, at any time before the date',
      '*Last success*  Decrypt, at least until 2026-03-14 08:12:00 UTC',
      '0 of 1 agreed. Expires 2026-03-14 09:42 UTC.',
    ])
      expect(all).toContain(part);
    expectWithinLimits(words);
  });
  test('every name of the key stands there, whichever alias somebody gave it last', () => {
    expect(readable(words.blocks)).not.toContain('*Aliases*');
    const named = { ...about, details: { ...details, aliases: known(['alias/orders', 'alias/ledger']) } };
    const of = drawApproval(named, request, mentioning, { plain: false });
    expect(readable(of.blocks)).toContain('*Aliases*  alias/orders, alias/ledger');
    expectWithinLimits(of);
  });
  test('its buttons carry opaque ids, and nothing else', () => {
    expect(rowsOf(words)).toEqual([['Approve', 'Reject']]);
    const buttons = buttonsIn(words.blocks);
    expect(buttons.map(({ id, value }) => [id, value])).toEqual([
      ['approve', `${incidentId}.${request.id}`],
      ['reject', `${incidentId}.${request.id}`],
    ]);
    for (const { json } of buttons) for (const told of ['orders', 'UALICE', 'CHG-7']) expect(json).not.toContain(told);
  });
  test('calls the approvers and nobody else, once: in one context', () => {
    const calls = words.blocks.filter((block) => JSON.stringify(block).includes('subteam'));
    expect(calls.map((block) => block.type)).toEqual(['context']);
    expectNoStrayMarkup(words.blocks, '<!subteam^S0SECLEADS>');
    const nobody = drawApproval(about, request, view, { plain: false });
    expectNoStrayMarkup(nobody.blocks);
    expect(rowsOf(nobody)).toEqual([['Approve', 'Reject']]);
  });
  test('texts of people mention nobody, link nowhere and draw no button of their own', () => {
    const hostile = '<!channel> <@U0EVIL> <!subteam^S0ALL> <https://evil.example|Approve> @here *ok* :tada: &lt;';
    const of = draw(approval('deleteMaterial', { reason: hostile, ticket: hostile }));
    expectNoStrayMarkup(of.blocks, '<!subteam^S0SECLEADS>');
    expectWithinLimits(of);
    expect(rowsOf(of)).toEqual([['Approve', 'Reject']]);
  });
  test('a quorum of three: who agreed already, with what words, and how many are missing', () => {
    const agreements = [agreement({ comment: 'checked with its owner' }), agreement({ by: carol, steppedUp: false })];
    const of = draw(approval('deleteMaterial', { quorum: 3, agreements }));
    const all = readable(of.blocks);
    expect(all).toContain('2 of 3 agreed');
    expect(all).toContain('<@UBOB> agreed at 2026-03-14 09:12:00 UTC, with a code: “checked with its owner”');
    expect(all).toContain('<@UCAROL> agreed at 2026-03-14 09:12:00 UTC\n');
    expect(rowsOf(of)).toEqual([['Approve', 'Reject']]);
  });
  test('a policy that could not be read is said to be no part of it', () => {
    const blind = draw(approval('disable', { why: 'useUnknown', fingerprint: { state: 'Enabled' } }));
    expect(readable(blind.blocks)).toContain('the key policy could not be read');
  });
  test.each<[ActionKind, string]>([
    ['scheduleDeletion', 'danger'],
    ['deleteMaterial', 'danger'],
    ['disable', 'primary'],
    ['enable', 'primary'],
  ])('%s: Approve is %s', (kind, style) => {
    const [approve] = buttonsIn(draw(approval(kind)).blocks);
    expect(JSON.parse(approve?.json ?? '{}').style).toBe(style);
  });
});

describe('a request that is decided', () => {
  test.each(Object.values(ENDS))('%#: %j', (status, title, parts) => {
    const words = draw(approval('scheduleDeletion', { status, agreements: [agreement()] }));
    expect(words.text).toBe(title);
    for (const part of parts) expect(readable(words.blocks)).toContain(part);
    expect(rowsOf(words)).toEqual([]);
    expect(JSON.stringify(words.blocks)).not.toContain('subteam');
    expectWithinLimits(words);
    expectNoStrayMarkup(words.blocks);
  });
  test('a key that is gone voids it, in words that hold', () => {
    const words = draw(approval('scheduleDeletion', { status: { kind: 'voided', at: T0, changes: [] } }));
    expect(readable(words.blocks)).toContain('Void since 2026-03-14 09:12:00 UTC: the key is gone. Nothing was done.');
  });
  test.each<[readonly Agreement[], string]>([
    [[], 'Nobody agreed in time; expired 2026-03-14 09:42:00 UTC. Nothing was done.'],
    [[agreement()], 'Only 1 of 3 agreed in time; expired 2026-03-14 09:42:00 UTC. Nothing was done.\n<@UBOB> agreed'],
    [[agreement(), agreement({ by: carol })], 'Only 2 of 3 agreed in time; expired 2026-03-14 09:42:00 UTC.'],
  ])('one that ran out says how many were missing: %#', (agreements, part) => {
    const [status] = ENDS.expired;
    const words = draw(approval('scheduleDeletion', { status, quorum: 3, agreements }));
    expect(readable(words.blocks)).toContain(part);
  });
  test('a broken glass says so loudly, and asks nobody: the approvers are told, once, in one context', () => {
    const request = approval('disable', { breakGlass: true, status: granted, by: carol });
    expect(request).not.toHaveProperty('why');
    const words = draw(request);
    expect(words.text).toBe('🚨 Break-glass: Disable of alias/orders, by an admin alone');
    expect(readable(words.blocks)).toContain('*Nobody else agreed*: an admin broke the glass.');
    expect(readable(words.blocks)).not.toContain('Needs an approver');
    expect(rowsOf(words)).toEqual([]);
    const calls = words.blocks.filter((block) => JSON.stringify(block).includes('subteam'));
    expect(calls.map((block) => block.type)).toEqual(['context']);
    expectNoStrayMarkup(words.blocks, '<!subteam^S0SECLEADS>');
    expectWithinLimits(words);
    expectNoStrayMarkup(drawApproval(about, request, view, { plain: false }).blocks);
  });
});

describe('however long the texts are', () => {
  const LONG = ['&'.repeat(1_000), '<'.repeat(1_000), '"'.repeat(1_000), 'ä🔴 '.repeat(300)];
  const agreements = LONG.flatMap((comment) => Array.from({ length: 3 }, () => agreement({ comment })));
  const statuses: readonly (readonly [ApprovalStatus, string])[] = [
    [{ kind: 'waiting' }, 'Expires 2026-03-14 09:42 UTC.'],
    ...Object.values(ENDS).map(([status, , [first = '']]) => [status, first] as const),
  ];
  test.each(statuses)('%#: its standing is never cut away', (status, outcome) => {
    for (const reason of LONG) {
      const request = approval('deleteMaterial', { reason, ticket: reason, quorum: 10, agreements, status });
      const words = draw(request);
      const all = readable(words.blocks);
      expect(all).toContain(outcome);
      expect(all).toContain('*Needs an approver*');
      expect(all).toContain('Any change to the key voids it.');
      if (status.kind === 'waiting') expect(rowsOf(words)).toEqual([['Approve', 'Reject']]);
      expectWithinLimits(words);
      expectNoStrayMarkup(words.blocks, '<!subteam^S0SECLEADS>');
      const plain = draw(request, true);
      expect(plain.blocks).toEqual([]);
      expect(readable([{ text: plain.text }])).toContain(outcome);
      expectWithinLimits(plain);
    }
  });
});

describe('on the card and in the thread', () => {
  const waiting = approval('scheduleDeletion', { windowDays: 30, expiresAt: T0 + DAY });
  test('the card says that something waits, and until when', () => {
    const words = drawCard({ ...about, approvals: [waiting] }, view, { plain: false });
    expect(readable(words.blocks)).toContain(
      '*Schedule Deletion*  asked for by <@UALICE>: 🔐 waits for approval in the thread (0 of 1), expires 2026-03-15 09:12 UTC',
    );
    expectWithinLimits(words);
  });
  test('what was agreed to stands among the actions, with who agreed', () => {
    const done = approval('scheduleDeletion', { agreements: [agreement(), agreement({ by: carol })], status: granted });
    const doing = action('scheduleDeletion', [], { approval: done.id, reason: 'old', ticket: 'CHG-7' });
    const card = drawCard({ ...about, approvals: [done], actions: [doing] }, view, { plain: false });
    expect(readable(card.blocks)).toContain(
      '*Schedule Deletion*  asked by <@U1> at 2026-03-14 09:12:00 UTC, because: “old”, ticket CHG-7, approved by <@UBOB> and <@UCAROL>: ⏳ under way',
    );
    expect(approvalLines({ ...about, approvals: [done] })).toEqual([]);
    const alone = { ...done, breakGlass: true, agreements: [] };
    expect(
      readable(drawCard({ ...about, approvals: [alone], actions: [doing] }, view, { plain: false }).blocks),
    ).toContain('*by an admin alone (break-glass)*');
  });
  test.each<[ApprovalStatus, string]>([
    [{ kind: 'rejected', at: T0, by: bob }, 'rejected by <@UBOB>'],
    [{ kind: 'withdrawn', at: T0 }, 'withdrawn'],
    [{ kind: 'expired', at: T0 }, 'expired, not agreed to in time'],
    [{ kind: 'superseded', at: T0, by: carol }, 'superseded by break-glass'],
    [{ kind: 'voided', at: T0, changes: [] }, 'void: the key is gone'],
  ])('the card says how it ended: %j', (status, words) => {
    const [line] = approvalLines({ ...about, approvals: [approval('scheduleDeletion', { status })] });
    expect(line).toBe(`*Schedule Deletion*  asked for by <@UALICE>: ${words}`);
  });
  test('an earlier round’s request is another story', () =>
    expect(approvalLines({ ...about, round: 2, approvals: [waiting] })).toEqual([]));
  const entry = (what: Extract<EntryBody, { kind: 'approval' }>['what'], by = bob): EntryBody => ({
    kind: 'approval',
    approval: waiting.id,
    what,
    by,
  });
  const { by: _by, ...unnamed } = entry('expired') as Extract<EntryBody, { kind: 'approval' }>;
  test.each<[EntryBody, string]>([
    [
      entry('requested', alice),
      '<@UALICE> asked for approval of *Schedule Deletion*; the request stands in this thread',
    ],
    [entry('breakGlass', carol), '🚨 <@UCAROL> broke the glass: *Schedule Deletion* without a second person'],
    [entry('agreed'), '<@UBOB> agreed to *Schedule Deletion*; more must agree'],
    [entry('granted'), '<@UBOB> agreed to *Schedule Deletion*: it is carried out'],
    [entry('rejected'), '<@UBOB> rejected *Schedule Deletion*'],
    [entry('withdrawn', alice), '<@UALICE> withdrew the request for *Schedule Deletion*'],
    [unnamed, 'The request for *Schedule Deletion* expired: it was not agreed to in time'],
    [
      entry('superseded', carol),
      'The request for *Schedule Deletion* is superseded: <@UCAROL> broke the glass on this key',
    ],
    [{ ...unnamed, what: 'voided' }, 'The request for *Schedule Deletion* is void: its key policy was changed'],
  ])('the thread tells it in its order: %#', (body, words) => {
    const status: ApprovalStatus = { kind: 'voided', at: T0, changes: [{ part: 'policy', was: 'a', is: 'b' }] };
    const told = noted({ ...about, approvals: [{ ...waiting, status }] }, T0, body);
    expect(readable(drawNote(told, 0, { plain: false }).blocks)).toContain(words);
  });
  test('a request the record has let go of is still told', () => {
    const told = noted(about, T0, entry('granted'));
    expect(readable(drawNote(told, 0, { plain: false }).blocks)).toContain('<@UBOB> agreed to an action');
  });
});
