/** Records for rule tests, each with one thing to say. */
import type { Action, ActionKind, CallOutcome, CallRecord } from '../../src/domain/action.ts';
import type { Fact, FactBody } from '../../src/domain/fact.ts';
import { type ActionId, type ChannelId, type IncidentId, type KeyRef, parseKeyArn } from '../../src/domain/ids.ts';
import type { Incident, Prior, Rules } from '../../src/domain/incident.ts';
import type { KeyRead, KeySnapshot, KeyState, Mutation } from '../../src/domain/key.ts';
import { newIncident } from '../../src/domain/record.ts';

export const T0 = Date.UTC(2026, 2, 14, 9, 12, 0);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

const ARN = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const key = parseKeyArn(ARN) as KeyRef;
export const MILESTONES = [14 * DAY, 7 * DAY, 3 * DAY, DAY, 6 * HOUR, HOUR];
export const rules: Rules = {
  milestones: MILESTONES,
  loudWithin: DAY,
  acknowledgeFor: 12 * HOUR,
  timezone: 'UTC',
  selfKeys: new Set(),
  channelOf: () => 'C0INCIDENT' as ChannelId,
};
export const enabledBefore: Prior = { kind: 'known', state: 'Enabled', from: 'sweep', at: T0 - HOUR };
export const disabledBefore: Prior = { ...enabledBefore, state: 'Disabled' };

export function snapshot(state: KeyState, more: Partial<KeySnapshot> = {}): KeySnapshot {
  return {
    key,
    readAt: T0,
    state,
    manager: 'CUSTOMER',
    origin: 'AWS_KMS',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    ...(state === 'PendingDeletion' ? { deletionDate: T0 + 7 * DAY } : {}),
    ...more,
  };
}
export const read = (state: KeyState, more: Partial<KeySnapshot> = {}): KeyRead => ({
  kind: 'read',
  snapshot: snapshot(state, more),
});
export const imported = { origin: 'EXTERNAL', currentMaterialId: 'aa'.repeat(32) } as const;

export function call(
  operation: Mutation,
  outcome?: CallOutcome | { readonly kind: 'confirmedByRead' },
  at = T0,
): CallRecord {
  return {
    operation,
    intendedAt: at,
    runner: 'runner-1',
    ...(outcome === undefined ? {} : { outcome: { ...outcome, at } }),
  };
}

export function action(kind: ActionKind, calls: readonly CallRecord[] = [], more: Partial<Action> = {}): Action {
  const person = { enterprise: '', team: 'T1', user: 'U1' };
  return { id: `a${'0'.repeat(31)}` as ActionId, kind, by: { via: 'slack', person }, askedAt: T0, calls, ...more };
}

export const incidentId = `i${'1'.repeat(31)}` as IncidentId;
export const opening = { id: incidentId, subject: { kind: 'key', key } as const, prior: enabledBefore, adopt: false };

export const incident = (more: Partial<Incident> = {}): Incident => ({
  ...newIncident({ ...opening, channel: 'C0INCIDENT' as ChannelId, now: T0 }),
  ...more,
});

export function fact(body: FactBody, more: Partial<Fact> = {}): Fact {
  return { id: `ct:${body.kind}`, source: 'eventbridge', at: T0, seenAt: T0, body, ...more };
}
export const by = (operation: string, more: { requestId?: string; sessionName?: string; issuerArn?: string } = {}) => ({
  operation,
  eventId: 'event-1',
  ...(more.requestId === undefined ? {} : { requestId: more.requestId }),
  actor: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::111122223333:assumed-role/Admins/mallory',
    ...(more.sessionName === undefined ? {} : { sessionName: more.sessionName }),
    ...(more.issuerArn === undefined ? {} : { issuerArn: more.issuerArn }),
  },
});
