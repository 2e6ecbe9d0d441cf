/**
 * What of a key is not as it was when it was last good. Last good is the shape that the last full sweep kept; a part it does not
 * know is held against the shape taken when the incident opened. What brings each difference back is said in words, not here.
 */
import type { Duration, Instant, Person } from './ids.ts';
import { isNotOffered, isPending, type KeyState, type Learned } from './key.ts';
import { differencesOfPolicy } from './policy-difference.ts';
import type { ShapePart } from './shape.ts';
import { type Grant, type Grants, type KeyShape, type MultiRegionShape, type Rotation, SHAPE_PARTS } from './shape.ts';
import { filledFrom, grantText } from './shape-parts.ts';

export type Difference =
  /** A statement of the key policy, in canonical form. */
  | { readonly part: 'policy'; readonly change: 'gone' | 'new'; readonly sid?: string; readonly text: string }
  | {
      readonly part: 'policy';
      readonly change: 'changed';
      readonly sid: string;
      readonly before: string;
      readonly text: string;
    }
  /** What stands beside the statements. */
  | { readonly part: 'policy'; readonly change: 'head'; readonly before: string; readonly text: string }
  | { readonly part: 'grants'; readonly change: 'gone' | 'new'; readonly grant: Grant }
  /** Among so many grants that not all are kept. */
  | { readonly part: 'grants'; readonly change: 'some'; readonly before: number; readonly now: number }
  /** `movedTo`: the key it belongs to now. */
  | { readonly part: 'aliases'; readonly change: 'gone'; readonly alias: string; readonly movedTo?: string }
  | { readonly part: 'aliases'; readonly change: 'new'; readonly alias: string }
  /** `before` absent: new; `now` absent: gone. */
  | { readonly part: 'tags'; readonly tag: string; readonly before?: string; readonly now?: string }
  | { readonly part: 'rotation'; readonly before: Rotation; readonly now: Rotation }
  | { readonly part: 'multiRegion'; readonly before: MultiRegionShape; readonly now: MultiRegionShape }
  | { readonly part: 'state'; readonly before: KeyState; readonly now: KeyState };

export interface Comparison {
  /** When this was first found so, and when last: a button is about what was found, and not about a moment. */
  readonly comparedAt: Instant;
  readonly checkedAt: Instant;
  readonly against: {
    readonly kind: 'lastGood' | 'opening';
    readonly takenAt: Instant;
    /** Of last good: parts that a survey took lately, and that were otherwise before. */
    readonly changedAt?: Readonly<Partial<Record<ShapePart, Instant>>>;
  };
  /** Parts that last good does not know: held against how they were when the incident opened. */
  readonly standIns: readonly ShapePart[];
  /** What a rescue must bring back first. */
  readonly differences: readonly Difference[];
  /** How many are not listed. */
  readonly more: number;
  readonly unsure: readonly { readonly part: ShapePart; readonly why: string }[];
  /** Somebody said that this is how the key should be. */
  readonly accepted?: { readonly by: Person; readonly at: Instant };
}

/** Differences kept in a record. */
export const MOST_DIFFERENCES = 20;

/** What a key is held against. */
export interface Baseline {
  readonly shape: KeyShape;
  readonly kind: Comparison['against']['kind'];
  readonly standIns: readonly ShapePart[];
}

/** Last good, part by part; where it knows nothing, the shape at opening. `undefined`: neither was ever taken. */
export function baselineOf(good: KeyShape | undefined, opening: KeyShape | undefined): Baseline | undefined {
  if (good === undefined) return opening && { shape: opening, kind: 'opening', standIns: [] };
  const shape = filledFrom(good, opening);
  return { shape, kind: 'lastGood', standIns: SHAPE_PARTS.filter((part) => shape[part] !== good[part]) };
}

/** Whoever changes a key and waits for the survey has it taken for good: so long it is said that it changed. */
const LATELY: Duration = 7 * 86_400_000;

function changedLately({ changedAt }: KeyShape, now: Instant): Pick<Comparison['against'], 'changedAt'> {
  const lately = Object.entries(changedAt ?? {}).filter(
    ([part, at]) => mustBe(part as ShapePart) && now - at <= LATELY,
  );
  return lately.length === 0 ? {} : { changedAt: Object.fromEntries(lately) };
}

/** What a survey keeps: what could not be read, as it was; and of what is not as it was, since when. */
export function nextGood(shape: KeyShape, before: KeyShape | undefined): KeyShape {
  const filled = filledFrom(shape, before);
  if (before === undefined) return filled;
  const { all } = foundBetween(before, filled);
  const news = SHAPE_PARTS.filter((part) => all.some((difference) => difference.part === part));
  const changedAt = { ...before.changedAt, ...Object.fromEntries(news.map((part) => [part, shape.takenAt])) };
  return Object.keys(changedAt).length === 0 ? filled : { ...filled, changedAt };
}

/** Without these a rescued key does not work as before; tags, rotation and replicas are only told. */
const MUST_BE: readonly Difference['part'][] = ['policy', 'grants', 'aliases'];
const mustBe = (part: Difference['part']): boolean => MUST_BE.includes(part);

export function compareShapes({ shape, kind, standIns }: Baseline, now: KeyShape): Comparison {
  const { all, unsure } = foundBetween(shape, now);
  return {
    comparedAt: now.takenAt,
    checkedAt: now.takenAt,
    against: { kind, takenAt: shape.takenAt, ...changedLately(shape, now.takenAt) },
    standIns,
    differences: all.slice(0, MOST_DIFFERENCES),
    more: Math.max(0, all.length - MOST_DIFFERENCES),
    unsure,
  };
}

/** All of them, those first that a rescue must bring back. */
function foundBetween(
  shape: KeyShape,
  now: KeyShape,
): { readonly all: readonly Difference[]; readonly unsure: Comparison['unsure'] } {
  const unsure: { part: ShapePart; why: string }[] = [];
  const both = <T>(part: ShapePart, compare: (before: T, after: T) => readonly Difference[]) => {
    return (before: Learned<T> | undefined, after: Learned<T> | undefined): readonly Difference[] => {
      if (before === undefined || after === undefined) return [];
      if (isNotOffered(after) && before.kind === 'unknown') return [];
      if (after.kind === 'unknown') unsure.push({ part, why: after.why });
      else if (before.kind === 'unknown') unsure.push({ part, why: `how it was is not known: ${before.why}` });
      else return compare(before.value, after.value);
      return [];
    };
  };
  const all: readonly Difference[] = [
    ...both('policy', differencesOfPolicy)(shape.policy, now.policy),
    ...both('grants', differencesOfGrants)(shape.grants, now.grants),
    ...both('aliases', differencesOfAliases)(shape.aliases, now.aliases),
    ...both('tags', differencesOfTags)(shape.tags, now.tags),
    // While the deletion is pending KMS tells no rotation: nothing is missing then.
    ...(isPending(now.state) ? [] : both('rotation', differencesOfRotation)(shape.rotation, now.rotation)),
    ...differencesOfFamily(shape.multiRegion, now.multiRegion),
    ...differencesOfState(shape.state, now.state),
  ];
  return { all, unsure };
}

/** State apart, everything a rescue must bring back is as it was, or somebody accepted it as it is. */
export const isAsBefore = (comparison: Comparison): boolean =>
  comparison.accepted !== undefined ||
  !(comparison.differences.some(({ part }) => mustBe(part)) || comparison.unsure.some(({ part }) => mustBe(part)));

/** Something a rescue must bring back is known to be otherwise. */
export const isOtherwise = (comparison: Comparison | undefined): boolean =>
  comparison !== undefined &&
  comparison.accepted === undefined &&
  comparison.differences.some(({ part }) => mustBe(part));

/**
 * The newer comparison; what was found before keeps its first moment. What was accepted stays accepted, also by a look that still
 * held the key against what was good before that, until something else differs.
 */
export function withEarlier(comparison: Comparison, earlier: Comparison | undefined): Comparison {
  if (earlier === undefined) return comparison;
  const { comparedAt, accepted } = earlier;
  if (accepted !== undefined && isNothingElse(comparison, earlier)) return { ...comparison, comparedAt, accepted };
  return foundIn(comparison) === foundIn(earlier) ? { ...comparison, comparedAt } : comparison;
}

/** The same differs as before, or nothing that a rescue must bring back. */
const isNothingElse = ({ differences, more }: Comparison, earlier: Comparison): boolean =>
  !differences.some(({ part }) => mustBe(part)) ||
  (more === earlier.more && JSON.stringify(differences) === JSON.stringify(earlier.differences));

const foundIn = ({ comparedAt: _first, checkedAt: _last, ...found }: Comparison): string => JSON.stringify(found);

function differencesOfGrants(before: Grants, now: Grants): readonly Difference[] {
  if (before.digest === now.digest) return [];
  const gone = missingFrom(before.listed, now.listed).filter((grant) => isListedAmong(grant, now));
  const added = missingFrom(now.listed, before.listed).filter((grant) => isListedAmong(grant, before));
  if (gone.length + added.length === 0)
    return [
      {
        part: 'grants',
        change: 'some',
        before: before.listed.length + before.more,
        now: now.listed.length + now.more,
      },
    ];
  return [
    ...gone.map((grant) => ({ part: 'grants', change: 'gone', grant }) as const),
    ...added.map((grant) => ({ part: 'grants', change: 'new', grant }) as const),
  ];
}

/** Those of `some` that `others` has fewer of: the same grant may stand there twice. */
function missingFrom(some: readonly Grant[], others: readonly Grant[]): readonly Grant[] {
  const left = new Map<string, number>();
  for (const grant of others) left.set(grantText(grant), (left.get(grantText(grant)) ?? 0) + 1);
  return some.filter((grant) => {
    const count = left.get(grantText(grant)) ?? 0;
    left.set(grantText(grant), count - 1);
    return count <= 0;
  });
}

/** Whether it would stand in a list that is cut, if it were there: lists are in the order of their texts. */
function isListedAmong(grant: Grant, { listed, more }: Grants): boolean {
  const last = listed.at(-1);
  return more === 0 || (last !== undefined && grantText(grant) < grantText(last));
}

function differencesOfAliases(before: readonly string[], now: readonly string[]): readonly Difference[] {
  return [
    ...before
      .filter((alias) => !now.includes(alias))
      .map((alias) => ({ part: 'aliases', change: 'gone', alias }) as const),
    ...now
      .filter((alias) => !before.includes(alias))
      .map((alias) => ({ part: 'aliases', change: 'new', alias }) as const),
  ];
}

type Tags = Readonly<Record<string, string>>;

function differencesOfTags(before: Tags, now: Tags): readonly Difference[] {
  const was = new Map(Object.entries(before));
  const is = new Map(Object.entries(now));
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((tag) => was.get(tag) !== is.get(tag))
    .sort()
    .map((tag) => {
      const [old, fresh] = [was.get(tag), is.get(tag)];
      return {
        part: 'tags',
        tag,
        ...(old === undefined ? {} : { before: old }),
        ...(fresh === undefined ? {} : { now: fresh }),
      } as const;
    });
}

const differencesOfRotation = (before: Rotation, now: Rotation): readonly Difference[] =>
  before.enabled === now.enabled && before.periodInDays === now.periodInDays ? [] : [{ part: 'rotation', before, now }];

function differencesOfFamily(
  before: MultiRegionShape | undefined,
  now: MultiRegionShape | undefined,
): readonly Difference[] {
  if (before === undefined || now === undefined) return [];
  const same =
    before.role === now.role &&
    before.primary === now.primary &&
    before.replicas.map(({ arn }) => arn).join() === now.replicas.map(({ arn }) => arn).join();
  return same ? [] : [{ part: 'multiRegion', before, now }];
}

/** Only between states that are no danger: of the others the card speaks already. */
function differencesOfState(before: KeyState, now: KeyState): readonly Difference[] {
  const calm = (state: KeyState): boolean => state === 'Enabled' || state === 'Disabled';
  return calm(before) && calm(now) && before !== now ? [{ part: 'state', before, now }] : [];
}
