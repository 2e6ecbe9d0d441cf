import { createHash } from 'node:crypto';
import type { SlackPerson, WorldAccount } from './world.ts';

/** The sandbox's people, places and secrets. None of the secrets opens anything outside this process. */

export const teamId = 'T0SANDBOX';
export const botToken = 'xoxb-sandbox-bot-token';
export const signingSecret = 'sandbox-signing-secret';
export const eventBridgeToken = 'sandbox-eventbridge-token';

/** The secret an authenticator app would hold; the same in every run, so that a phone could be enrolled once. */
const totpSecret = (handle: string) => createHash('sha256').update(`sandbox totp ${handle}`).digest().subarray(0, 20);

interface SeededPerson extends SlackPerson {
  /** As the page calls what they may do. */
  readonly duty: 'responder' | 'approver' | 'admin' | 'guest';
}

export const people: readonly SeededPerson[] = [
  { id: 'U0ALICE', handle: 'alice', duty: 'responder' },
  { id: 'U0BOB', handle: 'bob', duty: 'approver' },
  { id: 'U0CAROL', handle: 'carol', duty: 'admin' },
  { id: 'U0GINA', handle: 'gina', duty: 'guest', guest: true },
];
export const totpSecrets: ReadonlyMap<string, Buffer> = new Map(
  people.filter(({ guest }) => guest !== true).map(({ id, handle }) => [id, totpSecret(handle)]),
);

/** On call: whom reminders may call, and responders through the group. */
export const onCall = { id: 'S0ONCALL', handle: 'kms-oncall', users: ['U0ALICE'] };
export const channels = [
  { id: 'C0INCIDENT', name: 'kms-incidents' },
  { id: 'C0OPS', name: 'kms-ops' },
  { id: 'C0DIGEST', name: 'kms-digests' },
] as const;

/** The bot's own identity; everything it does in the accounts it does under an assumed role. */
export const botKey = {
  accessKeyId: 'AKIASANDBOXKEYWARDEN',
  secretAccessKey: 'sandbox-secret-access-key',
  account: '111122223333',
  arn: 'arn:aws:iam::111122223333:user/keywarden',
};
export const externalId = 'sandbox-external-id';

/** What each of the bot's roles may do, as the README's policies allow it. */
const allowed = {
  Read: [
    'kms:DescribeKey',
    'kms:GetKeyLastUsage',
    'kms:GetKeyPolicy',
    'kms:GetKeyRotationStatus',
    'kms:ListAliases',
    'kms:ListGrants',
    'kms:ListKeyRotations',
    'kms:ListKeys',
    'kms:ListResourceTags',
    'cloudtrail:LookupEvents',
  ],
  Rescue: ['kms:CancelKeyDeletion', 'kms:EnableKey', 'kms:DescribeKey'],
  Disable: ['kms:DisableKey', 'kms:DescribeKey'],
  Destroy: ['kms:ScheduleKeyDeletion', 'kms:DeleteImportedKeyMaterial', 'kms:DescribeKey', 'kms:ListKeyRotations'],
} as const;

export const roleArn = (account: string, duty: keyof typeof allowed) => `arn:aws:iam::${account}:role/Keywarden${duty}`;

const rolesIn = (account: string): WorldAccount['roles'] =>
  (Object.keys(allowed) as (keyof typeof allowed)[]).map((duty) => ({
    arn: roleArn(account, duty),
    externalId,
    allows: [...allowed[duty], 'sts:GetCallerIdentity'],
    setSourceIdentity: true,
  }));

/** The accounts as the bot watches them. No account is named like a key: a name in front of a slash must mean one thing. */
export const accounts: readonly WorldAccount[] = [
  {
    id: '111122223333',
    name: 'shop',
    regions: ['us-west-2', 'eu-west-1'],
    roles: rolesIn('111122223333'),
  },
  { id: '444455556666', name: 'analytics', regions: ['eu-west-1'], roles: rolesIn('444455556666') },
];

/** The key that the bot's own storage would be encrypted with (`self.keys`). */
export const selfAlias = 'alias/keywarden-storage';

/** A Region that both accounts have switched on, and that the bot was never told of: replicas there are out of its sight. */
export const unwatchedRegion = 'ap-southeast-2';

/** The same accounts as AWS has them. */
export const awsAccounts: readonly WorldAccount[] = accounts.map((account) => ({
  ...account,
  regions: [...account.regions, unwatchedRegion],
}));

export const topicArn = 'arn:aws:sns:us-west-2:111122223333:kms-alarms';
/** Whoever is called when Slack is silent; nobody but the page is subscribed to it. */
export const pagerTopicArn = 'arn:aws:sns:us-west-2:111122223333:kms-pager';
