import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig, validateConfig } from '../../src/config/config.ts';
import { minimal, withAccount, withKeys } from './minimal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function configOf(raw: unknown): Config {
  const result = validateConfig(raw);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, undefined, 2));
  return result.config;
}

describe('defaults', () => {
  it('are filled in around the least that must be said', () => {
    expect(configOf(minimal())).toEqual({
      publicUrl: undefined,
      partition: 'aws',
      channels: { default: 'C0INCIDENT', fallback: undefined, routes: [] },
      accounts: [
        { id: '111122223333', name: '111122223333', regions: ['us-west-2'], roles: undefined, externalId: undefined },
      ],
      intake: { sns: { topics: [], signatureVersions: [1, 2] }, eventbridge: { accounts: ['111122223333'] } },
      roles: [{ role: 'responder', users: ['U0AAAAAAA'], usergroups: [] }],
      approvals: { destructive: false, quorum: 1, expires: 30 * MINUTE, stepUp: 'totp', breakGlass: false },
      reminders: {
        before: [14 * DAY, 7 * DAY, 3 * DAY, DAY, 6 * HOUR, HOUR],
        loudWithin: DAY,
        acknowledgeFor: 12 * HOUR,
        mention: undefined,
        timezone: 'UTC',
      },
      digests: [],
      sweep: { every: 15 * MINUTE, full: 6 * HOUR },
      pager: undefined,
      self: { keys: [] },
      identities: [],
      heartbeat: undefined,
    });
  });
});

describe('what is understood', () => {
  const role = 'arn:aws:iam::111122223333:role/Keywarden';

  it('role stands for all four purposes', () => {
    const [account] = configOf(withAccount({ role, externalId: 'example' })).accounts;
    expect(account?.roles).toEqual({ read: role, rescue: role, disable: role, destroy: role });
    expect(account?.externalId).toBe('example');
  });

  it('roles may leave purposes out, and paths may stand before a role name', () => {
    const read = 'arn:aws:iam::111122223333:role/security/bots/KeywardenRead';
    expect(configOf(withAccount({ roles: { read } })).accounts[0]?.roles).toEqual({ read });
  });

  it.each([
    ['eu-west-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
  ])('%s lies in partition %s', (region, partition) => {
    const raw = withAccount({ regions: [region], role: `arn:${partition}:iam::111122223333:role/K` });
    expect(configOf(raw).partition).toBe(partition);
  });

  it.each([
    ['250ms', 250],
    ['1s', 1_000],
    ['90m', 90 * MINUTE],
    ['36h', 36 * HOUR],
    ['31d', 31 * DAY],
  ])('the duration %s is %i ms', (text, milliseconds) => {
    expect(configOf(withKeys({ reminders: { before: [text] } })).reminders.before).toEqual([milliseconds]);
  });

  it.each([
    ['on', true],
    ['off', false],
    [true, true],
    [false, false],
  ])('approvals.destructive: %s', (written, meant) => {
    const raw = withKeys({
      approvals: { destructive: written },
      roles: { responder: { users: ['U0A'] }, approver: { users: ['U0B'] } },
    });
    expect(configOf(raw).approvals.destructive).toBe(meant);
  });

  it('an unquoted on of YAML 1.2', () => {
    const result = parseConfig(
      [
        'channels: { default: C0INCIDENT }',
        'accounts: [{ id: "111122223333", regions: [us-west-2] }]',
        'roles: { responder: { users: [U0A] }, approver: { usergroups: [S0B] } }',
        'approvals: { destructive: on, breakGlass: off }',
      ].join('\n'),
    );
    expect(result.ok && result.config.approvals).toMatchObject({ destructive: true, breakGlass: false });
  });

  it('roles as one mapping or a list of them, each with limits or without', () => {
    const roles = {
      viewer: { users: [] },
      responder: [
        { usergroups: ['S0ONCALL'], users: ['U0A'] },
        { users: ['U0B'], accounts: ['111122223333'], aliases: ['payments-*', 'alias/ledger_?'], tags: { team: '' } },
        { users: ['U0C'], aliases: ['*'] },
        { usergroups: [] },
      ],
      approver: { users: ['U0D', 'U0E'], tags: { team: 'payments', 'aws:cloudformation:stack-name': 'x' } },
      admin: [],
    };
    expect(configOf(withKeys({ roles })).roles).toEqual([
      { role: 'responder', users: ['U0A'], usergroups: ['S0ONCALL'] },
      {
        role: 'responder',
        users: ['U0B'],
        usergroups: [],
        limit: { accounts: ['111122223333'], aliases: ['payments-*', 'alias/ledger_?'], tags: { team: '' } },
      },
      { role: 'responder', users: ['U0C'], usergroups: [], limit: { aliases: ['*'] } },
      {
        role: 'approver',
        users: ['U0D', 'U0E'],
        usergroups: [],
        limit: { tags: { team: 'payments', 'aws:cloudformation:stack-name': 'x' } },
      },
    ]);
  });

  it.each([
    ['with limits', { responder: { users: ['U0A'], aliases: ['payments-*'] } }],
    ['in a list', { responder: [{ users: [] }, { usergroups: ['S0A'], accounts: ['111122223333'] }] }],
  ])('a responder %s is somebody who can respond', (_, roles) => {
    expect(configOf(withKeys({ roles })).roles).toHaveLength(1);
  });

  it('the same person under different limits of a role, and under different roles', () => {
    const roles = {
      responder: [
        { users: ['U0A'], aliases: ['payments-*'] },
        { users: ['U0A'], tags: { team: 'payments' } },
      ],
      approver: { users: ['U0A'], usergroups: ['S0A'] },
    };
    expect(configOf(withKeys({ roles })).roles).toHaveLength(3);
  });

  it.each([
    [{ users: ['U0B', 'U0C'] }, 2],
    [[{ users: ['U0B'] }, { users: ['U0C'], aliases: ['a'] }], 2],
    [
      [
        { users: ['U0B'], aliases: ['a'] },
        { users: ['U0B', 'U0C'], aliases: ['b'] },
      ],
      2,
    ],
    [{ usergroups: ['S0A'] }, 10],
    [{ users: ['U0B'], usergroups: ['S0A'] }, 3],
    [undefined, 1],
  ])('approvers %j can be %i', (approver, quorum) => {
    const roles = { responder: { users: ['U0A'] }, ...(approver === undefined ? {} : { approver }) };
    expect(configOf(withKeys({ roles, approvals: { quorum } })).approvals.quorum).toBe(quorum);
  });

  it.each([
    ['1m', MINUTE],
    ['24h', DAY],
    ['1d', DAY],
  ])('an approval that expires after %s', (expires, milliseconds) => {
    expect(configOf(withKeys({ approvals: { expires } })).approvals.expires).toBe(milliseconds);
  });

  it('a public URL without its trailing slash', () => {
    expect(configOf(withKeys({ publicUrl: 'https://k.example.com/' })).publicUrl).toBe('https://k.example.com');
  });

  it('keys that the bot depends on, single-Region and multi-Region', () => {
    const keys = [
      'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      'arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
    ];
    expect(configOf(withKeys({ self: { keys } })).self).toEqual({ keys });
  });

  it('users, and roles with sessions by name, as identities; also of accounts that are not watched', () => {
    const identities = [
      {
        principal: 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b2c3d',
        session: 'm-*',
        user: 'U0A',
      },
      { principal: 'arn:aws:iam::111122223333:role/Admins', user: 'U0B' },
      { principal: 'arn:aws:iam::999988887777:user/team/mallory', user: 'W0C' },
    ];
    expect(configOf(withKeys({ identities })).identities).toEqual(identities);
  });

  it('a pager and a heartbeat on loopback, without TLS', () => {
    const webhook = 'http://127.0.0.1:9000/page';
    const heartbeat = 'http://localhost:9000/beat';
    expect(configOf(withKeys({ pager: { webhook }, heartbeat }))).toMatchObject({ pager: { webhook }, heartbeat });
  });

  it('a digest without a time zone runs in UTC', () => {
    const digests = [{ channel: 'C0INCIDENT', cron: '0 9 * * mon-fri' }];
    expect(configOf(withKeys({ digests })).digests[0]?.timezone).toBe('UTC');
  });
});

describe('keywarden.example.yaml', () => {
  const text = readFileSync(join(import.meta.dirname, '../../keywarden.example.yaml'), 'utf8');

  it('starts as it stands', () => {
    expect(parseConfig(text)).toMatchObject({ ok: true });
  });

  it('is valid with everything that is commented out, too', () => {
    const all = text.replaceAll(/^( *)# (destroy: )/gm, '$1$2');
    expect(all).not.toBe(text);
    expect(parseConfig(all)).toMatchObject({ ok: true });
  });

  it('shows a role with limits, and approvals as they are without a word about them', () => {
    const shown = parseConfig(text);
    expect(shown.ok && shown.config.roles.filter(({ limit }) => limit !== undefined)).not.toEqual([]);
    expect(shown.ok && shown.config.approvals).toEqual(configOf(minimal()).approvals);
  });
});
