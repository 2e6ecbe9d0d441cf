/**
 * How to stop whoever is behind it: commands to paste, or what to do where no command does it. Names come from outside and into a
 * shell: each is checked to be spelled as AWS spells it, and quoted all the same.
 */
import type { Actor } from '../../../domain/fact.ts';
import type { Instant } from '../../../domain/ids.ts';
import { homeOf, roleArnOf, userNameOf } from '../../../domain/principal.ts';

/** `notes`: sentences of ours, with `mrkdwn` code marks; nothing from outside stands in them. */
export interface Revocation {
  readonly commands: readonly string[];
  readonly notes: readonly string[];
}

/** IAM's own alphabet for names of roles and users (IAM API Reference, CreateRole, CreateUser). */
const IAM_NAME = /^[\w+=,.@-]{1,64}$/;
const ACCESS_KEY_ID = /^A[A-Z0-9]{15,127}$/;
/** Inline policies keep this name when the console's "Revoke active sessions" writes them (IAM User Guide). */
const POLICY_NAME = 'AWSRevokeOlderSessions';

/** @param now sessions issued before then end */
export function revocationOf(actor: Actor, now: Instant): Revocation {
  const account = homeOf(actor);
  const where = account === undefined ? [] : [`# in account ${account}`];
  const revocation = toStop(actor, now, where);
  const region = REGION_OF_IAM[/^arn:(aws[a-z-]*):/.exec(actor.arn ?? '')?.[1] ?? ''] ?? '';
  const inRegion = (command: string): string => (command.startsWith('#') ? command : `${command}${region}`);
  return { ...revocation, commands: revocation.commands.map(inRegion) };
}

/** Where IAM of another partition answers, whatever Region the shell is set to (IAM endpoints, AWS General Reference). */
const REGION_OF_IAM: Readonly<Record<string, string>> = {
  'aws-cn': ' --region cn-north-1',
  'aws-us-gov': ' --region us-gov-west-1',
};

function toStop(actor: Actor, now: Instant, where: readonly string[]): Revocation {
  switch (actor.type) {
    case 'Root':
      return {
        commands: [],
        notes: [
          'It is the root user: no policy stops it. Reset its password and its MFA devices, delete its access keys (signed in as root: *Security credentials*), and tell AWS Support that the account may be taken over. In an organisation, a service control policy can deny the root user of a member account.',
        ],
      };
    case 'FederatedUser':
      return { commands: [], notes: [FEDERATED] };
    case 'IAMUser':
      return ofUser(actor, now, where);
    default: {
      const role = roleArnOf(actor);
      return role === undefined ? UNKNOWN : ofRole(role, now, where);
    }
  }
}

const FEDERATED =
  'It is a federated session of an IAM user: it can do what that user can. Deny that user (`aws iam put-user-policy`) everything before now by `aws:TokenIssueTime`, and disable whoever signs in there.';
const UNKNOWN: Revocation = {
  commands: [],
  notes: ['AWS does not name a role or user that could be stopped by a command. Ask whoever runs its account.'],
};

function ofRole(arn: string, now: Instant, where: readonly string[]): Revocation {
  const name = arn.split('/').at(-1) ?? '';
  if (!IAM_NAME.test(name)) return UNKNOWN;
  // Roles of permission sets cannot be edited in the account (IAM Identity Center User Guide).
  if (arn.includes('/aws-reserved/sso.amazonaws.com/') || name.startsWith('AWSReservedSSO_'))
    return {
      commands: [],
      notes: [
        'It is a role of IAM Identity Center: in the account itself nobody can change it. In IAM Identity Center: disable the user, end their active sessions (*Users* → the user → *Active sessions*), and revoke the sessions of the permission set (a deny policy on `identitystore:userId`, in the permission set or as a service control policy). Role sessions that were issued already live on, up to twelve hours, until that policy stops them.',
      ],
    };
  if (arn.includes('/aws-service-role/') || name.startsWith('AWSServiceRoleFor'))
    return { commands: [], notes: ['It is a service-linked role: its sessions cannot be revoked. Ask AWS Support.'] };
  return {
    commands: [
      ...where,
      `aws iam put-role-policy --role-name ${quoted(name)} --policy-name ${POLICY_NAME} --policy-document ${quoted(denialBefore(now))}`,
    ],
    notes: [
      'It ends every session of that role that began before then, also those of others: they must sign in again. Whoever may still assume the role comes back: check its trust policy.',
    ],
  };
}

function ofUser(actor: Actor, now: Instant, where: readonly string[]): Revocation {
  const name = userNameOf(actor) ?? '';
  if (!IAM_NAME.test(name)) return UNKNOWN;
  const user = `--user-name ${quoted(name)}`;
  const key = actor.accessKeyId ?? '';
  const longLived = key.startsWith('AKIA') && ACCESS_KEY_ID.test(key);
  return {
    commands: [
      ...where,
      ...(longLived
        ? [`aws iam update-access-key ${user} --access-key-id ${quoted(key)} --status Inactive`]
        : [`aws iam list-access-keys ${user}`]),
      `aws iam put-user-policy ${user} --policy-name ${POLICY_NAME} --policy-document ${quoted(denialBefore(now))}`,
      `aws iam delete-login-profile ${user}`,
    ],
    notes: [
      longLived
        ? 'The first stops the access key, the second the sessions that were made from it before then, the third the console password. Look for keys they have made meanwhile.'
        : 'The first lists the access keys, any of which may be theirs: stop each with `aws iam update-access-key`, its id and `--status Inactive`. The second stops the sessions that began before then, the third the console password.',
    ],
  };
}

/** As AWS writes it itself. */
const denialBefore = (now: Instant): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(now).toISOString() } },
      },
    ],
  });

/** One word for a POSIX shell, whatever stands in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
