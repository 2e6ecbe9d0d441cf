/** What a key was like, as evidence: its last good shape, the one at opening, and what differed when it was last compared. */
import type { Instant } from './ids.ts';
import { known, type Learned, unknown } from './key.ts';
import { type Moment, momentOf } from './moment.ts';
import type { Grant, Grants, KeyShape } from './shape.ts';
import { baselineOf, type Comparison } from './shape-difference.ts';

export interface GrantEvidence extends Omit<Grant, 'createdAt'> {
  readonly createdAt?: Moment;
}

export interface ShapeEvidence extends Omit<KeyShape, 'takenAt' | 'partsAt' | 'changedAt' | 'grants'> {
  readonly takenAt: Moment;
  /** Of the parts that were taken at another moment than the rest. */
  readonly partsAt?: Readonly<Record<string, Moment>>;
  /** Of the parts that a survey took for good though they were not as before: when. */
  readonly changedAt?: Readonly<Record<string, Moment>>;
  readonly grants: Learned<Omit<Grants, 'listed'> & { readonly listed: readonly GrantEvidence[] }>;
}

export interface ComparisonEvidence extends Omit<Comparison, 'comparedAt' | 'checkedAt' | 'against' | 'accepted'> {
  readonly comparedAt: Moment;
  readonly checkedAt: Moment;
  readonly against: {
    readonly kind: Comparison['against']['kind'];
    readonly takenAt: Moment;
    readonly changedAt?: Readonly<Record<string, Moment>>;
  };
  readonly accepted?: { readonly by: NonNullable<Comparison['accepted']>['by']; readonly at: Moment };
}

export interface ShapesEvidence {
  readonly lastGood: Learned<ShapeEvidence>;
  readonly opening: Learned<ShapeEvidence>;
  readonly comparison: Learned<ComparisonEvidence>;
  /** The key policy to go back to, as KMS kept it. */
  readonly goodPolicy: Learned<string>;
}

export interface KeptShapes {
  readonly good?: KeyShape;
  readonly opening?: KeyShape;
}

export const shapesEvidence = ({ good, opening }: KeptShapes, comparison: Comparison | undefined): ShapesEvidence => ({
  lastGood: good === undefined ? unknown('no full sweep has kept it') : known(shapeEvidence(good)),
  opening: opening === undefined ? unknown('it was not taken') : known(shapeEvidence(opening)),
  comparison: comparison === undefined ? unknown('nothing was compared') : known(comparisonEvidence(comparison)),
  goodPolicy: baselineOf(good, opening)?.shape.policy ?? unknown('no shape of the key was kept'),
});

const momentsOf = (moments: Readonly<Record<string, Instant>>): Readonly<Record<string, Moment>> =>
  Object.fromEntries(Object.entries(moments).map(([part, at]) => [part, momentOf(at)]));

function shapeEvidence({ takenAt, partsAt, changedAt, grants, ...shape }: KeyShape): ShapeEvidence {
  return {
    ...shape,
    takenAt: momentOf(takenAt),
    ...(partsAt === undefined ? {} : { partsAt: momentsOf(partsAt) }),
    ...(changedAt === undefined ? {} : { changedAt: momentsOf(changedAt) }),
    grants:
      grants.kind === 'unknown' ? grants : known({ ...grants.value, listed: grants.value.listed.map(grantEvidence) }),
  };
}

const grantEvidence = ({ createdAt, ...grant }: Grant): GrantEvidence =>
  createdAt === undefined ? grant : { ...grant, createdAt: momentOf(createdAt) };

function comparisonEvidence({ comparedAt, checkedAt, against, accepted, ...found }: Comparison): ComparisonEvidence {
  return {
    ...found,
    comparedAt: momentOf(comparedAt),
    checkedAt: momentOf(checkedAt),
    against: {
      kind: against.kind,
      takenAt: momentOf(against.takenAt),
      ...(against.changedAt === undefined ? {} : { changedAt: momentsOf(against.changedAt) }),
    },
    ...(accepted === undefined ? {} : { accepted: { by: accepted.by, at: momentOf(accepted.at) } }),
  };
}
