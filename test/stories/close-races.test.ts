/** Close: looked into, and what comes at the same moment: a change of the key policy that nobody has judged, or the same form again. */
import { describe, expect, test } from 'vitest';
import { matterOf } from '../../src/domain/looked-into.ts';
import { answerClose, pressClose } from '../../src/flows/close.ts';
import { errorsOf, options, pressForm, record, send, steadyKey } from '../approvals/given.ts';
import { cardOf, inWorld, keptLog, pass, settled } from '../faults/given.ts';
import { eventOf, postEvent, quiet } from '../faults/traces.ts';
import { ACCOUNT, CHANNEL, eventually, type World } from '../harness.ts';

const CLOSE = 'Close: looked into';
const BOB = { enterprise: '', team: 'T0HOME', user: 'U0BOB' };
const RESCUE = `arn:aws:iam::${ACCOUNT}:role/KeywardenRescue`;

const cardWords = (world: World, alias: string): string =>
  JSON.stringify(world.cards(`alias/${alias}`)[0]?.blocks ?? '');
const offered = (world: World, alias: string): Promise<true> =>
  eventually('the entry to close it', () => cardWords(world, alias).includes(CLOSE) || undefined);

/** AWS tells nobody by itself. */
const deaf = (world: World): void =>
  world.aws.deliverTo({
    snsUrl: 'http://127.0.0.1:9',
    topicArn: 'x',
    eventBridgeUrl: 'http://127.0.0.1:9',
    eventBridgeToken: 'x',
  });

async function policyOf(world: World, arn: string) {
  const good = await eventually('its last good shape', () => world.bot.house.shapes.good({ arn } as never));
  if (good.policy.kind !== 'known') throw new Error('the policy was not read');
  return JSON.parse(good.policy.value) as { readonly Version: string; readonly Statement: readonly object[] };
}

const put = (world: World, arn: string, policy: object): Promise<void> =>
  world.call('PutKeyPolicy', {
    KeyId: arn,
    PolicyName: 'default',
    Policy: JSON.stringify(policy),
    BypassPolicyLockoutSafetyCheck: false,
  });

/** A key that works and is watched, whose last good policy is known. */
async function watched(world: World, alias: string) {
  const arn = await steadyKey(world, alias);
  const policy = await policyOf(world, arn);
  expect(await world.slack.command({ channel: CHANNEL, user: 'alice', text: `watch ${alias} odd` })).toMatchObject({
    ok: true,
  });
  const { ts } = await cardOf(world, alias);
  await offered(world, alias);
  await settled(world);
  return { arn, ts, policy };
}

test('a change that was told and not judged since is not closed; the form has the policy read anew', () =>
  inWorld(options(), async (world) => {
    const { arn, ts, policy } = await watched(world, 'vault');
    await put(world, arn, policy);
    await eventually('the change', async () =>
      (await record(world, arn)).dangers.some(({ kind }) => kind === 'policyChanged'),
    );
    await quiet(world);
    expect(cardWords(world, 'vault')).not.toContain(`"${CLOSE}"`);
    const early = await record(world, arn);
    const { house } = world.bot;
    expect(await pressClose(house, { person: BOB, incident: early.id } as never)).toMatchObject({
      words: { kind: 'notNow', message: expect.stringContaining('It may be closed in a minute') },
    });
    const closing = { person: BOB, incident: early.id, reason: 'nothing found', matter: matterOf(early) };
    expect(await answerClose(house, closing)).toMatchObject({ problem: { kind: 'tooSoon' } });
    pass(world, 70_000);
    await offered(world, 'vault');

    const viewId = await pressForm(world, 'bob', ts, CLOSE);
    pass(world, 20_000);
    world.aws.addFault({ service: 'kms', operation: 'GetKeyPolicy', mode: 'failBefore', count: 1_000 });
    expect(errorsOf(await send(world, 'bob', viewId, { reason: 'nothing found' }))).toContain(
      'could not be judged anew just now: nothing was done',
    );
    expect((await record(world, arn)).phase.kind).toBe('open');
    world.aws.clearFaults();
    pass(world, 20_000);
    expect(await send(world, 'bob', viewId, { reason: 'nothing found' })).toEqual({ ok: true });
    await eventually('the end', async () => (await record(world, arn)).phase.kind === 'closed');
    expect((await record(world, arn)).phase).toMatchObject({ outcome: 'lookedInto' });
  }));

test('a policy that shuts us out as somebody closes it: told only afterwards, it opens the next round', () =>
  inWorld(options(), async (world) => {
    const { arn, ts, policy } = await watched(world, 'safe');
    const viewId = await pressForm(world, 'bob', ts, CLOSE);
    deaf(world);
    const out = { Sid: 'Out', Effect: 'Deny', Principal: { AWS: RESCUE }, Action: 'kms:*', Resource: '*' };
    await put(world, arn, { ...policy, Statement: [...policy.Statement, out] });
    expect(await send(world, 'bob', viewId, { reason: 'nothing found' })).toEqual({ ok: true });
    await eventually('the end', async () => (await record(world, arn)).phase.kind === 'closed');
    expect(await postEvent(world.bot.url, await eventOf(world, 'PutKeyPolicy', arn))).toBe(200);
    await eventually('the next round', async () => (await record(world, arn)).round === 2);
    await quiet(world);
    const { phase, dangers, knowledge } = await record(world, arn);
    expect(phase.kind).toBe('open');
    expect(dangers.map(({ kind }) => kind)).toContain('rescueBlocked');
    expect(knowledge?.cancelling?.answer).toBe('no');
  }));

test('a policy that shuts us out, told just before it is closed: it stays open', () =>
  inWorld(options(), async (world) => {
    const { arn, ts, policy } = await watched(world, 'chest');
    const viewId = await pressForm(world, 'bob', ts, CLOSE);
    const out = { Sid: 'Out', Effect: 'Deny', Principal: { AWS: RESCUE }, Action: 'kms:*', Resource: '*' };
    await put(world, arn, { ...policy, Statement: [...policy.Statement, out] });
    await eventually('the change', async () =>
      (await record(world, arn)).dangers.some(({ kind }) => kind === 'policyChanged'),
    );
    expect(errorsOf(await send(world, 'bob', viewId, { reason: 'nothing found' }))).toContain('nothing was done');
    await quiet(world);
    const { round, phase, dangers } = await record(world, arn);
    expect({ round, phase: phase.kind }).toEqual({ round: 1, phase: 'open' });
    expect(dangers.map(({ kind }) => kind)).toContain('rescueBlocked');
  }));

describe('a form that was sent', () => {
  test('the same one twice at once: both are answered that it is done', () =>
    inWorld(options(), async (world) => {
      const { arn } = await watched(world, 'twice');
      const about = await record(world, arn);
      const { house } = world.bot;
      const closing = { person: BOB, incident: about.id, reason: 'nothing found', matter: matterOf(about) };
      // The second one is through while the first one still reads the key.
      const read: typeof house.keys.read = async (key, signal) => {
        expect(await answerClose(house, closing)).toEqual({ kind: 'accepted' });
        return house.keys.read(key, signal);
      };
      expect(await answerClose({ ...house, keys: { ...house.keys, read } }, closing)).toEqual({ kind: 'accepted' });
      const { timeline } = await record(world, arn);
      expect(timeline.filter(({ body }) => body.kind === 'lookedInto')).toHaveLength(1);
    }));

  test('for another matter: the answer does not wait for the card, and its failure is told in the log', () =>
    inWorld(options(), async (world) => {
      const { arn } = await watched(world, 'other');
      const about = await record(world, arn);
      const { house } = world.bot;
      const { log, lines } = keptLog();
      const later = Promise.withResolvers<never>();
      let reads = 0;
      const read: typeof house.keys.read = (key, signal) => {
        reads += 1;
        return reads === 1 ? house.keys.read(key, signal) : later.promise;
      };
      const slow = { ...house, log, keys: { ...house.keys, read } };
      const closing = { person: BOB, incident: about.id, reason: 'nothing found', matter: 'another' };
      expect(await answerClose(slow, closing)).toMatchObject({ problem: { kind: 'anotherMatter' } });
      await eventually('the card begun', () => reads === 2 || undefined);
      later.reject(new Error('no more'));
      await eventually('the line', () => lines.some((line) => line.includes('could not be drawn anew')) || undefined);
    }));
});
