/**
 * Who may do what: `People` on Slack's live answers. Somebody is matched by team and user id only, never by a name or an
 * address. When Slack cannot answer, a remembered confirmation is enough for what saves, and never for what destroys.
 */
import type { WebClient } from '@slack/web-api';
import { type Duration, type Instant, type Person, personKey } from '../../domain/ids.ts';
import type { Clock, Log, Membership, People } from '../../ports.ts';
import type { Home } from './identity.ts';
import { createDirectory, type Directory, type Profile } from './membership.ts';

export type Role = Parameters<People['check']>[1];
export interface RoleMembers {
  readonly users: readonly string[];
  readonly usergroups: readonly string[];
}

/** When Slack last confirmed a person's role, across restarts. Losing it only costs tolerance. */
export interface RoleMemory {
  confirmedAt(person: string, role: string): Promise<Instant | undefined>;
  confirm(person: string, role: string, at: Instant): Promise<void>;
  forget(person: string, role: string): Promise<void>;
}

export interface PeopleSettings {
  readonly client: WebClient;
  /** `SlackApp.home`. */
  readonly home: () => Promise<Home | undefined>;
  readonly roles: Readonly<Record<Role, RoleMembers>>;
  readonly memory: RoleMemory;
  readonly clock: Clock;
  readonly log: Log;
}
type Asking = PeopleSettings & { readonly directory: Directory };

/** Implements `People`. */
export function createPeople(settings: PeopleSettings): People {
  const asking: Asking = { ...settings, directory: createDirectory(settings.client, settings.clock) };
  return {
    async check(person, role, tolerance) {
      const membership = await check(asking, person, role, tolerance);
      // Slack says no: an older yes must not count when Slack is silent the next time.
      if (membership.kind === 'mayNot') await forget(asking, person, role);
      return membership;
    },
  };
}

async function check(asking: Asking, person: Person, role: Role, tolerance: Duration): Promise<Membership> {
  const [home, profile] = await Promise.all([asking.home(), asking.directory.profile(person.user)]);
  if (home !== undefined && !isHomeTeam(person, home, profile.kind === 'known' ? profile.value : undefined)) {
    return { kind: 'mayNot', why: 'otherWorkspace', name: person.user };
  }
  if (profile.kind === 'known') {
    if (profile.value === 'noSuchUser') return { kind: 'mayNot', why: 'noSuchUser', name: person.user };
    const { barred, name } = profile.value;
    if (barred !== undefined) return { kind: 'mayNot', why: barred, name };
    if (home === undefined)
      return remembered(asking, person, role, tolerance, 'Slack did not say which workspace is ours', true);
    return inRole(asking, person, role, tolerance, name);
  }
  // A Slack without users.info can never say more than the configuration does; it is believed for what saves.
  const listed = asking.roles[role].users.includes(person.user);
  if (profile.lacking && listed && tolerance > 0 && home !== undefined) {
    return { kind: 'may', confirmedAt: asking.clock.now(), name: person.user };
  }
  return remembered(asking, person, role, tolerance, profile.message, !profile.lacking);
}

/** On Enterprise Grid a colleague from another workspace of the same organisation is one of us, if Slack itself says so. */
function isHomeTeam(person: Person, home: Home, profile: Profile | 'noSuchUser' | undefined): boolean {
  const live = profile === 'noSuchUser' ? undefined : profile;
  const sameOrganisation = home.enterprise !== '' && live?.enterprise === home.enterprise;
  if (sameOrganisation) return true;
  if (live?.team !== undefined && live.team !== home.team) return false;
  return person.team === home.team;
}

async function inRole(
  asking: Asking,
  person: Person,
  role: Role,
  tolerance: Duration,
  name: string,
): Promise<Membership> {
  const { users, usergroups } = asking.roles[role];
  if (users.includes(person.user)) return confirmed(asking, person, role, name);
  const groups = await Promise.all(usergroups.map((id) => asking.directory.group(id)));
  if (groups.some((group) => group.kind === 'known' && group.value.includes(person.user))) {
    return confirmed(asking, person, role, name);
  }
  const silent = groups.find((group) => group.kind === 'unknown');
  return silent === undefined
    ? { kind: 'mayNot', why: 'notInRole', name }
    : remembered(
        asking,
        person,
        role,
        tolerance,
        `user groups: ${silent.message}`,
        silent.kind === 'unknown' && !silent.lacking,
      );
}

async function confirmed(asking: Asking, person: Person, role: Role, name: string): Promise<Membership> {
  const at = asking.clock.now();
  await quietly(asking, () => asking.memory.confirm(personKey(person), role, at));
  return { kind: 'may', confirmedAt: at, name };
}

const forget = (asking: Asking, person: Person, role: Role): Promise<void> =>
  quietly(asking, () => asking.memory.forget(personKey(person), role));

/** The memory is a convenience: whoever may act now may act without it. */
async function quietly(asking: Asking, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    asking.log.warn({ error }, 'a role could not be remembered');
  }
}

async function remembered(
  asking: Asking,
  person: Person,
  role: Role,
  tolerance: Duration,
  message: string,
  passing: boolean,
): Promise<Membership> {
  if (tolerance <= 0) return { kind: 'unknown', message, passing };
  try {
    const at = await asking.memory.confirmedAt(personKey(person), role);
    if (at !== undefined && asking.clock.now() - at <= tolerance)
      return { kind: 'may', confirmedAt: at, name: person.user };
  } catch (error) {
    asking.log.warn({ error }, 'remembered roles could not be read');
  }
  return { kind: 'unknown', message, passing };
}
