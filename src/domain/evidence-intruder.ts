/** What else the person behind it did, as evidence: everything the record has of the search. */
import type { Actor } from './fact.ts';
import type { Person } from './ids.ts';
import type { Incident } from './incident.ts';
import type { DeedGroup, Intruder } from './intruder.ts';
import { type Moment, momentOf } from './moment.ts';

type Kept = Omit<
  Intruder,
  'lookedAt' | 'from' | 'nextLookAt' | 'firstAt' | 'lastAt' | 'groups' | 'uncovered' | 'actor'
>;

export interface IntruderEvidence extends Kept {
  readonly actor: Actor;
  readonly lookedAt: Moment;
  readonly from: Moment;
  /** Absent: that was the last look. */
  readonly nextLookAt?: Moment;
  readonly firstAt?: Moment;
  readonly lastAt?: Moment;
  readonly groups: readonly (Omit<DeedGroup, 'lastAt'> & { readonly lastAt: Moment })[];
  readonly uncovered: readonly {
    readonly key: string;
    readonly operation: string;
    readonly at: Moment;
    readonly error?: string;
  }[];
  /** What whoever acts under that name says of it. */
  readonly said?: { readonly by: Person; readonly wasMe: boolean; readonly at: Moment };
}

export function intruderEvidence({ knowledge, said }: Incident): IntruderEvidence | undefined {
  const intruder = knowledge?.intruder;
  if (intruder === undefined) return undefined;
  const { lookedAt, from, nextLookAt, firstAt, lastAt, groups, uncovered, ...kept } = intruder;
  return {
    ...kept,
    lookedAt: momentOf(lookedAt),
    from: momentOf(from),
    ...(nextLookAt === undefined ? {} : { nextLookAt: momentOf(nextLookAt) }),
    ...(firstAt === undefined ? {} : { firstAt: momentOf(firstAt) }),
    ...(lastAt === undefined ? {} : { lastAt: momentOf(lastAt) }),
    groups: groups.map((group) => ({ ...group, lastAt: momentOf(group.lastAt) })),
    uncovered: uncovered.map((one) => ({ ...one, at: momentOf(one.at) })),
    ...(said === undefined ? {} : { said: { ...said, at: momentOf(said.at) } }),
  };
}
