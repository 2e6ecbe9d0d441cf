/** The commands that revoke are pasted into a shell in a hurry: nothing in a name may become a command of its own. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it, test } from 'vitest';
import { quoted, revocationOf } from '../../../src/adapters/slack/words/revoke.ts';
import type { Actor } from '../../../src/domain/fact.ts';

const NOW = Date.UTC(2026, 2, 21, 9, 20);
const role = (name: string): Actor => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::111122223333:assumed-role/${name}/m-17`,
  issuerArn: `arn:aws:iam::111122223333:role/${name}`,
  sessionName: 'm-17',
});
const user = (name: string, accessKeyId?: string): Actor => ({
  type: 'IAMUser',
  arn: `arn:aws:iam::111122223333:user/${name}`,
  ...(accessKeyId === undefined ? {} : { accessKeyId }),
});
/** What a shell makes of a line: its words, each on its own. */
const words = (line: string): readonly string[] =>
  execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

describe('revoking', () => {
  it('a role: every session that began before now, as the console does it', () => {
    const { commands, notes } = revocationOf(role('Admins'), NOW);
    expect(commands[0]).toBe('# in account 111122223333');
    const [, , verb, , name, , policy, , document = ''] = words(commands[1] ?? '');
    expect([verb, name, policy]).toEqual(['put-role-policy', 'Admins', 'AWSRevokeOlderSessions']);
    expect(JSON.parse(document)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Action: ['*'],
          Resource: ['*'],
          Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-03-21T09:20:00.000Z' } },
        },
      ],
    });
    expect(notes.join(' ')).toContain('also those of others');
  });

  it('a session of a user: no note says that a command stops what it only lists', () => {
    const { commands, notes } = revocationOf(user('mallory', 'ASIAIOSFODNN7EXAMPLE'), NOW);
    expect(commands[1]).toBe("aws iam list-access-keys --user-name 'mallory'");
    expect(notes.join(' ')).not.toContain('The first stops');
    expect(notes.join(' ')).toContain('The first lists the access keys');
    expect(notes.join(' ')).toContain('--status Inactive');
  });

  it('the role of a service of which only the session is known', () => {
    const actor: Actor = { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForRDS/s' };
    const { commands, notes } = revocationOf(actor, NOW);
    expect(commands).toEqual([]);
    expect(notes.join(' ')).toContain('service-linked role');
  });

  test.each([
    ['aws-cn', ' --region cn-north-1'],
    ['aws-us-gov', ' --region us-gov-west-1'],
    ['aws', ''],
  ])('in partition %s every command reaches its IAM', (partition, region) => {
    const bear = (text: string): string => text.replace(/^arn:aws:/, `arn:${partition}:`);
    const one = role('Admins');
    const other = user('mallory', 'AKIAIOSFODNN7EXAMPLE');
    const actors: readonly Actor[] = [
      { ...one, arn: bear(one.arn ?? ''), issuerArn: bear(one.issuerArn ?? '') },
      { ...other, arn: bear(other.arn ?? '') },
    ];
    const commands = actors
      .flatMap((actor) => revocationOf(actor, NOW).commands)
      .filter((line) => line.startsWith('aws'));
    expect(commands).toHaveLength(4);
    for (const line of commands) {
      if (region === '') expect(line).not.toContain('--region');
      else expect(line.endsWith(region)).toBe(true);
    }
  });

  it('a user: the key, the sessions made from it, the password', () => {
    const { commands } = revocationOf(user('mallory', 'AKIAIOSFODNN7EXAMPLE'), NOW);
    expect(words(commands[1] ?? '')).toEqual([
      'aws',
      'iam',
      'update-access-key',
      '--user-name',
      'mallory',
      '--access-key-id',
      'AKIAIOSFODNN7EXAMPLE',
      '--status',
      'Inactive',
    ]);
    expect(commands[2]).toContain("aws iam put-user-policy --user-name 'mallory'");
    expect(commands[3]).toBe("aws iam delete-login-profile --user-name 'mallory'");
  });

  it('a user in a temporary session: its key cannot be switched off, so the long-lived ones are listed', () => {
    const { commands } = revocationOf(user('mallory', 'ASIAIOSFODNN7EXAMPLE'), NOW);
    expect(commands.join('\n')).not.toContain('update-access-key');
    expect(commands[1]).toBe("aws iam list-access-keys --user-name 'mallory'");
  });

  test.each<[string, Actor, string]>([
    ['the root user', { type: 'Root', account: '111122223333' as never }, 'root user'],
    ['a role of a permission set', role('aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b'), 'permission set'],
    ['a role of a permission set, its path not told', role('AWSReservedSSO_Admin_0a1b'), 'permission set'],
    ['a service-linked role', role('aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS'), 'service-linked'],
    ['a federated user', { type: 'FederatedUser', arn: 'arn:aws:sts::111122223333:federated-user/m' }, 'federated'],
    ['somebody of whom AWS names nothing', { type: 'Unknown' }, 'Ask whoever runs'],
  ])('%s: words, no command', (_, actor, expected) => {
    const { commands, notes } = revocationOf(actor, NOW);
    expect(commands).toEqual([]);
    expect(notes.join(' ')).toContain(expected);
  });

  test.each(["x'; rm -rf /; '", '$(reboot)', '`reboot`', 'a b', 'a\nb', '../x', ''])(
    'a name that AWS would not give, %j, is in no command',
    (name) => {
      for (const actor of [role(name), user(name, 'AKIAIOSFODNN7EXAMPLE')]) {
        const { commands } = revocationOf(actor, NOW);
        // Of a path only the last part is a name.
        if (name !== '../x') expect(commands).toEqual([]);
        expect(commands.join('\n')).not.toMatch(/rm -rf|reboot/);
      }
      expect(revocationOf(user('m', `AKIA'${name}`), NOW).commands.join('\n')).not.toContain('update-access-key');
    },
  );

  test.each(["it's", "'; echo pwned; '", '$HOME `id` $(id) \\ " !', 'a\nb'])(
    'whatever is quoted stays one word: %j',
    (text) => {
      expect(words(quoted(text))).toEqual([text]);
    },
  );
});
