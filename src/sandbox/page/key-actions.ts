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
    { label: 'Open to outsiders', operation: 'PutKeyPolicy', body: policy(key, false), danger: true },
    { label: 'Lock its account out', operation: 'PutKeyPolicy', body: policy(key, true), danger: true },
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

/** A policy for an outsider, and unless the account is locked out, for its own account. */
function policy({ account }: KeyFacts, lockedOut: boolean): Readonly<Record<string, unknown>> {
  const allow = (sid: string, principal: string) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: 'kms:*',
    Resource: '*',
  });
  const own = lockedOut ? [] : [allow('Account', `arn:aws:iam::${account}:root`)];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [...own, allow('Outsiders', outsider)] });
  // Whoever takes a key over skips KMS's check that the account keeps its hold on it.
  return { Policy, PolicyName: 'default', BypassPolicyLockoutSafetyCheck: true };
}
