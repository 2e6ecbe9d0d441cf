/**
 * What is said of a person: `People` on Slack's live answers. Somebody is matched by team and user id only, never by a name
 * or an address. What Slack does not answer is filled with what it confirmed before, marked as such: whether that is
 * enough is for `judge` to say.
 */
import type { WebClient } from '@slack/web-api';
import { type Instant, type Person, personKey } from '../../domain/ids.ts';
import { type Barred, type Grant, type Held, ROLES, type Role, type Standing } from '../../domain/policy.ts';
import type { Clock, Log, People } from '../../ports.ts';
import { type NamedGrant, named } from './grants.ts';
import type { Home } from './identity.ts';
import { type Answer, createDirectory, type Directory, type Freshness, type Profile } from './membership.ts';

/** When Slack last confirmed a person's grants, by name, across restarts. Losing it only costs tolerance. */
export interface RoleMemory {
  confirmed(person: string, grants: readonly string[]): Promise<ReadonlyMap<string, Instant>>;
  confirm(person: string, grants: readonly string[], at: Instant): Promise<void>;
  forget(person: string, grants: readonly string[]): Promise<void>;
}

export interface PeopleSettings {
  readonly client: WebClient;
  /** `SlackApp.home`. */
  readonly home: () => Promise<Home | undefined>;
  readonly grants: readonly Grant[];
  readonly memory: RoleMemory;
  readonly clock: Clock;
  readonly log: Log;
}
interface Asking extends Omit<PeopleSettings, 'grants' | 'client'> {
  readonly grants: readonly NamedGrant[];
  readonly directory: Directory;
}
type Unknown = Extract<Answer<never>, { kind: 'unknown' }>;

const NO_HOME = 'Slack did not say which workspace is ours';

/** Implements `People`. */
export function createPeople({ grants, client, ...settings }: PeopleSettings): People {
  const directory = createDirectory(client, settings.clock);
  const asking: Asking = { ...settings, grants: grants.map(named), directory };
  return {
    standing: (person, freshness) => standing(asking, person, freshness),
    holders: (role) => holders(asking, role),
  };
}

async function standing(asking: Asking, person: Person, freshness: Freshness): Promise<Standing> {
  const [home, profile] = await Promise.all([asking.home(), asking.directory.profile(person.user, freshness)]);
  const live = profile.kind === 'known' ? profile.value : undefined;
  const name = live === undefined || live === 'noSuchUser' ? person.user : live.name;
  const barred = barredBy(person, home, live);
  if (barred !== undefined) {
    await note(asking, person, { yes: [], no: asking.grants });
    return { person, name, account: barred, held: [] };
  }
  if (profile.kind === 'unknown') return unconfirmed(asking, person, profile, home !== undefined);
  if (home === undefined) {
    const held = await remembered(asking, person, asking.grants);
    return { person, name, account: 'unknown', held, unsure: { message: NO_HOME, passing: true } };
  }
  const names = live === undefined || live === 'noSuchUser' ? [] : live.names;
  return confirmed(asking, person, { name, names }, freshness);
}

/** Why nothing this person holds counts. Another workspace is told by the payload alone, also while Slack is silent. */
function barredBy(
  person: Person,
  home: Home | undefined,
  profile: Profile | 'noSuchUser' | undefined,
): Barred | undefined {
  const live = profile === 'noSuchUser' ? undefined : profile;
  if (home !== undefined && !isHomeTeam(person, home, live)) return 'otherWorkspace';
  return profile === 'noSuchUser' ? 'noSuchUser' : live?.barred;
}

/** On Enterprise Grid a colleague from another workspace of the same organisation is one of us, if Slack itself says so. */
function isHomeTeam(person: Person, home: Home, live: Profile | undefined): boolean {
  const sameOrganisation = home.enterprise !== '' && live?.enterprise === home.enterprise;
  if (sameOrganisation) return true;
  if (live?.team !== undefined && live.team !== home.team) return false;
  return person.team === home.team;
}

/** A Slack without users.info can never say more than the configuration does: its listed users count as confirmed, not as live. */
async function unconfirmed(asking: Asking, person: Person, silence: Unknown, atHome: boolean): Promise<Standing> {
  const isListed = ({ grant }: NamedGrant): boolean => silence.lacking && atHome && grant.users.includes(person.user);
  const now = asking.clock.now();
  const listed = asking.grants.filter(isListed).map(({ grant }) => heldOf(grant, now, false));
  const others = await remembered(
    asking,
    person,
    asking.grants.filter((one) => !isListed(one)),
  );
  return { person, name: person.user, account: 'unknown', held: [...listed, ...others], unsure: unsureOf(silence) };
}

const unsureOf = ({ message, lacking }: Unknown) => ({ message, passing: !lacking });

async function confirmed(
  asking: Asking,
  person: Person,
  { name, names }: Pick<Profile, 'name' | 'names'>,
  freshness: Freshness,
): Promise<Standing> {
  const listed = ({ grant }: NamedGrant): boolean => grant.users.includes(person.user);
  const groups = await askGroups(
    asking,
    asking.grants.filter((one) => !listed(one)).flatMap(({ grant }) => grant.usergroups),
    freshness,
  );
  const answersOf = ({ grant }: NamedGrant) => grant.usergroups.flatMap((id) => groups.get(id) ?? []);
  const isIn = (one: NamedGrant): boolean =>
    listed(one) || answersOf(one).some((group) => group.kind === 'known' && group.value.includes(person.user));
  const yes = asking.grants.filter(isIn);
  const rest = asking.grants.filter((one) => !isIn(one));
  const silent = rest.filter((one) => answersOf(one).some(({ kind }) => kind === 'unknown'));
  const no = rest.filter((one) => !silent.includes(one));
  const now = asking.clock.now();
  const [, before] = await Promise.all([note(asking, person, { yes, no }), remembered(asking, person, silent)]);
  const held = [...yes.map(({ grant }) => heldOf(grant, now, true)), ...before];
  const silences = silent.flatMap(answersOf).filter((group) => group.kind === 'unknown');
  const roles = ROLES.filter((role) => silent.some(({ grant }) => grant.role === role));
  // Asking again helps as soon as it helps with one of them.
  const silence = silences.find(({ lacking }) => !lacking) ?? silences[0];
  return {
    person,
    name,
    names,
    account: 'member',
    held,
    ...(silence === undefined
      ? {}
      : { unsure: { ...unsureOf({ ...silence, message: `user groups: ${silence.message}` }), roles } }),
  };
}

async function askGroups(
  asking: Asking,
  ids: readonly string[],
  freshness: Freshness,
): Promise<ReadonlyMap<string, Answer<readonly string[]>>> {
  const once = [...new Set(ids)];
  return new Map(await Promise.all(once.map(async (id) => [id, await asking.directory.group(id, freshness)] as const)));
}

const heldOf = ({ role, limit }: Grant, confirmedAt: Instant, live: boolean): Held => ({
  role,
  ...(limit === undefined ? {} : { limit }),
  confirmedAt,
  live,
});

/** Slack says no: an older yes must not count when Slack is silent the next time. */
async function note(
  asking: Asking,
  person: Person,
  { yes, no }: { readonly yes: readonly NamedGrant[]; readonly no: readonly NamedGrant[] },
): Promise<void> {
  const who = personKey(person);
  try {
    await Promise.all([
      asking.memory.confirm(who, yes.map(nameOf), asking.clock.now()),
      asking.memory.forget(who, no.map(nameOf)),
    ]);
  } catch (error) {
    // The memory is a convenience: whoever may act now may act without it.
    asking.log.warn({ error }, 'roles could not be remembered');
  }
}

async function remembered(asking: Asking, person: Person, grants: readonly NamedGrant[]): Promise<readonly Held[]> {
  try {
    const before = await asking.memory.confirmed(personKey(person), grants.map(nameOf));
    return grants.flatMap(({ name, grant }) => {
      const at = before.get(name);
      return at === undefined ? [] : [heldOf(grant, at, false)];
    });
  } catch (error) {
    asking.log.warn({ error }, 'remembered roles could not be read');
    return [];
  }
}

const nameOf = ({ name }: NamedGrant): string => name;

async function holders(asking: Asking, role: Role): ReturnType<People['holders']> {
  const home = await asking.home();
  if (home === undefined) return { people: [], unsure: NO_HOME };
  const grants = asking.grants.filter(({ grant }) => grant.role === role).map(({ grant }) => grant);
  const groups = [
    ...(
      await askGroups(
        asking,
        grants.flatMap(({ usergroups }) => usergroups),
        'cached',
      )
    ).values(),
  ];
  const users = new Set([
    ...grants.flatMap((grant) => grant.users),
    ...groups.flatMap((group) => (group.kind === 'known' ? group.value : [])),
  ]);
  const silent = groups.find((group) => group.kind === 'unknown');
  return {
    people: [...users].map((user) => ({ enterprise: home.enterprise, team: home.team, user })),
    ...(silent === undefined ? {} : { unsure: `user groups: ${silent.message}` }),
  };
}
