/** What the stories of families and waves share: many keys at once, the cards they share, and presses on those. */
import type { Bot } from '../../src/compose.ts';
import type { SlackAnswer, SlackMessage } from '../../src/sandbox/world.ts';
import { sweepNow } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, MALLORY, REGION, type World, type WorldOptions } from '../harness.ts';

/** So many keys that the sweep knows as enabled. */
export async function shards(
  world: World,
  count: number,
  { first = 1, bot = world.bot }: { readonly first?: number; readonly bot?: Bot } = {},
): Promise<readonly string[]> {
  const arns: string[] = [];
  for (let shard = first; shard < first + count; shard += 1)
    arns.push(await world.makeKey(`shard-${String(shard).padStart(2, '0')}`));
  await sweepNow(world, bot);
  return arns;
}

export const scheduleAll = (world: World, arns: readonly string[], days = 7, caller = MALLORY): Promise<unknown> =>
  Promise.all(arns.map((arn) => world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: days }, caller)));

export const waveCards = (world: World, channel = CHANNEL): readonly SlackMessage[] =>
  world.cards('Worst first', channel);
export const waveText = (world: World, channel = CHANNEL): string =>
  JSON.stringify(waveCards(world, channel).at(-1)?.blocks ?? '');
export const waveOf = (world: World, count: number, channel = CHANNEL): Promise<SlackMessage> =>
  eventually(`a wave of ${count}`, () =>
    waveCards(world, channel).find((card) => JSON.stringify(card.blocks).includes(`*Keys*  ${count}:`)),
  );

/** Presses something on the newest card of a wave. */
export function press(
  world: World,
  action: string,
  {
    user = 'alice',
    value,
    channel = CHANNEL,
  }: { user?: string; value?: string | readonly string[]; channel?: string } = {},
): Promise<SlackAnswer> {
  const ts = waveCards(world, channel).at(-1)?.ts ?? '';
  return world.slack.click({ channel, ts, user, action, ...(value === undefined ? {} : { value }) });
}

/** Lets a channel's second pass as often as somebody waits for it: Slack takes a message a second. */
export const drained = (world: World, bot: Bot = world.bot): Promise<true> =>
  eventually(
    'empty lanes',
    async () => {
      if ((await bot.house.lanes.waiting()).length === 0) return true;
      world.clock.move(1_000);
      await bot.pulse();
      return undefined;
    },
    20_000,
  );

export const TWO_REGIONS: WorldOptions = {
  config: { accounts: [{ id: ACCOUNT, name: 'payments-prod', regions: [REGION, 'eu-west-1'] }] },
  withRoles: false,
};
export const inIreland = (arn: string): string => arn.replace(REGION, 'eu-west-1');
const IRELAND = { ...MALLORY, region: 'eu-west-1' };

/** A primary in the world's Region with a replica in Ireland, both known to the sweep where they are watched. */
export async function family(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias, { MultiRegion: true });
  await world.call('ReplicateKey', { KeyId: arn, ReplicaRegion: 'eu-west-1' });
  await world.call('CreateAlias', { AliasName: `alias/${alias}`, TargetKeyId: inIreland(arn) }, IRELAND);
  await eventually('the replica', () => world.stateOf(inIreland(arn)) === 'Enabled');
  await sweepNow(world);
  const place = { account: ACCOUNT as never, region: 'eu-west-1' as never };
  const { index, keys, queue } = world.bot.house;
  if (!keys.covers(place)) return arn;
  const before = (await index.sweepState(place))?.completedAt;
  await queue.add('sweep', `sweep-ireland-${alias}`, { ...place, slot: world.clock.now(), full: true });
  await eventually('a sweep of Ireland', async () => {
    const state = await index.sweepState(place);
    return state?.completedAt !== undefined && state.completedAt !== before;
  });
  return arn;
}

export const schedule = (world: World, arn: string, days = 7): Promise<void> =>
  world.call(
    'ScheduleKeyDeletion',
    { KeyId: arn, PendingWindowInDays: days },
    arn.includes('eu-west-1') ? IRELAND : MALLORY,
  );
export const familyCards = (world: World, channel = CHANNEL): readonly SlackMessage[] =>
  world.cards('*Family*', channel);
