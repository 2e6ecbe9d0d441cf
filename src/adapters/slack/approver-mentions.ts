/** Who is called by a request: the people and groups that the configuration names as approvers of such a key. */
import { type Incident, keyOfIncident } from '../../domain/incident.ts';
import type { Grant } from '../../domain/policy.ts';

/** A message that calls more people than this is read by none of them. */
const MOST = 10;

/** Mentions for mrkdwn; ids were checked with the configuration. Limits by alias or tag are left to the judgement. */
export function approverMentions(grants: readonly Grant[]): (incident: Incident) => string {
  const approvers = grants.filter(({ role }) => role === 'approver');
  return (incident) => {
    const account = keyOfIncident(incident)?.account;
    const names = approvers
      .filter(({ limit }) => account === undefined || limit?.accounts === undefined || limit.accounts.includes(account))
      .flatMap(({ users, usergroups }) => [
        ...usergroups.map((id) => `<!subteam^${id}>`),
        ...users.map((id) => `<@${id}>`),
      ]);
    return [...new Set(names)].slice(0, MOST).join(' ');
  };
}
