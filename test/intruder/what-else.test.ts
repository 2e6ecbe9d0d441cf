/** What a card says of everything else its intruder did: not its own deed, and at once what other cards know. */
import { describe, expect, it } from 'vitest';
import { cardOf, inWorld, pass, sweepNow } from '../faults/given.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import { lookups, mallory } from './given.ts';

const MINUTE = 60_000;

async function section(world: World, arn: string): Promise<string> {
  const incident = await world.incident(arn);
  const blocks = world.messages().find(({ ts }) => ts === incident?.card.ts)?.blocks ?? [];
  return JSON.stringify(blocks.filter((block) => JSON.stringify(block).includes('What else did they do')));
}

const says = (world: World, arn: string, what: string): Promise<string> =>
  eventually(
    `"${what}"`,
    async () => {
      await world.bot.pulse();
      const words = await section(world, arn);
      return words.includes(what) ? words : undefined;
    },
    20_000,
  );

const schedule = (world: World, arn: string) =>
  world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 }, mallory());

describe('what else they did, on a card', () => {
  it('is not what the card is about: nothing else is said plainly, in few words', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await world.makeKey('alone');
      await sweepNow(world);
      await schedule(world, arn);
      const words = await says(world, arn, 'nothing else seen so far');
      expect(words).not.toContain('ScheduleKeyDeletion');
      expect(words).toMatch(/CloudTrail lags; looked at [^,]*<!date[^>]*>, again from <!date[^>]*> on\./);
      expect(words).not.toContain('85 minutes');
    });
  });

  it('is what another incident of theirs knows, long before CloudTrail shows it: on both cards, a minute after the last look', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const [one, two] = [await world.makeKey('first'), await world.makeKey('second')];
      await sweepNow(world);
      await schedule(world, one);
      await says(world, one, 'nothing else seen so far');
      pass(world, 5 * MINUTE);
      // CloudTrail shows nothing of anybody from here on.
      world.aws.addFault({ service: 'cloudtrail', operation: 'LookupEvents', mode: 'failBefore', count: 1_000 });
      await schedule(world, two);
      // The card that opens says at once what is known of the first.
      expect(await says(world, two, 'ScheduleKeyDeletion ×1')).toBeDefined();
      await says(world, one, 'ScheduleKeyDeletion ×1');
      expect(await section(world, two)).toContain('ScheduleKeyDeletion ×1');
      expect((await world.incident(one))?.knowledge?.intruder?.count).toBe(2);
    });
  });

  it('is looked for once a minute at most, however many incidents open', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arns: string[] = [];
      for (let index = 0; index < 4; index += 1) arns.push(await world.makeKey(`fast-${index}`));
      await sweepNow(world);
      const before = lookups(world);
      for (const arn of arns) {
        await schedule(world, arn);
        await eventually('the card', async () => (await world.incident(arn))?.knowledge?.intruder, 20_000);
        await world.bot.pulse();
      }
      expect(lookups(world) - before).toBe(2);
      pass(world, 61_000);
      const last = arns.at(-1) ?? '';
      await says(world, last, 'ScheduleKeyDeletion ×3 on 3 keys');
      for (const arn of arns) await says(world, arn, 'ScheduleKeyDeletion ×3 on 3 keys');
      expect(lookups(world) - before).toBe(4);
    });
  });

  it('shrinks to one line once the key is safe, and goes where there is nothing', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const [one, two] = [await world.makeKey('safe'), await world.makeKey('also')];
      await sweepNow(world);
      await schedule(world, one);
      await says(world, one, 'nothing else seen so far');
      const rescue = async (alias: string, arn: string) => {
        const card = await cardOf(world, alias);
        await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
        await eventually('over', async () => (await world.incident(arn))?.phase.kind === 'closed', 20_000);
      };
      await rescue('safe', one);
      await eventually('no section', async () => (await section(world, one)) === '[]');
      await schedule(world, two);
      await says(world, two, 'ScheduleKeyDeletion ×1');
      await rescue('also', two);
      await says(world, two, 'as of');
      const words = await section(world, two);
      expect(words).not.toContain('CloudTrail lags');
      expect(words).not.toContain('\\n');
    });
  });
});
