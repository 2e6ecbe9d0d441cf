/** The shape of `keywarden.yaml`, key by key. Relations between keys are in `relations.ts`, defaults in `config.ts`. */
import { z } from 'zod';
import { isCron, namesADay, parseCron } from '../domain/cron.ts';
import { parseKeyArn } from '../domain/ids.ts';
import {
  isAccountNumber,
  isAliasPattern,
  isChannelId,
  isRegionName,
  isSessionPattern,
  isTimeZone,
  isUserGroupId,
  isUserId,
  isWebUrl,
  parseDuration,
  parsePrincipalArn,
  parseRoleArn,
  parseTopicArn,
} from './spelling.ts';

const text = (isValid: (value: string) => boolean, expected: string) =>
  z.string({ error: expected }).refine(isValid, { error: expected });
const mapping = <Shape extends z.ZodRawShape>(expected: string, shape: Shape) =>
  z.strictObject(shape, { error: `a mapping of ${expected}` });
const listOf = <Item extends z.ZodType>(item: Item, expected: string) =>
  z.array(item, { error: `a list of ${expected}` });
const filledListOf = <Item extends z.ZodType>(item: Item, expected: string) =>
  listOf(item, expected).min(1, { error: `at least one of ${expected}` });

/** YAML reads an unquoted id as a number, and a number has lost its leading zeros: say how to write it instead. */
const accountId = z
  .string({
    error: ({ input }) =>
      typeof input === 'number' && Number.isSafeInteger(input)
        ? `quotes around it: "${String(input).padStart(12, '0')}"`
        : 'an AWS account id: 12 digits in quotes',
  })
  .refine(isAccountNumber, { error: 'an AWS account id: 12 digits in quotes' });

const DURATION = 'a duration such as 15m: a whole number above 0 and one of ms, s, m, h, d';
const duration = z.string({ error: DURATION }).transform((value, context) => {
  const parsed = parseDuration(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: DURATION });
  return z.NEVER;
});

/** YAML 1.2 reads `on` and `off` as words; YAML 1.1 tools write them back as booleans. Both are meant the same. */
const onOrOff = z
  .union([z.boolean(), z.literal(['on', 'off'])], { error: 'on or off' })
  .transform((value) => value === true || value === 'on');

const channelId = text(
  isChannelId,
  "a channel's id (C… or G…; in Slack: channel details, at the bottom), not its name",
);
const userId = text(isUserId, "a member's id (U… or W…; in Slack: profile, Copy member ID), not a name");
const userGroupId = text(isUserGroupId, "a user group's id (S…), not its handle");
const region = text(isRegionName, 'an AWS Region such as eu-west-1');
const roleArn = text(
  (value) => parseRoleArn(value) !== undefined,
  'an IAM role ARN such as arn:aws:iam::111122223333:role/KeywardenRead',
);
const topicArn = text(
  (value) => parseTopicArn(value) !== undefined,
  'the ARN of a standard SNS topic such as arn:aws:sns:us-west-2:111122223333:kms-alarms',
);
const principalArn = text(
  (value) => parsePrincipalArn(value) !== undefined,
  'the ARN of an IAM user or role such as arn:aws:iam::111122223333:role/Admins; of a session, its role',
);
/** No alias: who means harm points it at another key first. */
const keyArn = text(
  (value) => parseKeyArn(value) !== undefined,
  'the ARN of a KMS key such as arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab, no alias',
);
const name = text(
  (value) => /^[^\p{Cc}/:]{1,50}$/u.test(value) && value.trim() === value,
  'a name of 1 to 50 characters without / and :',
);
const calledUrl = text((value) => isWebUrl(value, { loopback: true }), 'an https:// URL (http:// only on loopback)');

const account = mapping('id, name, regions, role or roles, externalId', {
  id: accountId,
  name: name.optional(),
  regions: filledListOf(region, 'AWS Regions such as eu-west-1'),
  role: roleArn.optional(),
  roles: mapping('read, rescue, disable, destroy', {
    read: roleArn.optional(),
    rescue: roleArn.optional(),
    disable: roleArn.optional(),
    destroy: roleArn.optional(),
  }).optional(),
  externalId: text(
    (value) => /^[\w+=,.@:/-]{2,1224}$/.test(value),
    'an external id: 2 to 1224 of A–Z a–z 0–9 _+=,.@:/-',
  ).optional(),
});

const TAG_KEY = 'a tag key of 1 to 128 characters';
const tags = z
  .record(
    z.string().refine((key) => key.length >= 1 && key.length <= 128),
    text((value) => value.length <= 256, 'a tag value of at most 256 characters, in quotes'),
    { error: ({ code }) => (code === 'invalid_key' ? TAG_KEY : 'a mapping of tag keys to the values they must have') },
  )
  .refine((wanted) => Object.keys(wanted).length > 0, { error: 'at least one tag, or no tags at all' });

const GRANT = 'users, usergroups, accounts, aliases, tags';
const grant = mapping(GRANT, {
  users: listOf(userId, 'member ids').optional(),
  usergroups: listOf(userGroupId, 'user group ids').optional(),
  accounts: filledListOf(accountId, 'AWS account ids').optional(),
  aliases: filledListOf(
    text(isAliasPattern, 'an alias such as payments-*: at most 256 of A–Z a–z 0–9 / _ - and the wildcards * and ?'),
    'alias patterns such as payments-*',
  ).optional(),
  tags: tags.optional(),
});
/** Usually one mapping; a list where a role has different limits for different people. */
const grants = z
  .union([grant, listOf(grant, 'mappings')], { error: `a mapping of ${GRANT}; or a list of such mappings` })
  .optional();

/** What is no cron expression is told as that. */
function comesEver(text: string): boolean {
  const cron = parseCron(text);
  return cron === undefined || namesADay(cron);
}

export const configShape = mapping('channels, accounts, roles and more: see keywarden.example.yaml', {
  publicUrl: text(
    (value) => isWebUrl(value, { loopback: true }) && !value.includes('?'),
    'an https:// URL without a query (http:// only on loopback)',
  ).optional(),
  channels: mapping('default, fallback, routes', {
    default: channelId,
    fallback: channelId.optional(),
    routes: listOf(
      mapping('account, channel', { account: accountId, channel: channelId }),
      'account and channel',
    ).optional(),
  }),
  accounts: filledListOf(account, 'AWS accounts with id and regions'),
  intake: mapping('sns, eventbridge', {
    sns: mapping('topics, signatureVersions', {
      topics: filledListOf(topicArn, 'SNS topic ARNs'),
      signatureVersions: filledListOf(z.literal([1, 2], { error: '1 or 2' }), '1 and 2').optional(),
    }).optional(),
    eventbridge: mapping('accounts', { accounts: filledListOf(accountId, 'AWS account ids').optional() }).optional(),
  }).optional(),
  roles: mapping('viewer, responder, approver, admin', {
    viewer: grants,
    responder: grants,
    approver: grants,
    admin: grants,
  }),
  approvals: mapping('destructive, quorum, expires, stepUp, breakGlass', {
    destructive: onOrOff.optional(),
    quorum: z
      .int({ error: 'a whole number from 1 to 10' })
      .min(1, { error: 'at least 1' })
      .max(10, { error: 'at most 10' })
      .optional(),
    expires: duration.optional(),
    stepUp: z.literal('totp', { error: 'totp' }).optional(),
    breakGlass: onOrOff.optional(),
  }).optional(),
  reminders: mapping('before, loudWithin, acknowledgeFor, mention, timezone', {
    before: filledListOf(duration, 'durations, longest first').optional(),
    loudWithin: duration.optional(),
    acknowledgeFor: duration.optional(),
    mention: text(
      (value) => isUserGroupId(value) || isUserId(value),
      'the id of a user group (S…) or member (U… or W…)',
    ).optional(),
    timezone: text(isTimeZone, 'an IANA time zone such as Europe/Berlin').optional(),
  }).optional(),
  digests: listOf(
    mapping('channel, cron, timezone', {
      channel: channelId,
      cron: text(isCron, 'a cron expression of five fields such as "0 9 * * 1-5"').refine(comesEver, {
        error: 'a cron expression that names a day that comes: no month it names has such a day',
      }),
      timezone: text(isTimeZone, 'an IANA time zone such as Europe/Berlin').optional(),
    }),
    'digests with channel and cron',
  ).optional(),
  sweep: mapping('every, full', { every: duration.optional(), full: duration.optional() }).optional(),
  pager: mapping('snsTopic, webhook', { snsTopic: topicArn.optional(), webhook: calledUrl.optional() }).optional(),
  self: mapping('keys', { keys: filledListOf(keyArn, 'KMS key ARNs') }).optional(),
  identities: listOf(
    mapping('principal, session, user', {
      principal: principalArn,
      session: text(
        isSessionPattern,
        'the name of a session such as m-17, or several by * and ?: at most 64 of A–Z a–z 0–9 _+=,.@- and the wildcards',
      ).optional(),
      user: userId,
    }),
    'identities with principal and user',
  ).optional(),
  heartbeat: calledUrl.optional(),
});

/** What the shape lets through: checked key by key, durations in milliseconds, defaults not yet filled in. */
export type ShapedConfig = z.output<typeof configShape>;
