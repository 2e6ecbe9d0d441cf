/** Rescues while Slack is silent, an emergency over a waiting request, and keys that somebody holds off on purpose. */
import { expect, test } from 'vitest';
import { cardOf, inWorld, scheduled, settled } from '../faults/given.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import {
  askDeletion,
  commandForm,
  enrolAll,
  errorsOf,
  options,
  record,
  requestOf,
  send,
  steadyKey,
  told,
  trail,
} from './given.ts';

const MINUTE = 60_000;

const press = async (world: World, alias: string, user: string, action: string): Promise<void> => {
  const { ts } = await cardOf(world, alias);
  expect(await world.slack.click({ channel: CHANNEL, ts, user, action })).toMatchObject({ ok: true });
};
const ended = (world: World, arn: string, count: number, within?: number) =>
  eventually(
    'the end',
    async () => {
      const { actions } = await record(world, arn);
      return actions.length === count && actions.every(({ ending }) => ending !== undefined) ? actions : undefined;
    },
    within,
  );

test(
  'a rescue, with its enabling, while Slack hangs: whoever it knew within a day may',
  () =>
    // With own credentials: no session ends when an hour passes.
    inWorld({ ...options(), withRoles: false }, async (world) => {
      const first = await scheduled(world, 'known');
      await press(world, 'known', 'alice', 'Rescue');
      await ended(world, first, 1);
      const arn = await scheduled(world, 'silent');
      await cardOf(world, 'silent');
      await settled(world);
      world.clock.move(20 * MINUTE);
      world.slack.addFault({ service: 'slack', operation: 'users.info', mode: 'hang', count: 50 });
      await press(world, 'silent', 'alice', 'Rescue');
      // Slack is waited for before each call, until our own patience with it ends.
      const [rescue] = await ended(world, arn, 1, 90_000);
      expect(rescue?.ending).toMatchObject({ kind: 'verified', state: 'Enabled' });
      expect(rescue?.calls.map(({ operation, outcome }) => [operation, outcome?.kind])).toEqual([
        ['CancelKeyDeletion', 'succeeded'],
        ['EnableKey', 'succeeded'],
      ]);
      world.slack.clearFaults();
      await settled(world);
    }),
  150_000,
);

test('break-glass takes the place of a request that waits; what waited says so', () =>
  inWorld(options({ breakGlass: 'on' }), async (world) => {
    await enrolAll(world);
    const arn = await steadyKey(world, 'held-up');
    expect(await askDeletion(world, 'held-up')).toEqual({ ok: true });
    const { ts } = await requestOf(world, 'held-up');
    const viewId = await commandForm(world, 'carol', 'schedule-deletion held-up');
    const values = { reason: 'leaked, INC-9', key_name: 'held-up', break_glass: ['alone'] };
    expect(await send(world, 'carol', viewId, { ...values, code: world.code('U0CAROL') })).toEqual({ ok: true });
    await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
    await ended(world, arn, 1);
    await settled(world);
    const old = await requestOf(world, 'held-up', 'Superseded');
    expect(old.ts).toBe(ts);
    expect(world.words(old)).toContain('broke the glass on this key');
    expect(world.words(old)).not.toContain('"Approve"');
    const entries = (await trail(world)).filter(({ key, kind }) => key === arn && kind !== 'refused');
    expect(entries.map(({ kind, actor }) => [kind, 'user' in actor ? actor.user : actor.via]).slice(0, 3)).toEqual([
      ['requested', 'U0ALICE'],
      ['requested', 'U0CAROL'],
      ['voided', 'U0CAROL'],
    ]);
  }));

test('a key that somebody disabled through the bot stays held in the next round, until somebody enables it', () =>
  inWorld(options(), async (world) => {
    const arn = await steadyKey(world, 'on-hold');
    const answer = await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'disable on-hold' });
    expect(JSON.stringify(answer.response)).toContain('under way');
    await ended(world, arn, 1);
    await settled(world);
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    await eventually('the button', () => world.words(world.cards('alias/on-hold')[0]).includes('"Rescue"'));
    await press(world, 'on-hold', 'alice', 'Rescue');
    const [, rescue] = await ended(world, arn, 2);
    expect(rescue?.ending).toMatchObject({ kind: 'verified', state: 'Disabled' });
    const viewId = await commandForm(world, 'alice', 'enable on-hold');
    expect(JSON.stringify(world.slack.views())).toContain('on purpose');
    expect(await send(world, 'alice', viewId, { reason: 'checked', key_name: 'on-hold' })).toEqual({ ok: true });
    await requestOf(world, 'on-hold');
    await settled(world);
  }));

test('every wrong code is an entry of its own; any other no is one a minute', () =>
  inWorld(options(), async (world) => {
    await enrolAll(world);
    await steadyKey(world, 'guessed');
    const viewId = await commandForm(world, 'alice', 'schedule-deletion guessed');
    const values = { reason: 'why not', key_name: 'guessed' };
    for (const code of ['000', '111', '222']) {
      world.clock.move(1);
      expect(errorsOf(await send(world, 'alice', viewId, { ...values, code }))).toContain('not right');
    }
    for (const _ of [1, 2, 3]) {
      await world.slack.command({ channel: CHANNEL, user: 'carol', text: 'schedule-deletion guessed' });
    }
    const refused = (await trail(world)).filter(({ kind }) => kind === 'refused');
    const by = (user: string) => refused.filter(({ actor }) => 'user' in actor && actor.user === user).length;
    expect([by('U0ALICE'), by('U0CAROL')]).toEqual([3, 1]);
    await settled(world);
  }));

test('the evidence of an incident, asked for again while nothing has happened, is not made again', () =>
  inWorld(options(), async (world) => {
    await scheduled(world, 'twice');
    const { ts } = await cardOf(world, 'twice');
    await settled(world);
    for (const _ of [1, 2]) await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Evidence' });
    await told(world, 'alice', 'asked for a moment ago');
    await settled(world);
  }));
