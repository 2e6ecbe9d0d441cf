/**
 * Refused uses since the danger began: events tell of some, CloudTrail's history of others and of the same. Counted once each, by
 * principal and by what they were after.
 */
import type { Fact } from './fact.ts';
import type { Instant } from './ids.ts';
import type { Incident, RefusedUses } from './incident.ts';
import { namedByContext, type ServiceNamed, serviceOfPrincipal } from './services.ts';

/** CloudTrail was looked through. `complete`: every page was read. `problem`: why it could not be. */
export interface RefusalsLooked {
  readonly at: Instant;
  readonly complete: boolean;
  readonly problem?: string;
}

const MOST_CALLERS = 8;
const MOST_COUNTED = 300;

type RefusedBody = Extract<Fact['body'], { readonly kind: 'useRefused' }>;

/** The last block of an event's UUID is enough to tell a few hundred apart. */
const shortOf = ({ id }: Fact): string => id.slice(-12);

const NONE: RefusedUses = { count: 0, lastAt: 0, by: [] };

/** Counts a refused use by who and what for; the list keeps the most frequent callers. */
export function withRefusedUse(incident: Incident, fact: Fact): Incident {
  const { body } = fact;
  if (body.kind !== 'useRefused') return incident;
  const { refused = NONE } = incident;
  const counted = refused.counted ?? [];
  if (counted.includes(shortOf(fact))) return incident;
  return { ...incident, refused: counting(refused, fact, body) };
}

/**
 * What CloudTrail shows of refused uses; `newest`: of those that no event told before. Once more are counted than are remembered, only
 * what is newer than all of them is new: rather too few than one twice.
 */
export function withRefusals(
  incident: Incident,
  facts: readonly Fact[],
  looked: RefusalsLooked,
): { readonly incident: Incident; readonly newest?: Fact } {
  const { refused = NONE } = incident;
  const full = (refused.counted?.length ?? 0) >= MOST_COUNTED;
  const counted = new Set(refused.counted);
  const fresh = facts
    .filter((fact) => fact.body.kind === 'useRefused' && !counted.has(shortOf(fact)))
    .filter(({ at }) => !full || at > refused.lastAt)
    .sort((one, other) => one.at - other.at);
  const after = fresh.reduce((sum, fact) => withRefusedUse(sum, fact), incident);
  const newest = fresh.at(-1);
  return {
    incident: { ...after, knowledge: { ...after.knowledge, refusals: looked } },
    ...(newest === undefined ? {} : { newest }),
  };
}

function counting(known: RefusedUses, fact: Fact, body: RefusedBody): RefusedUses {
  const { call } = body;
  const principal = call?.actor.issuerArn ?? call?.actor.arn;
  const invokedBy = call?.actor.invokedBy;
  const who = principal ?? invokedBy ?? call?.actor.type ?? 'an AWS service';
  const via = principal === undefined ? undefined : invokedBy;
  const { what, named } = wanted(body);
  const same = known.by.find((caller) => caller.who === who && caller.via === via && caller.what === what);
  const row = {
    who,
    ...(via === undefined ? {} : { via }),
    ...(what === undefined ? {} : { what }),
    ...named,
    count: (same?.count ?? 0) + 1,
  };
  const by = [...known.by.filter((caller) => caller !== same), row]
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_CALLERS);
  return {
    ...known,
    count: known.count + 1,
    lastAt: Math.max(known.lastAt, fact.at),
    by,
    counted: [...(known.counted ?? []), shortOf(fact)].slice(-MOST_COUNTED),
  };
}

/** What a caller was after, and whose that is: its encryption context says so, else who called. */
function wanted({ call, encryptionContext = {}, resource }: RefusedBody): {
  readonly what: string | undefined;
  readonly named: Partial<ServiceNamed>;
} {
  const byContext = namedByContext(encryptionContext);
  const callers = [call?.actor.invokedBy, call?.actor.issuerArn, call?.actor.arn].filter((one) => one !== undefined);
  const byCaller = callers.map(serviceOfPrincipal).find((one) => one !== undefined);
  const copies = byCaller?.service === 'dynamodbReplica' && byContext?.service === 'dynamodb';
  const whose = copies
    ? byCaller
    : (byContext ?? (resource?.startsWith('vol-') ? { service: 'ebs' as const } : byCaller));
  const { service, name } = whose ?? {};
  return {
    what: resource ?? byContext?.resource ?? Object.values(encryptionContext)[0],
    named: service === undefined ? {} : { service, ...(name === undefined ? {} : { name }) },
  };
}
