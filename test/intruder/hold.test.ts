import { describe, expect, it } from 'vitest';
import { noQueue } from '../../src/adapters/memory/memory.ts';
import { ACTION_IDS } from '../../src/adapters/slack/words/controls.ts';
import { parseKeyArn } from '../../src/domain/ids.ts';
import { look } from '../../src/flows/look.ts';
import { proveNow } from '../../src/flows/prove-now.ts';
import { askFor } from '../../src/flows/receive-click.ts';
import { commandForm, review, send } from '../approvals/given.ts';
import { cardOf, inWorld, scheduled, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';

const command = async (world: World, user: string, text: string): Promise<string> => {
  const { response } = await world.slack.command({ channel: CHANNEL, user, text });
  return JSON.stringify(response ?? '');
};

const ended = (world: World, arn: string, kind: string) =>
  eventually(
    `how ${kind} ended`,
    async () => (await world.incident(arn))?.actions.findLast((action) => action.kind === kind)?.ending,
  );

const cardWords = async (world: World, arn: string): Promise<string> => {
  const incident = await world.incident(arn);
  return JSON.stringify(world.messages().find(({ ts }) => ts === incident?.card.ts)?.blocks ?? []);
};

async function audited(world: World): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const page of world.bot.house.audit.entries())
    for (const { kind, actor, reason, message } of page)
      lines.push([kind, 'user' in actor ? actor.user : '', reason ?? message ?? ''].join(' ').trim());
  return lines;
}

describe('containment', () => {
  it('a hold that comes while the second half of a rescue is being judged keeps the key off', async () => {
    const roles = { responder: { users: ['U0ALICE', 'U0CAROL'] }, approver: { users: ['U0BOB'] } };
    await inWorld({ withRoles: false, config: { roles } }, async (world) => {
      const arn = await scheduled(world, 'overtaken');
      const card = await cardOf(world, 'overtaken');
      await settled(world);
      const { people } = world.bot.house;
      const { standing } = people;
      let said = '';
      Object.assign(people, {
        standing: async (...asked: Parameters<typeof standing>) => {
          const answer = await standing(...asked);
          if (said === '' && asked[0].user === 'U0ALICE' && world.stateOf(arn) === 'Disabled')
            said = await command(world, 'carol', 'hold alias/overtaken an intruder has it');
          return answer;
        },
      });
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: ACTION_IDS.rescue });
      expect(await ended(world, arn, 'rescue')).toMatchObject({ kind: 'amber', state: 'Disabled', why: 'held' });
      expect(said).toContain('is on hold: no rescue switches it on');
      expect(world.stateOf(arn)).toBe('Disabled');
    });
  });

  it('a held key is rescued from deletion and stays off; its card says by whom and why, and an approver releases it', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await scheduled(world, 'held');
      const card = await cardOf(world, 'held');
      expect(await command(world, 'alice', 'hold alias/held its policy is not ours')).toContain('is on hold');
      await eventually('the hold on the card', async () => (await cardWords(world, arn)).includes('On hold'));
      expect(await cardWords(world, arn)).toContain('its policy is not ours');

      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: ACTION_IDS.rescue });
      expect(await ended(world, arn, 'rescue')).toMatchObject({ kind: 'amber', state: 'Disabled', why: 'held' });
      expect(world.stateOf(arn)).toBe('Disabled');
      await eventually('why on the card', async () =>
        (await cardWords(world, arn)).includes('it is on hold by <@U0ALICE>, its policy is not ours'),
      );
      // Nothing on offer that would do nothing.
      expect(await cardWords(world, arn)).not.toContain('"action_id":"rescue"');

      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: ACTION_IDS.enable });
      const form = await eventually('the form for an approver', () => world.slack.views().at(-1));
      expect(JSON.stringify(form.view)).toContain('the key is held');
      expect(world.stateOf(arn)).toBe('Disabled');

      expect(await command(world, 'alice', 'release alias/held')).toContain('was not done');
      expect((await world.incident(arn))?.hold?.reason).toBe('its policy is not ours');
      expect(await command(world, 'bob', 'release alias/held')).toContain('not on hold any more');
      expect((await world.incident(arn))?.hold).toBeUndefined();
      // The state before the danger is known, and a rescue brings it back again.
      await eventually('the button', async () => (await cardWords(world, arn)).includes('"action_id":"rescue"'));
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: ACTION_IDS.rescue });
      await eventually('the key back', () => world.stateOf(arn) === 'Enabled');

      for (const line of ['held U0ALICE its policy is not ours', 'refused U0ALICE notInRole', 'released U0BOB'])
        await eventually(`"${line}" in the audit trail`, async () => (await audited(world)).includes(line));
    });
  });

  it('a healthy key on hold gets a card, stays open while it is held, and its hold outlives another danger', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await world.makeKey('suspicious');
      await sweepNow(world);
      expect(await command(world, 'alice', 'hold alias/suspicious odd calls')).toContain('still *enabled*');
      await cardOf(world, 'suspicious');
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      await eventually('the danger', async () => (await world.incident(arn))?.countdown);
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await sweepNow(world);
      await settled(world);
      const incident = await world.incident(arn);
      expect(incident).toMatchObject({ phase: { kind: 'open' }, hold: { reason: 'odd calls' } });
    });
  });

  it('an approved Enable ends the hold: whoever agreed knew of it', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await world.makeKey('agreed');
      await sweepNow(world);
      await world.call('DisableKey', { KeyId: arn });
      await cardOf(world, 'agreed');
      await command(world, 'alice', 'hold alias/agreed until we know');
      const form = await commandForm(world, 'alice', 'enable alias/agreed');
      await send(world, 'alice', form, { reason: 'we know now', key_name: 'agreed' });
      await review(world, 'bob', 'agreed', 'Approve');
      await eventually('the key on', () => world.stateOf(arn) === 'Enabled');
      await eventually('no hold', async () => (await world.incident(arn))?.hold === undefined);
      expect((await world.incident(arn))?.timeline.some(({ body }) => body.kind === 'released')).toBe(true);
    });
  });

  it('a hold that came while a rescue from the terminal waited for its slot is heeded: the key is not switched on', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await scheduled(world, 'overtaken');
      await cardOf(world, 'overtaken');
      await world.call('CancelKeyDeletion', { KeyId: arn });
      await command(world, 'alice', 'hold alias/overtaken an intruder');
      await settled(world);
      const { house } = world.bot;
      const key = parseKeyArn(arn);
      if (key === undefined) throw new Error('no key');
      const by = { via: 'terminal', user: 'operator' } as const;
      const asked = await askFor({ ...house, queue: noQueue }, key, { kind: 'rescue', by, nonce: 'terminal' });
      if (asked.kind !== 'asked') throw new Error('not asked');
      const { id: incident, actions } = asked.incident;
      const action = actions.find(({ id }) => id === asked.action);
      if (action === undefined) throw new Error('no action');
      // Planned before the hold.
      const step = { kind: 'call', operation: 'EnableKey' } as const;
      const read = await look(house, key);
      const signal = new AbortController().signal;
      expect(await proveNow(house, { incident, action, key, step, read, signal })).toEqual({ kind: 'planAgain' });
      expect(world.stateOf(arn)).toBe('Disabled');
    });
  });

  it('says what it needs, and refuses who may not', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      await world.makeKey('plain');
      await sweepNow(world);
      expect(await command(world, 'alice', 'hold alias/plain')).toContain('takes a key and a reason');
      expect(await command(world, 'alice', 'release')).toContain('takes one key');
      expect(await command(world, 'bob', 'hold alias/plain because')).toContain('was not done');
      expect(await command(world, 'bob', 'release alias/plain')).toContain('is not on hold');
    });
  });
});
