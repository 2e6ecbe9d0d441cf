/** Who is called by name: the people and groups to whom the configuration gives a role on such a key. */
import { type Incident, keyOfIncident } from '../../domain/incident.ts';
import type { Grant, Role } from '../../domain/policy.ts';

/** A message that calls more people than this is read by none of them. */
const MOST = 10;

/** Mentions for mrkdwn; ids were checked with the configuration. Limits by alias or tag are left to the judgement. */
export function roleMentions(grants: readonly Grant[], wanted: Role): (incident: Incident) => string {
  const given = grants.filter(({ role }) => role === wanted);
  return (incident) => {
    const account = keyOfIncident(incident)?.account;
    const names = given
      .filter(({ limit }) => account === undefined || limit?.accounts === undefined || limit.accounts.includes(account))
      .flatMap(({ users, usergroups }) => [
        ...usergroups.map((id) => `<!subteam^${id}>`),
        ...users.map((id) => `<@${id}>`),
      ]);
    return [...new Set(names)].slice(0, MOST).join(' ');
  };
}
