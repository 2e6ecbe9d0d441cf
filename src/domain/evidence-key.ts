/** What is known of a key, as evidence: the last read, the last use, the state before the danger. */
import type { KeyArn } from './ids.ts';
import type { Prior } from './incident.ts';
import {
  type KeyRead,
  type KeySnapshot,
  known,
  type LastUse,
  type Learned,
  type MultiRegion,
  type Unreadable,
} from './key.ts';
import { type Moment, momentOf } from './moment.ts';

export type ReadEvidence = { readonly at: Moment } & (
  | ({ readonly kind: 'read' } & SnapshotEvidence)
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly why: Unreadable }
);

type Dated = 'createdAt' | 'deletionDate' | 'validTo' | 'replicasGoneAt';
export type SnapshotEvidence = Omit<KeySnapshot, 'key' | 'readAt' | 'multiRegion' | Dated> & {
  readonly [Name in Dated]?: Moment;
} & {
  readonly multiRegion?: {
    readonly role: MultiRegion['role'];
    readonly primary: KeyArn;
    readonly replicas: readonly KeyArn[];
  };
};

export type LastUseEvidence =
  | { readonly kind: 'used'; readonly operation: string; readonly at: Moment; readonly eventId?: string }
  | { readonly kind: 'neverSeen' };

export interface PriorEvidence {
  readonly state: Extract<Prior, { readonly kind: 'known' }>['state'];
  readonly from: Extract<Prior, { readonly kind: 'known' }>['from'];
  readonly at: Moment;
}

export function readEvidence(read: KeyRead): ReadEvidence {
  switch (read.kind) {
    case 'read':
      return { kind: 'read', at: momentOf(read.snapshot.readAt), ...snapshotEvidence(read.snapshot) };
    case 'gone':
      return { kind: 'gone', at: momentOf(read.readAt) };
    case 'unreadable':
      return { kind: 'unreadable', at: momentOf(read.readAt), why: read.why };
  }
}

function snapshotEvidence(snapshot: KeySnapshot): SnapshotEvidence {
  const {
    key: _key,
    readAt: _readAt,
    multiRegion,
    createdAt,
    deletionDate,
    validTo,
    replicasGoneAt,
    ...plain
  } = snapshot;
  return {
    ...plain,
    ...(createdAt === undefined ? {} : { createdAt: momentOf(createdAt) }),
    ...(deletionDate === undefined ? {} : { deletionDate: momentOf(deletionDate) }),
    ...(validTo === undefined ? {} : { validTo: momentOf(validTo) }),
    ...(replicasGoneAt === undefined ? {} : { replicasGoneAt: momentOf(replicasGoneAt) }),
    ...(multiRegion === undefined
      ? {}
      : {
          multiRegion: {
            role: multiRegion.role,
            primary: multiRegion.primary.arn,
            replicas: multiRegion.replicas.map(({ arn }) => arn),
          },
        }),
  };
}

export function lastUseEvidence(lastUse: Learned<LastUse>): Learned<LastUseEvidence> {
  if (lastUse.kind === 'unknown') return lastUse;
  if (lastUse.value.kind === 'neverSeen') return known(lastUse.value);
  const { usage } = lastUse.value;
  return known({ kind: 'used', ...usage, at: momentOf(usage.at) });
}

export const priorEvidence = (prior: Prior): Learned<PriorEvidence> =>
  prior.kind === 'unknown' ? prior : known({ state: prior.state, from: prior.from, at: momentOf(prior.at) });
