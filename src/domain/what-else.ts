/**
 * What else they did, as one card has it: their calls without those that its own danger is about, and with what our incidents of them
 * know, which CloudTrail shows much later.
 */
import type { Fact } from './fact.ts';
import { keyOf } from './fact.ts';
import type { KeyArn, Place } from './ids.ts';
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

/** What a key comes into danger by, beside what the member that stands worst came into it by. */
const ENDANGERS: readonly string[] = ['ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial'];

/**
 * The same for a wave, told of its worst member: without what the wave consists of, which are these calls on its own keys. Where the list
 * of keys is cut, its keys are taken to be among those that were left out. Refused calls stay.
 */
export function elseOfWave(lead: Incident, keys: ReadonlySet<KeyArn>): Intruder | undefined {
  const intruder = elseOf(lead);
  const own = keyOfIncident(lead)?.arn;
  if (intruder === undefined) return intruder;
  const begun = [...ENDANGERS, ...deedsKnownBy(lead).map(({ operation }) => operation)];
  const others = own === undefined || !keys.has(own) ? keys.size : keys.size - 1;
  let left = 0;
  const groups = intruder.groups.flatMap((group): readonly DeedGroup[] => {
    if (!begun.includes(group.operation)) return [group];
    const named = group.keys.filter((arn) => keys.has(arn)).length;
    const cut = group.keyCount - group.keys.length;
    const taken = named + Math.min(cut, Math.max(0, others - named));
    if (taken === 0) return [group];
    const isAll = taken >= group.keyCount;
    const count = isAll ? group.refused : Math.max(group.refused, group.count - taken);
    left += group.count - count;
    if (count === 0) return [];
    const rest = group.keys.filter((arn) => !keys.has(arn));
    return [{ ...group, count, keys: rest, keyCount: Math.max(1, group.keyCount - taken) }];
  });
  return { ...intruder, count: intruder.count - left, groups };
}
