/** Whatever stands in the names, messages and tags from outside: Slack never refuses a message for its length or form. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawApproval } from '../../../src/adapters/slack/words/approval-message.ts';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { drawCommandAnswer } from '../../../src/adapters/slack/words/commands.ts';
import { drawForm } from '../../../src/adapters/slack/words/forms.ts';
import { drawHome } from '../../../src/adapters/slack/words/home.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import { drawWhisper } from '../../../src/adapters/slack/words/whispers.ts';
import { ACTION_KINDS } from '../../../src/domain/action.ts';
import type { ApprovalStatus } from '../../../src/domain/approval.ts';
import type { Fact, FactBody } from '../../../src/domain/fact.ts';
import type { AccountId, ActionId, ChannelId, Region } from '../../../src/domain/ids.ts';
import type { Danger, DangerKind, EntryBody, Incident } from '../../../src/domain/incident.ts';
import { known, unknown } from '../../../src/domain/key.ts';
import { noted } from '../../../src/domain/record.ts';
import { approval, bob } from '../../domain/proofs.ts';
import { action, call, DAY, imported, incident, key, read, T0 } from '../../domain/samples.ts';
import {
  expectBlockWithinLimits,
  expectNoStrayMarkup,
  expectTaken,
  expectWithinLimits,
  readable,
  view,
} from './drawn.ts';
import { boardOf, holding, memberHome } from './homes.ts';

const HARMFUL = [
  '<!channel>',
  '<!here>',
  '<https://evil|console>',
  '`',
  '*_~',
  '&amp;',
  '<@U1>',
  '\u202e',
  '\u0000',
  '\n> ',
  '🔴',
  ':tada:',
  '\ud83d',
];
const foreign = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...HARMFUL), fc.string({ maxLength: 20 })), { maxLength: 40 })
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 9_000 }).map((length) => '&<>x🔴'.repeat(length)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 2_000 }) },
);

const KINDS: readonly DangerKind[] = [
  'ownRoleMisused',
  'deletionScheduled',
  'useRefused',
  'keyDisabled',
  'policyChanged',
  'attemptRefused',
  'trailBlinded',
  'watched',
  'alarm',
  'nonCompliant',
  'materialDeleted',
];

/** An incident in which every field from outside holds the text. */
function filled(text: string): Incident {
  const made = {
    operation: text,
    eventId: text,
    requestId: text,
    actor: {
      type: text,
      arn: text,
      issuerArn: text,
      sessionName: text,
      sourceIdentity: text,
      sourceAddress: text,
      userAgent: text,
      invokedBy: text,
    },
  };
  const bodies: readonly FactBody[] = [
    { kind: 'deletionScheduled', key, call: made, windowDays: 7 },
    { kind: 'attemptRefused', key, call: made, error: text },
    { kind: 'watchRequested', key, by: text, reason: text },
    { kind: 'trailBlinded', place: key, call: made, trail: text },
    { kind: 'grantCreated', key, call: made, grantee: text },
    { kind: 'keyNonCompliant', key, rule: text },
  ];
  const facts: readonly Fact[] = bodies.map((body) => ({ id: text, source: 'eventbridge', at: T0, seenAt: T0, body }));
  const dangers = KINDS.map((kind, index): Danger => {
    const fact = facts[index % facts.length];
    return { kind, firstAt: T0, lastAt: T0, count: 2, ...(fact === undefined ? {} : { fact }) };
  });
  const asked = action(
    'deleteMaterial',
    Array.from({ length: 8 }, () =>
      call('DisableKey', { kind: 'refused', error: text, message: text, requestId: text }),
    ),
    {
      reason: text,
      ticket: text,
      by: { via: 'terminal', user: text },
      ending: { kind: 'failed', why: { kind: 'denied', operation: text, message: text }, at: T0 },
    },
  );
  const entries: readonly EntryBody[] = [
    ...facts.map((fact): EntryBody => ({ kind: 'fact', fact })),
    { kind: 'asked', action: asked.id },
    { kind: 'called', action: asked.id, call: 0 },
    { kind: 'ended', action: asked.id },
    { kind: 'delivery', problem: text },
  ];
  const base = incident({
    read: read('PendingDeletion', { ...imported, spec: text }),
    details: {
      aliases: known([text, text, 'alias/x', text, text, text]),
      tags: known({ owner: text }),
      lastUse: unknown(text),
    },
    prior: { kind: 'unknown', why: text },
    refused: { count: 9, lastAt: T0, by: Array.from({ length: 8 }, () => ({ who: text, what: text, count: 3 })) },
    dangers,
    actions: [asked, asked, asked],
    problem: text,
  });
  return [...entries, ...entries, ...entries, ...entries].reduce((about, body) => noted(about, T0, body), base);
}
const STATUSES: readonly ((text: string) => ApprovalStatus)[] = [
  () => ({ kind: 'waiting' }),
  () => ({ kind: 'granted', at: T0, action: `a${'0'.repeat(31)}` as ActionId }),
  (comment) => ({ kind: 'rejected', at: T0, by: bob, comment }),
  (comment) => ({ kind: 'withdrawn', at: T0, comment }),
  () => ({ kind: 'expired', at: T0 }),
  () => ({ kind: 'superseded', at: T0, by: bob }),
  (text) => ({
    kind: 'voided',
    at: T0,
    changes: (['state', 'deletionDate', 'materialId', 'validTo', 'policy'] as const).map((part) => ({
      part,
      was: text,
      is: text,
    })),
  }),
];
const MENTIONS = '<!subteam^S0SECLEADS>';
const named = (text: string) => ({ ...view, accountName: () => text });

/** No token of Slack's that our own words did not write. */
function expectHarmless(blocks: readonly unknown[]): void {
  const all = readable(blocks);
  expect(all).not.toMatch(/<!(?:channel|here|everyone)/);
  expect(all).not.toContain('<https://evil');
  expect(all).not.toContain('\u202e');
}

test('cards', () => {
  fc.assert(
    fc.property(foreign, fc.constantFrom('key', 'alarm', 'place', 'topic'), fc.boolean(), (text, kind, plain) => {
      const about = filled(text);
      const place = { account: key.account, region: key.region };
      const subject = {
        key: about.subject,
        alarm: { kind: 'alarm', alarmArn: text, name: text, place, partition: 'aws' },
        place: { kind: 'place', place },
        topic: { kind: 'topic', topicArn: text },
      }[kind] as Incident['subject'];
      const alarm = {
        arn: text,
        name: text,
        account: key.account as AccountId,
        region: key.region as Region,
        partition: 'aws',
        state: 'ALARM',
        changedAt: T0,
        reason: text,
        keys: [],
        lookback: 1,
        aboutKms: true,
      } as const;
      const search = {
        alarm,
        from: 0,
        attempts: 1,
        nextAt: T0,
        until: T0,
        candidates: Array.from({ length: 60 }, () => key),
        problem: text,
        state: 'searching',
      } as const;
      const words = drawCard({ ...about, subject, search }, named(text), { plain });
      expectWithinLimits(words);
      if (!plain) expectHarmless(words.blocks);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('notes, reminders, whispers, the form', () => {
  fc.assert(
    fc.property(foreign, fc.boolean(), (text, plain) => {
      const about = filled(text);
      const note = drawNote(about, 0, { plain });
      const reminder = drawReminder(
        about,
        { reminder: { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 2, late: 5_000 } },
        named(text),
        { plain },
      );
      const whisper = drawWhisper({ kind: 'alreadyRunning', action: text, by: text });
      for (const words of [note, reminder, whisper]) {
        expectWithinLimits(words);
        expectHarmless(words.blocks);
      }
      const asked = { kind: 'ask', incident: about, act: 'deleteMaterial', why: 'destructive' } as const;
      const form = drawForm({ ...asked, code: true, breakGlass: true, shown: 'a'.repeat(32) }, named(text));
      for (const block of form.blocks) expectBlockWithinLimits(block as never);
      expectTaken(form);
      expect((form.private_metadata ?? '').length).toBeLessThanOrEqual(3_000);
    }),
    { numRuns: 100 },
  );
}, 60_000);

test('answers of /kms', () => {
  fc.assert(
    fc.property(foreign, (text) => {
      const known = { key, aliases: [text], accountName: text };
      const memory = {
        state: 'Disabled',
        readAt: T0,
        aliases: [text],
        origin: 'AWS_KMS',
        manager: 'CUSTOMER',
      } as const;
      const rows = Array.from({ length: 40 }, () => ({ key: known, memory }));
      for (const answer of [
        { kind: 'list', filter: 'all', rows, total: 4_000, unread: Array.from({ length: 30 }, () => text) },
        { kind: 'name', typed: text, answer: { kind: 'several', keys: Array.from({ length: 20 }, () => known) } },
        { kind: 'name', typed: text, answer: { kind: 'none', nearest: [text, text, text, text, text, text] } },
        {
          kind: 'refused',
          refusal: { kind: 'mayNot', action: text, why: { kind: 'keyState', state: 'Disabled', message: text } },
        },
        { kind: 'usage', problem: text },
        { kind: 'asked', action: 'rescue', key: known, channel: 'C1' as ChannelId },
      ] as const) {
        const words = drawCommandAnswer(answer, named(text));
        expectWithinLimits(words);
        expectHarmless(words.blocks);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('forms, requests and Home tabs', () => {
  const fingerprint = { state: 'Enabled', policy: 'digest' } as const;
  fc.assert(
    fc.property(
      foreign,
      fc.constantFrom(...ACTION_KINDS),
      fc.constantFrom(...STATUSES),
      fc.integer({ min: 0, max: 10 }),
      fc.boolean(),
      fc.boolean(),
      (text, kind, statusOf, agreed, code, breakGlass) => {
        const about = filled(text);
        const view = { ...named(text), approverMentions: () => MENTIONS };
        const agreements = Array.from({ length: agreed }, () => ({ by: bob, at: T0, comment: text, steppedUp: code }));
        const request = approval(kind, {
          reason: text,
          ticket: text,
          quorum: 10,
          windowDays: 30,
          fingerprint,
          breakGlass,
          agreements,
          status: statusOf(text),
        });
        for (const plain of [true, false]) {
          const words = drawApproval(about, request, view, { plain });
          expectWithinLimits(words);
          expectHarmless(words.blocks);
          expectNoStrayMarkup(words.blocks, MENTIONS);
        }
        const why = 'useUnknown';
        const asked = {
          kind: 'ask',
          incident: about,
          act: kind,
          why,
          code,
          breakGlass,
          shown: 'a'.repeat(32),
        } as const;
        const forms = (['approve', 'reject'] as const).map((decision) =>
          drawForm(
            { kind: 'review', incident: about, approval: request, decision, own: decision === 'reject', code },
            view,
          ),
        );
        for (const form of [drawForm({ ...asked, windowDays: 30 }, view), ...forms]) {
          expectTaken(form);
          expectHarmless(form.blocks);
          expectNoStrayMarkup(form.blocks);
        }
        const requests = [true, false].flatMap((mine) =>
          Array.from({ length: agreed * 2 }, () => ({ incident: about, approval: request, mine })),
        );
        const home = drawHome(
          memberHome({
            person: { enterprise: '', team: 'T1', user: text },
            roles: [holding('responder', { limit: { aliases: [text], tags: { [text]: text } } })],
            unsure: text,
            codes: 'missing',
            said: { words: { kind: 'notNow', message: text }, at: T0 },
            board: boardOf(Array.from({ length: agreed }, () => about)),
            requests,
          }),
          () => view,
        );
        expectTaken(home);
        expectHarmless(home.blocks);
        expectNoStrayMarkup(home.blocks);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
