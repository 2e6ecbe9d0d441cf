/** What the digest tests share: a bot whose clock stands where the test says, and that beats when the test says. */
import { randomBytes } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Bot, Overrides } from '../../src/compose.ts';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { cardOf, connect, settled } from '../faults/given.ts';
import { CHANNEL, eventually, openWorld, type World, type WorldOptions } from '../harness.ts';
import { pngOf } from '../sandbox/picture.ts';

export const at = (text: string): number => Date.parse(text);

/** A picture at once: the real one takes a second each. */
export const quickCharts = {
  draw: () => Promise.resolve({ kind: 'drawn', png: pngOf(40, 20), width: 40, height: 20 } as const),
};
export const byHand: Overrides = { pulseByHand: true, charts: quickCharts };

export const daily = (timezone = 'Europe/Berlin', cron = '0 9 * * *') => ({ channel: CHANNEL, cron, timezone });

/** Own credentials: a clock moved by days would end a role's session in the middle of a call, as no real clock does. */
export async function inDigestWorld(
  start: string,
  config: WorldOptions['config'],
  story: (world: World, bot: Bot) => Promise<void>,
  options: Omit<WorldOptions, 'config'> = {},
): Promise<void> {
  const { overrides = byHand, ...rest } = options;
  const world = await openWorld({ withRoles: false, ...rest, withoutBot: true, config: { ...config } });
  try {
    moveTo(world, start);
    const bot = await world.addBot(overrides);
    await beat(bot);
    await connect(world, bot);
    await story(world, bot);
  } finally {
    await world.close();
  }
}

export function moveTo(world: World, moment: string | number): void {
  world.clock.move((typeof moment === 'number' ? moment : at(moment)) - world.clock.now());
  world.aws.kms.tick();
}

/** One pulse, as soon as Redis and the queue are there. */
export const beat = (bot: Bot): Promise<true> => eventually('a pulse', () => bot.pulse().then(() => true as const));

/** Waits until no job of the family that digests run in is left to do. */
export async function idle(world: World): Promise<void> {
  const connection = new Redis(world.redis.url, { maxRetriesPerRequest: 0 });
  const queue = new Queue('care', { connection, prefix: '{kw}' });
  queue.on('error', () => undefined);
  try {
    await eventually('an idle queue', async () => {
      const { active = 0, waiting = 0, delayed = 0 } = await queue.getJobCounts('active', 'waiting', 'delayed');
      return active + waiting + delayed === 0;
    });
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

/** Beats at every full hour from one moment to another, and lets everything come to rest in between. */
export async function liveThrough(world: World, bot: Bot, from: string, to: string, step = 3_600_000): Promise<void> {
  for (let moment = at(from); moment <= at(to); moment += step) {
    moveTo(world, moment);
    await beat(bot);
    await idle(world);
  }
}

export const digestsIn = (world: World, channel = CHANNEL): readonly SlackMessage[] =>
  world.messages(channel).filter(({ text }) => text?.startsWith('Key digest') === true);

/** The slots that stand in a channel, oldest first; by the marks on the messages. */
export const slotsIn = (world: World, channel = CHANNEL): readonly string[] =>
  digestsIn(world, channel).map((message) => {
    const { event_payload } = message.metadata as { event_payload: { effect: string } };
    return event_payload.effect.slice(-16);
  });

/** Beats on until so many stand in the channel: what failed is begun anew by a pulse, some seconds later. */
export async function beatUntil(world: World, bot: Bot, sent: number, channel = CHANNEL): Promise<void> {
  await eventually(
    `${sent} digests`,
    async () => {
      await bot.pulse();
      return slotsIn(world, channel).length >= sent;
    },
    25_000,
  );
  await idle(world);
}

/** The latest digest that says so. */
export const digestWith = (world: World, text: string, channel = CHANNEL): Promise<SlackMessage> =>
  eventually(`a digest with “${text}”`, () =>
    digestsIn(world, channel).findLast((message) => world.words(message).includes(text)),
  );

/** Every place, whatever the slot; resolves when all are complete. */
export async function sweepAll(world: World, bot: Bot): Promise<void> {
  for (const place of bot.house.keys.places()) {
    const before = (await bot.house.index.sweepState(place))?.completedAt;
    const id = `by-hand-${place.region}-${randomBytes(8).toString('hex')}`;
    await bot.house.queue.add('sweep', id, { ...place, slot: world.clock.now(), full: true });
    await eventually('a sweep', async () => {
      const state = await bot.house.index.sweepState(place);
      return state?.completedAt !== undefined && state.completedAt !== before;
    });
  }
}

/** A key that is pending deletion, so that there is something to draw. */
export async function withDyingKey(world: World, bot: Bot): Promise<string> {
  const arn = await world.makeKey('dying');
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  await cardOf(world, 'dying');
  await sweepAll(world, bot);
  await settled(world, bot);
  return arn;
}
