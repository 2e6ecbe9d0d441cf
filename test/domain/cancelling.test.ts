/** Can we cancel? Yes, no or unknown, and why. */
import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/domain/action.ts';
import { afterRefusal, type CancellingInput, cancellingOf, isJudged } from '../../src/domain/cancelling.ts';
import type { Fact } from '../../src/domain/fact.ts';
import { known, unknown } from '../../src/domain/key.ts';
import {
  ACCOUNT,
  allow,
  aws,
  deny,
  KEY,
  NOW,
  OTHER,
  policy,
  ROLE,
  ROOT,
  role,
  type Statement,
  when,
} from './key-policies.ts';

const input = (statements: readonly Statement[], more: Partial<CancellingInput> = {}): CancellingInput => ({
  key: KEY,
  now: NOW,
  means: { kind: 'role', arn: ROLE },
  assumable: { kind: 'yes' },
  policy: known(policy(...statements)),
  ...more,
});
const root = allow(aws(ROOT));
const named = allow(aws(ROLE));
const mallory = role('Mallory');
const words = (given: CancellingInput): readonly string[] => {
  const { answer, reasons } = cancellingOf(given);
  return [answer, ...reasons.map((reason) => ('call' in reason ? `${reason.kind} ${reason.call}` : reason.kind))];
};

test('a no that cannot be looked at again keeps its reasons, however often that is tried', () => {
  const silent = input([], { assumable: { kind: 'unknown', why: 'silence' }, policy: unknown('no answer') });
  let cancelling = cancellingOf(input([root, deny(aws(ROLE))]));
  for (let time = 0; time < 5; time += 1) cancelling = cancellingOf({ ...silent, before: cancelling });
  expect(cancelling.answer).toBe('no');
  expect(cancelling.reasons.map(({ kind }) => kind)).toEqual(['denied', 'denied', 'assumableUnknown', 'policyUnread']);
});

test('a policy that lets us in again is judged, also where AWS denied a call of ours before', () => {
  const denied = { operation: 'kms:EnableKey', kind: 'denied', message: 'no', at: NOW - 1 };
  const calls = [{ operation: 'EnableKey', intendedAt: NOW - 2, runner: 'r', outcome: denied }];
  const cancelling = cancellingOf(input([root], { actions: [{ calls } as never as Action] }));
  expect([cancelling.answer, ...cancelling.reasons.map(({ kind }) => kind)]).toEqual([
    'unknown',
    'delegated',
    'refused',
  ]);
  expect(isJudged(cancelling)).toBe(true);
  expect(isJudged(cancellingOf(input([], { policy: unknown('no') })))).toBe(false);
});

describe('can we cancel?', () => {
  test.each<readonly [string, CancellingInput, readonly string[]]>([
    ['named', input([named]), ['yes', 'named']],
    ['left to IAM', input([root]), ['yes', 'delegated']],
    [
      'not allowed',
      input([allow(aws(mallory))]),
      ['no', 'notAllowed kms:CancelKeyDeletion', 'notAllowed kms:EnableKey'],
    ],
    ['denied', input([root, deny(aws(ROLE))]), ['no', 'denied kms:CancelKeyDeletion', 'denied kms:EnableKey']],
    [
      'only one of the two calls',
      input([allow(aws(ROLE), { Action: 'kms:CancelKeyDeletion' })]),
      ['no', 'named', 'notAllowed kms:EnableKey'],
    ],
    [
      'open',
      input([allow(aws(ROLE), when('StringEquals', 'aws:PrincipalOrgID', 'o-1'))]),
      ['unknown', 'open kms:CancelKeyDeletion', 'open kms:EnableKey'],
    ],
    [
      'no policy to be read',
      input([], { policy: unknown('permission kms:GetKeyPolicy is missing') }),
      ['unknown', 'policyUnread'],
    ],
    ['no policy that is one', input([], { policy: known('{') }), ['unknown', 'policyMalformed']],
    ['no role', input([root], { means: { kind: 'none' } }), ['no', 'noRole']],
    ['a role that STS refuses', input([root], { assumable: { kind: 'no', why: 'trust' } }), ['no', 'notAssumable']],
    [
      'a role, and STS is silent',
      input([root], { assumable: { kind: 'unknown', why: 'silence' } }),
      ['unknown', 'assumableUnknown', 'delegated'],
    ],
    [
      'a closed policy, and STS is silent',
      input([allow(aws(mallory))], { assumable: { kind: 'unknown', why: 'silence' } }),
      ['no', 'assumableUnknown', 'notAllowed kms:CancelKeyDeletion', 'notAllowed kms:EnableKey'],
    ],
    [
      'a role of another account',
      input([root], { means: { kind: 'role', arn: `arn:aws:iam::${OTHER}:role/Rescue` } }),
      ['no', 'roleElsewhere'],
    ],
    [
      'own credentials',
      input([root], { means: { kind: 'self', arn: `arn:aws:iam::${ACCOUNT}:user/bot` } }),
      ['yes', 'delegated'],
    ],
    [
      'own credentials nobody knows',
      input([root], { means: { kind: 'self' }, assumable: { kind: 'unknown', why: 'silence' } }),
      ['unknown', 'assumableUnknown'],
    ],
    [
      'own credentials of a strange kind',
      input([root], { means: { kind: 'self', arn: 'arn:aws:sts::111122223333:federated-user/x' } }),
      ['unknown', 'callerUnknown'],
    ],
  ])('%s', (_title, given, expected) => {
    expect(words(given)).toEqual(expected);
  });
});

const change: Fact = {
  id: 'put',
  source: 'eventbridge',
  at: NOW - 60_000,
  seenAt: NOW - 59_000,
  body: {
    kind: 'policyChanged',
    key: KEY,
    bypassedLockoutCheck: false,
    call: {
      operation: 'PutKeyPolicy',
      eventId: 'put',
      actor: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/mallory` },
    },
  },
};

describe('a no', () => {
  test('is since the policy was replaced, and by whom; and stays since then', () => {
    const first = cancellingOf(input([allow(aws(mallory))], { change }));
    expect(first).toMatchObject({
      since: { at: change.at, from: 'change' },
      by: { actor: { arn: expect.stringContaining('mallory') } },
    });
    const second = cancellingOf(input([allow(aws(mallory))], { before: first, now: NOW + 60_000 }));
    expect(second).toMatchObject({ since: first.since, by: first.by, checkedAt: NOW + 60_000 });
    expect(cancellingOf(input([allow(aws(mallory))]))).toMatchObject({ since: { at: NOW, from: 'found' } });
  });
  test('for want of a role blames nobody for the policy', () => {
    expect(cancellingOf(input([root], { means: { kind: 'none' }, change }))).not.toHaveProperty('by');
  });

  const statements = (...list: readonly Statement[]) => cancellingOf(input([deny(aws(ROLE)), ...list])).repairers;
  const own = (name: string) => ({ kind: 'principal', name: role(name), certain: true });
  test.each<readonly [string, readonly Statement[], unknown]>([
    ['whom the policy names', [allow(aws(mallory))], [own('Mallory')]],
    ['the account, where it leaves it to IAM', [root], [{ kind: 'account', name: ACCOUNT, certain: true }]],
    ['everybody, where it lets everybody', [allow('*')], [{ kind: 'everybody', name: ACCOUNT, certain: true }]],
    ['nobody who is denied it', [root, allow(aws(mallory)), deny('*', { Action: 'kms:PutKeyPolicy' })], []],
    ['nobody of another account', [allow(aws(`arn:aws:iam::${OTHER}:root`))], []],
    [
      'perhaps, who needs what nobody knows',
      [allow(aws(mallory), when('Bool', 'aws:MultiFactorAuthPresent', 'true'))],
      [{ ...own('Mallory'), certain: false }],
    ],
    [
      'whom a denial leaves out, perhaps',
      [root, { Effect: 'Deny', NotPrincipal: aws(mallory), Action: 'kms:PutKeyPolicy', Resource: '*' }],
      [{ ...own('Mallory'), certain: false }],
    ],
    ['not who may do other things', [allow(aws(mallory), { Action: 'kms:Decrypt' })], []],
    [
      'an id, perhaps',
      [allow(aws('AROAEXAMPLEEXAMPLEEXA'))],
      [{ kind: 'principal', name: 'AROAEXAMPLEEXAMPLEEXA', certain: false }],
    ],
  ])('names who may repair it: %s', (_title, list, expected) => {
    expect(statements(...list)?.listed).toEqual(expected);
  });
  test('names so many and counts the rest', () => {
    const names = Array.from({ length: 12 }, (_, index) => role(`Admin${index}`));
    expect(statements(allow(aws(...names)))).toMatchObject({ listed: { length: 8 }, more: 4 });
  });
});

describe('a call of our own that was denied', () => {
  const outcome = { kind: 'denied', operation: 'kms:CancelKeyDeletion', message: 'no', at: NOW - 1_000 } as const;
  const call = { operation: 'CancelKeyDeletion', intendedAt: NOW - 2_000, runner: 'r', outcome } as const;
  const tried = (...calls: Action['calls']): readonly Action[] => [
    { id: 'a1' as never, kind: 'rescue', by: { via: 'terminal', user: 'x' }, askedAt: NOW, calls },
  ];
  test('is no, whatever was read before', () => {
    expect(afterRefusal(cancellingOf(input([root])), call)).toMatchObject({
      answer: 'no',
      reasons: [{ kind: 'refused' }],
    });
    const closed = cancellingOf(input([allow(aws(mallory))], { change }));
    expect(afterRefusal(closed, call)).toMatchObject({ answer: 'no', by: closed.by, since: closed.since });
    expect(afterRefusal(undefined, { ...call, operation: 'DisableKey' })).toBeUndefined();
    expect(afterRefusal(undefined, { ...call, outcome: { kind: 'succeeded', at: NOW } })).toBeUndefined();
  });
  test('leaves a policy that looks like a yes open, until a call passes', () => {
    expect(words(input([root], { actions: tried(call) }))).toEqual(['unknown', 'delegated', 'refused']);
    const passed = { ...call, outcome: { kind: 'succeeded', at: NOW } } as const;
    expect(words(input([root], { actions: tried(call, passed) }))).toEqual(['yes', 'delegated']);
  });
});
