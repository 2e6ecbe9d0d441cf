/** Digests and what they are gathered from, each with one thing to say. */
import type { AuditEntry } from '../../src/domain/audit.ts';
import type { Digest, RememberedKey } from '../../src/domain/digest.ts';
import { countingDeeds } from '../../src/domain/digest-deeds.ts';
import { type KeyRef, parseKeyArn } from '../../src/domain/ids.ts';
import type { KeyMemory } from '../../src/domain/key.ts';
import { DAY, T0 } from './samples.ts';

export const keyNamed = (name: string, region = 'us-west-2', account = '111122223333'): KeyRef =>
  parseKeyArn(`arn:aws:kms:${region}:${account}:key/${name}`) as KeyRef;

export const remembered = (name: string, memory: Partial<KeyMemory> = {}, region = 'us-west-2'): RememberedKey => ({
  key: keyNamed(name, region),
  memory: {
    state: 'Enabled',
    readAt: T0,
    aliases: [`alias/${name}`],
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    ...memory,
  },
});

export const dying = (name: string, days: number, more: Partial<KeyMemory> = {}, region = 'us-west-2'): RememberedKey =>
  remembered(name, { state: 'PendingDeletion', deletionDate: T0 + days * DAY, ...more }, region);

export const entry = (kind: AuditEntry['kind'], more: Partial<AuditEntry> = {}): AuditEntry => ({
  id: `${kind}-${more.seq ?? 1}`,
  kind,
  at: T0,
  actor: { via: 'slack', enterprise: '', team: 'T1', user: 'U0ALICE' },
  key: keyNamed('acted').arn,
  what: 'rescue',
  seq: 1,
  prev: '',
  hash: '',
  ...more,
});

const none = { rows: [], total: 0 } as const;
/** A digest in which all is well. */
export const digest = (more: Partial<Digest> = {}): Digest => ({
  at: T0,
  timezone: 'Europe/Berlin',
  keys: 3,
  sweptAt: T0 - 60_000,
  dying: none,
  disabled: none,
  monthlyCost: 0,
  material: none,
  unattended: none,
  deleted: none,
  deeds: countingDeeds(T0 - DAY).counted(false),
  names: new Map(),
  unreadPlaces: [],
  unreadKeys: none,
  ...more,
});
