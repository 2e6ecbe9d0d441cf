/** The survey behind a full sweep: what every calm key looks like is kept as last good, and outlives the key. */
import { describe, expect, test } from 'vitest';
import { inWorld, pass, sweepNow } from '../faults/given.ts';
import { ACCOUNT, eventually, MALLORY, openWorld, REGION } from '../harness.ts';
import { endangered, GRANTEE, good, grant, isClosed, keyOf, known, shows, surveyed } from './given.ts';

const place = { account: ACCOUNT as never, region: REGION as never };

describe('last good', () => {
  test('is there behind the first sweep, without anybody asking', async () => {
    const world = await openWorld({ withoutBot: true });
    try {
      const arn = await world.makeKey('early');
      await world.addBot();
      const shape = await eventually('last good', () => good(world, arn));
      expect(shape).toMatchObject({ state: 'Enabled', aliases: { value: ['alias/early'] }, policy: { kind: 'known' } });
    } finally {
      await world.close();
    }
  });

  test('has policy, grants, aliases, tags and rotation, and follows them from sweep to sweep', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('followed', { Tags: [{ TagKey: 'team', TagValue: 'pay' }] });
      await world.call('EnableKeyRotation', { KeyId: arn });
      expect(await surveyed(world, arn)).toMatchObject({
        state: 'Enabled',
        grants: { value: { listed: [], more: 0 } },
        aliases: { value: ['alias/followed'] },
        tags: { value: { team: 'pay' } },
        rotation: { value: { enabled: true } },
      });
      await grant(world, arn);
      pass(world, 60_000);
      expect((await surveyed(world, arn)).grants).toMatchObject({
        value: { listed: [{ grantee: GRANTEE, name: 'orders' }] },
      });
    }));

  test('of whoever changed it first and waited for the survey: the card says that last good itself changed', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('patient');
      const { policy } = await surveyed(world, arn);
      const extended = JSON.parse(policy.kind === 'known' ? policy.value : '') as { Statement: object[] };
      extended.Statement.push({
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::444455556666:root' },
        Action: 'kms:Decrypt',
        Resource: '*',
      });
      const text = JSON.stringify(extended);
      expect((await world.aws.call('PutKeyPolicy', { KeyId: arn, Policy: text }, MALLORY)).status).toBe(200);
      pass(world, 60_000);
      const second = await surveyed(world, arn);
      expect(second.changedAt).toEqual({ policy: second.takenAt });
      expect(await world.incident(arn)).toBeUndefined();
      await world.aws.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 }, MALLORY);
      await shows(world, 'patient', '*Last good itself changed lately*: key policy found so ');
      await shows(world, 'patient', '444455556666 (key policy)');
    }));

  test('is not overwritten while the key is in an incident', () =>
    inWorld({}, async (world) => {
      const { arn } = await endangered(world, 'in-danger');
      const other = await world.makeKey('bystander');
      const before = await good(world, arn);
      await world.call('DeleteAlias', { AliasName: 'alias/in-danger' });
      await world.call('CancelKeyDeletion', { KeyId: arn });
      pass(world, 60_000);
      await surveyed(world, other);
      await eventually('the whole survey', async () => {
        const state = await world.bot.house.index.sweepState(place);
        return (await world.bot.house.shapes.surveyed(place)) === state?.completedAt;
      });
      expect((await world.incident(arn))?.phase.kind).toBe('open');
      expect(await good(world, arn)).toEqual(before);
    }));

  test('a part that cannot be read keeps its earlier reading, with the moment of that', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('half-read');
      await grant(world, arn);
      const first = await surveyed(world, arn);
      world.aws.addFault({ service: 'kms', operation: 'ListGrants', mode: 'failBefore', count: 1_000 });
      pass(world, 60_000);
      const second = await surveyed(world, arn);
      expect(second.grants).toEqual(first.grants);
      expect(second.partsAt).toEqual({ grants: first.takenAt });
      expect(second.takenAt).toBeGreaterThan(first.takenAt);
    }));

  test('begun anew after a crash, it passes over the keys it has taken', () =>
    inWorld({}, async (world) => {
      const arns = [await world.makeKey('one'), await world.makeKey('two')];
      for (const arn of arns) await surveyed(world, arn);
      await eventually('the whole survey', async () => {
        const state = await world.bot.house.index.sweepState(place);
        return (await world.bot.house.shapes.surveyed(place)) === state?.completedAt;
      });
      const sweptAt = (await world.bot.house.shapes.surveyed(place)) ?? 0;
      expect(sweptAt).toBeGreaterThan(0);
      const taken = await good(world, arns[0] ?? '');
      // As a process leaves it that dies in the middle: nothing noted, and one key of the two still to be taken.
      await world.bot.house.shapes.putSurveyed(place, 1);
      await world.bot.house.shapes.putGood(keyOf(arns[1] ?? ''), {
        ...(taken as never as object),
        takenAt: 5,
      } as never);
      await world.bot.house.queue.add('survey', 'survey-again', { ...place, sweptAt });
      await eventually('the end of the survey', async () => (await world.bot.house.shapes.surveyed(place)) === sweptAt);
      expect((await good(world, arns[1] ?? ''))?.takenAt).toBeGreaterThan(5);
      expect(await good(world, arns[0] ?? '')).toEqual(taken);
    }));
});

test('a key that died: its evidence still has aliases, grants and the policy to read', { timeout: 40_000 }, () =>
  inWorld({ withRoles: false }, async (world) => {
    const { arn } = await endangered(world, 'buried');
    pass(world, 8 * 86_400_000 + 3_600_000);
    await world.bot.pulse();
    await eventually(
      'the end',
      async () => {
        await world.bot.pulse();
        return (await world.incident(arn))?.phase.kind === 'closed';
      },
      20_000,
    );
    await shows(world, 'buried', '⚫');
    const files = await eventually('the report', () => {
      const [card] = world.cards('alias/buried');
      const found =
        card?.replies?.flatMap((reply) => (reply.files ?? []) as readonly { readonly name: string }[]) ?? [];
      return found.length >= 3 ? found : undefined;
    });
    expect(files.map(({ name }) => name)).toContain('policy-last-good.json');
    const incident = await known(world, arn, isClosed);
    const opening = await world.bot.house.shapes.opening(incident.id, incident.round);
    expect(opening).toMatchObject({
      aliases: { value: ['alias/buried'] },
      grants: { value: { listed: [{ grantee: GRANTEE }] } },
      policy: { kind: 'known' },
    });
  }),
);

/** Requests a second that KMS grants (developer guide, requests-per-second); a tenth is ours, and short bursts. */
const QUOTA: Readonly<Record<string, number>> = {
  DescribeKey: 2_000,
  ListResourceTags: 2_000,
  GetKeyPolicy: 1_000,
  GetKeyRotationStatus: 1_000,
  ListKeys: 500,
  ListAliases: 500,
  ListGrants: 100,
  GetKeyLastUsage: 5,
};
const BURST = 10;

describe('within a tenth of every quota', () => {
  const overdrawn = (world: Awaited<ReturnType<typeof openWorld>>, since: number): readonly string[] => {
    const seconds = Math.max(1, (world.clock.now() - since) / 1_000);
    return world.aws
      .requests()
      .filter(({ service, operation }) => service === 'kms' && QUOTA[operation] !== undefined)
      .map(({ operation, account, region, count }) => ({
        operation,
        place: `${account} ${region}`,
        count,
        most: (QUOTA[operation] ?? 0) * 0.1 * seconds + BURST,
      }))
      .filter(({ count, most }) => count > most)
      .map(({ operation, place: at, count, most }) => `${operation} in ${at}: ${count} of ${most.toFixed(0)}`);
  };

  test('a full sweep of 120 keys and the survey behind it', { timeout: 120_000 }, async () => {
    const world = await openWorld({ withoutBot: true });
    try {
      const arns: string[] = [];
      for (let at = 0; at < 120; at += 1) arns.push(await world.makeKey(`many-${at}`));
      const since = world.clock.now();
      await world.addBot();
      await eventually('the survey', async () => await world.bot.house.shapes.surveyed(place), 90_000);
      const shapes = await Promise.all(arns.map((arn) => good(world, arn)));
      expect(shapes.filter((shape) => shape?.grants.kind === 'known' && shape.policy.kind === 'known')).toHaveLength(
        arns.length,
      );
      expect(overdrawn(world, since)).toEqual([]);
    } finally {
      await world.close();
    }
  });

  test('a storm of 80 incidents', { timeout: 120_000 }, () =>
    inWorld({}, async (world) => {
      const arns: string[] = [];
      for (let at = 0; at < 80; at += 1) arns.push(await world.makeKey(`storm-${at}`));
      await sweepNow(world);
      await eventually(
        'the survey',
        async () => (await Promise.all(arns.map((arn) => good(world, arn)))).every((one) => one !== undefined),
        60_000,
      );
      const before = new Map(world.aws.requests().map((one) => [`${one.operation} ${one.region}`, one.count]));
      const since = world.clock.now();
      await Promise.all(
        arns.map((arn) => world.aws.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 }, MALLORY)),
      );
      await eventually(
        'every key compared',
        async () =>
          (await Promise.all(arns.map((arn) => world.incident(arn)))).every(
            (incident) =>
              incident?.knowledge?.comparison !== undefined && incident.knowledge.comparison.unsure.length === 0,
          ),
        90_000,
      );
      const seconds = (world.clock.now() - since) / 1_000;
      for (const { service, operation, region, count } of world.aws.requests()) {
        const quota = service === 'kms' ? QUOTA[operation] : undefined;
        if (quota === undefined) continue;
        const made = count - (before.get(`${operation} ${region}`) ?? 0);
        expect([operation, made <= quota * 0.1 * seconds + BURST ? 'within' : `${made} in ${seconds} s`]).toEqual([
          operation,
          'within',
        ]);
      }
    }),
  );
});
