/** The Home tab: what I may do, what waits for me, what is open. */
import { type Person, samePerson } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident, waitingApproval } from '../domain/incident.ts';
import type { HomeTab } from '../domain/interaction.ts';
import { judge, ROLES, type Standing } from '../domain/policy.ts';
import type { House } from './house.ts';
import { scopeOf } from './judgement.ts';

const MOST_AT_HOME = 20;
const MOST_OPEN = 500;

/** Draws it for one person, as Slack and the record say now. */
export async function showHome(house: House, person: Person): Promise<void> {
  const standing = await house.people.standing(person, 'cached');
  const open = (await house.incidents.loadMany((await house.incidents.open()).slice(0, MOST_OPEN))).filter(isOpen);
  const { account } = standing;
  const sight = account === 'member' || account === 'unknown' ? account : 'notMember';
  if (sight !== 'member') return house.chat.home(person, { sight, roles: [], open: 0, incidents: [], requests: [] });
  const incidents = [...open].sort((a, b) => b.openedAt - a.openedAt).slice(0, MOST_AT_HOME);
  const requests = await requestsFor(house, standing, open);
  await house.chat.home(person, { sight, roles: rolesOf(standing), open: open.length, incidents, requests });
}

const rolesOf = (standing: Standing): readonly string[] =>
  ROLES.filter((role) => standing.held.some((held) => held.role === role && held.live));

async function requestsFor(house: House, standing: Standing, open: readonly Incident[]): Promise<HomeTab['requests']> {
  const found: HomeTab['requests'][number][] = [];
  for (const incident of open) {
    const approval = waitingApproval(incident);
    const key = keyOfIncident(incident);
    if (approval === undefined || key === undefined) continue;
    const mine = samePerson(approval.by, standing.person);
    const agreed = approval.agreements.some(({ by }) => samePerson(by, standing.person));
    if (mine || (!agreed && (await mayDecide(house, standing, incident)))) found.push({ incident, approval, mine });
  }
  return found.sort((a, b) => a.approval.askedAt - b.approval.askedAt);
}

async function mayDecide(house: House, standing: Standing, incident: Incident): Promise<boolean> {
  const key = keyOfIncident(incident);
  if (key === undefined) return false;
  const verdict = judge({
    act: 'approve',
    standing,
    scope: await scopeOf(house, [standing], key, incident, 'cached'),
    circumstances: { destructive: true, breakGlass: false, prior: incident.prior, earlierDisables: 0 },
    now: house.clock.now(),
  });
  return verdict.kind === 'allowed';
}
