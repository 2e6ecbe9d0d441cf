/** The key was read for a fact, and then rescued, before anything was made of that read. */
import { expect, test } from 'vitest';
import type { Fact } from '../../src/domain/fact.ts';
import { receiveFact } from '../../src/flows/receive-fact.ts';
import type { Keys } from '../../src/ports.ts';
import { ACCOUNT, CHANNEL, eventually, REGION } from '../harness.ts';
import { cardOf, inWorld, scheduled, settled } from './given.ts';

test('a refused use whose read was taken before the rescue ended opens no new round', () =>
  inWorld({}, async (world) => {
    const arn = await scheduled(world, 'late');
    const { ts } = await cardOf(world, 'late');
    await world.aws.call(
      'Encrypt',
      { KeyId: arn, Plaintext: 'AAAA' },
      { principal: 'orders-api', account: ACCOUNT, region: REGION },
    );
    const told = await eventually('the refused use', async () =>
      (await world.incident(arn))?.timeline
        .flatMap(({ body }) => (body.kind === 'fact' ? [body.fact] : []))
        .find(({ body }) => body.kind === 'useRefused'),
    );
    await settled(world);
    const { house } = world.bot;
    const states: string[] = [];
    const keys: Keys = Object.assign(Object.create(house.keys) as Keys, {
      read: async (...args: Parameters<Keys['read']>) => {
        const read = await house.keys.read(...args);
        if (states.push(read.kind === 'read' ? read.snapshot.state : read.kind) === 1) {
          await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
          await eventually('the end', async () => (await world.incident(arn))?.phase.kind === 'closed');
        }
        return read;
      },
    });
    const another: Fact = { ...told, id: 'another-use-of-the-same-key' };
    const settings = { ...house.settings, firstReadWithin: 15_000 };
    await receiveFact({ ...house, keys, settings }, another);
    await settled(world);
    expect(states[0]).toBe('PendingDeletion');
    expect(await world.incident(arn)).toMatchObject({ round: 1, phase: { kind: 'closed', outcome: 'restored' } });
    // The alarm of that use has a card of its own.
    expect(world.cards('alias/late').map(({ text }) => text)).toEqual(['🟢 Key restored and verified · alias/late']);
  }));
