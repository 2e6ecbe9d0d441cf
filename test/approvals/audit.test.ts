/** The trail itself: 48 it cannot be written, 49 somebody changed it, and its head once a day. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { cardOf, inWorld, pass, scheduled, settled } from '../faults/given.ts';
import { redisCommand } from '../faults/traces.ts';
import { CHANNEL, DAY, eventually, FALLBACK } from '../harness.ts';
import {
  askDeletion,
  changes,
  enrolAll,
  errorsOf,
  options,
  record,
  requestOf,
  review,
  steadyKey,
  trail,
} from './given.ts';

describe('48: a trail that cannot be written', () => {
  test('stops what destroys, at the request; rescue goes on, and its trace follows', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'untraced');
      const dying = await scheduled(world, 'dying');
      const { ts } = await cardOf(world, 'dying');
      await settled(world);
      await redisCommand(world, 'RENAME', '{kw}:audit', '{kw}:audit:aside').catch(() => undefined);
      await redisCommand(world, 'SET', '{kw}:audit', 'not a trail');
      expect(errorsOf(await askDeletion(world, 'untraced'))).toContain('audit trail cannot be written');
      expect((await record(world, arn)).approvals).toEqual([]);
      await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(dying) === 'Enabled');
      await eventually('the green card', () => world.words(world.cards('alias/dying')[0]).includes('🟢'));
      expect(world.stateOf(arn)).toBe('Enabled');
      // Once it can be written again, the trail learns what it missed.
      await redisCommand(world, 'DEL', '{kw}:audit');
      await redisCommand(world, 'RENAME', '{kw}:audit:aside', '{kw}:audit').catch(() => undefined);
      world.clock.move(60_000);
      await eventually(
        'the rescue in the trail',
        async () => (await trail(world)).filter(({ key, kind }) => key === dying && kind === 'outcome').length === 2,
        20_000,
      );
      const kinds = (await trail(world)).filter(({ key }) => key === dying).map(({ kind }) => kind);
      expect(kinds).toEqual(['asked', 'intent', 'outcome', 'intent', 'outcome', 'ended']);
      await settled(world);
    }));

  test('stops what was agreed to already, before the call', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'agreed');
      await askDeletion(world, 'agreed');
      await requestOf(world, 'agreed');
      await redisCommand(world, 'RENAME', '{kw}:audit', '{kw}:audit:aside');
      await redisCommand(world, 'SET', '{kw}:audit', 'not a trail');
      await review(world, 'bob', 'agreed', 'Approve');
      const ending = await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      expect(ending).toMatchObject({ kind: 'failed', why: { kind: 'auditUnwritable' } });
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
      expect(world.stateOf(arn)).toBe('Enabled');
      await redisCommand(world, 'DEL', '{kw}:audit');
      await redisCommand(world, 'RENAME', '{kw}:audit:aside', '{kw}:audit');
      await settled(world);
      expect(world.words(world.cards('alias/agreed')[0])).toContain('nothing is destroyed without its trace');
    }));
});

describe('a trail that is broken for good', () => {
  test('is set aside at the terminal: what destroys is done again, and the head of the day tells of it', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'anew');
      await redisCommand(world, 'XADD', '{kw}:audit', '1-0', 'entry', 'garbage');
      expect(errorsOf(await askDeletion(world, 'anew'))).toContain('audit trail cannot be written');
      const words = ['src/operator.ts', 'audit', 'set-aside', '--reason', 'a test of ours'];
      await promisify(execFile)(process.execPath, words, { env: { REDIS_URL: world.redis.url } });
      expect(errorsOf(await askDeletion(world, 'anew'))).toBe('');
      await review(world, 'bob', 'anew', 'Approve');
      await eventually('the key pending deletion', () => world.stateOf(arn) === 'PendingDeletion');
      await settled(world);
      const [first] = await trail(world);
      expect(first).toMatchObject({ kind: 'setAside', reason: 'a test of ours', former: { entries: 1 } });
      pass(world, DAY);
      const head = await eventually(
        'the head of the day',
        () => world.messages(FALLBACK).find(({ text }) => String(text).includes('Audit trail')),
        15_000,
      );
      expect(head.text).toContain('The trail before it was set aside');
      expect(world.words(head)).toContain(`\`${first?.former?.name}\``);
    }));
});

test('the head is posted once a day, to the fallback channel, by however many processes', () =>
  inWorld(options(), async (world) => {
    await world.addBot();
    const arn = await scheduled(world, 'headed');
    const { ts } = await cardOf(world, 'headed');
    await settled(world);
    await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
    await eventually('the green card', () => world.words(world.cards('alias/headed')[0]).includes('🟢'));
    await eventually('the end in the trail', async () => (await trail(world)).some(({ kind }) => kind === 'ended'));
    const heads = () => world.messages(FALLBACK).filter(({ text }) => String(text).includes('Audit trail'));
    expect(heads()).toEqual([]);
    for (const day of [1, 2]) {
      pass(world, DAY);
      await eventually(`the head of day ${day}`, () => heads().length === day, 15_000);
    }
    await settled(world);
    const head = await world.bot.house.audit.head();
    expect(world.words(heads()[0])).toContain(`${head?.seq}:${head?.hash}`);
    expect(heads()).toHaveLength(2);
    expect(world.stateOf(arn)).toBe('Enabled');
  }));

test('no code, secret or token stands in the trail, in Redis or in Slack', () =>
  inWorld(options(), async (world) => {
    await enrolAll(world);
    const arn = await steadyKey(world, 'canary');
    const code = world.code('U0ALICE');
    await askDeletion(world, 'canary', { values: { code } });
    await review(world, 'bob', 'canary', 'Approve');
    await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
    await settled(world);
    const everything = JSON.stringify([await trail(world), world.slack.channels(), await record(world, arn)]);
    expect(everything).toContain('no longer used');
    expect(everything).not.toContain(`"${code}"`);
    expect(everything).not.toMatch(/xox[bp]-/);
  }));
