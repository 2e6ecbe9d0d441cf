/** What one press does to many keys: each is judged for its own key and leaves its own trace; who may not, does nothing. */
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.ts';
import { whispersTo } from '../countdown/given.ts';
import { inWorld, pass, slackPost } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, DAY, eventually, MALLORY, REGION, type World, type WorldOptions } from '../harness.ts';
import { drained, press, scheduleAll, shards, waveCards, waveOf, waveText } from './given.ts';

async function trail(world: World): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const page of world.bot.house.audit.entries()) entries.push(...page);
  return entries;
}

describe('who may not', () => {
  test.each([
    ['a guest', 'gina'],
    ['a person of another workspace', 'stranger'],
    ['a member without the role', 'dave'],
  ])('%s rescues and acknowledges nothing, and the card does not say so', (_who, user) =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 7);
      await scheduleAll(world, arns);
      await waveOf(world, 7);
      await drained(world);
      await press(world, 'Acknowledge', { user });
      await press(world, 'Rescue all (7)', { user });
      await drained(world);
      // Refused at the press: nothing was written down that others would have to wait behind.
      expect(await world.bot.house.gatherings.working()).toEqual([]);
      for (const words of ['👀', '*Acknowledge*', '*Rescue of all*']) expect(waveText(world)).not.toContain(words);
      for (const arn of arns) {
        expect(world.stateOf(arn)).toBe('PendingDeletion');
        expect((await world.incident(arn))?.attention).toBeUndefined();
      }
      // One refusal each, however many keys it would have been.
      const refusals = (await trail(world)).filter(({ kind }) => kind === 'refused');
      expect(refusals.map(({ what }) => what)).toEqual(['acknowledge', 'rescue']);
    }),
  );

  test('an id that names no card of ours, whoever made it up, does nothing and says so', () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 6);
      await scheduleAll(world, arns);
      const card = await waveOf(world, 6);
      for (const [index, action] of [
        'rescue_all',
        'rescue_selected',
        'wave_acknowledge',
        'wave_next',
        'rescue',
      ].entries()) {
        const payload = {
          type: 'block_actions',
          user: { id: 'U0ALICE', team_id: 'T0HOME' },
          team: { id: 'T0HOME' },
          channel: { id: CHANNEL },
          message: { ts: card.ts },
          trigger_id: `t${index}`,
          actions: [
            {
              action_id: action,
              action_ts: String(index),
              value: `g${'0'.repeat(31)}${action === 'wave_next' ? ':1' : ''}`,
            },
          ],
          state: { values: { b: { wave_ticks: { selected_options: [{ value: `i${'0'.repeat(31)}` }] } } } },
        };
        const answer = await slackPost(world, world.bot, `payload=${encodeURIComponent(JSON.stringify(payload))}`);
        expect(answer.status).toBe(200);
        await eventually('a word about it', () => whispersTo(world, 'U0ALICE').length === index + 1);
      }
      await drained(world);
      expect(arns.every((arn) => world.stateOf(arn) === 'PendingDeletion')).toBe(true);
    }));
});

describe('a role that holds for one account', () => {
  const OTHER = '444455556666';
  const ROLE = `arn:aws:iam::${OTHER}:role/Keywarden`;
  const options: WorldOptions = {
    withRoles: false,
    moreAccounts: [
      {
        id: OTHER,
        name: 'orders',
        regions: [REGION],
        roles: [{ arn: ROLE, externalId: 'external', allows: ['kms:*', 'cloudtrail:*', 'sts:*'] }],
      },
    ],
    config: {
      accounts: [
        { id: ACCOUNT, name: 'payments-prod', regions: [REGION] },
        { id: OTHER, name: 'orders', regions: [REGION], role: ROLE, externalId: 'external' },
      ],
      roles: { responder: { users: ['U0ALICE'], accounts: [ACCOUNT] }, approver: { users: ['U0BOB'] } },
    },
  };

  test(
    'rescues the keys of that account, and says how many were not theirs',
    () =>
      inWorld(options, async (world) => {
        const ours = await shards(world, 7);
        const theirs: string[] = [];
        for (let key = 0; key < 6; key += 1)
          theirs.push(await world.makeKey(`orders-${key}`, {}, { ...MALLORY, principal: 'builder', account: OTHER }));
        await world.bot.house.queue.add('sweep', 'sweep-of-orders', {
          account: OTHER as never,
          region: REGION as never,
          slot: world.clock.now(),
          full: true,
        });
        await eventually('the sweep of the other account', async () => {
          const state = await world.bot.house.index.sweepState({ account: OTHER as never, region: REGION as never });
          return state?.lastFullAt !== undefined;
        });
        await Promise.all([scheduleAll(world, ours), scheduleAll(world, theirs, 7, { ...MALLORY, account: OTHER })]);
        await eventually('everybody on a card', async () => {
          world.clock.move(1_000);
          await world.bot.pulse();
          const incidents = await Promise.all([...ours, ...theirs].map((arn) => world.incident(arn)));
          return incidents.every((one) => one?.card.ts !== undefined);
        });
        await drained(world);
        for (const card of waveCards(world))
          await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'rescue_all' });
        const inWave = async (arns: readonly string[]): Promise<readonly string[]> => {
          const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
          return arns.filter((_arn, index) => incidents[index]?.wave !== undefined);
        };
        const mine = await inWave(ours);
        expect(mine.length).toBeGreaterThan(4);
        await eventually('theirs rescued', () => mine.every((arn) => world.stateOf(arn) === 'Enabled'), 30_000);
        await drained(world);
        expect(theirs.every((arn) => world.stateOf(arn) === 'PendingDeletion')).toBe(true);
        const refused = (await inWave(theirs)).length;
        if (refused > 0) expect(JSON.stringify(waveCards(world))).toContain('not theirs to rescue');
      }),
    90_000,
  );
});

test(
  'each rescue of an errand stands in the audit trail under the person who asked, with its end',
  () =>
    inWorld({}, async (world) => {
      const arns = await shards(world, 6);
      await scheduleAll(world, arns);
      await waveOf(world, 6);
      await press(world, 'Rescue all (6)');
      await eventually('all restored', () => arns.every((arn) => world.stateOf(arn) === 'Enabled'), 30_000);
      await eventually('the end', () => waveText(world).includes('Wave over'), 20_000);
      await drained(world);
      const entries = await trail(world);
      for (const arn of arns) {
        const own = entries.filter((entry) => entry.key === arn);
        expect(own.some((entry) => JSON.stringify(entry.actor).includes('U0ALICE') && entry.what === 'rescue')).toBe(
          true,
        );
        expect(JSON.stringify(own)).toContain('verified');
      }
    }),
  60_000,
);

test('a whole wave is acknowledged, and once that ran out acknowledged anew by the same person', () =>
  inWorld({ withRoles: false }, async (world) => {
    const arns = await shards(world, 7);
    await scheduleAll(world, arns, 30);
    await eventually('a wave', () => waveCards(world)[0]);
    await drained(world);
    const allAcknowledged = async (yes: boolean): Promise<boolean> => {
      await world.bot.pulse();
      const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
      return incidents
        .filter((one) => one?.wave !== undefined)
        .every((one) => (one?.attention?.kind === 'acknowledged') === yes);
    };
    await press(world, 'Acknowledge');
    await eventually('all of them acknowledged', () => allAcknowledged(true));
    await drained(world);
    pass(world, DAY / 2 + 1_000);
    await eventually('it ran out', () => allAcknowledged(false));
    await drained(world);
    await press(world, 'Acknowledge');
    await eventually('acknowledged again', () => allAcknowledged(true));
  }));
