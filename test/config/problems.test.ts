import { describe, expect, it } from 'vitest';
import { formatProblems, parseConfig, validateConfig } from '../../src/config/config.ts';
import { minimal, withAccount, withKeys } from './minimal.ts';

const problemsOf = (raw: unknown) => {
  const result = validateConfig(raw);
  return result.ok ? [] : result.problems;
};

const role = 'arn:aws:iam::111122223333:role/Keywarden';
const topic = 'arn:aws:sns:us-west-2:111122223333:kms-alarms';
const account = minimal().accounts[0];
const responder = { users: ['U0AAAAAAA'] };

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
  [withKeys({ approvals: { destructive: 'on' } }), 'roles.approver', 'while approvals.destructive is on'],
  [withKeys({ approvals: { destructive: 'yes' } }), 'approvals.destructive', 'on or off'],
  [withKeys({ approvals: { quorum: 0 } }), 'approvals.quorum', 'at least 1'],
  [withKeys({ approvals: { quorum: 1.5 } }), 'approvals.quorum', 'a whole number'],
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
