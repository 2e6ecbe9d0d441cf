/** Our own calls come back as events; whoever acts in our role without an action of ours is an incident. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHANNEL, eventually, type World } from '../harness.ts';
import { cardOf, inWorld, pass, scheduled, sweepNow } from './given.ts';
import { changesByUs, enveloped, eventOf, inOurRole, postEvent, quiet } from './traces.ts';

async function rescued(world: World, alias: string): Promise<string> {
  const arn = await scheduled(world, alias, 7);
  const { ts } = await cardOf(world, alias);
  await quiet(world);
  expect(await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' })).toMatchObject({
    ok: true,
  });
  await eventually('the green card', () => world.words(world.cards(`alias/${alias}`)[0]).includes('🟢') || undefined);
  await quiet(world);
  return arn;
}

const dangersOf = async (world: World, arn: string) =>
  (await world.incident(arn))?.dangers.map((danger) => danger.kind) ?? [];

const taken = async (world: World, arn: string) =>
  (await world.incident(arn))?.timeline.flatMap(({ body }) => (body.kind === 'fact' ? [body] : [])) ?? [];

describe('an echo of our own call', () => {
  test('forty minutes late: timeline only, no new round, no new message', () =>
    inWorld({}, async (world) => {
      const arn = await rescued(world, 'late-echo');
      const before = await world.incident(arn);
      const event = await eventOf(world, 'CancelKeyDeletion', arn);
      const entries = (await taken(world, arn)).length;
      pass(world, 40 * 60_000);
      // Another delivery of the same call: its event id is new, its request id is ours.
      const { detail } = event as { detail: Record<string, unknown> };
      expect(await postEvent(world.bot.url, enveloped({ ...detail, eventID: randomUUID() }))).toBe(200);
      await eventually('the late entry', async () => (await taken(world, arn)).length > entries || undefined);
      await quiet(world);
      const after = await world.incident(arn);
      expect((await taken(world, arn)).at(-1)?.echoOf).toBe(before?.actions[0]?.id);
      expect(after?.round).toBe(before?.round);
      expect(after?.phase).toEqual(before?.phase);
      expect(await dangersOf(world, arn)).not.toContain('ownRoleMisused');
      expect(world.messages()).toHaveLength(1);
      expect(changesByUs(world, arn)).toEqual(['CancelKeyDeletion', 'EnableKey']);
    }));

  test('all echoes of a rescue: no danger of their own', () =>
    inWorld({}, async (world) => {
      const arn = await rescued(world, 'own-echoes');
      await eventually('both echoes', async () => {
        const echoes = (await taken(world, arn)).filter((body) => body.echoOf !== undefined);
        return echoes.length >= 2 || undefined;
      });
      expect(await dangersOf(world, arn)).toEqual(['deletionScheduled']);
      expect((await world.incident(arn))?.phase.kind).toBe('closed');
      expect(world.messages()).toHaveLength(1);
    }));
});

const misused = (world: World, arn: string): Promise<true> =>
  eventually('the misuse', async () => (await dangersOf(world, arn)).includes('ownRoleMisused') || undefined);

describe('our role acts and no action of ours asked for it', () => {
  test('on a calm key: an incident of its own, open though the key is enabled', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('calm');
      await world.call('DisableKey', { KeyId: arn });
      const event = inOurRole(await eventOf(world, 'DisableKey', arn), 'KeywardenRescue', 'somebody-else');
      await cardOf(world, 'calm');
      await world.call('EnableKey', { KeyId: arn });
      expect(await postEvent(world.bot.url, event)).toBe(200);
      await misused(world, arn);
      await quiet(world);
      pass(world, 120_000);
      await sweepNow(world);
      await quiet(world);
      expect((await world.incident(arn))?.phase.kind).toBe('open');
      expect(world.words(await cardOf(world, 'calm'))).not.toContain('🟢');
    }));

  test('under the session name of a true action, with a request id that is not ours: misuse all the same', () =>
    inWorld({}, async (world) => {
      const arn = await rescued(world, 'borrowed-name');
      const action = (await world.incident(arn))?.actions[0]?.id ?? '';
      const event = await eventOf(world, 'CancelKeyDeletion', arn);
      expect(await postEvent(world.bot.url, inOurRole(event, 'KeywardenRescue', `keywarden-${action}`))).toBe(200);
      await misused(world, arn);
      await quiet(world);
      const incident = await world.incident(arn);
      expect(incident?.phase.kind).toBe('open');
      expect(incident?.actions).toHaveLength(1);
    }));
});
