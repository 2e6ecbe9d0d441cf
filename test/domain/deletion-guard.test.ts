/** What a key policy demands before somebody deletes or disables the key, and what to paste where it demands nothing. */
import { describe, expect, test } from 'vitest';
import {
  BREAK_GLASS_ROLE,
  DEMANDS,
  type Demand,
  demandsOn,
  GUARDED_CALLS,
  guardOf,
  type Presence,
  standingOf,
  statementFor,
} from '../../src/domain/deletion-guard.ts';
import { known, unknown } from '../../src/domain/key.ts';
import { askPolicy } from '../../src/domain/key-policy.ts';
import { callerOf } from '../../src/domain/key-policy-caller.ts';
import { contextOf } from '../../src/domain/key-policy-context.ts';
import {
  ACCOUNT,
  allow,
  aws,
  deny,
  KEY,
  NOW,
  policy,
  ROLE,
  ROOT,
  role,
  type Statement,
  when,
  without,
} from './key-policies.ts';

const root = allow(aws(ROOT));
const guard = (...statements: readonly Statement[]) => guardOf(known(policy(...statements)), KEY, undefined, NOW);
const both = { Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey'] };
const denied = (operator: string, key: string, value: unknown, more: Statement = both): Statement =>
  deny('*', { ...when(operator, key, value), ...more });

/** Letters: Present, Absent, Unknown; deletion (mfa, window, break-glass, idle), then disabling (mfa, break-glass, idle). */
const WORDS: Readonly<Record<Presence, string>> = { present: 'P', absent: 'A', unknown: 'U' };
function letters(...statements: readonly Statement[]): string {
  const { demands } = guard(...statements);
  return GUARDED_CALLS.map((call) =>
    demandsOn(call)
      .map((demand) => WORDS[demands[call][demand] ?? 'unknown'])
      .join(''),
  ).join(' ');
}

describe('what a key policy demands', () => {
  const TABLE: readonly (readonly [string, string, ...Statement[]])[] = [
    ['nothing, by default', 'AAAA AAA', root],
    ['nothing, where only an administrator is named', 'AAAA AAA', allow(aws(role('Admin')))],
    ['MFA, however it is told', 'PAAA PAA', root, denied('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false')],
    ['MFA of sessions only', 'UAAA UAA', root, denied('Bool', 'aws:MultiFactorAuthPresent', 'false')],
    [
      'MFA, by what is allowed',
      'PAAA PAA',
      allow(aws(role('Admin')), when('Bool', 'aws:MultiFactorAuthPresent', 'true')),
    ],
    [
      'MFA of one administrator and not of the other',
      'AAAA AAA',
      allow(aws(role('Admin')), when('Bool', 'aws:MultiFactorAuthPresent', 'true')),
      allow(aws(role('Chief'))),
    ],
    [
      'a fresh MFA',
      'PAAA PAA',
      root,
      denied('NumericGreaterThanIfExists', 'aws:MultiFactorAuthAge', '300'),
      denied('Null', 'aws:MultiFactorAuthAge', 'true'),
    ],
    [
      'a window',
      'APAA AAA',
      root,
      denied('NumericLessThanEquals', 'kms:ScheduleKeyDeletionPendingWindowInDays', '21', {
        Action: 'kms:ScheduleKeyDeletion',
      }),
    ],
    ['days without use', 'AAAP AAP', root, denied('NumericLessThanEquals', 'kms:TrailingDaysWithoutKeyUsage', '90')],
    [
      'days without use, of deletion only',
      'AAAP AAA',
      root,
      denied('NumericLessThan', 'kms:TrailingDaysWithoutKeyUsage', '30', { Action: 'kms:Schedule*' }),
    ],
    [
      'a break-glass role, by condition',
      'AAPA APA',
      root,
      denied('ArnNotEquals', 'aws:PrincipalArn', role('BreakGlass')),
    ],
    [
      'a break-glass role, by NotPrincipal',
      'AAPA APA',
      root,
      { ...without(deny('', both), 'Principal'), NotPrincipal: aws(role('BreakGlass')) },
    ],
    ['nobody at all', 'AAPA APA', root, deny('*', both)],
    [
      'everything at once',
      'PPPP PPP',
      allow(aws(role('Admin'))),
      denied('ArnNotEquals', 'aws:PrincipalArn', role('Admin')),
      denied('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'),
      denied('NumericLessThan', 'kms:ScheduleKeyDeletionPendingWindowInDays', '30'),
      denied('NumericLessThan', 'kms:TrailingDaysWithoutKeyUsage', '30'),
    ],
    ['an address, which is none of these', 'AAAA AAA', root, denied('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8')],
    ['somebody by a tag', 'AAUA AUA', root, denied('StringNotEquals', 'aws:PrincipalTag/admin', 'yes')],
    ['a condition nobody understands', 'AAUA AUA', root, { ...denied('StringEquals', 'a', 'b'), Conditions: {} }],
    ['a denial of something else', 'AAAA AAA', root, deny('*', { Action: 'kms:PutKeyPolicy' })],
  ];
  for (const [title, found, ...statements] of TABLE)
    test(`${title}: ${found}`, () => {
      expect(letters(...statements)).toBe(found);
    });

  test('the shortest window it takes', () => {
    const statement = denied('NumericLessThanEquals', 'kms:ScheduleKeyDeletionPendingWindowInDays', '21');
    expect(guard(root, statement).shortestWindow).toBe(22);
    expect(guard(root).shortestWindow).toBeUndefined();
    const window = 'kms:ScheduleKeyDeletionPendingWindowInDays';
    expect(guard(root, denied('NumericEquals', window, [7, '8'])).shortestWindow).toBe(9);
    expect(guard(root, denied('StringLike', window, ['?', '1*'])).shortestWindow).toBe(20);
  });

  test('one demand is a guard; what cannot be read is none and not none', () => {
    const found = guard(root, denied('NumericLessThan', 'kms:ScheduleKeyDeletionPendingWindowInDays', '30'));
    expect(standingOf(found, 'ScheduleKeyDeletion')).toBe('guarded');
    expect(standingOf(found, 'DisableKey')).toBe('unguarded');
    const unread = guardOf(unknown('permission kms:GetKeyPolicy is missing'), KEY, undefined, NOW);
    expect(unread.unread).toContain('kms:GetKeyPolicy');
    expect(GUARDED_CALLS.map((call) => standingOf(unread, call))).toEqual(['unknown', 'unknown']);
    const malformed = guardOf(known('{'), KEY, undefined, NOW);
    expect(GUARDED_CALLS.map((call) => standingOf(malformed, call))).toEqual(['unknown', 'unknown']);
  });
});

describe('the statement to paste', () => {
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/Bot/i-0abc`;
  const pasted = (demand: Demand, own: readonly string[]): Statement => JSON.parse(statementFor(demand, KEY, own));
  const mayBot = (arn: string, statement: Statement, call: string): boolean => {
    const caller = callerOf(arn);
    if (caller === undefined) throw new Error(arn);
    const context = contextOf(caller, KEY, undefined, NOW, {
      'kms:trailingdayswithoutkeyusage': [['0']],
      'kms:schedulekeydeletionpendingwindowindays': [['30']],
    });
    return (
      askPolicy(policy(root, statement), { caller, action: `kms:${call}`, key: KEY, context }).kind === 'delegated'
    );
  };

  test.each(DEMANDS)('adds %s, and nothing else', (demand) => {
    const before = guard(root).demands;
    const after = guard(root, pasted(demand, [ROLE])).demands;
    for (const call of GUARDED_CALLS) {
      const added = demandsOn(call).includes(demand) ? { [demand]: 'present' } : {};
      expect(after[call]).toEqual({ ...before[call], ...added });
    }
  });
  test.each(DEMANDS)('%s leaves the bot able to do both', (demand) => {
    for (const call of GUARDED_CALLS) expect(mayBot(ROLE, pasted(demand, [ROLE]), call), call).toBe(true);
  });
  test.each(DEMANDS)('%s never stands in the way of a rescue', (demand) => {
    const [statement, caller] = [pasted(demand, []), callerOf(ROLE)];
    if (caller === undefined) throw new Error(ROLE);
    const context = contextOf(caller, KEY, undefined, NOW);
    for (const action of ['kms:CancelKeyDeletion', 'kms:EnableKey'])
      expect(askPolicy(policy(root, statement), { caller, action, key: KEY, context }).kind).toBe('delegated');
  });
  test('own credentials are left out by their role, wherever its path', () => {
    expect(pasted('idle', [session]).Condition).toMatchObject({
      ArnNotLike: { 'aws:PrincipalArn': [role('Bot'), role('*/Bot')] },
    });
  });
  test("a break-glass role is for a person to name, in the key's own partition", () => {
    expect(statementFor('breakGlass', KEY, [])).toContain(role(BREAK_GLASS_ROLE));
  });
});
