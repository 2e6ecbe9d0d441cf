import { type Answer, done, refuse } from '../answer.ts';
import { app, workspaceDomain } from '../identity.ts';
import type { Call, Method } from './method.ts';
import { page } from './pages.ts';

/** `auth.*`, `team.*`, `users.*`, `usergroups.*` and `apps.*`, from docs.slack.dev/reference/methods. */
export const peopleMethods: Readonly<Record<string, Method>> = {
  'auth.test': { run: authTest },
  'team.info': { scope: 'team:read', run: teamInfo },
  'users.info': { scope: 'users:read', run: usersInfo },
  'users.list': { scope: 'users:read', run: usersList },
  'usergroups.list': { scope: 'usergroups:read', run: userGroupsList },
  'usergroups.users.list': { scope: 'usergroups:read', run: userGroupMembers },
  // Wants an app-level token; a bot's is of the wrong kind.
  'apps.connections.open': { run: () => refuse('not_allowed_token_type') },
};

function authTest({ workspace }: Call): Answer {
  return done({
    url: `https://${workspaceDomain}.slack.com/`,
    team: workspaceDomain,
    user: app.handle,
    team_id: workspace.teamId,
    user_id: app.userId,
    bot_id: app.botId,
    is_enterprise_install: false,
  });
}

function teamInfo({ workspace }: Call): Answer {
  const url = `https://${workspaceDomain}.slack.com/`;
  return done({ team: { id: workspace.teamId, name: workspaceDomain, domain: workspaceDomain, url } });
}

function usersInfo({ workspace, args }: Call): Answer {
  const person = workspace.people.byId(args.text('user') ?? '');
  return person === undefined ? refuse('user_not_found') : done({ user: workspace.people.describe(person) });
}

function usersList({ workspace, args }: Call): Answer {
  const everyone = workspace.people.all().map((person) => workspace.people.describe(person));
  const paged = page(everyone, args, 200, 1_000);
  return paged === undefined ? refuse('invalid_cursor') : done({ members: paged.items, ...paged.metadata });
}

function userGroupsList({ workspace, args }: Call): Answer {
  if (!workspace.userGroupsAvailable) return refuse('plan_upgrade_required');
  const usergroups = [...workspace.userGroups.values()].map(({ id, handle, users }) => ({
    id,
    team_id: workspace.teamId,
    is_usergroup: true,
    name: handle,
    handle,
    description: '',
    is_external: false,
    date_delete: 0,
    ...(args.flag('include_users') ? { users } : {}),
    ...(args.flag('include_count') ? { user_count: users.length } : {}),
  }));
  return done({ usergroups });
}

function userGroupMembers({ workspace, args }: Call): Answer {
  if (!workspace.userGroupsAvailable) return refuse('plan_upgrade_required');
  const group = workspace.userGroups.get(args.text('usergroup') ?? '');
  return group === undefined ? refuse('no_such_subteam') : done({ users: [...group.users] });
}
