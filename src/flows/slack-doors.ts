/** The doors of Slack's side, wired to their flows. */
import type { Person } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import type { Doors } from '../ports.ts';
import { answerClick, answerSubmission } from './answer-click.ts';
import { type AccountNames, answerCommand } from './answer-command.ts';
import type { House } from './house.ts';

const MOST_AT_HOME = 20;
const ROLES = ['viewer', 'responder', 'approver', 'admin'] as const;

export const slackDoors = (house: House, names: AccountNames): Doors => ({
  click: (click) => answerClick(house, click),
  submit: (submission) => answerSubmission(house, submission),
  command: (command) => answerCommand(house, command, names),
  incident: (id) => house.incidents.load(id),
  home: async (person) => ({ roles: await rolesOf(house, person), incidents: await openIncidents(house) }),
});

async function rolesOf(house: House, person: Person): Promise<readonly string[]> {
  const checks = await Promise.all(
    ROLES.map(async (role) => ({ role, membership: await house.people.check(person, role, 0) })),
  );
  return checks.filter(({ membership }) => membership.kind === 'may').map(({ role }) => role);
}

async function openIncidents(house: House): Promise<readonly Incident[]> {
  const incidents = await house.incidents.loadMany((await house.incidents.open()).slice(0, 500));
  return incidents
    .filter(isOpen)
    .sort((a, b) => b.openedAt - a.openedAt)
    .slice(0, MOST_AT_HOME);
}
