/** The grants of a key: the first of them, how many more there are, and a digest that tells whether all are as they were. */
import { createHash } from 'node:crypto';
import { type GrantListEntry, ListGrantsCommand } from '@aws-sdk/client-kms';
import type { KeyRef } from '../../domain/ids.ts';
import { known, type Learned } from '../../domain/key.ts';
import { type Grant, type Grants, MOST_GRANTS } from '../../domain/shape.ts';
import { grantText } from '../../domain/shape-parts.ts';
import { UnusableAnswer } from './failures.ts';
import { learn } from './learn.ts';
import { paced, type Reader, type Turn } from './paced.ts';
import { listOf, pagesOf } from './paging.ts';
import { instantOf } from './schema.ts';

/** KMS's largest page. */
const PER_PAGE = 100;

/** Sorted by what they allow. Never rejects. */
export const keyGrants = (reader: Reader, key: KeyRef, turn: Turn): Promise<Learned<Grants>> =>
  learn(reader, key, 'ListGrants', async () => {
    let listed: readonly Grant[] = [];
    // KMS grants 50,000 grants per key: of those beyond the listed only their digests are held.
    const digests: string[] = [];
    const ask = (Marker: string | undefined) =>
      paced(reader, key, 'ListGrants', turn, (client, abortSignal) =>
        client.send(new ListGrantsCommand({ KeyId: key.arn, Limit: PER_PAGE, Marker }), { abortSignal }),
      );
    for await (const page of pagesOf(ask)) {
      const grants = listOf(page.Grants, 'grants').map(grantOf);
      digests.push(...grants.map((grant) => sha256(grantText(grant))));
      listed = [...listed, ...grants].sort(byText).slice(0, MOST_GRANTS);
    }
    const digest = sha256(digests.sort().join('\n'));
    return known({ listed, more: digests.length - listed.length, digest });
  });

function grantOf(entry: GrantListEntry): Grant {
  const { GrantId, GranteePrincipal, Constraints, RetiringPrincipal, IssuingAccount, Name, CreationDate } = entry;
  if (GrantId === undefined) throw new UnusableAnswer('KMS answered with a grant without its id');
  const equals = Constraints?.EncryptionContextEquals;
  const subset = Constraints?.EncryptionContextSubset;
  const pairs = equals ?? subset;
  const createdAt = instantOf(CreationDate);
  return {
    id: GrantId,
    ...(Name ? { name: Name } : {}),
    grantee: GranteePrincipal ?? 'a principal KMS did not name',
    ...(RetiringPrincipal === undefined ? {} : { retiring: RetiringPrincipal }),
    ...(IssuingAccount === undefined ? {} : { issuer: IssuingAccount }),
    operations: [...(entry.Operations ?? [])].sort(),
    ...(pairs === undefined ? {} : { constraint: { kind: equals === undefined ? 'subset' : 'equals', pairs } }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

const byText = (one: Grant, other: Grant): number => (grantText(one) < grantText(other) ? -1 : 1);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
