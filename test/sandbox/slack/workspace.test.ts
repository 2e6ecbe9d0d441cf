import { describe, expect, test } from 'vitest';
import { callRaw, clientOf, openSlack } from './world.ts';

describe('the workspace', () => {
  test('tells the bot who it is, and refuses tokens it does not know', async () => {
    const slack = await openSlack();
    const own = await clientOf(slack).auth.test();
    expect(own).toMatchObject({ ok: true, team_id: 'T0SANDBOX', user_id: 'U0KEYWARDEN', bot_id: 'B0KEYWARDEN' });
    expect(await callRaw(slack, 'auth.test', {}, 'xoxb-other')).toMatchObject({ error: 'invalid_auth' });
    expect(await callRaw(slack, 'apps.connections.open', {})).toMatchObject({ error: 'not_allowed_token_type' });
    expect(await callRaw(slack, 'team.info', {})).toMatchObject({ error: 'missing_scope', needed: 'team:read' });
    expect(await callRaw(slack, 'no.such', {})).toMatchObject({ error: 'unknown_method' });
    slack.change({ kind: 'revokeToken' });
    expect(await callRaw(slack, 'auth.test', {})).toMatchObject({ error: 'token_revoked' });
    slack.change({ kind: 'restoreToken' });
    expect(await callRaw(slack, 'auth.test', {})).toMatchObject({ ok: true });
  });

  test('tells guests, strangers and the deactivated apart', async () => {
    const { users } = clientOf(await openSlack());
    const seen = async (user: string) => (await users.info({ user })).user;
    expect(await seen('U0ALICE')).toMatchObject({ is_restricted: false, deleted: false, tz: 'Etc/UTC' });
    expect(await seen('U0GINA')).toMatchObject({ is_restricted: true });
    expect(await seen('U0OLGA')).toMatchObject({ deleted: true });
    expect(await seen('U0STRANGE')).toMatchObject({ is_stranger: true, team_id: 'T0OTHER' });
    expect(await seen('U0KEYWARDEN')).toMatchObject({ is_bot: true });
  });

  test('knows channels, members and user groups, and loses them', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    const shared = await client.conversations.info({ channel: 'C0SHARED' });
    expect(shared.channel).toMatchObject({ is_ext_shared: true, is_member: true, is_archived: false });
    const { members } = await client.conversations.members({ channel: 'C0INCIDENT' });
    expect(members).toContain('U0ALICE');
    expect(members).not.toContain('U0OLGA');
    expect((await client.usergroups.users.list({ usergroup: 'S0ONCALL' })).users).toEqual(['U0ALICE']);
    slack.change({ kind: 'setUserGroup', usergroup: 'S0ONCALL', users: ['U0BOB'] });
    expect((await client.usergroups.users.list({ usergroup: 'S0ONCALL' })).users).toEqual(['U0BOB']);
    expect(await callRaw(slack, 'usergroups.users.list', { usergroup: 'S0NONE' })).toMatchObject({
      error: 'no_such_subteam',
    });
    slack.change({ kind: 'userGroupsUnavailable' });
    expect(await callRaw(slack, 'usergroups.list', {})).toMatchObject({ error: 'plan_upgrade_required' });
  });

  test('tells who watches that something changed', async () => {
    const slack = await openSlack();
    let changes = 0;
    const stop = slack.onChange(() => {
      changes += 1;
    });
    await clientOf(slack).chat.postMessage({ channel: 'C0INCIDENT', text: 'x' });
    stop();
    await clientOf(slack).chat.postMessage({ channel: 'C0INCIDENT', text: 'y' });
    expect(changes).toBe(1);
  });
});
