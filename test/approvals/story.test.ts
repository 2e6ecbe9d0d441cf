/** A destructive request, from the command to the audit trail. */
import { expect, test } from 'vitest';
import { inWorld, settled } from '../faults/given.ts';
import { eventually } from '../harness.ts';
import { askDeletion, changes, enrolAll, options, record, requestOf, review, steadyKey, trail } from './given.ts';

test('asked for by one, agreed to by another with a code, carried out once, in the audit trail', () =>
  inWorld(options(), async (world) => {
    await enrolAll(world);
    const arn = await steadyKey(world, 'old-orders');
    expect(await askDeletion(world, 'old-orders', { days: 14 })).toMatchObject({ ok: true });
    const request = await requestOf(world, 'old-orders');
    for (const words of ['14 days', 'no longer used, CHG-7', 'lost for good', 'U0ALICE', '0 of 1 agreed', '"Approve"'])
      expect(world.words(request)).toContain(words);
    expect(world.stateOf(arn)).toBe('Enabled');
    expect(await review(world, 'bob', 'old-orders', 'Approve')).toMatchObject({ ok: true });
    await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
    await eventually('the end', async () => (await record(world, arn)).actions.at(-1)?.ending);
    expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(1);
    await settled(world);
    const done = await requestOf(world, 'old-orders', 'Approved');
    expect(world.words(done)).not.toContain('"Approve"');
    const kinds = (await trail(world)).filter(({ key }) => key === arn).map(({ kind }) => kind);
    expect(kinds).toEqual(['requested', 'approved', 'asked', 'intent', 'outcome', 'ended']);
  }));
