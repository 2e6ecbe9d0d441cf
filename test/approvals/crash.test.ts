/** Requests across deaths and losses: the memory wiped, a process killed between grant and call, 35 a doubled press. */
import { expect, test } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import { deliverTo, end, startBotProcess } from '../crash-processes.ts';
import { connect, inWorld, openRelay, settled, slackPost, takeOver } from '../faults/given.ts';
import { redisCommand } from '../faults/traces.ts';
import { CHANNEL, eventually } from '../harness.ts';
import { incidentId } from '../inspection/given.ts';
import {
  askDeletion,
  changes,
  commandForm,
  enrolAll,
  options,
  pressForm,
  record,
  requestOf,
  review,
  send,
  steadyKey,
} from './given.ts';

test('a wiped memory: the old request executes nothing, and loses its buttons', () =>
  inWorld(options(), async (world) => {
    await enrolAll(world);
    const arn = await steadyKey(world, 'forgotten');
    await askDeletion(world, 'forgotten');
    const request = await requestOf(world, 'forgotten');
    await settled(world);
    await redisCommand(world, 'FLUSHALL');
    expect(await world.slack.click({ channel: CHANNEL, ts: request.ts, user: 'bob', action: 'Approve' })).toMatchObject(
      {
        ok: true,
      },
    );
    await eventually('the message without buttons', () => {
      const found = world
        .messages()
        .flatMap(({ replies }) => replies ?? [])
        .find(({ ts }) => ts === request.ts);
      return world.words(found).includes('not known any more') && !world.words(found).includes('"Approve"');
    });
    expect(world.stateOf(arn)).toBe('Enabled');
    expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
  }));

test('35: Approve pressed twice, sent twice, and retried by Slack, is one agreement and one call', () =>
  inWorld({ ...options({ quorum: 2 }), withoutBot: true }, async (world) => {
    const bot = await world.addBot();
    await connect(world, bot);
    await using relay = await openRelay([`${bot.url}/slack/events`]);
    world.slack.deliverTo(relay.url);
    await enrolAll(world);
    const arn = await steadyKey(world, 'doubled');
    await askDeletion(world, 'doubled');
    const { ts } = await requestOf(world, 'doubled');
    const forms = [await pressForm(world, 'bob', ts, 'Approve'), await pressForm(world, 'bob', ts, 'Approve')];
    const code = world.code('U0BOB');
    await Promise.all(forms.map((form) => send(world, 'bob', form, { code })));
    const body = relay.bodies.findLast((one) => one.includes('view_submission')) ?? '';
    expect((await slackPost(world, bot, body, { 'x-slack-retry-num': '1' })).status).toBe(200);
    await settled(world);
    expect((await record(world, arn)).approvals[0]?.agreements).toHaveLength(1);
    expect(world.stateOf(arn)).toBe('Enabled');
    await review(world, 'dave', 'doubled', 'Approve');
    await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
    expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(1);
    await settled(world);
  }));

test(
  'killed in the middle of the call: nobody sends it again, a person is told that its outcome is unknown',
  {
    timeout: 90_000,
  },
  () =>
    inWorld({ ...options(), withoutBot: true }, async (world, endsWith) => {
      const arn = await world.makeKey('granted');
      const child = await startBotProcess(world, options().config);
      try {
        // Enrolled by another process, as an operator's terminal is one; it takes no part in the story.
        const desk = await world.addBot();
        await eventually('its Redis', () => desk.redisWithin(1_000));
        await desk.firstSweepDone();
        await enrolAll(world);
        await desk.stop(5_000);
        deliverTo(world, child);
        // The child lives in real time: so do the codes.
        const asking = await commandForm(world, 'alice', 'schedule-deletion granted');
        const values = { reason: 'no longer used', key_name: 'granted', code: world.codeAt('U0ALICE', Date.now()) };
        expect(await send(world, 'alice', asking, values)).toEqual({ ok: true });
        const { ts } = await requestOf(world, 'granted');
        const form = await pressForm(world, 'bob', ts, 'Approve');
        // Whoever else asks for a session meanwhile, what the bot knows of itself for instance, waits as well.
        world.aws.addFault({ service: 'sts', operation: 'AssumeRole', mode: 'hang', count: 1_000 });
        expect(await send(world, 'bob', form, { code: world.codeAt('U0BOB', Date.now()) })).toEqual({ ok: true });
        await eventually('the intent', async () => {
          const body = await redisCommand(world, 'HGET', `{kw}:incident:${incidentId(arn)}`, 'body');
          return (JSON.parse(String(body)) as Incident).actions[0]?.calls[0];
        });
      } finally {
        await end(child);
        world.aws.clearFaults();
      }
      const bot = await takeOver(world);
      endsWith(bot);
      const ending = await eventually(
        'the end',
        async () => (await bot.house.incidents.load(incidentId(arn) as never))?.actions[0]?.ending,
        40_000,
      );
      expect(ending).toMatchObject({ kind: 'unknownOutcome' });
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
      await eventually('the card that says so', () =>
        world.words(world.cards('alias/granted')[0]).includes('outcome unknown'),
      );
    }),
);
