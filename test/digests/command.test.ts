/** `/kms digest`: at once, to the asker alone, and nothing of what is sent by itself changes. */
import { expect, test } from 'vitest';
import { granted } from '../harm/given.ts';
import { CHANNEL, eventually, FALLBACK, type World } from '../harness.ts';
import { byHand, daily, inDigestWorld, sweepAll, withDyingKey } from './given.ts';

const YEAR = new Date().getUTCFullYear() + 1;
const BEFORE = `${YEAR}-06-01T06:00Z`;

const ask = (world: World, user: string, channel = CHANNEL) => world.slack.command({ channel, user, text: 'digest' });
const answerOf = async (world: World, user: string, channel = CHANNEL): Promise<string> => {
  const { response } = await ask(world, user, channel);
  return JSON.stringify(response);
};
const pictures = (world: World) =>
  world.slack.ephemerals().filter(({ blocks }) => JSON.stringify(blocks ?? []).includes('slack_file'));

test('words at once and a picture after them, for whoever asked; nothing else changes', () =>
  inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
    await withDyingKey(world, bot);
    const [plan] = bot.house.settings.digests;
    const before = await bot.house.digests.get(plan?.id ?? '');
    const said = world.messages().length;
    const answer = await answerOf(world, 'dave');
    expect(answer).toContain('"response_type":"ephemeral"');
    expect(answer).toContain('Pending deletion');
    expect(answer).toContain('alias/dying');
    const [picture] = await eventually('the picture', () => (pictures(world).length > 0 ? pictures(world) : undefined));
    expect(picture).toMatchObject({ channel: CHANNEL, user: 'U0DAVE' });
    expect(await bot.house.digests.get(plan?.id ?? '')).toEqual(before);
    expect(world.messages()).toHaveLength(said);
  }));

test('a key that was only disabled, and a database that needs it: until when, before any date of the key', () =>
  inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
    const arn = await world.makeKey('orders');
    await granted(world, arn, 'rds.us-west-2.amazonaws.com', { 'aws:rds:db-id': 'db-ORDERS01' });
    await sweepAll(world, bot);
    await world.call('DisableKey', { KeyId: arn });
    await eventually('the clock', async () => (await world.incident(arn))?.losses);
    await sweepAll(world, bot);
    const answer = await answerOf(world, 'dave');
    expect(answer).toMatch(/\*alias\/orders\*.*⏳ RDS databases may be lost after/);
  }));

test('a picture that Slack has not looked through in time: the words were enough', () =>
  inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
    await withDyingKey(world, bot);
    world.slack.change({ kind: 'delayPictures', ms: 600_000 });
    expect(await answerOf(world, 'alice')).toContain('alias/dying');
    await eventually('the last try', () => (world.slack.calls().get('slack chat.postEphemeral') ?? 0) >= 5);
    expect(pictures(world)).toEqual([]);
  }));

test('asked where no digest is: of everything, for the last day', () =>
  inDigestWorld(BEFORE, {}, async (world, bot) => {
    await withDyingKey(world, bot);
    expect(await answerOf(world, 'alice', FALLBACK)).toContain('alias/dying');
  }));

test('nothing to report: one line, and no picture', () =>
  inDigestWorld(
    BEFORE,
    {},
    async (world) => {
      expect(await answerOf(world, 'alice')).toContain('Nothing to report');
      expect(pictures(world)).toEqual([]);
    },
    { overrides: { ...byHand, charts: { draw: () => Promise.reject(new Error('not asked for')) } } },
  ));

test('guests are told nothing', () =>
  inDigestWorld(BEFORE, {}, async (world, bot) => {
    await withDyingKey(world, bot);
    const answer = await answerOf(world, 'gina');
    expect(answer).toContain('guests');
    expect(answer).not.toContain('alias/dying');
    expect(pictures(world)).toEqual([]);
  }));
