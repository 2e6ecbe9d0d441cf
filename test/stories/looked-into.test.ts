/** Close: looked into. What no read of a key ends is closed by an approver, with a reason, and stays closed until something new happens. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SlackAnswer } from '../../src/sandbox/world.ts';
import { errorsOf, options, pressForm, record, send, steadyKey, told, trail } from '../approvals/given.ts';
import { HOUR, heard, press } from '../countdown/given.ts';
import { cardOf, inWorld, pass, settled, slackPost, sweepNow } from '../faults/given.ts';
import { enveloped, eventOf, inOurRole, postEvent, quiet } from '../faults/traces.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';

const CLOSE = 'Close: looked into';
const RECORDED = new URL('../cases/intake/fixtures/cloudtrail-PutEventSelectors-excludes-kms.json', import.meta.url);

const command = (world: World, user: string, text: string): Promise<SlackAnswer> =>
  world.slack.command({ channel: CHANNEL, user, text });

const wordsOf = (world: World, alias: string): string => world.words(world.cards(`alias/${alias}`)[0]);

/** Until the card offers it, or does not any more. */
const offers = (world: World, alias: string, offered: boolean): Promise<true> =>
  eventually(`the card of ${alias} ${offered ? 'with' : 'without'} its entry`, () =>
    cardWords(world, alias).includes(CLOSE) === offered ? true : undefined,
  );
const cardWords = (world: World, alias: string): string =>
  JSON.stringify(world.cards(`alias/${alias}`)[0]?.blocks ?? '');

/** A key that works, and is watched: nothing but a person's word ends that. */
async function watched(world: World, alias: string): Promise<{ readonly arn: string; readonly ts: string }> {
  const arn = await steadyKey(world, alias);
  expect(await command(world, 'alice', `watch ${alias} odd calls at night`)).toMatchObject({ ok: true });
  const { ts } = await cardOf(world, alias);
  await offers(world, alias, true);
  await settled(world);
  return { arn, ts };
}

/** The same entry, chosen on a card that was drawn before. */
function chooseOld(world: World, user: string, id: string, ts: string): Promise<Response> {
  const payload = {
    type: 'block_actions',
    user: { id: user, team_id: 'T0HOME' },
    team: { id: 'T0HOME' },
    trigger_id: '1.2.3',
    channel: { id: CHANNEL },
    message: { ts },
    actions: [
      {
        type: 'overflow',
        action_id: 'more',
        block_id: 'b',
        action_ts: String(world.clock.now()),
        selected_option: { value: `close:${id}` },
      },
    ],
  };
  return slackPost(world, world.bot, new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
}

test('a responder is refused, nobody closes a hold, an approver closes it with a reason; then it is quiet', () =>
  inWorld({ ...options(), withRoles: false }, async (world) => {
    const { arn, ts } = await watched(world, 'orders');
    const { id } = await record(world, arn);

    expect(await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: CLOSE })).toMatchObject({ ok: true });
    await told(world, 'alice', `${CLOSE} was not done: you are not in the role it needs: you are not an approver`);
    expect((await trail(world)).filter(({ kind }) => kind === 'refused')).toMatchObject([
      { what: 'close', message: 'notInRole', key: arn, actor: { user: 'U0ALICE' } },
    ]);

    const early = await pressForm(world, 'bob', ts, CLOSE);
    const form = JSON.stringify(world.slack.views().find((view) => view.id === early));
    for (const words of ['alias/orders', 'State: Enabled', 'odd calls at night', 'Nothing is changed in AWS'])
      expect(form).toContain(words);
    expect(await command(world, 'alice', 'hold orders we look at it')).toMatchObject({ ok: true });
    await offers(world, 'orders', false);
    expect(errorsOf(await send(world, 'bob', early, { reason: 'nothing found' }))).toContain(
      'Something else is the matter',
    );
    await chooseOld(world, 'U0BOB', id, ts);
    await told(world, 'bob', 'Not now: this cannot be closed on somebody’s word any more');
    expect((await record(world, arn)).phase.kind).toBe('open');

    expect(await command(world, 'bob', 'release orders')).toMatchObject({ ok: true });
    await offers(world, 'orders', true);
    // Whoever has it in hand is asked again, until somebody decides.
    expect(await press(world, 'alice', await cardOf(world, 'orders'), 'Acknowledge')).toMatchObject({ ok: true });
    pass(world, 13 * HOUR);
    await eventually('the question', () => (heard(world).length === 1 ? true : undefined));
    await settled(world);

    const viewId = await pressForm(world, 'bob', ts, CLOSE);
    expect(errorsOf(await send(world, 'bob', viewId, { reason: '    ' }))).toContain('Say why');
    const reason = 'our own load test, CHG-7 <!channel> *sorry*';
    expect(await send(world, 'bob', viewId, { reason })).toEqual({ ok: true });
    await eventually('the closed card', () => wordsOf(world, 'orders').includes('Looked into and closed'));
    await settled(world);
    const card = cardWords(world, 'orders');
    for (const words of ['⚪', '*Looked into*, closed by <@U0BOB>', 'our own load test, CHG-7 ‹!channel› ∗sorry∗'])
      expect(card.replace('&lt;!channel&gt;', '‹!channel›')).toContain(words);
    expect(card).not.toContain('<!channel>');
    expect(card).not.toContain(`"${CLOSE}"`);
    const thread = JSON.stringify(world.cards('alias/orders')[0]?.replies ?? []);
    expect(thread).toContain('<@U0BOB> looked into it: our own load test, CHG-7');
    expect(thread).toContain('Closed: somebody looked into it');
    await eventually('the audit trail', async () => (await trail(world)).some(({ kind }) => kind === 'closed'));
    expect((await trail(world)).filter(({ kind }) => kind === 'closed')).toMatchObject([
      { incident: id, key: arn, actor: { user: 'U0BOB' }, reason },
    ]);

    const messages = world.messages().length;
    pass(world, 13 * HOUR);
    await sweepNow(world);
    pass(world, 48 * HOUR);
    await sweepNow(world);
    await quiet(world);
    expect(heard(world)).toHaveLength(1);
    expect(world.messages()).toHaveLength(messages);
    expect((await record(world, arn)).phase).toMatchObject({ kind: 'closed', outcome: 'lookedInto' });

    await chooseOld(world, 'U0BOB', id, ts);
    await told(world, 'bob', 'Somebody looked into it, and the incident is over');
  }));

describe('our own role misused', () => {
  test('closed, swept and looked at by the auditor: it stays closed; misused again: it opens anew', () =>
    inWorld(options(), async (world) => {
      const arn = await steadyKey(world, 'calm');
      await world.call('DisableKey', { KeyId: arn });
      await cardOf(world, 'calm');
      const event = await eventOf(world, 'DisableKey', arn);
      await world.call('EnableKey', { KeyId: arn });
      const first = inOurRole(event, 'KeywardenRescue', 'somebody-else');
      expect(await postEvent(world.bot.url, first)).toBe(200);
      await eventually('the misuse', async () =>
        (await record(world, arn)).dangers.some(({ kind }) => kind === 'ownRoleMisused'),
      );
      await sweepNow(world);
      await quiet(world);
      const before = await eventually('the open incident', async () => {
        const now = await record(world, arn);
        return now.phase.kind === 'open' && now.dangers.some(({ kind }) => kind === 'ownRoleMisused') ? now : undefined;
      });
      // KMS might not show yet what was told, so nobody closes it in the first minute.
      pass(world, 60_000);
      await offers(world, 'calm', true);
      const { ts } = before.card;
      const viewId = await pressForm(world, 'bob', ts ?? '', CLOSE);
      expect(await send(world, 'bob', viewId, { reason: 'a rehearsal, keys rotated' })).toEqual({ ok: true });
      await eventually('the end', async () => (await record(world, arn)).phase.kind === 'closed');

      await sweepNow(world);
      expect(await postEvent(world.bot.url, first)).toBe(200);
      await quiet(world);
      expect(await record(world, arn)).toMatchObject({
        round: before.round,
        phase: { kind: 'closed', outcome: 'lookedInto' },
      });

      expect(await postEvent(world.bot.url, inOurRole(event, 'KeywardenRescue', 'somebody-else'))).toBe(200);
      await eventually('the next round', async () => (await record(world, arn)).round === before.round + 1);
      await quiet(world);
      expect((await record(world, arn)).phase.kind).toBe('open');
    }));
});

describe('a blinded trail', () => {
  const limited = {
    approver: [{ users: ['U0BOB'] }, { users: ['U0DAVE'], aliases: ['payments-*'] }],
  };
  test('whose role is for some keys only is refused; closed on an approver’s word, until it is blinded again', () =>
    inWorld(options({}, limited), async (world) => {
      const blinded = (): Record<string, unknown> => {
        const detail = JSON.parse(readFileSync(RECORDED, 'utf8')) as Record<string, unknown>;
        return enveloped({
          ...detail,
          eventTime: new Date(world.clock.now()).toISOString(),
          eventID: randomUUID(),
        });
      };
      const first = blinded();
      expect(await postEvent(world.bot.url, first)).toBe(200);
      const card = () => world.cards('CloudTrail no longer records KMS')[0];
      const { ts } = await eventually('its card', card);
      await settled(world);
      expect(await world.slack.click({ channel: CHANNEL, ts, user: 'dave', action: CLOSE })).toMatchObject({
        ok: true,
      });
      await told(world, 'dave', 'you are an approver for some keys only');
      const viewId = await pressForm(world, 'bob', ts, CLOSE);
      expect(await send(world, 'bob', viewId, { reason: 'planned, CHG-8; put back' })).toEqual({ ok: true });
      const over = await eventually('the closed card', () => world.cards('Looked into and closed')[0]);
      expect(over.ts).toBe(ts);
      expect(world.words(over)).toContain('closed by <@U0BOB>');
      await settled(world);
      await sweepNow(world);
      expect(await postEvent(world.bot.url, first)).toBe(200);
      await quiet(world);
      expect(world.messages()).toHaveLength(1);
      expect((await trail(world)).filter(({ kind }) => kind === 'closed' || kind === 'refused')).toMatchObject([
        { kind: 'refused', what: 'close', message: 'limitUnknown', actor: { user: 'U0DAVE' } },
        { kind: 'closed', reason: 'planned, CHG-8; put back', actor: { user: 'U0BOB' } },
      ]);
      pass(world, 60_000);
      expect(await postEvent(world.bot.url, blinded())).toBe(200);
      await eventually('a card of its own', () => world.messages().length === 2);
      await quiet(world);
    }));
});
