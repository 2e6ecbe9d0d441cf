/** What must hold before the doors open: credentials that belong to their accounts, and a Redis that forgets nothing. */
import type { Problem } from './config/problem.ts';
import type { House } from './flows/house.ts';

/**
 * Problems that refuse the start. STS or Redis unreachable is none: the bot starts, is not ready, and checks again with
 * each sweep.
 */
export async function checkStart(
  house: House,
  maxmemoryPolicy: () => Promise<string | undefined>,
  allowEviction: boolean,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const policy = await maxmemoryPolicy();
  if (policy !== undefined && policy !== 'noeviction' && policy !== 'unknown' && !allowEviction) {
    problems.push({
      path: 'REDIS_URL: maxmemory-policy',
      value: policy,
      expected: '"noeviction", or KEYWARDEN_ALLOW_EVICTION=1 to risk lost incidents',
    });
  }
  const checks = await Promise.all(
    house.keys.places().map(async (place) => ({ place, identity: await house.keys.verifyIdentity(place) })),
  );
  for (const { place, identity } of checks) {
    if (identity.kind === 'differs') {
      problems.push({
        path: `accounts: ${place.account} in ${place.region}`,
        value: `credentials of account ${identity.actual}`,
        expected: `a role of, or credentials in, account ${identity.expected}`,
      });
    }
    if (identity.kind === 'unknown')
      house.log.warn(
        { account: place.account, region: place.region, reason: identity.message },
        'STS did not say whose credentials these are',
      );
  }
  return problems;
}
