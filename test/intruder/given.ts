/** What the stories about intruders share: a second account, one that may not be searched, and somebody mapped to a person. */
import type { Caller } from '../../src/sandbox/world.ts';
import { ACCOUNT, REGION, type World, type WorldOptions } from '../harness.ts';

export const OTHER = '444455556666';
export const BLIND = '777788889999';
export const ELSEWHERE = 'eu-west-1';

const role = (account: string): string => `arn:aws:iam::${account}:role/Keywarden`;

const account = (id: string, name: string, allows: readonly string[]) => ({
  id,
  name,
  regions: [REGION],
  roles: [{ arn: role(id), externalId: 'external', allows, setSourceIdentity: true }],
});

/** Two accounts and two Regions that can be searched, and an account whose role lacks the right to. */
export const threeAccounts: WorldOptions = {
  moreAccounts: [
    account(OTHER, 'orders-prod', ['kms:*', 'cloudtrail:*', 'sts:*']),
    account(BLIND, 'blind', ['kms:*', 'sts:*']),
  ],
  config: {
    accounts: [
      { id: ACCOUNT, name: 'payments-prod', regions: [REGION, ELSEWHERE] },
      { id: OTHER, name: 'orders-prod', regions: [REGION], role: role(OTHER), externalId: 'external' },
      { id: BLIND, name: 'blind', regions: [REGION], role: role(BLIND), externalId: 'external' },
    ],
  },
  withRoles: false,
};

/** Mallory's sessions are Alice's. */
export const mapped: WorldOptions = {
  withRoles: false,
  config: {
    identities: [
      { principal: `arn:aws:iam::${ACCOUNT}:role/Admins`, session: 'mallory*', user: 'U0DAVE' },
      { principal: `arn:aws:iam::${ACCOUNT}:user/bob`, user: 'U0BOB' },
    ],
    roles: {
      responder: { users: ['U0ALICE'] },
      approver: { users: ['U0BOB'] },
    },
  },
};

export const mallory = (place: { readonly account?: string; readonly region?: string } = {}): Caller => ({
  principal: 'mallory',
  account: place.account ?? ACCOUNT,
  region: place.region ?? REGION,
});

/** LookupEvents served so far that searched for somebody: by their access key, or by their name. */
export const lookups = (world: World): number =>
  [...world.aws.calls()]
    .filter(([name]) => /^cloudtrail lookup by (?:AccessKeyId|Username) /.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
