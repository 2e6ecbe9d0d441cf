/** Everybody and everything that must not pass, each with a sentence that says why; fault rows 32 and 34 to 40. */
import { describe, expect, test } from 'vitest';
import { answerReview, openReviewForm } from '../../src/flows/review.ts';
import { inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { CHANNEL, eventually, type World } from '../harness.ts';
import {
  askDeletion,
  changes,
  commandForm,
  enrolAll,
  errorsOf,
  holdTurn,
  options,
  pressForm,
  record,
  requestOf,
  review,
  send,
  steadyKey,
  told,
  trail,
} from './given.ts';

/** A request by alice for the deletion of a key, standing in its thread. */
async function requested(world: World, alias: string): Promise<string> {
  await enrolAll(world);
  const arn = await steadyKey(world, alias);
  const answer = await askDeletion(world, alias);
  expect(answer, JSON.stringify(answer)).toEqual({ ok: true });
  await requestOf(world, alias);
  return arn;
}

const refusedFor = async (world: World): Promise<readonly (string | undefined)[]> =>
  (await trail(world)).filter(({ kind }) => kind === 'refused').map(({ message }) => message);

async function untouched(world: World, arn: string): Promise<void> {
  await settled(world);
  expect(world.stateOf(arn)).toBe('Enabled');
  expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
  expect((await record(world, arn)).actions).toEqual([]);
}

describe('who may not agree', () => {
  test('36: who asked, told so and audited, also with the approver role', () =>
    inWorld(options({}, { approver: { users: ['U0ALICE', 'U0BOB'] } }), async (world) => {
      const arn = await requested(world, 'own');
      const { ts } = await requestOf(world, 'own');
      await world.slack.click({ channel: CHANNEL, ts, user: 'alice', action: 'Approve' });
      await told(world, 'alice', 'your own request');
      expect(await refusedFor(world)).toContain('ownRequest');
      await untouched(world, arn);
    }));

  test.each([
    ['gina', 'guests of the workspace may not act', 'guest'],
    ['carol', 'you are not an approver', 'notInRole'],
  ])('38: %s', (user, sentence, word) =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, `for-${user}`);
      const { ts } = await requestOf(world, `for-${user}`);
      await world.slack.click({ channel: CHANNEL, ts, user, action: 'Approve' });
      await told(world, user, sentence);
      expect(await refusedFor(world)).toContain(word);
      await untouched(world, arn);
    }),
  );

  test('37: an approver who lost the role after the form was opened', () =>
    inWorld(
      {
        ...options({}, { approver: { usergroups: ['S0LEADS'] } }),
        userGroups: [{ id: 'S0LEADS', handle: 'leads', users: ['U0BOB', 'U0DAVE'] }],
      },
      async (world) => {
        const arn = await requested(world, 'lost-role');
        const { ts } = await requestOf(world, 'lost-role');
        const viewId = await pressForm(world, 'bob', ts, 'Approve');
        world.slack.change({ kind: 'setUserGroup', usergroup: 'S0LEADS', users: ['U0DAVE'] });
        const answer = await send(world, 'bob', viewId, { code: world.code('U0BOB') });
        expect(errorsOf(answer)).toContain('you are not an approver');
        await untouched(world, arn);
      },
    ));

  test('37: an approver deactivated between the click and the call: carried out by nobody', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'deactivated');
      // The call waits for its turn at KMS: the approver goes meanwhile.
      const turn = holdTurn(world.bot);
      await review(world, 'bob', 'deactivated', 'Approve');
      await eventually('the grant', async () => (await record(world, arn)).approvals[0]?.status.kind === 'granted');
      world.slack.change({ kind: 'deactivate', user: 'U0BOB' });
      turn.release();
      const ending = await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending, 20_000);
      expect(ending).toMatchObject({ kind: 'failed', why: { kind: 'notPermitted', who: 'U0BOB' } });
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
      expect(world.stateOf(arn)).toBe('Enabled');
      await settled(world);
      expect(world.words(world.cards('alias/deactivated')[0])).toContain('deactivated');
    }));
});

describe('when it may not be agreed to any more', () => {
  test('39: an expired request: told, drawn again without buttons, and three months later too', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'expired');
      const { ts } = await requestOf(world, 'expired');
      pass(world, 31 * 60_000);
      await world.slack.click({ channel: CHANNEL, ts, user: 'bob', action: 'Approve' });
      await told(world, 'bob', 'The request expired');
      const drawn = await requestOf(world, 'expired', 'Expired');
      await settled(world);
      expect(world.words(await requestOf(world, 'expired', 'Expired'))).not.toContain('"Approve"');
      expect(drawn.ts).toBe(ts);
      await untouched(world, arn);
      expect((await trail(world)).map(({ kind }) => kind)).toContain('expired');
    }));

  test('39: a request that runs out while its button is being answered: told as expired, not as waiting', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'overtaken');
      const { id, approvals } = await record(world, arn);
      const waiting = approvals[0];
      expect(waiting?.status.kind).toBe('waiting');
      const { house } = world.bot;
      const person = { enterprise: '', team: 'T0HOME', user: 'U0BOB' };
      pass(world, 31 * 60_000);
      await eventually('its end', async () => (await record(world, arn)).approvals[0]?.status.kind === 'expired');
      // This press read the record just before the countdown's own job ended the request.
      const stale = { ...(await record(world, arn)), approvals };
      let reads = 0;
      const incidents = Object.assign(Object.create(house.incidents) as typeof house.incidents, {
        load: (asked: typeof id) => {
          reads += 1;
          return reads === 1 ? Promise.resolve(stale) : house.incidents.load(asked);
        },
      });
      const answer = await openReviewForm({ ...house, incidents }, {
        person,
        incident: id,
        approval: waiting?.id,
        decision: 'approve',
      } as never);
      expect(answer).toMatchObject({ words: { problem: { kind: 'over', status: { kind: 'expired' } } } });
    }));

  test('40: two approvers at once: the slower one reads that it was approved, not that it is void', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'two');
      const { id, approvals } = await record(world, arn);
      const { house } = world.bot;
      // Slack takes its time to say who bob is: dave agrees meanwhile, and it is done.
      const people = Object.assign(Object.create(house.people) as typeof house.people, {
        standing: async (...asked: Parameters<typeof house.people.standing>) => {
          const [person, freshness] = asked;
          if (person.user === 'U0BOB' && freshness === 'live') {
            await review(world, 'dave', 'two', 'Approve');
            await eventually('the deletion', () => world.stateOf(arn) === 'PendingDeletion');
          }
          return house.people.standing(...asked);
        },
      });
      const answer = await answerReview({ ...house, people }, {
        person: { enterprise: '', team: 'T0HOME', user: 'U0BOB' },
        incident: id,
        approval: approvals[0]?.id,
        decision: 'approve',
        comment: 'agreed',
        code: world.code('U0BOB'),
      } as never);
      expect(answer).toMatchObject({ problem: { kind: 'over', status: { kind: 'granted' } } });
      expect(await refusedFor(world)).not.toContain('voided');
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(1);
      await settled(world);
    }));

  test('39: a form that was opened in time and sent too late', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'late');
      const { ts } = await requestOf(world, 'late');
      const viewId = await pressForm(world, 'bob', ts, 'Approve');
      pass(world, 31 * 60_000);
      const answer = await send(world, 'bob', viewId, { code: world.code('U0BOB') });
      expect(errorsOf(answer)).toContain('expired');
      await untouched(world, arn);
    }));

  test.each([
    ['disabled', 'DisableKey', {}, 'its state was Enabled and is Disabled'],
    ['repoliced', 'PutKeyPolicy', { PolicyName: 'default' }, 'its key policy was changed'],
  ])('40: a key that somebody %s meanwhile: void, and says why', (alias, operation, more, sentence) =>
    inWorld({ ...options(), withoutBot: false }, async (world) => {
      const arn = await requested(world, alias);
      const { ts } = await requestOf(world, alias);
      const viewId = await pressForm(world, 'bob', ts, 'Approve');
      const policy =
        operation === 'PutKeyPolicy'
          ? {
              Policy: JSON.stringify({
                Version: '2012-10-17',
                Statement: [
                  {
                    Sid: 'changed',
                    Effect: 'Allow',
                    Principal: { AWS: `arn:aws:iam::${arn.split(':')[4]}:root` },
                    Action: 'kms:*',
                    Resource: '*',
                  },
                ],
              }),
            }
          : {};
      await world.call(operation, { KeyId: arn, ...more, ...policy });
      const answer = await send(world, 'bob', viewId, { code: world.code('U0BOB') });
      expect(errorsOf(answer), JSON.stringify(answer)).toContain('void');
      const drawn = await requestOf(world, alias, 'Void');
      await settled(world);
      expect(world.words(drawn)).toContain(sentence);
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
      expect((await record(world, arn)).actions).toEqual([]);
    }),
  );

  test('40: the key changed between the grant and the call: carried out by nobody', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'changed-late');
      const turn = holdTurn(world.bot);
      await review(world, 'bob', 'changed-late', 'Approve');
      await eventually('the grant', async () => (await record(world, arn)).approvals[0]?.status.kind === 'granted');
      await world.call('DisableKey', { KeyId: arn });
      turn.release();
      const ending = await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending, 20_000);
      expect(ending).toMatchObject({ kind: 'failed', why: { kind: 'approvalVoid' } });
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(0);
      expect(world.stateOf(arn)).toBe('Disabled');
      await settled(world);
    }));
});

describe('the same thing again', () => {
  test('34: two approvers at once: one transition, the other learns who was first', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'raced');
      const { ts } = await requestOf(world, 'raced');
      const forms = [
        await pressForm(world, 'bob', ts, 'Approve'),
        await pressForm(world, 'dave', ts, 'Approve'),
      ] as const;
      const codes = [world.code('U0BOB'), world.code('U0DAVE')] as const;
      const answers = await Promise.all([
        send(world, 'bob', forms[0], { code: codes[0], comment: 'me' }),
        send(world, 'dave', forms[1], { code: codes[1], comment: 'me too' }),
      ]);
      const words = answers.map(errorsOf);
      expect(words.filter((one) => one === '')).toHaveLength(1);
      const loser = words.find((one) => one !== '') ?? '';
      expect(loser).toContain('You were not the first');
      expect(loser).toMatch(/U0BOB|U0DAVE/);
      await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      expect((await record(world, arn)).actions).toHaveLength(1);
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(1);
      await settled(world);
    }));

  test('32: replayed clicks and submissions add nothing', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'replayed');
      for (let times = 0; times < 5; times += 1) expect(await world.slack.replayLast()).toBe(200);
      expect((await record(world, arn)).approvals).toHaveLength(1);
      await review(world, 'bob', 'replayed', 'Approve');
      for (let times = 0; times < 5; times += 1) expect(await world.slack.replayLast()).toBe(200);
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      await settled(world);
      expect((await record(world, arn)).actions).toHaveLength(1);
      expect(changes(world, arn, 'ScheduleKeyDeletion')).toBe(1);
    }));

  test('a code counts once, and not for somebody else', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'reused');
      const { ts } = await requestOf(world, 'reused');
      const code = world.code('U0BOB');
      const foreign = await pressForm(world, 'dave', ts, 'Approve');
      expect(errorsOf(await send(world, 'dave', foreign, { code }))).toContain('not right');
      expect(await review(world, 'bob', 'reused', 'Reject', { comment: 'not yet' })).toEqual({ ok: true });
      await settled(world);
      // Asked for again: the code that alice used stays used.
      const again = await commandForm(world, 'alice', 'schedule-deletion reused');
      const used = world.code('U0ALICE');
      expect(await send(world, 'alice', again, { reason: 'once more', key_name: 'reused', code: used })).toEqual({
        ok: true,
      });
      const { ts: second } = await requestOf(world, 'reused');
      const form = await pressForm(world, 'bob', second, 'Approve');
      const bobs = world.code('U0BOB');
      expect(await send(world, 'bob', form, { code: bobs })).toEqual({ ok: true });
      await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
      await eventually('the end', async () => (await record(world, arn)).actions.at(-1)?.ending);
      const card = await eventually('the button', () =>
        world.cards('alias/reused').find((one) => world.words(one).includes('"Rescue"')),
      );
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescued key', () => world.stateOf(arn) === 'Enabled');
      await eventually('the end', async () => (await record(world, arn)).actions.at(-1)?.ending);
      await settled(world);
      const third = await commandForm(world, 'alice', 'schedule-deletion reused');
      const answer = await send(world, 'alice', third, { reason: 'again', key_name: 'reused', code: used });
      expect(errorsOf(answer)).toMatch(/used already|not right/);
      await settled(world);
      expect(world.stateOf(arn)).toBe('Enabled');
    }));

  test('five wrong codes lock out, a right one does not help then, time does', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'guessed');
      const { ts } = await requestOf(world, 'guessed');
      const form = await pressForm(world, 'bob', ts, 'Approve');
      for (let times = 0; times < 4; times += 1)
        expect(errorsOf(await send(world, 'bob', form, { code: 'wrong' }))).toContain('not right');
      expect(errorsOf(await send(world, 'bob', form, { code: 'wrong' }))).toContain('locked out');
      expect(errorsOf(await send(world, 'bob', form, { code: world.code('U0BOB') }))).toContain('locked out');
      expect((await trail(world)).map(({ kind }) => kind)).toContain('locked');
      await untouched(world, arn);
      pass(world, 15 * 60_000);
      expect(await send(world, 'bob', form, { code: world.code('U0BOB') })).toEqual({ ok: true });
      await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      await settled(world);
    }));
});

describe('asking', () => {
  test('where no approver can be reached it says so at once', () =>
    inWorld(options({}, { approver: { users: ['U0ALICE', 'U0DAVE'] } }), async (world) => {
      await world.enrol('U0ALICE');
      const arn = await steadyKey(world, 'alone');
      const answer = await askDeletion(world, 'alone');
      // Dave is an approver, but not enrolled for codes.
      expect(errorsOf(answer)).toContain('No approver can be reached');
      await sweepNow(world);
      expect(world.cards('alias/alone')).toEqual([]);
      expect(world.stateOf(arn)).toBe('Enabled');
    }));

  test('a window outside 7 to 30 days, and a key that is pending already', () =>
    inWorld(options(), async (world) => {
      await enrolAll(world);
      const arn = await steadyKey(world, 'windows');
      for (const days of ['6', '31', 'soon', '7.5', '7 8']) {
        const text = `schedule-deletion windows ${days}`;
        const answer = await world.slack.command({ channel: CHANNEL, user: 'alice', text });
        expect(JSON.stringify(answer.response), days).toContain('7 to 30 whole days');
      }
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await sweepNow(world);
      const answer = await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'schedule-deletion windows' });
      expect(JSON.stringify(answer.response)).toContain('does not take this call');
      await settled(world);
    }));

  test('a second request waits for the first to be decided; who asked can withdraw it', () =>
    inWorld(options(), async (world) => {
      const arn = await requested(world, 'twice');
      const second = await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'schedule-deletion twice' });
      expect(JSON.stringify(second.response)).toContain('waits for approvers');
      expect(await review(world, 'alice', 'twice', 'Reject', { comment: 'wrong key' })).toEqual({ ok: true });
      const drawn = await requestOf(world, 'twice', 'Withdrawn');
      expect(world.words(drawn)).not.toContain('"Approve"');
      await untouched(world, arn);
      // Nothing but the wish was the matter.
      await eventually('the closed incident', async () => (await record(world, arn)).phase.kind === 'closed');
      await settled(world);
    }));

  test('quorum of two: the second agreement carries it out', () =>
    inWorld(options({ quorum: 2 }), async (world) => {
      const arn = await requested(world, 'both');
      expect(await review(world, 'bob', 'both', 'Approve')).toEqual({ ok: true });
      await eventually('one of two', async () => world.words(await requestOf(world, 'both')).includes('1 of 2 agreed'));
      const { ts } = await requestOf(world, 'both');
      const again = await pressForm(world, 'bob', ts, 'Approve');
      expect(errorsOf(await send(world, 'bob', again, { code: world.code('U0BOB') }))).toContain(
        'You agreed to this already',
      );
      expect(world.stateOf(arn)).toBe('Enabled');
      expect(await review(world, 'dave', 'both', 'Approve')).toEqual({ ok: true });
      await eventually('the pending key', () => world.stateOf(arn) === 'PendingDeletion');
      await eventually('the end', async () => (await record(world, arn)).actions[0]?.ending);
      await settled(world);
    }));
});
