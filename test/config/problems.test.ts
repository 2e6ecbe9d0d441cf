import { describe, expect, it } from 'vitest';
import { formatProblems, parseConfig, validateConfig } from '../../src/config/config.ts';
import { minimal, withAccount, withKeys } from './minimal.ts';

const problemsOf = (raw: unknown) => {
  const result = validateConfig(raw);
  return result.ok ? [] : result.problems;
};

const role = 'arn:aws:iam::111122223333:role/Keywarden';
const ownKey = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const topic = 'arn:aws:sns:us-west-2:111122223333:kms-alarms';
const account = minimal().accounts[0];
const responder = { users: ['U0AAAAAAA'] };

/** One responder with more or other keys; in a list behind another. */
const limited = (keys: Readonly<Record<string, unknown>>): unknown =>
  withKeys({ roles: { responder: { ...responder, ...keys } } });
const limitedInList = (keys: Readonly<Record<string, unknown>>): unknown =>
  withKeys({ roles: { responder: [{ users: ['U0B'] }, { ...responder, ...keys }] } });

/** What is wrong, where it is told, and what is said to be right. */
const BAD: readonly (readonly [unknown, string, string])[] = [
  [withKeys({ channels: {} }), 'channels.default', "a channel's id"],
  [withKeys({ channels: { default: '#incidents' } }), 'channels.default', "a channel's id"],
  [withKeys({ channels: { default: 'D0PRIVATE' } }), 'channels.default', "a channel's id"],
  [withKeys({ channels: { default: 'C0A', falback: 'C0B' } }), 'channels.falback', 'did you mean fallback?'],
  [withKeys({ chanels: {} }), 'chanels', 'did you mean channels?'],
  [withKeys({ public_url: 'x' }), 'public_url', 'did you mean publicUrl?'],
  [withKeys({ colour: 'red' }), 'colour', 'no such key: only publicUrl, channels'],
  [
    withKeys({ channels: { default: 'C0A', routes: [{ account: '999999999999', channel: 'C0B' }] } }),
    'channels.routes[0].account',
    'listed under accounts',
  ],
  [withKeys({ accounts: [] }), 'accounts', 'at least one'],
  [withKeys({ accounts: [account, account] }), 'accounts[1].id', 'accounts[0].id already'],
  [
    withKeys({
      accounts: [
        { ...account, name: 'a' },
        { id: '444455556666', name: 'a', regions: ['us-west-2'] },
      ],
    }),
    'accounts[1].name',
    'accounts[0].name already',
  ],
  [
    withKeys({
      accounts: [
        { ...account, name: '444455556666' },
        { id: '444455556666', regions: ['us-west-2'] },
      ],
    }),
    'accounts[0].name',
    "not another account's id",
  ],
  [withAccount({ id: 111122223333 }), 'accounts[0].id', 'quotes around it: "111122223333"'],
  [withAccount({ id: 11122223333 }), 'accounts[0].id', 'quotes around it: "011122223333"'],
  [withAccount({ id: '1234' }), 'accounts[0].id', '12 digits'],
  [withAccount({ regions: [] }), 'accounts[0].regions', 'at least one'],
  [withAccount({ regions: undefined }), 'accounts[0].regions', 'a list of AWS Regions'],
  [withAccount({ regions: ['us-wset-2'] }), 'accounts[0].regions[0]', 'an AWS Region'],
  [withAccount({ regions: ['us-west-2', 'us-west-2'] }), 'accounts[0].regions[1]', 'only once'],
  [withAccount({ regions: ['us-west-2', 'cn-north-1'] }), 'accounts[0].regions[1]', 'partition aws'],
  [withAccount({ region: 'us-west-2' }), 'accounts[0].region', 'did you mean regions?'],
  [withAccount({ role, roles: { read: role } }), 'accounts[0].role', 'not both'],
  [withAccount({ roles: {} }), 'accounts[0].roles', 'at least one of read'],
  [withAccount({ roles: { reed: role } }), 'accounts[0].roles.reed', 'did you mean read?'],
  [withAccount({ role: 'Keywarden' }), 'accounts[0].role', 'an IAM role ARN'],
  [withAccount({ role: 'arn:aws:iam::111122223333:user/k' }), 'accounts[0].role', 'an IAM role ARN'],
  [withAccount({ role: role.replace('1111', '9999') }), 'accounts[0].role', 'a role of account 111122223333'],
  [withAccount({ role: role.replace('aws', 'aws-cn') }), 'accounts[0].role', 'of partition aws'],
  [
    withAccount({ roles: { read: role, destroy: role.replace('1111', '9999') } }),
    'accounts[0].roles.destroy',
    'a role of account 111122223333',
  ],
  [withAccount({ externalId: 'example' }), 'accounts[0].externalId', 'a role or roles beside it'],
  [withAccount({ role, externalId: 'no spaces' }), 'accounts[0].externalId', 'an external id'],
  [withKeys({ intake: { sns: {} } }), 'intake.sns.topics', 'a list of SNS topic ARNs'],
  [
    withKeys({ intake: { sns: { topics: ['kms-alarms'] } } }),
    'intake.sns.topics[0]',
    'the ARN of a standard SNS topic',
  ],
  [withKeys({ intake: { sns: { topics: [`${topic}.fifo`] } } }), 'intake.sns.topics[0]', 'standard SNS topic'],
  [withKeys({ intake: { sns: { topics: [topic, topic] } } }), 'intake.sns.topics[1]', 'only once'],
  [
    withKeys({ intake: { sns: { topics: ['arn:aws-cn:sns:cn-north-1:111122223333:t'] } } }),
    'intake.sns.topics[0]',
    'partition aws',
  ],
  [
    withKeys({ intake: { sns: { topics: [topic], signatureVersions: [3] } } }),
    'intake.sns.signatureVersions[0]',
    '1 or 2',
  ],
  [
    withKeys({ intake: { eventbridge: { accounts: ['999999999999'] } } }),
    'intake.eventbridge.accounts[0]',
    'listed under accounts',
  ],
  [withKeys({ intake: { eventbridge: { accounts: [] } } }), 'intake.eventbridge.accounts', 'at least one'],
  [withKeys({ roles: { viewer: responder } }), 'roles.responder', 'nobody could rescue'],
  [withKeys({ roles: { responder: { users: [], usergroups: [] } } }), 'roles.responder', 'nobody could rescue'],
  [withKeys({ roles: { responder: { users: ['alice'] } } }), 'roles.responder.users[0]', "a member's id"],
  [
    withKeys({ roles: { responder: { usergroups: ['@oncall'] } } }),
    'roles.responder.usergroups[0]',
    "a user group's id",
  ],
  [withKeys({ roles: { responder, approvers: responder } }), 'roles.approvers', 'did you mean approver?'],
  [withKeys({ roles: { responder: { users: ['U0A', 'U0A'] } } }), 'roles.responder.users[1]', 'only once'],
  [withKeys({ roles: { responder: 'U0AAAAAAA' } }), 'roles.responder', 'or a list of such mappings'],
  [withKeys({ roles: { responder, viewer: null } }), 'roles.viewer', 'a mapping of users, usergroups, accounts'],
  [withKeys({ roles: { responder: ['U0AAAAAAA'] } }), 'roles.responder[0]', 'a mapping of users, usergroups'],
  [withKeys({ roles: { responder: { users: 'U0AAAAAAA' } } }), 'roles.responder.users', 'a list of member ids'],
  [withKeys({ roles: { responder: [] } }), 'roles.responder', 'nobody could rescue'],
  [withKeys({ roles: { responder: [{ users: [] }, { usergroups: [] }] } }), 'roles.responder', 'nobody could rescue'],
  [limited({ acounts: ['111122223333'] }), 'roles.responder.acounts', 'did you mean accounts?'],
  [limitedInList({ tag: { a: 'b' } }), 'roles.responder[1].tag', 'did you mean tags?'],
  [limitedInList({ users: ['bob'] }), 'roles.responder[1].users[0]', "a member's id"],
  [limited({ accounts: [] }), 'roles.responder.accounts', 'at least one'],
  [limited({ accounts: ['999999999999'] }), 'roles.responder.accounts[0]', 'listed under accounts'],
  [limited({ accounts: [111122223333] }), 'roles.responder.accounts[0]', 'quotes around it: "111122223333"'],
  [limitedInList({ accounts: ['1234'] }), 'roles.responder[1].accounts[0]', '12 digits'],
  [limited({ accounts: ['111122223333', '111122223333'] }), 'roles.responder.accounts[1]', 'only once'],
  [limited({ aliases: 'payments-*' }), 'roles.responder.aliases', 'a list of alias patterns'],
  [limited({ aliases: [] }), 'roles.responder.aliases', 'at least one'],
  [limited({ aliases: [''] }), 'roles.responder.aliases[0]', 'an alias such as payments-*'],
  [limited({ aliases: ['alias/'] }), 'roles.responder.aliases[0]', 'an alias such as payments-*'],
  [limited({ aliases: ['payments.*'] }), 'roles.responder.aliases[0]', 'an alias such as payments-*'],
  [limited({ aliases: ['pay[ab]'] }), 'roles.responder.aliases[0]', 'an alias such as payments-*'],
  [limited({ aliases: ['a'.repeat(257)] }), 'roles.responder.aliases[0]', 'at most 256'],
  [limited({ aliases: [`alias/${'a'.repeat(251)}`] }), 'roles.responder.aliases[0]', 'at most 256'],
  [limitedInList({ aliases: ['payments-*', 'ab', 'alias/ab'] }), 'roles.responder[1].aliases[2]', 'aliases[1] already'],
  [limited({ tags: {} }), 'roles.responder.tags', 'at least one tag'],
  [limited({ tags: ['team'] }), 'roles.responder.tags', 'a mapping of tag keys'],
  [limited({ tags: { team: 42 } }), 'roles.responder.tags.team', 'in quotes'],
  [limited({ tags: { team: 'x'.repeat(257) } }), 'roles.responder.tags.team', 'at most 256 characters'],
  [limited({ tags: { '': 'x' } }), 'roles.responder.tags.', 'a tag key of 1 to 128 characters'],
  [limitedInList({ tags: { ['k'.repeat(129)]: 'x' } }), `roles.responder[1].tags.${'k'.repeat(129)}`, 'a tag key'],
  [withKeys({ roles: { responder, viewer: { aliases: ['a'] } } }), 'roles.viewer.aliases', 'it limits nobody'],
  [
    withKeys({ roles: { responder, admin: [{ users: ['U0B'] }, { users: [], tags: { a: 'b' } }] } }),
    'roles.admin[1].tags',
    'users or usergroups beside it',
  ],
  [
    withKeys({ roles: { responder: [responder, { users: ['U0B', 'U0AAAAAAA'], aliases: ['a'] }] } }),
    'roles.responder[1].users[1]',
    'roles.responder[0].users[0] already, without limits',
  ],
  [
    withKeys({ roles: { responder: [{ usergroups: ['S0A'], aliases: ['a'] }, { usergroups: ['S0A'] }] } }),
    'roles.responder[0].usergroups[0]',
    'roles.responder[1].usergroups[0] already, without limits',
  ],
  [
    withKeys({
      roles: {
        responder: [
          { users: ['U0A'], aliases: ['a', 'alias/b'], tags: { c: 'd', e: 'f' } },
          { users: ['U0A'], tags: { e: 'f', c: 'd' }, aliases: ['b', 'a'] },
        ],
      },
    }),
    'roles.responder[1].users[0]',
    'roles.responder[0].users[0] already, with the same limits',
  ],
  [
    withKeys({ roles: { responder: [responder, responder] } }),
    'roles.responder[1].users[0]',
    'already, without limits',
  ],
  [withKeys({ approvals: { destructive: 'on' } }), 'roles.approver', 'while approvals.destructive is on'],
  [withKeys({ approvals: { destructive: 'yes' } }), 'approvals.destructive', 'on or off'],
  [withKeys({ approvals: { quorum: 0 } }), 'approvals.quorum', 'at least 1'],
  [withKeys({ approvals: { quorum: 1.5 } }), 'approvals.quorum', 'a whole number'],
  [withKeys({ approvals: { quorum: 11 } }), 'approvals.quorum', 'at most 10'],
  [withKeys({ approvals: { quorum: 2 } }), 'approvals.quorum', 'nobody is listed who could agree'],
  [withKeys({ approvals: { quorum: 2, destructive: 'on' } }), 'roles.approver', 'while approvals.destructive is on'],
  [
    withKeys({ roles: { responder, approver: { users: ['U0A', 'U0B'] } }, approvals: { quorum: 3 } }),
    'approvals.quorum',
    'at most 2: so many users are listed under roles.approver',
  ],
  [
    withKeys({
      roles: {
        responder,
        approver: [
          { users: ['U0A'], aliases: ['a'] },
          { users: ['U0A'], aliases: ['b'] },
        ],
      },
      approvals: { quorum: 2 },
    }),
    'approvals.quorum',
    'at most 1',
  ],
  [withKeys({ approvals: { expires: '59s' } }), 'approvals.expires', 'at least 1m'],
  [withKeys({ approvals: { expires: '25h' } }), 'approvals.expires', 'at most 24h'],
  [withKeys({ approvals: { stepUp: 'sms' } }), 'approvals.stepUp', 'totp'],
  [withKeys({ approvals: { expires: 30 } }), 'approvals.expires', 'a duration such as 15m'],
  [withKeys({ reminders: { before: [] } }), 'reminders.before', 'at least one'],
  [withKeys({ reminders: { before: ['1d', '7d'] } }), 'reminders.before[1]', 'less than the one before it (1d)'],
  [withKeys({ reminders: { before: ['1d', '24h'] } }), 'reminders.before[1]', 'less than the one before it (1d)'],
  [withKeys({ reminders: { before: ['1w'] } }), 'reminders.before[0]', 'a duration such as 15m'],
  [withKeys({ reminders: { before: ['0d'] } }), 'reminders.before[0]', 'above 0'],
  [withKeys({ reminders: { mention: '@oncall' } }), 'reminders.mention', 'the id of a user group'],
  [withKeys({ sweep: { every: '500ms' } }), 'sweep.every', 'at least 1s'],
  [withKeys({ sweep: { every: '7h' } }), 'sweep.every', 'not more than full (6h)'],
  [withKeys({ sweep: { full: '5m' } }), 'sweep.full', 'not less than every (15m)'],
  [withKeys({ digests: [{ channel: 'C0A', cron: '0 9 * *' }] }), 'digests[0].cron', 'five fields'],
  [withKeys({ digests: [{ channel: 'C0A', cron: '60 9 * * *' }] }), 'digests[0].cron', 'five fields'],
  [
    withKeys({ digests: [{ channel: 'C0A', cron: '0 9 31 2 *' }] }),
    'digests[0].cron',
    'no month it names has such a day',
  ],
  [
    withKeys({ digests: [{ channel: 'C0A', cron: '0 9 * * *', timezone: 'Berlin' }] }),
    'digests[0].timezone',
    'an IANA time zone',
  ],
  [
    withKeys({ digests: [{ channel: 'C0A', cron: '0 9 * * *', timezone: '+02:00' }] }),
    'digests[0].timezone',
    'an IANA time zone',
  ],
  [withKeys({ pager: {} }), 'pager', 'snsTopic, webhook or both'],
  [withKeys({ pager: { webhook: 'http://pager.example.com' } }), 'pager.webhook', 'an https:// URL'],
  [
    withKeys({
      intake: { sns: { topics: ['arn:aws:sns:us-west-2:111122223333:alarms'] } },
      pager: { snsTopic: 'arn:aws:sns:us-west-2:111122223333:alarms' },
    }),
    'pager.snsTopic',
    'a topic that is not under intake.sns.topics',
  ],
  [withKeys({ self: {} }), 'self.keys', 'a list of KMS key ARNs'],
  [withKeys({ self: { keys: [] } }), 'self.keys', 'at least one'],
  [withKeys({ self: { keys: ['alias/redis'] } }), 'self.keys[0]', 'no alias'],
  [withKeys({ self: { keys: [ownKey.replace(':key/', ':alias/')] } }), 'self.keys[0]', 'no alias'],
  [withKeys({ self: { keys: [ownKey, ownKey] } }), 'self.keys[1]', 'self.keys[0] already'],
  [withKeys({ self: { keys: [ownKey.replace('1111', '9999')] } }), 'self.keys[0]', 'listed under accounts'],
  [withKeys({ self: { keys: [ownKey.replace('us-west-2', 'eu-west-1')] } }), 'self.keys[0]', 'listed under accounts'],
  [withKeys({ identities: {} }), 'identities', 'a list of identities'],
  [withKeys({ identities: [{ principal: role }] }), 'identities[0].user', "a member's id"],
  [withKeys({ identities: [{ user: 'U0A' }] }), 'identities[0].principal', 'an IAM user or role'],
  [
    withKeys({ identities: [{ principal: 'arn:aws:sts::111122223333:assumed-role/Admins/m-17', user: 'U0A' }] }),
    'identities[0].principal',
    'of a session, its role',
  ],
  [withKeys({ identities: [{ principal: role, user: 'alice' }] }), 'identities[0].user', 'not a name'],
  [
    withKeys({ identities: [{ principal: role, sesion: 'm', user: 'U0A' }] }),
    'identities[0].sesion',
    'did you mean session?',
  ],
  [
    withKeys({ identities: [{ principal: role, session: 'two words', user: 'U0A' }] }),
    'identities[0].session',
    'several by * and ?',
  ],
  [
    withKeys({ identities: [{ principal: role.replace('role', 'user'), session: 'm', user: 'U0A' }] }),
    'identities[0].session',
    'only roles have sessions',
  ],
  [
    withKeys({ identities: [{ principal: role.replace('aws', 'aws-cn'), user: 'U0A' }] }),
    'identities[0].principal',
    'of partition aws',
  ],
  [
    withKeys({
      identities: [
        { principal: role, session: 'm', user: 'U0A' },
        { principal: role, session: 'm', user: 'U0B' },
      ],
    }),
    'identities[1].principal',
    'identities[0] already',
  ],
  [withKeys({ heartbeat: 'http://beat.example.com' }), 'heartbeat', 'an https:// URL'],
  [withKeys({ publicUrl: 'http://keywarden.example.com' }), 'publicUrl', 'an https:// URL'],
  [withKeys({ publicUrl: null }), 'publicUrl', 'an https:// URL'],
];

describe('one mistake, one problem', () => {
  it.each(BAD.map(([raw, path, expected]) => ({ raw, path, expected })))(
    '$path: $expected',
    ({ raw, path, expected }) => {
      expect(problemsOf(raw)).toEqual([
        { path, value: expect.any(String), expected: expect.stringContaining(expected) },
      ]);
    },
  );
});

describe('many mistakes', () => {
  it('are told at once, those of single keys and those between keys', () => {
    const problems = problemsOf({
      channels: { default: 'nowhere', colour: 'red' },
      accounts: [{ id: 111122223333, regions: ['us-west-2', 'us-west-2'], role: role.replace('1111', '9999') }],
      roles: { responder: { users: ['U0A', 'alice', 'U0A'] } },
      reminders: { before: ['1h', '1d', 'soon'] },
      sweep: { every: '7h', full: '1h' },
    });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'accounts[0].id',
      'accounts[0].regions[1]',
      'accounts[0].role',
      'channels.colour',
      'channels.default',
      'reminders.before[1]',
      'reminders.before[2]',
      'roles.responder.users[1]',
      'roles.responder.users[2]',
      'sweep.full',
    ]);
  });

  it.each([
    ['', { ...responder, users: 'U0A', acounts: [], aliases: ['a.b'] }],
    ['[0]', [{ ...responder, users: 'U0A', acounts: [], aliases: ['a.b'] }]],
  ])('of an entry of roles%s, each where it stands', (at, entry) => {
    const problems = problemsOf(withKeys({ roles: { responder: entry } }));
    expect(problems.map(({ path }) => path).sort()).toEqual(
      ['acounts', 'aliases[0]', 'users'].map((key) => `roles.responder${at}.${key}`),
    );
    expect(problems.map(({ expected }) => expected)).toContain('no such key: did you mean accounts?');
  });

  it('an empty file lacks everything that must be said', () => {
    const result = parseConfig('');
    expect(!result.ok && result.problems.map(({ path }) => path)).toEqual([
      'channels',
      'accounts',
      'roles',
      'roles.responder',
    ]);
  });

  it.each(['just text', '[1, 2]', '42'])('%s is no mapping', (text) => {
    const result = parseConfig(text);
    expect(!result.ok && result.problems[0]).toMatchObject({
      path: '(file)',
      expected: expect.stringContaining('mapping'),
    });
  });

  it('are printed with place, value and what would be right', () => {
    expect(formatProblems(problemsOf(withAccount({ id: 111122223333 })))).toBe(
      [
        'Keywarden cannot start: 1 problem in its configuration.',
        '  accounts[0].id',
        '    is        111122223333',
        '    expected  quotes around it: "111122223333"',
      ].join('\n'),
    );
  });
});

describe('broken YAML', () => {
  it.each([
    ['a: [1, 2', 'line 1'],
    ['channels:\n  default: C0A\n  default: C0B', 'line 3, column 3'],
    ['a: *nowhere', '(file)'],
  ])('%j', (text, place) => {
    const result = parseConfig(text);
    expect(!result.ok && result.problems[0]?.path).toContain(place);
  });
});

describe('what problems never print', () => {
  const canary = 'canary-5f2a';
  it.each([
    withKeys({ slackBotToken: canary }),
    withKeys({ channels: { default: `xoxb-${canary}` } }),
    withKeys({ pager: `https://hooks.example.com/services/${canary}` }),
    withKeys({ heartbeat: `http://beat.example.com/${canary}` }),
    withKeys({ publicUrl: `https://user:${canary}@keywarden.example.com` }),
    withKeys({ pager: { webhook: { url: canary } } }),
    withKeys({ digests: { token: canary } }),
  ])('%j', (raw) => {
    const printed = formatProblems(problemsOf(raw));
    expect(printed).toContain('problem');
    expect(printed).not.toContain(canary);
  });

  it('the text around a syntax error', () => {
    const result = parseConfig(`heartbeat: "https://beat.example.com/${canary}\nchannels: {`);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain(canary);
  });

  it('more of a value than a line holds', () => {
    const [problem] = problemsOf(withKeys({ channels: { default: 'x'.repeat(10_000) } }));
    expect(problem?.value.length).toBeLessThan(100);
  });
});
