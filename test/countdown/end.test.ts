/** After the end: a report when KMS has deleted the key, and a word when it has not although it should have. */
import { expect, test } from 'vitest';
import { inWorld, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, DAY, eventually } from '../harness.ts';
import { dying, HOUR, heard, inFallback, loud, MENTION, passTo } from './given.ts';

test('the key is gone: told in the channel, and the report of its end stands in the thread', () =>
  inWorld(loud, async (world) => {
    const { arn, date } = await dying(world, 'gone');
    passTo(world, date + 1_000);
    await eventually('the end', () => heard(world).some(({ text }) => text.includes('alias/gone was deleted')));
    await eventually('closed', async () => (await world.incident(arn))?.phase.kind === 'closed');
    await settled(world);
    const files = await eventually('the report', () => {
      const replies = world.cards('alias/gone')[0]?.replies ?? [];
      const found = replies.flatMap((reply) => (reply.files as readonly { name: string }[] | undefined) ?? []);
      return found.length > 0 ? found : undefined;
    });
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining([expect.stringMatching(/\.md$/)]));
    passTo(world, date + 3 * DAY);
    await settled(world);
    const ends = heard(world).filter(({ text }) => text.includes('alias/gone was deleted'));
    expect(ends).toHaveLength(1);
  }));

test('asked for by ARN or key id, a deleted key is said to be deleted, when, and where its card stands', () =>
  inWorld(loud, async (world) => {
    const { arn, date } = await dying(world, 'gone');
    passTo(world, date + 1_000);
    await eventually('closed', async () => (await world.incident(arn))?.phase.kind === 'closed');
    await settled(world);
    await sweepNow(world);
    const said = async (name: string): Promise<string> =>
      JSON.stringify((await world.slack.command({ channel: CHANNEL, user: 'alice', text: `status ${name}` })).response);
    for (const name of [arn, String(arn.split('/')[1])])
      expect(await said(name)).toMatch(/alias\/gone.*KMS has deleted it, read .*(card in|\|)/);
    expect(await said('1234abcd-12ab-34cd-56ef-1234567890ab')).toContain('No key is known as');
  }));

test('a day after its date KMS still shows the key: said to everybody, once; then the end is told when it comes', () =>
  inWorld(loud, async (world) => {
    const { arn, date } = await dying(world, 'stuck');
    world.aws.kms.holdUp(arn, DAY + 6 * HOUR);
    passTo(world, date + 60_000);
    await settled(world);
    expect(world.stateOf(arn)).toBe('PendingDeletion');
    passTo(world, date + DAY + 60_000);
    const overdue = await eventually(
      'the word',
      () => heard(world).find(({ text }) => text.includes('should be deleted since')),
      20_000,
    );
    expect(overdue).toMatchObject({ inChannel: true, text: expect.stringContaining(MENTION) });
    await eventually('everybody', () => inFallback(world).some(({ text }) => text.includes('should be deleted since')));
    passTo(world, date + DAY + 2 * HOUR);
    await settled(world);
    expect(heard(world).filter(({ text }) => text.includes('should be deleted since'))).toHaveLength(1);
    passTo(world, date + DAY + 7 * HOUR);
    await eventually('gone', () => world.stateOf(arn) === 'gone');
    await eventually(
      'the end',
      () => heard(world).some(({ text }) => text.includes('alias/stuck was deleted')),
      20_000,
    );
  }));
