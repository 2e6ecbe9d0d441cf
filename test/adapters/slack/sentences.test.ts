/** Every reason why not, and what to do about it: in whispers, under the fields of forms, on the card. */
import { describe, expect, test } from 'vitest';
import { failureWords } from '../../../src/adapters/slack/words/failures.ts';
import { formError, problemWords } from '../../../src/adapters/slack/words/form-problems.ts';
import { denialWords, whyApprovalWords } from '../../../src/adapters/slack/words/policy-words.ts';
import { drawWhisper, whisperText } from '../../../src/adapters/slack/words/whispers.ts';
import type { FailureReason } from '../../../src/domain/action.ts';
import type { ApprovalStatus } from '../../../src/domain/approval.ts';
import type { ActionId } from '../../../src/domain/ids.ts';
import type { FormProblem, Refusal } from '../../../src/domain/interaction.ts';
import type { ApprovalWhy, Barred, DeniedWhy } from '../../../src/domain/policy.ts';
import { alice, bob, carol } from '../../domain/proofs.ts';
import { HOUR, T0 } from '../../domain/samples.ts';
import { expectNoStrayMarkup, expectWithinLimits, readable } from './drawn.ts';

type Kinds<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: readonly (readonly [Extract<T, { readonly kind: K }>, readonly string[]])[];
};
const rows = <T extends { readonly kind: string }>(kinds: Kinds<T>): readonly (readonly [T, readonly string[]])[] =>
  Object.values(kinds).flat() as never;

const HOSTILE = '<!channel> <@U0EVIL> <https://evil.example|ok> & `code` *bold* @here';

const DENIED: Kinds<DeniedWhy> = {
  barred: (
    [
      ['guest', 'guests of the workspace may not act on keys. Ask a member of it.'],
      ['stranger', 'people from outside the workspace may not act on keys. Ask a member of it.'],
      ['otherWorkspace', 'your account belongs to another workspace. Ask a member of this one.'],
      ['bot', 'bots may not act on keys. A person has to.'],
      ['deactivated', 'your Slack account is deactivated. Ask somebody whose account is not.'],
      ['noSuchUser', 'Slack does not know your account. Ask a member of the workspace.'],
    ] as const satisfies readonly (readonly [Barred, string])[]
  ).map(([why, words]) => [{ kind: 'barred', why }, [words]]),
  notInRole: [
    [
      { kind: 'notInRole', role: 'responder' },
      ['you are not a responder', 'Ask a responder', 'roles in keywarden.yaml'],
    ],
    [{ kind: 'notInRole', role: 'approver' }, ['you are not an approver', 'Ask an approver']],
    [{ kind: 'notInRole', role: 'admin' }, ['you are not an admin', 'Ask an admin']],
    [{ kind: 'notInRole', role: 'viewer' }, ['you hold no role', 'Ask somebody who does', 'roles in keywarden.yaml']],
  ],
  outsideLimit: [
    [
      { kind: 'outsideLimit', role: 'responder' },
      ['you are a responder, but not for this key', 'other accounts, aliases or tags', 'Ask a responder of this key'],
    ],
  ],
  limitUnknown: [
    [
      { kind: 'limitUnknown', role: 'approver', message: 'kms:ListAliases is not allowed' },
      ['you are an approver for some keys only', 'kms:ListAliases is not allowed', 'Ask an approver for all keys'],
    ],
  ],
  destructiveOff: [[{ kind: 'destructiveOff' }, ['approvals.destructive', 'Disable stops every use as well']]],
  breakGlassOff: [[{ kind: 'breakGlassOff' }, ['approvals.breakGlass', 'Ask for approval instead']]],
  ownDeed: [[{ kind: 'ownDeed' }, ['under your name in AWS', 'identities in keywarden.yaml', 'Ask another approver']]],
  awsManaged: [[{ kind: 'awsManaged' }, ['AWS manages this key', 'viewed only']]],
  keyState: [
    [
      { kind: 'keyState', state: 'PendingDeletion', message: 'is pending deletion.' },
      ['the key is PendingDeletion and does not take this call', 'is pending deletion.', 'Look at its card'],
    ],
  ],
  keyUnread: [[{ kind: 'keyUnread' }, ['could not be read', 'Try again in a moment']]],
};

const OVER: Kinds<ApprovalStatus> = {
  waiting: [[{ kind: 'waiting' }, ['still waits', 'Press Approve or Reject']]],
  granted: [
    [
      { kind: 'granted', at: T0, action: `a${'0'.repeat(31)}` as ActionId },
      ['You were not the first', 'approved it at 2026-03-14 09:12:00 UTC', 'Its outcome stands on the card'],
    ],
  ],
  rejected: [
    [
      { kind: 'rejected', at: T0, by: carol },
      ['You were not the first', 'UCAROL', 'rejected it at 2026-03-14 09:12:00 UTC', 'can be asked for again'],
    ],
  ],
  withdrawn: [[{ kind: 'withdrawn', at: T0 }, ['withdrawn at 2026-03-14 09:12:00 UTC', 'can be asked for again']]],
  expired: [
    [
      { kind: 'expired', at: T0 },
      ['expired at 2026-03-14 09:12:00 UTC', 'it was not agreed to in time', 'can be asked for again'],
    ],
  ],
  superseded: [
    [
      { kind: 'superseded', at: T0, by: carol },
      [
        'superseded at 2026-03-14 09:12:00 UTC',
        'UCAROL',
        'broke the glass on this key',
        'Nothing came of the request',
        'the outcome stands on the card',
      ],
    ],
  ],
  voided: [
    [
      { kind: 'voided', at: T0, changes: [{ part: 'state', was: 'Enabled', is: 'Disabled' }] },
      ['its state was Enabled and is Disabled', 'look at the card and ask again'],
    ],
    [{ kind: 'voided', at: T0, changes: [] }, ['KMS has deleted the key', 'nothing left to decide']],
  ],
};

const PROBLEMS: Kinds<FormProblem> = {
  notKnown: [[{ kind: 'notKnown' }, ['begin again']]],
  reasonMissing: [[{ kind: 'reasonMissing' }, ['Say why']]],
  commentMissing: [[{ kind: 'commentMissing' }, ['Say why not']]],
  wrongName: [[{ kind: 'wrongName', name: 'orders' }, ['Type exactly: orders']]],
  denied: rows(DENIED).map(([why, parts]) => [
    { kind: 'denied', act: 'approve', why },
    ['Approve was not done: ', 'Nothing changed.', ...parts],
  ]),
  unsure: [[{ kind: 'unsure', message: 'http 500' }, ['Slack could not say', 'http 500', 'try again']]],
  keyUnread: [[{ kind: 'keyUnread' }, ['Try again in a moment']]],
  keyGone: [[{ kind: 'keyGone' }, ['KMS has deleted this key', 'Close this']]],
  changedSinceShown: [[{ kind: 'changedSinceShown' }, ['Close it and look at the card again']]],
  anotherMatter: [[{ kind: 'anotherMatter' }, ['nothing was done', 'look at the card']]],
  tooSoon: [[{ kind: 'tooSoon' }, ['nothing was done', 'Try again in a minute']]],
  policyUnjudged: [[{ kind: 'policyUnjudged' }, ['nothing was done', 'Try again in a moment', 'the card says why']]],
  policyUnknown: [
    [
      { kind: 'policyUnknown', message: 'kms:GetKeyPolicy is not allowed' },
      ['nothing was done', 'kms:GetKeyPolicy is not allowed', 'the read role must be allowed kms:GetKeyPolicy'],
    ],
  ],
  alreadyRunning: [[{ kind: 'alreadyRunning' }, ['Try again when its outcome stands on the card']]],
  alreadyWaiting: [
    [
      { kind: 'alreadyWaiting', act: 'disable', by: alice },
      ['Disable of this key', 'UALICE', 'let it be decided, or withdrawn, first'],
    ],
  ],
  noApprover: [
    [
      { kind: 'noApprover', found: 0, quorum: 1, codes: true },
      ['an approver, other than you', 'none was found', 'roles.approver', 'mfa enrol'],
    ],
    [
      { kind: 'noApprover', found: 1, quorum: 3, codes: false },
      ['3 approvers, other than you', 'only 1 can be found', 'roles.approver'],
    ],
    [{ kind: 'noApprover', found: 0, quorum: 1, codes: true, unsure: 'http 500' }, ['http 500', 'Try again']],
  ],
  codeMissing: [[{ kind: 'codeMissing' }, ['Type the six digits']]],
  codeWrong: [
    [{ kind: 'codeWrong', left: 4 }, ['nothing was done', '4 more wrong ones', 'locked out', 'Wait for the next']],
    [{ kind: 'codeWrong', left: 1 }, ['1 more wrong one and']],
  ],
  codeUsed: [[{ kind: 'codeUsed' }, ['Wait for the next one']]],
  codeLocked: [[{ kind: 'codeLocked', until: T0 + HOUR }, ['until 2026-03-14 10:12:00 UTC', 'mfa unlock']]],
  notEnrolled: [[{ kind: 'notEnrolled' }, ['mfa enrol', 'your member id']]],
  codeUnavailable: [
    [
      { kind: 'codeUnavailable', message: `KEYWARDEN_SECRET_KEY is missing. ${'x'.repeat(200)} Set it and restart` },
      ['nothing was done', 'KEYWARDEN_SECRET_KEY is missing', 'Set it and restart'],
    ],
  ],
  auditUnwritable: [[{ kind: 'auditUnwritable' }, ['Rescuing still works', 'Tell whoever runs Keywarden']]],
  ownRequest: [[{ kind: 'ownRequest' }, ['somebody else must agree', 'withdraw it with Reject']]],
  agreedAlready: [[{ kind: 'agreedAlready' }, ['You agreed to this already', 'Another approver']]],
  over: rows(OVER).map(([status, parts]) => [{ kind: 'over', status, agreedBy: [bob, carol] }, parts]),
  voided: [
    [
      { kind: 'voided', changes: [{ part: 'policy' }] },
      ['its key policy was changed', 'look at the card and ask again'],
    ],
    [{ kind: 'voided', changes: [] }, ['KMS has deleted the key', 'nothing left to decide']],
  ],
};

const REFUSALS: Kinds<Refusal> = {
  mayNot: rows(DENIED).map(([why, parts]) => [
    { kind: 'mayNot', action: 'cancelDeletion', why },
    ['Cancel Deletion was not done: ', 'Nothing changed.', ...parts],
  ]),
  roleUnknown: [[{ kind: 'roleUnknown', message: 'http 500' }, ['http 500', 'Try again, or ask somebody']]],
  notRecorded: [[{ kind: 'notRecorded' }, ['Not recorded, try again']]],
  alreadyRunning: [[{ kind: 'alreadyRunning', action: 'disable', by: 'U1' }, ['<@U1>', 'appears on the card']]],
  alreadyWaiting: [
    [
      { kind: 'alreadyWaiting', act: 'scheduleDeletion', by: alice },
      ['Schedule Deletion, asked for by <@UALICE>', 'let it be decided, or withdrawn, first'],
    ],
  ],
  needsApproval: [
    [
      { kind: 'needsApproval', act: 'disable', why: 'recentlyUsed' },
      ['an approver must agree', 'used within the last 24 hours', 'ask again, and a form opens'],
    ],
  ],
  notReviewed: rows(PROBLEMS).map(([problem, parts]) => [{ kind: 'notReviewed', problem }, parts]),
  noSuchButton: [[{ kind: 'noSuchButton' }, ['look for the newer card', '/kms status &lt;key&gt;']]],
  notNow: [[{ kind: 'notNow', message: 'This incident is over.' }, ['Not now: This incident is over.']]],
  acceptedBefore: [[{ kind: 'acceptedBefore', by: bob, at: 0 }, ['accepted this key as it is already, 1970-01-01']]],
  answeredBefore: [
    [{ kind: 'answeredBefore', wasMe: false, at: 0 }, ['it was not you, 1970-01-01', 'One answer is for all of it']],
    [{ kind: 'answeredBefore', wasMe: true, at: 0 }, ['it was you, 1970-01-01', 'One answer is for all of it']],
  ],
  sharedChannel: [[{ kind: 'sharedChannel' }, ['shared with another organisation', 'from a channel of your own']]],
  notUploaded: [[{ kind: 'notUploaded', message: 'Try again.' }, ['could not be uploaded', 'Try again.']]],
  over: [[{ kind: 'over', outcome: 'deleted' }, ['nothing can bring it back', 'Nothing was done']]],
  ownPlan: [[{ kind: 'ownPlan' }, ['Another approver must agree']]],
  scheduledIt: [[{ kind: 'scheduledIt' }, ['Ask another approver']]],
  needsRead: [[{ kind: 'needsRead' }, ['Try again when the card shows its state']]],
};

/** A whole sentence, begun as one. */
const expectWhole = (sentence: string): void => {
  expect(sentence).toMatch(/^\S.*[.!?)…0-9a-z_]$/su);
  expect(sentence).not.toMatch(/undefined|\[object|\s{2}|\.\.|\. \.|;\./);
};

describe('why a press did nothing', () => {
  test.each(rows(REFUSALS))('%j', (refusal, parts) => {
    const words = drawWhisper(refusal);
    for (const part of parts) expect(readable(words.blocks)).toContain(part);
    expectWhole(whisperText(refusal));
    expectWithinLimits(words);
    expectNoStrayMarkup(words.blocks);
  });
  test('what they quote is harmless', () => {
    for (const [refusal] of rows(REFUSALS)) {
      const quoting = JSON.parse(JSON.stringify(refusal), (name, value: unknown) =>
        ['message', 'name', 'unsure', 'action', 'is', 'was'].includes(name) ? HOSTILE.repeat(40) : value,
      ) as Refusal;
      const words = drawWhisper(quoting);
      expectWithinLimits(words);
      expectNoStrayMarkup(words.blocks);
      expect(readable(words.blocks)).not.toContain('@here');
    }
  });
});

describe('what is wrong with a form', () => {
  /** Slack shows these as they are: whatever it would draw elsewhere stands there as signs. */
  const expectPlain = (text: string): void => {
    expect(text).not.toMatch(/[<>`]|&(?:amp|lt|gt);|\*\w|<!date/);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThanOrEqual(1_000);
  };
  test.each(rows(PROBLEMS))('%j', (problem, parts) => {
    const text = formError(problem);
    for (const part of parts) expect(text).toContain(part);
    expectWhole(text);
    expectPlain(text);
    expectWhole(problemWords(problem));
  });
  test('who decided it reads that, and not that somebody was quicker', () => {
    const [[granted], [rejected]] = [OVER.granted[0] ?? [], OVER.rejected[0] ?? []];
    for (const [status, words] of [
      [granted, 'You agreed already: it was approved at 2026-03-14 09:12:00 UTC'],
      [rejected, 'You rejected it at 2026-03-14 09:12:00 UTC'],
    ] as const) {
      const problem = { kind: 'over', status: status ?? { kind: 'waiting' }, agreedBy: [bob, carol] } as const;
      expect(formError(problem, carol)).toContain(words);
      expect(readable(drawWhisper({ kind: 'notReviewed', problem }, carol).blocks)).toContain(words);
      expect(formError(problem, alice)).toContain('You were not the first');
    }
    const alone = { kind: 'over', status: granted ?? { kind: 'waiting' }, agreedBy: [] } as const;
    expect(formError(alone, carol)).toContain('an admin approved it');
  });
  test('what they quote is plain, and harmless', () => {
    for (const [problem] of rows(PROBLEMS)) {
      const quoting = JSON.parse(JSON.stringify(problem), (name, value: unknown) =>
        ['message', 'name', 'unsure', 'is', 'was'].includes(name) ? HOSTILE.repeat(40) : value,
      ) as FormProblem;
      expectPlain(formError(quoting));
      expect(formError(quoting)).not.toContain('@here');
    }
  });
  test('a name is shown as it must be typed', () => {
    for (const name of ['_orders_', 'a_b', 'x'.repeat(250)])
      expect(formError({ kind: 'wrongName', name })).toBe(`This does not name the key. Type exactly: ${name}`);
  });
});

describe('why an action failed, for everybody on the card', () => {
  const reasons: Kinds<FailureReason> = {
    denied: [[{ kind: 'denied', operation: 'DisableKey', message: 'no' }, ['AWS denied kms:DisableKey', 'allow it']]],
    refused: [[{ kind: 'refused', error: 'LimitExceeded', message: 'no.' }, ['KMS refused: LimitExceeded']]],
    keyGone: [[{ kind: 'keyGone' }, ['KMS has deleted it']]],
    wrongState: [
      [{ kind: 'wrongState', state: 'Disabled', message: 'is not pending deletion.' }, ['in state Disabled']],
    ],
    noLongerAllowed: [
      [{ kind: 'noLongerAllowed', message: 'it was not agreed to' }, ['it was not agreed to. Nothing']],
    ],
    notPermitted: rows(DENIED).map(([why]) => [
      { kind: 'notPermitted', who: 'U0ALICE', why },
      ['<@U0ALICE> may not (any more): ', 'Nothing was done.'],
    ]),
    needsApproval: [[{ kind: 'needsApproval', why: 'useUnknown' }, ['an approver must agree', 'ask again']]],
    approvalExpired: [[{ kind: 'approvalExpired', at: T0 }, ['before it could be carried out', 'ask again']]],
    approvalVoid: [
      [
        { kind: 'approvalVoid', changes: [{ part: 'deletionDate', is: T0 }] },
        ['its deletion date was not set and is', 'ask again'],
      ],
    ],
    auditUnwritable: [[{ kind: 'auditUnwritable', message: 'x' }, ['nothing is destroyed without its trace']]],
    unreadable: [[{ kind: 'unreadable', message: 'timeout' }, ['not verified: timeout']]],
    noRole: [[{ kind: 'noRole', message: 'disable' }, ['Add it to the account in keywarden.yaml']]],
    gaveUp: [[{ kind: 'gaveUp', message: 'throttled.' }, ['Read the key']]],
  };
  test.each(rows(reasons))('%j', (why, parts) => {
    for (const part of parts) expect(failureWords(why)).toContain(part);
    // It is read by others than the one it is about.
    expect(failureWords(why)).not.toMatch(/\byour?\b/);
    expectNoStrayMarkup([{ type: 'mrkdwn', text: failureWords(why) }]);
  });
});

describe('why somebody must agree', () => {
  const whys: Readonly<Record<ApprovalWhy, string>> = {
    destructive: 'what it destroys cannot be brought back',
    recentlyUsed: 'used within the last 24 hours',
    useUnknown: 'nobody knows whether the key is in use',
    fourthInAnHour: 'at least the fourth disabling within an hour by the same person',
    wasDisabled: 'disabled before the danger',
    held: 'keeps it off on purpose',
  };
  test.each(Object.entries(whys) as [ApprovalWhy, string][])('%s', (why, part) => {
    expect(whyApprovalWords(why)).toContain(part);
    // The same words stand on the form, in the thread and at home: they are about nobody in particular.
    expect(whyApprovalWords(why)).not.toMatch(/\byour?\b/);
  });
});

test('a denial speaks to whom it is about, or of them', () => {
  for (const [why] of rows(DENIED)) {
    expect(denialWords(why, 'they')).not.toMatch(/\byour?\b/);
    expect(denialWords(why, 'they').endsWith('.')).toBe(true);
  }
  expect(denialWords({ kind: 'notInRole', role: 'approver' }, 'they')).toContain('they are not an approver');
});
