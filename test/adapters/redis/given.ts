/** Records for these tests: shaped like the real ones, about nothing in particular. */
import type { PendingEffect } from '../../../src/domain/effect.ts';
import type { Fact } from '../../../src/domain/fact.ts';
import type { ActionId, ChannelId, EffectId, IncidentId, KeyRef, Place } from '../../../src/domain/ids.ts';
import { keyRefOf } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { Save } from '../../../src/ports.ts';

export const CHANNEL = 'C0INCIDENT' as ChannelId;
export const PLACE = { account: '111122223333', region: 'us-west-2' } as Place;
export const keyNamed = (keyId: string, place: Place = PLACE): KeyRef => keyRefOf('aws', place, keyId) as KeyRef;
export const incidentId = (name: string): IncidentId => `i${name}` as IncidentId;

export function incident(name: string, version: number, changes: Partial<Incident> = {}): Incident {
  return {
    id: incidentId(name),
    version,
    subject: { kind: 'key', key: keyNamed(name) },
    round: 1,
    openedAt: 1,
    phase: { kind: 'open' },
    dangers: [],
    prior: { kind: 'unknown', why: 'test' },
    actions: [],
    approvals: [],
    timeline: [],
    nextSeq: 1,
    notedSeq: 0,
    factIds: [],
    alarmTimes: {},
    sawDanger: false,
    revision: 1,
    card: { channel: CHANNEL, shownRevision: 0, adopt: false },
    ...changes,
  } as Incident;
}

export const effect = (name: string, since = 1): PendingEffect => ({
  id: `e${name}` as EffectId,
  effect: { kind: 'carryOut', incident: incidentId(name), action: `a${name}` as ActionId },
  since,
});

export const fact = (id: string, seenAt = 1): Fact => ({
  id,
  source: 'sns',
  at: seenAt,
  seenAt,
  body: { kind: 'watchRequested', key: keyNamed('k'), by: 'alice', reason: 'test' },
});

export const saving = (record: Incident, rest: Partial<Save> = {}): Save => ({
  incident: record,
  add: [],
  remove: [],
  lanes: [],
  facts: [],
  ...rest,
});
