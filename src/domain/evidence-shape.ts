/** What a key was like, as evidence: its last good shape, the one at opening, and what differed when it was last compared. */
import { known, type Learned, unknown } from './key.ts';
import { type Moment, momentOf } from './moment.ts';
import type { Grant, Grants, KeyShape } from './shape.ts';
import { baselineOf, type Comparison } from './shape-difference.ts';

export interface GrantEvidence extends Omit<Grant, 'createdAt'> {
  readonly createdAt?: Moment;
}

export interface ShapeEvidence extends Omit<KeyShape, 'takenAt' | 'partsAt' | 'grants'> {
  readonly takenAt: Moment;
  /** Of the parts that were taken at another moment than the rest. */
  readonly partsAt?: Readonly<Record<string, Moment>>;
  readonly grants: Learned<Omit<Grants, 'listed'> & { readonly listed: readonly GrantEvidence[] }>;
}

export interface ComparisonEvidence extends Omit<Comparison, 'comparedAt' | 'checkedAt' | 'against' | 'accepted'> {
  readonly comparedAt: Moment;
  readonly checkedAt: Moment;
  readonly against: { readonly kind: Comparison['against']['kind']; readonly takenAt: Moment };
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

function shapeEvidence({ takenAt, partsAt, grants, ...shape }: KeyShape): ShapeEvidence {
  return {
    ...shape,
    takenAt: momentOf(takenAt),
    ...(partsAt === undefined
      ? {}
      : { partsAt: Object.fromEntries(Object.entries(partsAt).map(([part, at]) => [part, momentOf(at)])) }),
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
    against: { ...against, takenAt: momentOf(against.takenAt) },
    ...(accepted === undefined ? {} : { accepted: { by: accepted.by, at: momentOf(accepted.at) } }),
  };
}
