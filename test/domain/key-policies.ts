/** Key policies as short data, and who is asked about in them. */
import { type AccountId, type KeyRef, parseKeyArn } from '../../src/domain/ids.ts';

export const ACCOUNT = '111122223333' as AccountId;
export const OTHER = '444455556666';
const KEY_ARN = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const parsed = parseKeyArn(KEY_ARN);
if (parsed === undefined) throw new Error('no key ARN');
export const KEY: KeyRef = parsed;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/bot/KeywardenRescue`;
export const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
export const role = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`;
export const NOW = Date.parse('2026-03-14T09:12:00Z');

export type Statement = Readonly<Record<string, unknown>>;

export const allow = (Principal: unknown, more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal,
  Action: 'kms:*',
  Resource: '*',
  ...more,
});
export const deny = (Principal: unknown, more: Statement = {}): Statement => ({
  ...allow(Principal, more),
  Effect: 'Deny',
});
export const aws = (...names: readonly string[]): Statement => ({ AWS: names.length === 1 ? names[0] : names });
export const when = (operator: string, key: string, value: unknown): Statement => ({
  Condition: { [operator]: { [key]: value } },
});
/** A statement without some of its elements. */
export const without = (statement: Statement, ...names: readonly string[]): Statement =>
  Object.fromEntries(Object.entries(statement).filter(([name]) => !names.includes(name)));

export const policy = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
