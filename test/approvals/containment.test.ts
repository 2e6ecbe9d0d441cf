/** Disable and Enable: alone where nobody is hurt, with an approver where somebody may be; and an admin alone. */
import { describe, expect, test } from 'vitest';
import { cardOf, connect, inWorld, scheduled, settled, sweepNow } from '../faults/given.ts';
import { redisCommand } from '../faults/traces.ts';
import { drained } from '../gathering/given.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, type World } from '../harness.ts';
import {
  askDeletion,
  changes,
  commandForm,
  enrolAll,
  errorsOf,
  options,
  record,
  requestOf,
  review,
  send,
  steadyKey,
  told,
  trail,
} from './given.ts';

const command = async (world: World, user: string, text: string): Promise<string> =>
  JSON.stringify((await world.slack.command({ channel: CHANNEL, user, text })).response ?? '');

describe('Disable', () => {
  test('of a key that was used within a day needs an approver, without codes', () =>
    inWorld(options(), async (world) => {
      const arn = await steadyKey(world, 'busy');
      await world.call('Encrypt', { KeyId: arn, Plaintext: Buffer.from('x').toString('base64') });
      const viewId = await commandForm(world, 'alice', 'disable busy');
      expect(JSON.stringify(world.slack.views())).toContain('used within the last 24 hours');
      expect(JSON.stringify(world.slack.views())).not.toContain('"code"');
      expect(await send(world, 'alice', viewId, { reason: 'odd calls', key_name: 'busy' })).toEqual({ ok: true });
      await requestOf(world, 'busy');
      expect(world.stateOf(arn)).toBe('Enabled');
      expect(await review(world, 'bob', 'busy', 'Approve')).toEqual({ ok: true });
      await eventually('the disabled key', () => world.stateOf(arn) === 'Disabled');
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      await settled(world);
    }));

  test('is one person’s own three times an hour; the fourth needs an approver, and an hour later none', () =>
    // With own credentials: no session ends when an hour passes.
    inWorld({ ...options(), withRoles: false }, async (world) => {
      const arns: string[] = [];
      for (const alias of ['one', 'two', 'three', 'four']) arns.push(await world.makeKey(alias));
      await sweepNow(world);
      for (const alias of ['one', 'two', 'three']) {
        expect(await command(world, 'alice', `disable ${alias}`)).toContain('under way');
        await eventually(
          `${alias} disabled`,
          () => world.stateOf(arns[['one', 'two', 'three'].indexOf(alias)] ?? '') === 'Disabled',
        );
      }
      await commandForm(world, 'alice', 'disable four');
      expect(JSON.stringify(world.slack.views())).toContain('fourth disabling within an hour');
      await drained(world);
      world.clock.move(61 * 60_000);
      // Reading last uses has a pace of its own, by Redis's clock, which has not moved.
      await redisCommand(world, 'DEL', `{kw}:pace:kms ${ACCOUNT} ${REGION} GetKeyLastUsage person`);
      expect(await command(world, 'alice', 'disable four')).toContain('under way');
      await eventually('four disabled', () => world.stateOf(arns[3] ?? '') === 'Disabled');
      await eventually('the end', async () => (await record(world, arns[3] ?? '')).actions[0]?.ending);
      await settled(world);
    }));
});

describe('Enable', () => {
  test('of a key that was Disabled before the danger needs an approver; its rescue does not enable it', () =>
    inWorld({ ...options(), withoutBot: true }, async (world) => {
      const arn = await world.makeKey('sleeping');
      await world.call('DisableKey', { KeyId: arn });
      await connect(world, await world.addBot());
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const { ts } = await cardOf(world, 'sleeping');
      await settled(world);
      expect(await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' })).toEqual({ ok: true });
      await eventually('the cancelled key', () => world.stateOf(arn) === 'Disabled');
      await eventually('the green card', () => world.words(world.cards('alias/sleeping')[0]).includes('🟢'));
      expect(changes(world, arn, 'EnableKey')).toBe(0);
      const viewId = await commandForm(world, 'alice', 'enable sleeping');
      expect(JSON.stringify(world.slack.views())).toContain('disabled before the danger');
      expect(await send(world, 'alice', viewId, { reason: 'its owner agrees', key_name: 'sleeping' })).toEqual({
        ok: true,
      });
      await requestOf(world, 'sleeping');
      expect(await review(world, 'bob', 'sleeping', 'Approve')).toEqual({ ok: true });
      await eventually('the enabled key', () => world.stateOf(arn) === 'Enabled');
      await eventually('the end', async () => (await record(world, arn)).actions.at(-1)?.ending);
      await settled(world);
      // From here on it is an enabled key, whatever the sweep remembers from before: the next rescue brings it back.
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const card = await eventually('the button', () =>
        world.cards('alias/sleeping').find((one) => world.words(one).includes('"Rescue"')),
      );
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
      const rescue = await eventually('the end', async () => {
        const { actions } = await record(world, arn);
        return actions.length === 3 && actions[2]?.ending !== undefined ? actions[2] : undefined;
      });
      expect(rescue.ending).toMatchObject({ kind: 'verified', state: 'Enabled' });
      await settled(world);
    }));
});

describe('Reject', () => {
  test('wants a comment, and ends the request with it', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'kept');
      await askDeletion(world, 'kept');
      const { ts } = await requestOf(world, 'kept');
      const before = new Set(world.slack.views().map(({ id }) => id));
      await world.slack.click({ channel: CHANNEL, ts, user: 'bob', action: 'Reject' });
      const view = await eventually('the form', () =>
        world.slack
          .views()
          .find(({ id, user, view: one }) => user === 'U0BOB' && one.type === 'modal' && !before.has(id)),
      );
      const silent = await send(world, 'bob', view.id, { comment: ' ' });
      expect(silent.ok && errorsOf(silent) === '').toBe(false);
      expect(await send(world, 'bob', view.id, { comment: 'still in use by crm' })).toEqual({ ok: true });
      const drawn = await requestOf(world, 'kept', 'Rejected');
      expect(world.words(drawn)).toContain('still in use by crm');
      expect(world.words(drawn)).not.toContain('"Approve"');
      expect(world.stateOf(arn)).toBe('Enabled');
      const rejected = (await trail(world)).find(({ kind }) => kind === 'rejected');
      expect(rejected).toMatchObject({ comment: 'still in use by crm', actor: { user: 'U0BOB' } });
      await settled(world);
    }));
});

describe('at home', () => {
  test('the request waits in each approver’s Home tab, is decided there, and is gone then', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'seen-at-home');
      await askDeletion(world, 'seen-at-home');
      await requestOf(world, 'seen-at-home');
      const homeOf = (user: string) =>
        world.slack.views().find(({ user: whose, view }) => whose === user && view.type === 'home');
      // Nobody opened it: it is drawn because there is something to decide.
      const bobs = await eventually('bob’s home', () => {
        const home = homeOf('U0BOB');
        return JSON.stringify(home ?? '').includes('Waiting for your approval') ? home : undefined;
      });
      expect(JSON.stringify(bobs)).toContain('no longer used, CHG-7');
      await eventually('dave’s home', () => JSON.stringify(homeOf('U0DAVE') ?? '').includes('"Approve"'));
      await eventually('alice’s own', () => JSON.stringify(homeOf('U0ALICE') ?? '').includes('Your requests'));
      expect(JSON.stringify(homeOf('U0ALICE'))).not.toContain('"Approve"');
      const known = new Set(world.slack.views().map(({ id }) => id));
      expect(await world.slack.click({ viewId: bobs.id, user: 'bob', action: 'Approve' })).toMatchObject({ ok: true });
      const form = await eventually('the form', () =>
        world.slack.views().find(({ id, user, view }) => user === 'U0BOB' && view.type === 'modal' && !known.has(id)),
      );
      expect(await send(world, 'bob', form.id, { code: world.code('U0BOB') })).toEqual({ ok: true });
      await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
      for (const user of ['U0BOB', 'U0DAVE'])
        await eventually(`${user}’s home drawn again`, () => !JSON.stringify(homeOf(user) ?? '').includes('"Approve"'));
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      await settled(world);
    }));
});

describe('break-glass', () => {
  test('off unless configured: no box on the form, an admin alone is told so', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      await steadyKey(world, 'no-glass');
      const answer = await command(world, 'carol', 'schedule-deletion no-glass');
      expect(answer).toContain('you are not a responder');
      await commandForm(world, 'alice', 'schedule-deletion no-glass');
      expect(JSON.stringify(world.slack.views())).not.toContain('break_glass');
      await settled(world);
    }));

  test('an admin alone, with reason and code: announced to the channel and the approvers, marked in the trail', () =>
    inWorld(options({ breakGlass: 'on' }), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'glass');
      const viewId = await commandForm(world, 'carol', 'schedule-deletion glass');
      const values = { reason: 'leaked, INC-9', key_name: 'glass', break_glass: ['alone'] };
      expect(errorsOf(await send(world, 'carol', viewId, { ...values, code: '12' }))).toContain('not right');
      const sent = await send(world, 'carol', viewId, { ...values, code: world.code('U0CAROL') });
      expect(sent, JSON.stringify(sent)).toEqual({ ok: true });
      await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
      const announced = await requestOf(world, 'glass', 'Break-glass');
      expect(world.words(announced)).toContain('thread_broadcast');
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      await settled(world);
      const entries = (await trail(world)).filter(({ key, kind }) => key === arn && kind !== 'refused');
      expect(entries.map(({ kind }) => kind)).toEqual(['requested', 'asked', 'intent', 'outcome', 'ended']);
      expect(entries.every(({ breakGlass }) => breakGlass === true)).toBe(true);
      expect(world.words(world.cards('alias/glass')[0])).toContain('break-glass');
    }));

  test('is for admins: a responder who ticks the box is refused', () =>
    inWorld(options({ breakGlass: 'on' }), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'tempted');
      const answer = await askDeletion(world, 'tempted', { values: { break_glass: ['alone'] } });
      expect(errorsOf(answer)).toContain('you are not an admin');
      expect(world.stateOf(arn)).toBe('Enabled');
      await settled(world);
    }));
});

describe('limited roles', () => {
  test('a responder for some keys rescues those and no others; an approver for others cannot agree', () =>
    inWorld(
      options(
        {},
        {
          responder: [{ users: ['U0ALICE'], aliases: ['orders-*'] }, { users: ['U0DAVE'] }],
          approver: [
            { users: ['U0BOB'], tags: { team: 'pay' } },
            { users: ['U0CAROL'], aliases: ['orders-*'] },
          ],
        },
      ),
      async (world) => {
        await enrolAll(world);
        const other = await scheduled(world, 'invoices');
        const { ts } = await cardOf(world, 'invoices');
        await settled(world);
        await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Rescue' });
        await told(world, 'alice', 'but not for this key');
        expect(world.stateOf(other)).toBe('PendingDeletion');
        const arn = await steadyKey(world, 'orders-old');
        expect(await askDeletion(world, 'orders-old')).toEqual({ ok: true });
        const request = await requestOf(world, 'orders-old');
        await world.slack.click({ channel: CHANNEL, ts: request.ts, user: 'bob', action: 'Approve' });
        await told(world, 'bob', 'but not for this key');
        expect(await review(world, 'carol', 'orders-old', 'Approve')).toEqual({ ok: true });
        await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
        await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
        await settled(world);
      },
    ));
});
