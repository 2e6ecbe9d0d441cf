import { type Drawn, tag } from './html.ts';
import type { KeyFacts } from './keys.ts';

/** Who may act on the AWS side: mallory means harm, `key-admin` puts things right, the others only use keys. */
const principals = ['mallory', 'key-admin', 'orders-api', 'reporting'] as const;

/** Another organisation's account: a policy that names it opens the key to outsiders. */
const outsider = 'arn:aws:iam::999999999999:root';

interface Act {
  readonly label: string;
  readonly operation: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly danger?: boolean;
}

/** Draws what can be done to a key in AWS. What KMS refuses in this state may be tried too: it answers, and records it. */
export function drawKeyActions(key: KeyFacts): Drawn {
  return tag(
    'form',
    {
      key: 'actions',
      className: 'deeds',
      'data-aws': true,
      'data-account': key.account,
      'data-region': key.region,
      autoComplete: 'off',
    },
    tag(
      'p',
      { className: 'line' },
      tag(
        'label',
        null,
        'as ',
        tag('input', { name: 'principal', list: 'principals', defaultValue: principals[0], size: 10 }),
      ),
      tag(
        'datalist',
        { id: 'principals' },
        principals.map((name) => tag('option', { key: name, value: name })),
      ),
      drawAct({ label: 'Schedule deletion', operation: 'ScheduleKeyDeletion', danger: true }, key),
      tag(
        'label',
        null,
        'in ',
        tag('input', { name: 'days', type: 'number', min: 7, max: 30, defaultValue: 7 }),
        ' days',
      ),
    ),
    tag(
      'p',
      { className: 'line' },
      actsOn(key).map((act) => drawAct(act, key)),
    ),
    tag('output', { className: 'answer', 'data-keep': true }),
  );
}

function actsOn(key: KeyFacts): readonly Act[] {
  const material: readonly Act[] = [
    { label: 'Delete material', operation: 'DeleteImportedKeyMaterial', danger: true },
    { label: 'Import again', operation: 'import' },
    { label: 'Let material expire', operation: 'expire', danger: true },
  ];
  return [
    { label: 'Use it', operation: 'use' },
    { label: 'Disable', operation: 'DisableKey', danger: true },
    { label: 'Enable', operation: 'EnableKey' },
    { label: 'Cancel deletion', operation: 'CancelKeyDeletion' },
    ...(key.isImported ? material : []),
    { label: 'Open to outsiders', operation: 'PutKeyPolicy', body: policy(key, [account, outsiders]), danger: true },
    { label: 'Lock its account out', operation: 'PutKeyPolicy', body: policy(key, [outsiders]), danger: true },
    {
      label: 'Shut rescues out',
      operation: 'PutKeyPolicy',
      body: policy(key, [readers, administrators]),
      danger: true,
    },
    { label: 'Shut the bot out', operation: 'PutKeyPolicy', body: policy(key, [administrators]), danger: true },
    { label: 'Put its policy right', operation: 'PutKeyPolicy', body: policy(key, [account]) },
    { label: 'Grant to a database', operation: 'grant' },
    { label: 'Revoke its grants', operation: 'revoke', danger: true },
    ...(key.hasAlias
      ? [{ label: 'Delete its alias', operation: 'DeleteAlias', body: aliasOf(key), danger: true }]
      : []),
  ];
}

function drawAct({ label, operation, body, danger }: Act, key: KeyFacts): Drawn {
  const sent = JSON.stringify({ KeyId: key.arn, ...body });
  const className = danger === true ? 'button small danger-quiet' : 'button small';
  return tag(
    'button',
    { key: label, type: 'submit', className, name: 'operation', value: operation, 'data-body': sent },
    label,
  );
}

/** Whom a statement of a policy allows what; everything where `actions` is left out. */
interface Allowed {
  readonly sid: string;
  readonly principal: (key: KeyFacts) => string;
  readonly actions?: readonly string[];
}
/** Whatever the account's IAM policies say, as KMS's own policy does. */
const account: Allowed = { sid: 'Account', principal: (key) => `arn:aws:iam::${key.account}:root` };
/** The same, but to look at the key and no more: whoever watches it sees it die. */
const readers: Allowed = { ...account, sid: 'Readers', actions: ['kms:Describe*', 'kms:Get*', 'kms:List*'] };
const outsiders: Allowed = { sid: 'Outsiders', principal: () => outsider };
/** The role behind everybody's console: mallory keeps a hold on the key, and so does who may put it right. */
const administrators: Allowed = { sid: 'Admins', principal: (key) => `arn:aws:iam::${key.account}:role/Admins` };

function policy(key: KeyFacts, allowed: readonly Allowed[]): Readonly<Record<string, unknown>> {
  const Statement = allowed.map(({ sid, principal, actions = 'kms:*' }) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: principal(key) },
    Action: actions,
    Resource: '*',
  }));
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  // Whoever takes a key over skips KMS's check that the account keeps its hold on it.
  return { Policy, PolicyName: 'default', BypassPolicyLockoutSafetyCheck: allowed.some((one) => one !== account) };
}

const aliasOf = ({ name }: KeyFacts): Readonly<Record<string, unknown>> => ({ AliasName: `alias/${name}` });

/** Draws what makes many keys, and what has them all scheduled for deletion at once. */
export function drawShardForm(): Drawn {
  return tag(
    'form',
    { key: 'shards', className: 'deeds shards', 'data-shards': true, autoComplete: 'off' },
    tag(
      'p',
      { className: 'line' },
      tag('button', { type: 'submit', className: 'button small', name: 'deed', value: 'make' }, 'Make'),
      tag('label', null, tag('input', { name: 'keys', type: 'number', min: 1, max: 500, defaultValue: 60 }), ' shards'),
      tag(
        'button',
        { type: 'submit', className: 'button small danger-quiet', name: 'deed', value: 'schedule' },
        'Schedule all shards',
      ),
      'as mallory',
    ),
    tag('output', { className: 'answer', 'data-keep': true }),
  );
}
