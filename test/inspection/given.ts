/** What the tests of the auditor share: an inspection now, and what is taken away behind the bot's back. */
import { createHash } from 'node:crypto';
import type { Bot } from '../../src/compose.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Inspection } from '../../src/domain/inspection.ts';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { cardOf, scheduled, settled, sweepNow } from '../faults/given.ts';
import { quiet, redisCommand } from '../faults/traces.ts';
import { ACCOUNT, eventually, FALLBACK, REGION, type World } from '../harness.ts';

/** Own credentials: a clock moved by days would end a role's session in the middle of a call. */
export const steady = { withRoles: false } as const;

export const incidentId = (arn: string): string =>
  `i${createHash('sha256').update(`key ${arn}`).digest('hex').slice(0, 31)}`;

/** The last sweep was inspected and told of: whatever is done now is found by the next inspection, and by no other. */
export const idle = (world: World, bot: Bot = world.bot): Promise<number> =>
  eventually('an inspected sweep', async () => {
    const state = await bot.house.index.sweepState({ account: ACCOUNT as never, region: REGION as never });
    const last = await bot.house.inspections.last();
    const done = state?.completedAt !== undefined && state.completedAt >= state.startedAt;
    return done && last?.told === true && last.slot === state.slot ? state.slot : undefined;
  });

/** The slot of the last sweep is inspected once more, by whoever pulses; resolves when all of it was told. Needs `idle`. */
export async function inspectNow(world: World, bot: Bot = world.bot): Promise<Inspection> {
  const slot = (await bot.house.inspections.last())?.slot;
  await redisCommand(world, 'DEL', `{kw}:sweep:inspect-${slot}`, '{kw}:inspection');
  await bot.pulse();
  return inspected(bot);
}

export const inspected = (bot: Bot): Promise<Inspection> =>
  eventually('the inspection', async () => {
    const last = await bot.house.inspections.last();
    return last?.told === true ? last : undefined;
  });

/** A key whose deletion is under way, its card posted and nothing left to do. */
export async function dying(world: World, alias: string, days = 30): Promise<{ arn: string; date: number }> {
  const arn = await scheduled(world, alias, days);
  await cardOf(world, alias);
  // What the auditor goes by is what the sweep remembers.
  await sweepNow(world);
  await settled(world);
  await quiet(world);
  await idle(world);
  return { arn, date: await countdownOf(world, arn) };
}

export async function countdownOf(world: World, arn: string): Promise<number> {
  const incident = await eventually('the countdown', async () => {
    const found = await world.incident(arn);
    return found?.countdown === undefined ? undefined : found;
  });
  return incident.countdown?.deletionDate ?? 0;
}

export const dueScore = async (world: World, arn: string): Promise<number | undefined> => {
  const score = await redisCommand(world, 'ZSCORE', '{kw}:due', incidentId(arn));
  return score === null ? undefined : Number(score);
};

/** What the auditor told. */
export const notices = (world: World, channel = FALLBACK): readonly SlackMessage[] =>
  world.messages(channel).filter(({ text }) => String(text).includes('in its own countdowns'));

export const repairs = async (world: World, arn: string): Promise<readonly string[]> =>
  (await world.incident(arn))?.timeline.flatMap(({ body }) => (body.kind === 'repaired' ? [body.what] : [])) ?? [];

/** Writes into a record what no part of the bot would. */
export async function rewrite(world: World, arn: string, edit: (incident: Incident) => Incident): Promise<void> {
  const incident = await world.incident(arn);
  if (incident === undefined) throw new Error('no such incident');
  await redisCommand(world, 'HSET', `{kw}:incident:${incidentId(arn)}`, 'body', JSON.stringify(edit(incident)));
}
