/** What a card says of who is hurt and until when; what a closed one says of the first use, and what needs a hand. */
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { harmLines } from '../../../src/adapters/slack/words/harm-lines.ts';
import { lastUseShortly, lastUseWords } from '../../../src/adapters/slack/words/use-lines.ts';
import { withLosses } from '../../../src/domain/clocks.ts';
import type { AccountId } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { known, unknown } from '../../../src/domain/key.ts';
import type { Outsiders } from '../../../src/domain/outsiders.ts';
import type { Recovery } from '../../../src/domain/recovery.ts';
import { SERVICES } from '../../../src/domain/services.ts';
import type { TrailUse } from '../../../src/domain/use.ts';
import type { Victim } from '../../../src/domain/victims.ts';
import { DAY, enabledBefore, HOUR, incident, read, rules, T0 } from '../../domain/samples.ts';
import { expectWithinLimits, readable, view } from './drawn.ts';

const LONG = 'x'.repeat(3_000);
const hurt = (...listed: readonly Victim[]): Incident['knowledge'] => ({ victims: { listed, more: 0, unread: [] } });
const rds = (resource?: string): Victim => ({
  service: 'rds',
  ...(resource === undefined ? {} : { resource }),
  seen: ['grant'],
});
const off = (knowledge: Incident['knowledge'], more: Partial<Incident> = {}): Incident =>
  withLosses(
    incident({
      read: read('Disabled'),
      outOfUse: { since: T0 },
      prior: enabledBefore,
      ...(knowledge === undefined ? {} : { knowledge }),
      ...more,
    }),
    rules,
    T0,
  );
const card = (about: Incident, now = T0): string =>
  readable(drawCard(about, { ...view, now }, { plain: false }).blocks);

describe('until when', () => {
  test('a disabled key counts to what may be lost, and its notification says so', () => {
    const one = off(hurt(rds()));
    expect(card(one)).toContain('*May be lost after*  2026-03-21 09:12 UTC   ▓▓▓▓▓▓▓▓▓▓  RDS databases');
    expect(drawCard(one, view, { plain: false }).text).toMatch(
      /RDS databases may be lost after .*2026-03-21 09:12 UTC/,
    );
    expect(readable(drawCard(one, view, { plain: true }).blocks)).toContain(
      'may be lost after 2026-03-21 09:12:00 UTC',
    );
  });

  test('the earliest first, then the others; what is lost at one moment is one line', () => {
    const snapshot = { deletionDate: T0 + 30 * DAY, validTo: T0 + 3 * DAY };
    const all = off(hurt(rds(), { service: 'dynamodb', seen: ['policy'] }), {
      read: read('PendingDeletion', snapshot),
    });
    const words = card(all);
    expect(words).toContain('*Material expires*  2026-03-17 09:12 UTC');
    expect(words).toContain(
      '*Then*  may be lost after 2026-03-21 09:12 UTC  RDS databases and DynamoDB tables; deleted after 2026-04-13 09:12 UTC',
    );
  });

  test('past its moment it may be lost already, since then', () => {
    expect(card(off(hurt(rds())), T0 + 8 * DAY)).toContain(
      '*May be lost already*  RDS databases since 2026-03-21 09:12 UTC',
    );
  });

  test('within the hour before the deletion, the deletion is what counts', () => {
    const dying = off(hurt(rds()), { read: read('PendingDeletion', { deletionDate: T0 + 7 * DAY + HOUR / 2 }) });
    expect(card(dying)).toMatch(/\*Deleted after\* .*\n\*Then\* {2}may be lost after/);
  });
});

describe('who gets hurt', () => {
  test.each(SERVICES)('%s: what becomes of it, and where it was seen', (service) => {
    const named = service === 'other' ? { name: 'sqs' } : {};
    const [title, line] = harmLines(
      off(hurt({ service, ...named, resource: 'one-of-them', seen: ['grant', 'alias'] })),
    );
    expect(title).toContain('Who gets hurt');
    expect(line).toMatch(/^• {2}\*[^*]+\* one-of-them: .+ \(seen: grant, alias\)$/);
  });

  test('no trace is no all-clear, and nothing known yet says nothing', () => {
    expect(harmLines(off(hurt())).join()).toContain('nothing broken yet proves nothing');
    expect(harmLines(off(undefined))).toEqual([]);
  });

  test('what could not be read is said', () => {
    const victims = { listed: [], more: 0, unread: [{ what: 'grants', why: 'kms:ListGrants is missing' }] } as const;
    expect(harmLines(off({ victims })).join()).toContain('grants (kms:ListGrants is missing) could not be read');
  });

  const nobody: Outsiders = { accounts: [], more: 0, organisations: [], unread: [] };
  test.each<[Partial<Outsiders>, string | undefined]>([
    [{}, undefined],
    [
      { accounts: [{ account: '444455556666' as AccountId, by: 'grant' }] },
      '444455556666 (grant): their refusals may be',
    ],
    [{ organisations: ['o-abc'] }, 'accounts of organisation o-abc: their refusals may be invisible here'],
    [{ anybody: 'always' }, 'anybody: their refusals'],
    [{ anybody: 'conditional' }, 'anybody, under conditions'],
    [{ unread: [{ what: 'policy', why: 'denied' }] }, 'not known'],
  ])('other accounts %j', (some, words) => {
    const all = harmLines(off({ ...hurt(), outsiders: { ...nobody, ...some } })).join('\n');
    if (words === undefined) expect(all).not.toContain('Other accounts');
    else expect(all).toContain(words);
  });

  test('as long as can be, and from the worst of hands: within Slack’s limits, the last line still whole', () => {
    const listed = Array.from({ length: 12 }, (_, index) => ({
      ...rds(`${index}<!channel>${LONG}`),
      seen: ['grant'] as const,
    }));
    const accounts = Array.from({ length: 12 }, (_, index) => ({
      account: String(100_000_000_000 + index) as AccountId,
      by: 'policy' as const,
    }));
    const organisations = Array.from({ length: 5 }, () => LONG);
    const unread = [{ what: 'grants', why: LONG } as const, { what: 'tags', why: LONG } as const];
    const one = off({
      victims: { listed, more: 300, unread },
      outsiders: { ...nobody, accounts, more: 9, organisations, anybody: 'always' },
    });
    const drawn = drawCard(one, view, { plain: false });
    expectWithinLimits(drawn);
    const all = readable(drawn.blocks);
    expect(all).toContain('and 304 more');
    expect(all).toContain('9 more: their refusals may be invisible here');
    expect(all).not.toContain('<!channel>');
  });
});

describe('after a rescue', () => {
  const closed = (recovery?: Recovery, ...listed: readonly Victim[]): Incident =>
    off(
      { ...hurt(...listed), ...(recovery === undefined ? {} : { recovery }) },
      { phase: { kind: 'closed', at: T0, outcome: 'restored' }, read: read('Enabled') },
    );

  test.each<[string, Recovery | undefined]>([
    ['not yet: KMS tells of a use up to an hour late', undefined],
    ['not yet, looked 2026-03-14 10:12:00 UTC', { lookedAt: T0 + HOUR }],
    ['not known, looked 2026-03-14 10:12:00 UTC: denied', { lookedAt: T0 + HOUR, problem: 'denied' }],
    [
      'first successful use seen: Decrypt by worker, 2026-03-14 09:42:00 UTC (from CloudTrail)',
      {
        lookedAt: T0 + HOUR,
        use: {
          operation: 'Decrypt',
          at: T0 + HOUR / 2,
          who: 'arn:aws:iam::111122223333:role/worker',
          by: 'cloudtrail',
        },
      },
    ],
  ])('%s', (words, recovery) => {
    expect(card(closed(recovery))).toContain(`*Used again*  ${words}`);
  });

  test.each([
    ['orders', '`aws rds start-db-instance --db-instance-identifier orders --region us-west-2`'],
    ['db-ABCDEFGHIJ12345', '--filters Name=dbi-resource-id,Values=db-ABCDEFGHIJ12345 --region us-west-2`'],
    [undefined, '--db-instance-identifier NAME --region us-west-2`'],
    ['x; rm -rf ~', '--db-instance-identifier NAME --region us-west-2` for x; rm -rf'],
  ])('database %s', (resource, command) => {
    expect(harmLines(closed(undefined, rds(resource))).join('\n')).toContain(command);
  });

  test('a key that is left disabled has no users to wait for', () => {
    expect(harmLines({ ...closed(undefined, rds('orders')), read: read('Disabled') })).toEqual([]);
  });
});

describe('the last use', () => {
  const used = known({ kind: 'used' as const, usage: { operation: 'Decrypt', at: T0 - HOUR } });
  const trail = (more: Partial<TrailUse> = {}): TrailUse => ({
    lookedAt: T0,
    from: T0 - 90 * DAY,
    complete: true,
    ...more,
  });
  test.each<[Parameters<typeof lastUseWords>[0], TrailUse | undefined, number, readonly string[]]>([
    [used, undefined, T0, ['Decrypt, at least until 2026-03-14 08:12:00 UTC', 'up to an hour late']],
    [used, undefined, T0 + 30 * DAY, ['bucket keys and backups call rarely']],
    [known({ kind: 'neverSeen' }), undefined, T0, ['no use seen since its creation', 'up to an hour late']],
    [unknown('too old'), undefined, T0, ['not known: too old; search CloudTrail']],
    [unknown('too old'), trail(), T0, ['CloudTrail shows none since']],
    [unknown('too old'), trail({ complete: false }), T0, ['further back is not searched']],
    [unknown('too old'), trail({ problem: 'denied' }), T0, ['CloudTrail could not be searched: denied']],
    [
      unknown('too old'),
      trail({ newest: { operation: 'Decrypt', at: T0, who: 'arn:aws:iam::1:role/worker' } }),
      T0,
      ['CloudTrail shows Decrypt by worker, 2026-03-14 09:12:00 UTC'],
    ],
  ])('%#', (lastUse, seen, at, parts) => {
    const words = readable([{ type: 'section', text: { type: 'mrkdwn', text: lastUseWords(lastUse, seen, at) } }]);
    for (const part of parts) expect(words).toContain(part);
    expect(words).not.toContain('unused');
    expect(lastUseShortly(lastUse, seen)).toMatch(/late|not known/);
  });
});
