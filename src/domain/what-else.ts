/**
 * What else they did, as one card has it: their calls without those that its own danger is about, and with what our incidents of them
 * know, which CloudTrail shows much later.
 */
import type { Fact } from './fact.ts';
import { keyOf } from './fact.ts';
import type { Place } from './ids.ts';
import { type Incident, keyOfIncident } from './incident.ts';
import type { Deed, DeedGroup, Intruder } from './intruder.ts';
import { sameHand } from './principal.ts';

/** Deeds that an incident has learnt of, whoever's. Uses are none: CloudTrail counts them. */
export function deedsKnownBy(incident: Incident): readonly Deed[] {
  const facts = [...factsOf(incident), ...incident.dangers.flatMap(({ fact }) => (fact === undefined ? [] : [fact]))];
  return [...new Map(facts.map((fact) => [fact.id, fact])).values()].flatMap((fact) => {
    const { body } = fact;
    if (!('call' in body) || body.call === undefined || body.kind === 'useRefused') return [];
    const { eventId, operation, actor } = body.call;
    const key = keyOf(body);
    const place = key === undefined ? placeOf(fact) : { account: key.account, region: key.region };
    if (place === undefined) return [];
    return [
      {
        id: eventId,
        at: fact.at,
        place,
        service: body.kind === 'trailBlinded' ? 'cloudtrail.amazonaws.com' : 'kms.amazonaws.com',
        operation,
        actor,
        fact,
        ...(key === undefined ? {} : { key }),
        ...(body.kind === 'attemptRefused' ? { error: body.error } : {}),
      },
    ];
  });
}

/** Of this round: what was done before it is another story, and may well be something else they did. */
function factsOf({ timeline }: Incident): readonly Fact[] {
  const begin = timeline.findLastIndex(({ body }) => body.kind === 'reopened');
  return timeline.slice(begin + 1).flatMap(({ body }) => (body.kind === 'fact' ? [body.fact] : []));
}

const placeOf = ({ body }: Fact): Place | undefined => ('place' in body ? body.place : undefined);

/**
 * What was found of the person behind an incident, without what the incident itself is about. The lists of keys are bounded: where one is
 * cut, its own key is taken to be among those that were left out.
 */
export function elseOf(incident: Incident): Intruder | undefined {
  const intruder = incident.knowledge?.intruder;
  const key = keyOfIncident(incident)?.arn;
  if (intruder === undefined || key === undefined) return intruder;
  const own = deedsKnownBy(incident).filter(({ actor }) => sameHand(intruder.actor, actor) === 'same');
  let left = 0;
  const groups = intruder.groups.flatMap((group): readonly DeedGroup[] => {
    const { keys, keyCount, count, refused } = group;
    const isCounted = keys.includes(key) || keyCount > keys.length;
    const mine = own.filter(({ operation, at }) => operation === group.operation && at <= group.lastAt);
    const taken = isCounted ? Math.min(count, mine.length) : 0;
    left += taken;
    if (taken === 0) return [group];
    if (taken === count) return [];
    const takenRefused = mine.filter(({ error }) => error !== undefined).length;
    return [
      {
        ...group,
        count: count - taken,
        refused: Math.max(0, refused - takenRefused),
        keys: keys.filter((arn) => arn !== key),
        keyCount: Math.max(1, keyCount - 1),
      },
    ];
  });
  return { ...intruder, count: intruder.count - left, groups };
}
