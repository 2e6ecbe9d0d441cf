/** One incident with everything in it: an attack, its rescue, and what people asked for, agreed to and refused since. */
import type { Action, CallRecord } from '../../src/domain/action.ts';
import type { Approval, ApprovalStatus } from '../../src/domain/approval.ts';
import type { AuditEntry } from '../../src/domain/audit.ts';
import type { Fact } from '../../src/domain/fact.ts';
import type { AccountId, ActionId, ApprovalId, IncidentId, KeyArn, Person } from '../../src/domain/ids.ts';
import type { EntryBody, Incident } from '../../src/domain/incident.ts';
import { known } from '../../src/domain/key.ts';
import { enabledBefore, fact, HOUR, incident, key, MINUTE, snapshot, T0 } from './samples.ts';

const person = (user: string): Person => ({ enterprise: 'E0BANK', team: 'T0BANK', user });
const ALICE = person('U0ALICE');
const BOB = person('U0BOB');
const CAROL = person('U0CAROL');
const DAVE = person('U0DAVE');
export const actionId = (number: number): ActionId => `a${String(number).padStart(31, '0')}` as ActionId;
export const approvalId = (number: number): ApprovalId => `p${String(number).padStart(31, '0')}` as ApprovalId;
const material = 'ab'.repeat(32);

const mallory = {
  type: 'AssumedRole',
  arn: 'arn:aws:sts::111122223333:assumed-role/Admins/mallory',
  account: '111122223333' as AccountId,
  issuerArn: 'arn:aws:iam::111122223333:role/Admins',
  sessionName: 'mallory',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  mfa: false,
  sourceAddress: '203.0.113.7',
  userAgent: 'aws-cli/2.17.0 exec-env/CloudShell',
};
const scheduled: Fact = fact(
  {
    kind: 'deletionScheduled',
    key,
    windowDays: 7,
    call: {
      operation: 'ScheduleKeyDeletion',
      eventId: 'event-schedule',
      requestId: 'request-schedule',
      actor: mallory,
    },
  },
  { id: 'eb:schedule', seenAt: T0 + 2_000 },
);
const refusedUse: Fact = fact(
  {
    kind: 'useRefused',
    key,
    refusal: 'pendingDeletion',
    encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::orders' },
    call: {
      operation: 'Decrypt',
      eventId: 'event-decrypt',
      actor: { type: 'AWSService', invokedBy: 's3.amazonaws.com' },
    },
  },
  // Learnt late: it stands earlier in the story than in the record.
  { id: 'ct:decrypt', source: 'cloudtrail', at: T0 + MINUTE, seenAt: T0 + 20 * MINUTE },
);
const alarm: Fact = fact(
  {
    kind: 'alarm',
    alarm: {
      arn: 'arn:aws:cloudwatch:us-west-2:111122223333:alarm:kms',
      name: 'kms-deletion',
      account: key.account,
      region: key.region,
      partition: 'aws',
      state: 'ALARM',
      changedAt: T0 + 3_000,
      reason: 'Threshold Crossed: 1 datapoint [1.0] was > 0',
      keys: [key],
      lookback: 5 * MINUTE,
      aboutKms: true,
    },
  },
  { id: 'sns:1', source: 'sns', at: T0 + 3_000, seenAt: T0 + 5_000 },
);
const echo: Fact = fact(
  {
    kind: 'deletionCancelled',
    key,
    call: {
      operation: 'CancelKeyDeletion',
      eventId: 'event-cancel',
      requestId: 'request-cancel',
      actor: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::111122223333:assumed-role/KeywardenRescue/U0ALICE-rescue',
        sourceIdentity: 'U0ALICE',
        sourceAddress: '198.51.100.4',
      },
    },
  },
  { id: 'ct:cancel', source: 'cloudtrail', at: T0 + 5 * MINUTE, seenAt: T0 + 15 * MINUTE },
);

const call = (operation: CallRecord['operation'], at: number, outcome?: CallRecord['outcome']): CallRecord => ({
  operation,
  intendedAt: at,
  runner: 'runner-of-this-process',
  ...(outcome === undefined ? {} : { outcome }),
});
const underAlice = { kind: 'person', session: 'U0ALICE-rescue-a0', sourceIdentity: 'U0ALICE' } as const;

const actions: readonly Action[] = [
  {
    id: actionId(1),
    kind: 'rescue',
    by: { via: 'slack', person: ALICE },
    askedAt: T0 + 5 * MINUTE,
    round: 1,
    reason: 'nobody announced this',
    calls: [
      call('CancelKeyDeletion', T0 + 5 * MINUTE, {
        kind: 'ambiguous',
        message: 'ETIMEDOUT',
        at: T0 + 5 * MINUTE + 900,
      }),
      call('CancelKeyDeletion', T0 + 6 * MINUTE, {
        kind: 'succeeded',
        requestId: 'request-cancel',
        attribution: underAlice,
        at: T0 + 6 * MINUTE + 300,
      }),
      call('EnableKey', T0 + 6 * MINUTE + 400, {
        kind: 'confirmedByRead',
        attribution: { kind: 'session', session: 'U0ALICE-rescue-a0', why: 'trustPolicy' },
        at: T0 + 6 * MINUTE + 800,
      }),
    ],
    ending: { kind: 'verified', state: 'Enabled', confirmedByRead: true, at: T0 + 7 * MINUTE },
  },
  {
    id: actionId(2),
    kind: 'disable',
    by: { via: 'terminal', user: 'ops' },
    askedAt: T0 + 30 * MINUTE,
    round: 1,
    calls: [
      call('DisableKey', T0 + 30 * MINUTE, {
        kind: 'denied',
        operation: 'kms:DisableKey',
        message: 'User is not authorized to perform: kms:DisableKey',
        requestId: 'request-disable',
        attribution: { kind: 'bot' },
        at: T0 + 30 * MINUTE + 200,
      }),
    ],
    ending: {
      kind: 'failed',
      why: { kind: 'denied', operation: 'kms:DisableKey', message: 'User is not authorized' },
      at: T0 + 31 * MINUTE,
    },
  },
  {
    id: actionId(3),
    kind: 'scheduleDeletion',
    by: { via: 'slack', person: ALICE },
    askedAt: T0 + 2 * HOUR,
    round: 2,
    reason: 'the service is retired',
    ticket: 'SEC-4711',
    windowDays: 30,
    approval: approvalId(1),
    calls: [call('ScheduleKeyDeletion', T0 + 3 * HOUR)],
    ending: { kind: 'unknownOutcome', message: 'socket hang up', at: T0 + 3 * HOUR + MINUTE },
  },
  {
    id: actionId(4),
    kind: 'deleteMaterial',
    by: { via: 'slack', person: BOB },
    askedAt: T0 + 4 * HOUR,
    round: 2,
    approval: approvalId(2),
    calls: [],
    ending: {
      kind: 'failed',
      why: {
        kind: 'approvalVoid',
        changes: [
          { part: 'deletionDate', is: T0 + 30 * 24 * HOUR },
          { part: 'state', was: 'Enabled', is: 'PendingDeletion' },
        ],
      },
      at: T0 + 5 * HOUR,
    },
  },
  {
    id: actionId(5),
    kind: 'enable',
    by: { via: 'slack', person: ALICE },
    askedAt: T0 + 6 * HOUR,
    round: 2,
    calls: [{ ...call('EnableKey', T0 + 6 * HOUR), materialId: material }],
  },
  {
    id: actionId(6),
    kind: 'disable',
    by: { via: 'slack', person: CAROL },
    askedAt: T0 + 6.6 * HOUR,
    round: 2,
    reason: 'it is being used right now',
    approval: approvalId(8),
    calls: [
      call('DisableKey', T0 + 6.6 * HOUR, {
        kind: 'throttled',
        message: 'Rate exceeded',
        requestId: 'request-throttled',
        at: T0 + 6.6 * HOUR + 100,
      }),
    ],
    ending: { kind: 'failed', why: { kind: 'gaveUp', message: 'KMS throttles' }, at: T0 + 6.7 * HOUR },
  },
];

const approval = (number: number, by: Person, status: ApprovalStatus, more: Partial<Approval> = {}): Approval => ({
  id: approvalId(number),
  kind: 'scheduleDeletion',
  by,
  askedAt: T0 + 2 * HOUR,
  expiresAt: T0 + 26 * HOUR,
  ...(more.breakGlass === true ? {} : { why: 'destructive' }),
  reason: 'the service is retired',
  fingerprint: { state: 'Enabled', materialId: material, validTo: T0 + 90 * 24 * HOUR, policy: 'cd'.repeat(32) },
  quorum: 2,
  steppedUp: true,
  breakGlass: false,
  agreements: [],
  status,
  round: 2,
  message: { revision: 3, shownRevision: 3 },
  ...more,
});
const approvals: readonly Approval[] = [
  approval(
    1,
    ALICE,
    { kind: 'granted', at: T0 + 3 * HOUR, action: actionId(3) },
    {
      ticket: 'SEC-4711',
      windowDays: 30,
      agreements: [
        { by: BOB, at: T0 + 2.5 * HOUR, comment: 'checked with the owner', steppedUp: true },
        { by: CAROL, at: T0 + 3 * HOUR, steppedUp: true },
      ],
    },
  ),
  approval(
    2,
    BOB,
    {
      kind: 'voided',
      at: T0 + 5 * HOUR,
      changes: [{ part: 'policy', was: 'cd'.repeat(32), is: 'ef'.repeat(32) }],
    },
    { kind: 'deleteMaterial', quorum: 1 },
  ),
  approval(
    3,
    BOB,
    { kind: 'rejected', at: T0 + 5.2 * HOUR, by: CAROL, comment: 'not before the audit' },
    { kind: 'disable', why: 'recentlyUsed', fingerprint: { state: 'Enabled' }, steppedUp: false },
  ),
  approval(4, DAVE, { kind: 'withdrawn', at: T0 + 5.3 * HOUR, comment: 'wrong key' }),
  approval(5, DAVE, { kind: 'expired', at: T0 + 5.4 * HOUR }, { why: 'held', kind: 'enable' }),
  approval(6, DAVE, { kind: 'waiting' }, { why: 'fourthInAnHour', kind: 'disable', askedAt: T0 + 6 * HOUR }),
  approval(
    7,
    DAVE,
    { kind: 'superseded', at: T0 + 6.6 * HOUR, by: CAROL },
    { kind: 'deleteMaterial', askedAt: T0 + 6.5 * HOUR },
  ),
  approval(
    8,
    CAROL,
    { kind: 'granted', at: T0 + 6.6 * HOUR, action: actionId(6) },
    { kind: 'disable', breakGlass: true, reason: 'it is being used right now', askedAt: T0 + 6.6 * HOUR },
  ),
];

const story: readonly (readonly [number, EntryBody])[] = [
  [T0, { kind: 'fact', fact: scheduled }],
  [T0 + 2_500, { kind: 'state', from: 'Enabled', to: 'PendingDeletion' }],
  [T0 + 3_000, { kind: 'fact', fact: alarm }],
  [T0 + 5 * MINUTE, { kind: 'asked', action: actionId(1) }],
  [T0 + 6 * MINUTE, { kind: 'called', action: actionId(1), call: 1 }],
  [T0 + 7 * MINUTE, { kind: 'state', from: 'PendingDeletion', to: 'Enabled', by: actionId(1) }],
  [T0 + 7 * MINUTE, { kind: 'ended', action: actionId(1) }],
  [T0 + 5 * MINUTE, { kind: 'fact', fact: echo, echoOf: actionId(1) }],
  [T0 + MINUTE, { kind: 'fact', fact: refusedUse }],
  [T0 + 8 * MINUTE, { kind: 'closed', outcome: 'restored' }],
  [T0 + HOUR, { kind: 'reopened', round: 2 }],
  [T0 + 2 * HOUR, { kind: 'approval', approval: approvalId(1), what: 'requested', by: ALICE }],
  [T0 + 2.5 * HOUR, { kind: 'approval', approval: approvalId(1), what: 'agreed', by: BOB }],
  [T0 + 3 * HOUR, { kind: 'approval', approval: approvalId(1), what: 'granted', by: CAROL }],
  [T0 + 5.4 * HOUR, { kind: 'approval', approval: approvalId(5), what: 'expired' }],
  [T0 + 5.5 * HOUR, { kind: 'reminded', milestone: 24 * HOUR }],
  [T0 + 5.6 * HOUR, { kind: 'reminded', milestone: 6 * HOUR, late: 12 * MINUTE }],
  [T0 + 5.7 * HOUR, { kind: 'rescheduled', from: T0 + 7 * 24 * HOUR, to: T0 + 30 * 24 * HOUR }],
  [T0 + 5.8 * HOUR, { kind: 'linked', key, incident: `i${'2'.repeat(31)}` as IncidentId }],
  [T0 + 5.9 * HOUR, { kind: 'candidates', keys: [key.arn] }],
  [T0 + 6 * HOUR, { kind: 'rebuilt' }],
  [T0 + 6 * HOUR, { kind: 'delivery', problem: 'is_archived' }],
  [T0 + 6 * HOUR, { kind: 'ended', action: actionId(99) }],
  [T0 + 6.6 * HOUR, { kind: 'approval', approval: approvalId(7), what: 'superseded', by: CAROL }],
  [T0 + 6.6 * HOUR, { kind: 'approval', approval: approvalId(8), what: 'breakGlass', by: CAROL }],
];

/** Written at `NOW`; 40 older entries of its timeline are trimmed. */
export const NOW = T0 + 7 * HOUR;
export const rich: Incident = incident({
  round: 2,
  openedAt: T0 + HOUR,
  dangers: [
    { kind: 'deletionScheduled', firstAt: T0, lastAt: T0, count: 1, fact: scheduled },
    { kind: 'useRefused', firstAt: T0 + MINUTE, lastAt: T0 + MINUTE, count: 3, fact: refusedUse },
    { kind: 'keyDisabled', firstAt: T0 + 6 * MINUTE, lastAt: T0 + 6 * MINUTE, count: 1 },
  ],
  read: {
    kind: 'read',
    snapshot: snapshot('PendingDeletion', {
      readAt: NOW - 40_000,
      origin: 'EXTERNAL',
      createdAt: Date.UTC(2024, 0, 2),
      deletionDate: T0 + 30 * 24 * HOUR,
      validTo: T0 + 90 * 24 * HOUR,
      currentMaterialId: material,
      multiRegion: { role: 'PRIMARY', primary: key, replicas: [] },
    }),
  },
  details: {
    aliases: known(['alias/orders', 'alias/orders-old']),
    tags: known({ owner: 'payments' }),
    lastUse: known({ kind: 'used', usage: { operation: 'Decrypt', at: T0 - 90_000, eventId: 'event-last' } }),
  },
  prior: enabledBefore,
  countdown: { deletionDate: T0 + 30 * 24 * HOUR, since: T0 + 3 * HOUR, told: [24 * HOUR], endTold: false },
  refused: {
    count: 3,
    lastAt: T0 + MINUTE,
    by: [
      { who: 's3.amazonaws.com', what: 'arn:aws:s3:::orders', count: 2 },
      { who: 'arn:aws:iam::111122223333:user/batch', count: 1 },
    ],
  },
  actions,
  approvals,
  timeline: story.map(([at, body], index) => ({ seq: 41 + index, at, body })),
  nextSeq: 41 + story.length,
});

const entry = (seq: number, more: Partial<AuditEntry> & Pick<AuditEntry, 'kind' | 'at' | 'actor'>): AuditEntry => ({
  id: `audit-${seq}`,
  incident: rich.id,
  key: key.arn,
  ...more,
  seq,
  prev: String(seq - 1).padStart(64, '0'),
  hash: String(seq).padStart(64, '0'),
});
const slack = ({ enterprise, team, user }: Person) => ({ via: 'slack', enterprise, team, user }) as const;
export const trail: readonly AuditEntry[] = [
  entry(12, {
    kind: 'approved',
    at: T0 + 2.5 * HOUR,
    actor: slack(BOB),
    approval: approvalId(1),
    what: 'scheduleDeletion',
    comment: 'checked with the owner',
    steppedUp: true,
  }),
  entry(11, {
    kind: 'refused',
    at: T0 + 2.2 * HOUR,
    actor: slack(DAVE),
    what: 'approve',
    message: 'notInRole approver',
    approval: approvalId(1),
  }),
  entry(14, {
    kind: 'intent',
    at: T0 + 3 * HOUR,
    actor: { via: 'keywarden' },
    action: actionId(3),
    operation: 'ScheduleKeyDeletion',
    windowDays: 30,
    approvers: ['E0BANK/T0BANK/U0BOB', 'E0BANK/T0BANK/U0CAROL'],
    session: 'U0ALICE-scheduleDeletion-a3',
  }),
  entry(20, { kind: 'refused', at: T0 + 6 * HOUR, actor: { via: 'terminal', user: 'ops' } }),
  entry(21, { kind: 'expired', at: T0 + 6.5 * HOUR, actor: { via: 'keywarden' }, approval: approvalId(77) }),
];
export const head = { seq: 23, hash: '9f'.repeat(32) };
export const otherKey = 'arn:aws:kms:us-west-2:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab' as KeyArn;
export const bare = incident({ prior: { kind: 'unknown', why: 'no sweep has seen it before' } });
