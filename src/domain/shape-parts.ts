/** Parts of shapes: which are known, and one shape out of two where each knows what the other does not. */
import { canonicalText } from './canonical-text.ts';
import type { Instant } from './ids.ts';
import { isNotAsked, type Learned } from './key.ts';
import { type Grant, type KeyShape, SHAPE_PARTS, type ShapePart } from './shape.ts';

/** When a part was taken. */
export const partTakenAt = (shape: KeyShape, part: ShapePart): Instant => shape.partsAt?.[part] ?? shape.takenAt;

/** What `shape` does not know, as `other` knows it, with the moment it was taken at. */
export function filledFrom(shape: KeyShape, other: KeyShape | undefined): KeyShape {
  if (other === undefined) return shape;
  const partsAt: Partial<Record<ShapePart, Instant>> = { ...shape.partsAt };
  const fill = <T>(part: ShapePart, mine: Learned<T>, theirs: Learned<T> | undefined): Learned<T> => {
    if (mine.kind === 'known' || theirs?.kind !== 'known') return mine;
    partsAt[part] = partTakenAt(other, part);
    return theirs;
  };
  const filled: KeyShape = {
    ...shape,
    policy: fill('policy', shape.policy, other.policy),
    grants: fill('grants', shape.grants, other.grants),
    aliases: fill('aliases', shape.aliases, other.aliases),
    tags: fill('tags', shape.tags, other.tags),
    ...(shape.rotation === undefined ? {} : { rotation: fill('rotation', shape.rotation, other.rotation) }),
  };
  return Object.keys(partsAt).length === 0 ? filled : { ...filled, partsAt };
}

/** Parts that were not asked for, for want of a slot. */
export const partsNotAsked = (shape: KeyShape): readonly ShapePart[] =>
  SHAPE_PARTS.filter((part) => {
    const learned = shape[part];
    return learned !== undefined && isNotAsked(learned);
  });

/** What a grant allows and to whom: a grant that is made again has another id and is the same one. */
export const grantText = ({ grantee, retiring, operations, constraint }: Grant): string =>
  canonicalText({ grantee, retiring, operations, constraint });
