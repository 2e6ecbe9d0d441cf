/** Whom a wave wakes: everybody once, whatever becomes of the key that spoke for it; and once more when all of it is over. */
import { describe, expect, test } from 'vitest';
import { loud, sentTo } from '../countdown/given.ts';
import { connect, inWorld, openFront, pass } from '../faults/given.ts';
import { DAY, eventually, FALLBACK, type World } from '../harness.ts';
import { callsOf, live, liveUntil, pagerIdle, published, toTopic } from '../pager/given.ts';
import { drained, scheduleAll, shards, waveCards } from './given.ts';

/** So many keys of one wave; `members`: those that are shown nowhere else. */
async function wave(
  world: World,
  count = 9,
): Promise<{ readonly arns: readonly string[]; readonly members: readonly string[]; readonly date: number }> {
  const arns = await shards(world, count);
  await scheduleAll(world, arns);
  await eventually('the wave', () => waveCards(world)[0]);
  await drained(world);
  const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
  const members = arns.filter((_arn, index) => incidents[index]?.wave?.own === false);
  expect(members.length).toBeGreaterThan(2);
  const dates = incidents.map((one) => one?.countdown?.deletionDate ?? 0);
  return { arns, members, date: Math.max(...dates) };
}

async function restored(world: World, arns: readonly string[]): Promise<void> {
  for (const arn of arns) {
    await world.call('CancelKeyDeletion', { KeyId: arn });
    await world.call('EnableKey', { KeyId: arn });
  }
  await eventually('the end of their incidents', async () => {
    pass(world, 1_000);
    await world.bot.pulse();
    const incidents = await Promise.all(arns.map((arn) => world.incident(arn)));
    return incidents.every((one) => one?.phase.kind === 'closed');
  });
}

const toBob = (world: World, text: string): readonly string[] =>
  sentTo(world, 'bob')
    .map((message) => `${message.text}${JSON.stringify(message.blocks)}`)
    .filter((words) => words.includes(text));
const pendingFor = async (world: World, to: string) =>
  (await world.bot.house.incidents.pending(world.clock.now() + 1, 500)).filter(
    ({ effect }) => effect.kind === 'remind' && effect.to === to,
  );

describe('who wakes', () => {
  test('the key that was to wake somebody is rescued before Slack takes it: another key of the wave does', () =>
    inWorld({ ...loud, withoutBot: true }, async (world) => {
      let asleep = true;
      // Whatever is sent to one person goes to a channel of theirs with us.
      await using front = await openFront(world, ({ method, body }) =>
        asleep && method === 'chat.postMessage' && body.get('channel')?.startsWith('D')
          ? { status: 429, headers: { 'retry-after': '1' }, body: '' }
          : undefined,
      );
      const bot = await world.addBot({ slackApiUrl: front.url });
      await connect(world, bot);
      const { members, date } = await wave(world);
      pass(world, date - DAY + 5_000 - world.clock.now());
      const waiting = await eventually('a word for bob', async () => {
        await bot.pulse();
        const ids = await Promise.all(members.map(async (arn) => (await world.incident(arn))?.id));
        const found = (await pendingFor(world, 'U0BOB')).filter(
          ({ effect }) => 'incident' in effect && ids.includes(effect.incident),
        );
        return found.length > 0 ? found : undefined;
      });
      expect(waiting).toHaveLength(1);
      const [first] = waiting;
      const incident =
        first !== undefined && 'incident' in first.effect
          ? await bot.house.incidents.load(first.effect.incident)
          : undefined;
      const arn = incident?.subject.kind === 'key' ? incident.subject.key.arn : '';
      const others = members.filter((one) => one !== arn);
      await restored(world, [arn]);
      asleep = false;
      const name = (one: string): string =>
        String(world.aws.keys().find(({ Arn }) => Arn === one)?.aliases[0] ?? 'nothing');
      await eventually('bob hears of another one', async () => {
        world.clock.move(1_000);
        await bot.pulse();
        return others.some((other) => toBob(world, 'Reminder').some((words) => words.includes(name(other))));
      });
      await drained(world, bot);
      expect(toBob(world, 'keys of a wave')).toHaveLength(1);
      expect(toBob(world, 'Reminder').some((words) => words.includes(`${name(arn)} is deleted`))).toBe(false);
    }));

  test(
    'they hear of the end once, when all of it is over, and not with the first key',
    () =>
      inWorld(loud, async (world) => {
        const { members, arns, date } = await wave(world);
        pass(world, date - DAY + 5_000 - world.clock.now());
        await eventually('bob is woken for the wave', async () => {
          await world.bot.pulse();
          return toBob(world, 'keys of a wave').length === 1;
        });
        await drained(world);
        expect(toBob(world, 'keys of a wave')[0]).toContain(
          `one of ${arns.length} keys of a wave, all still in danger`,
        );
        const [last = '', ...first] = members;
        await restored(world, first);
        await drained(world);
        const aboutWave = (): readonly string[] => toBob(world, 'Over: the wave of');
        expect(aboutWave()).toEqual([]);
        for (const arn of first)
          expect(toBob(world, 'Over').some((words) => words.includes(String(arn.split('/')[1])))).toBe(false);
        await restored(world, [last, ...arns.filter((arn) => !members.includes(arn))]);
        await eventually('bob hears of the end', async () => {
          world.clock.move(1_000);
          await world.bot.pulse();
          return aboutWave().length === 1;
        });
        await drained(world);
        expect(aboutWave()[0]).toContain(`the wave of ${arns.length} keys is out of danger`);
        expect(world.messages(FALLBACK).filter(({ text }) => String(text).includes('Over: the wave of'))).toHaveLength(
          1,
        );
      }),
    60_000,
  );
});

test(
  'the pager is called once for a wave, and told its end: that a key was lost, though the last one was rescued',
  () =>
    inWorld({ ...loud, config: { ...loud.config, ...toTopic } }, async (world) => {
      const { members, arns, date } = await wave(world, 8);
      const [kept = '', ...lost] = members;
      await world.call('CancelKeyDeletion', { KeyId: kept });
      await scheduleAll(world, [kept], 8);
      await drained(world);
      const ofWave = () => published(world).filter(({ id, kind }) => kind === 'lastDay' && id.includes(':g'));
      pass(world, date - DAY + 3_700_000 - world.clock.now());
      await liveUntil(world, 'the call', () => ofWave().length > 0, 300);
      await live(world, 60);
      await pagerIdle(world);
      expect(callsOf(ofWave(), 'lastDay')).toEqual(['open']);
      expect(ofWave()[0]?.summary).toMatch(/^Keywarden: \d KMS keys die, nobody on them/);
      // The others die; the one with a later date is rescued.
      pass(world, date + 2_000 - world.clock.now());
      await eventually(
        'they are gone',
        async () => {
          await world.bot.pulse();
          const incidents = await Promise.all(lost.map((arn) => world.incident(arn)));
          return incidents.every((one) => one?.phase.kind === 'closed');
        },
        20_000,
      );
      await restored(world, [kept]);
      await liveUntil(world, 'the end', () => ofWave().length > 1, 300);
      await pagerIdle(world);
      expect(callsOf(ofWave(), 'lastDay').slice(0, 2)).toEqual(['open', 'over']);
      const outcomes = world.aws
        .events()
        .filter(
          ({ source, detail }) => source === 'pager' && detail.state === 'over' && String(detail.id).includes(':g'),
        )
        .map(({ detail }) => detail.outcome);
      expect(outcomes.at(-1)).toBe('deleted');
      expect(arns.length).toBe(8);
    }),
  90_000,
);
