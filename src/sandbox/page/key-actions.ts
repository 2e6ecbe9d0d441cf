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
    { label: 'Open to outsiders', operation: 'PutKeyPolicy', body: { Policy: outsidePolicy(key) }, danger: true },
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

function outsidePolicy({ account }: KeyFacts): string {
  const allow = (sid: string, principal: string) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: 'kms:*',
    Resource: '*',
  });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [allow('Account', `arn:aws:iam::${account}:root`), allow('Outsiders', outsider)],
  });
}
