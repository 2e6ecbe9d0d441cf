/**
 * Who gets hurt while a key cannot be used: services and their resources, each with where it was seen. A list of what left traces,
 * never of all there is: who is not on it may be hurt as well.
 */
import type { RefusedUses } from './incident.ts';
import type { Learned } from './key.ts';
import { allowancesOf } from './policy-allowances.ts';
import {
  namedByContext,
  SERVICES,
  type Service,
  type ServiceNamed,
  serviceOfPrincipal,
  servicesInName,
} from './services.ts';
import type { Grants } from './shape.ts';

/** Where a victim was seen, most telling first. */
export const SIGHTINGS = ['refusedCall', 'grant', 'policy', 'alias', 'tag'] as const;
export type Sighting = (typeof SIGHTINGS)[number];

export interface Victim extends ServiceNamed {
  /** An ARN, an id or a table's name; comes from outside. */
  readonly resource?: string;
  readonly seen: readonly Sighting[];
}

export interface Victims {
  /** One of each service first. */
  readonly listed: readonly Victim[];
  /** How many are not listed here. */
  readonly more: number;
  /** What could not be read, and so names nobody: each says why. */
  readonly unread: readonly { readonly what: 'grants' | 'policy' | 'aliases' | 'tags'; readonly why: string }[];
}
export const MOST_VICTIMS = 12;

/** Everything that may tell of a user of the key. */
export interface Traces {
  readonly grants: Learned<Grants>;
  /** The key policy's JSON text. */
  readonly policy: Learned<string>;
  readonly aliases: Learned<readonly string[]>;
  readonly tags: Learned<Readonly<Record<string, string>>>;
}

/** Tags whose value says what a key is for. */
const TELLING_TAGS = ['service', 'component', 'application', 'app', 'purpose', 'usage', 'usedby', 'used-by'];

/** `before`: as the key was earlier. Whoever lost a grant or a name since then is hurt all the more. */
export function victimsOf(traces: Traces, ...before: readonly Traces[]): Victims {
  const { policy } = traces;
  const found = [traces, ...before].flatMap(foundIn);
  const unread = (['grants', 'policy', 'aliases', 'tags'] as const).flatMap((what) => {
    const part = traces[what];
    return part.kind === 'unknown' ? [{ what, why: part.why }] : [];
  });
  if (policy.kind === 'known' && allowancesOf(policy.value) === undefined)
    unread.push({ what: 'policy', why: 'the policy is no JSON that can be read' });
  return { ...gathered(found), unread };
}

function foundIn({ grants, policy, aliases, tags }: Traces): readonly Victim[] {
  return [
    ...(grants.kind === 'known' ? ofGrants(grants.value) : []),
    ...(policy.kind === 'known' ? ofPolicy(policy.value) : []),
    ...(aliases.kind === 'known' ? aliases.value.flatMap((alias) => ofName(alias, 'alias')) : []),
    ...(tags.kind === 'known' ? ofTags(tags.value) : []),
  ];
}

/** What is known of the key, and who was refused since: calls go on while the card stands. */
export function victimsNow(known: Victims | undefined, refused: RefusedUses | undefined): Victims {
  const calls = (refused?.by ?? []).flatMap(({ service, name, what }): readonly Victim[] =>
    service === undefined
      ? []
      : [
          {
            service,
            ...(name === undefined ? {} : { name }),
            ...(what === undefined ? {} : { resource: what }),
            seen: ['refusedCall'],
          },
        ],
  );
  const before = known ?? { listed: [], more: 0, unread: [] };
  if (calls.length === 0) return before;
  const all = gathered([...calls, ...before.listed]);
  return { listed: all.listed, more: all.more + before.more, unread: before.unread };
}

function ofGrants({ listed }: Grants): readonly Victim[] {
  return listed.flatMap(({ grantee, retiring, issuer, constraint }) => {
    const named = constraint === undefined ? undefined : namedByContext(constraint.pairs);
    const by = [grantee, retiring, issuer].map((one) => (one === undefined ? undefined : serviceOfPrincipal(one)));
    const service =
      by.find((one) => one !== undefined && one.service !== 'other') ?? by.find((one) => one !== undefined);
    // Who copies a global table holds its grants under the table's own context.
    const copies = named?.service === 'dynamodb' && by.some((one) => one?.service === 'dynamodbReplica');
    const what = copies ? ({ ...named, service: 'dynamodbReplica' } as const) : (named ?? service);
    return what === undefined ? [] : [{ ...what, seen: ['grant'] as const }];
  });
}

/** A condition that keeps a service out (`StringNotEquals`) names no user. */
function ofPolicy(policy: string): readonly Victim[] {
  return (allowancesOf(policy) ?? []).flatMap(({ principals, services, conditions }) => {
    const via = conditions
      .filter(({ key, operator }) => key === 'kms:viaservice' && !/not/i.test(operator))
      .flatMap(({ values }) => values);
    return [...via, ...services, ...principals]
      .map(serviceOfPrincipal)
      .filter((service) => service !== undefined)
      .map((service): Victim => ({ ...service, seen: ['policy'] }));
  });
}

const ofTags = (tags: Readonly<Record<string, string>>): readonly Victim[] =>
  Object.entries(tags)
    .filter(([name]) => TELLING_TAGS.includes(name.toLowerCase()))
    .flatMap(([, value]) => ofName(value, 'tag'));

const ofName = (name: string, sighting: Sighting): readonly Victim[] =>
  servicesInName(name).map((service) => ({ service, seen: [sighting] }));

/** Each once, with all its sightings. A service without a resource says nothing beside one of its resources. */
function gathered(found: readonly Victim[]): Pick<Victims, 'listed' | 'more'> {
  const all = new Map<string, Victim>();
  for (const victim of found) {
    const name = identityOf(victim);
    const known = all.get(name);
    const seen = SIGHTINGS.filter((sighting) => known?.seen.includes(sighting) || victim.seen.includes(sighting));
    all.set(name, { ...victim, seen });
  }
  const resourceful = new Set([...all.values()].filter(({ resource }) => resource !== undefined).map(serviceIdentity));
  const kept = [...all.values()].filter((one) => one.resource !== undefined || !resourceful.has(serviceIdentity(one)));
  const firsts = new Set<string>();
  const ranked = kept
    .sort((one, other) => rankOf(one.service) - rankOf(other.service) || strengthOf(one) - strengthOf(other))
    .map((victim) => {
      const first = !firsts.has(serviceIdentity(victim));
      firsts.add(serviceIdentity(victim));
      return { victim, first };
    });
  const ordered = [...ranked.filter(({ first }) => first), ...ranked.filter(({ first }) => !first)];
  const listed = ordered.slice(0, MOST_VICTIMS).map(({ victim }) => victim);
  return { listed, more: ordered.length - listed.length };
}

const serviceIdentity = ({ service, name }: Victim): string => `${service} ${name ?? ''}`;
const identityOf = (victim: Victim): string => `${serviceIdentity(victim)} ${victim.resource ?? ''}`;
const rankOf = (service: Service): number => SERVICES.indexOf(service);
const strengthOf = ({ seen: [first] }: Victim): number =>
  first === undefined ? SIGHTINGS.length : SIGHTINGS.indexOf(first);
