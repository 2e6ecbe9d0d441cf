/**
 * The commands that bring one difference back, for anybody with rights of their own in the account. Each argument is either of a
 * known harmless form or JSON in ASCII within single quotes: nothing of what came from outside reaches a shell or Slack's markup.
 */
import type { KeyRef } from '../../../domain/ids.ts';
import type { Grant } from '../../../domain/shape.ts';
import type { Difference } from '../../../domain/shape-difference.ts';

/** What last good's policy is called among the evidence. */
export const GOOD_POLICY_FILE = 'policy-last-good.json';

const HARMLESS = /^[A-Za-z0-9_+=,.@:/*-]{1,600}$/;

/** JSON of signs that neither a shell nor Slack reads as anything else. */
const quoted = (value: unknown): string =>
  `'${JSON.stringify(value).replace(/[^ !#-%(-;=?-_a-~"\\]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;

/** None: a person must see to it, or nothing is to be done. */
export function restoreCommands(difference: Difference, key: KeyRef): readonly string[] {
  const line = (operation: string, ...rest: readonly string[]): string =>
    ['aws kms', operation, `--region ${key.region}`, ...rest].join(' ');
  const ofKey = `--key-id ${key.arn}`;
  switch (difference.part) {
    case 'policy':
      return [line('put-key-policy', ofKey, '--policy-name default', `--policy file://${GOOD_POLICY_FILE}`)];
    case 'grants':
      if (difference.change === 'some') return [line('list-grants', ofKey)];
      if (difference.change === 'gone')
        return createGrant(difference.grant, (...rest) => line('create-grant', ofKey, ...rest));
      return harmless(difference.grant.id) ? [line('revoke-grant', ofKey, `--grant-id ${difference.grant.id}`)] : [];
    case 'aliases': {
      if (!harmless(difference.alias)) return [];
      const alias = `--alias-name ${difference.alias}`;
      if (difference.change === 'new') return [line('delete-alias', alias)];
      const operation = difference.movedTo === undefined ? 'create-alias' : 'update-alias';
      return [line(operation, alias, `--target-key-id ${key.arn}`)];
    }
    case 'tags':
      return difference.before === undefined
        ? [line('untag-resource', ofKey, `--tag-keys ${quoted([difference.tag])}`)]
        : [line('tag-resource', ofKey, `--tags ${quoted([{ TagKey: difference.tag, TagValue: difference.before }])}`)];
    case 'rotation': {
      const { enabled, periodInDays } = difference.before;
      if (!enabled) return [line('disable-key-rotation', ofKey)];
      const period = periodInDays === undefined ? [] : [`--rotation-period-in-days ${periodInDays}`];
      return [line('enable-key-rotation', ofKey, ...period)];
    }
    case 'multiRegion':
      return difference.before.replicas
        .filter(({ arn }) => !difference.now.replicas.some((replica) => replica.arn === arn))
        .filter(({ region }) => harmless(region))
        .map(({ region }) => line('replicate-key', ofKey, `--replica-region ${region}`));
    case 'state':
      return [line(difference.before === 'Enabled' ? 'enable-key' : 'disable-key', ofKey)];
  }
}

const harmless = (text: string): boolean => HARMLESS.test(text);

/** A service's own grants are made by the service when it needs them. */
function createGrant(grant: Grant, line: (...rest: readonly string[]) => string): readonly string[] {
  const { grantee, retiring, operations, name, constraint } = grant;
  const texts = [grantee, ...operations, ...(retiring === undefined ? [] : [retiring])];
  if (!grantee.startsWith('arn:') || operations.length === 0 || !texts.every(harmless)) return [];
  const type = constraint?.kind === 'equals' ? 'EncryptionContextEquals' : 'EncryptionContextSubset';
  return [
    line(
      `--grantee-principal ${grantee}`,
      ...(retiring === undefined ? [] : [`--retiring-principal ${retiring}`]),
      `--operations ${operations.join(' ')}`,
      ...(constraint === undefined ? [] : [`--constraints ${quoted({ [type]: constraint.pairs })}`]),
      ...(name !== undefined && harmless(name) ? [`--name ${name}`] : []),
    ),
  ];
}
