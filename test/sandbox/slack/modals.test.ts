import type { BlockAction, ViewSubmitAction } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import { openSlackWithBot, reasonModal } from './bot.ts';
import { callRaw, cardBlocks, clientOf, handClock } from './world.ts';

const channel = 'C0INCIDENT';

/** A bot that opens the modal on `rescue` and answers submissions with the given acknowledgements, one by one. */
async function withModal(acknowledgements: Record<string, unknown>[]) {
  const submitted: ViewSubmitAction[] = [];
  const triggers: string[] = [];
  const { slack } = await openSlackWithBot((app) => {
    app.action<BlockAction>('rescue', async ({ ack, body, client }) => {
      await ack();
      triggers.push(body.trigger_id);
      await client.views.open({ trigger_id: body.trigger_id, view: reasonModal() as never });
    });
    app.view<ViewSubmitAction>('destroy', async ({ ack, body }) => {
      submitted.push(body);
      const next = acknowledgements.shift();
      await (next === undefined ? ack() : ack(next as never));
    });
  });
  await clientOf(slack).chat.postMessage({ channel, blocks: cardBlocks() as never, text: 'card' });
  await slack.click({ channel, user: 'alice', action: 'Rescue' });
  await expect.poll(() => slack.views()).toHaveLength(1);
  const viewId = String(slack.views()[0]?.id);
  const submit = (values: Record<string, unknown>, user = 'alice') => slack.submit({ viewId, user, values });
  return { slack, submitted, submit, viewId, triggers };
}

describe('a modal', () => {
  test('is filled in by action id, sent off and closed', async () => {
    const { slack, submitted, submit, viewId } = await withModal([]);
    expect(await submit({ reason: 'CHG-1234', window: '30 days', surplus: 1 })).toEqual({ ok: true });
    expect(submitted[0]).toMatchObject({
      type: 'view_submission',
      user: { id: 'U0ALICE', name: 'alice', team_id: 'T0SANDBOX' },
      view: { id: viewId, callback_id: 'destroy', private_metadata: 'inc-1', type: 'modal', root_view_id: viewId },
      response_urls: [],
    });
    expect(submitted[0]?.view.state.values).toMatchObject({
      why: { reason: { type: 'plain_text_input', value: 'CHG-1234' } },
      when: { date: { type: 'datepicker', selected_date: '2026-01-02' } },
      how: { window: { type: 'static_select', selected_option: { value: '30' } } },
      number: { ticket: { type: 'plain_text_input', value: null } },
    });
    expect(slack.views()).toEqual([]);
  });

  test('is held back by what Slack’s client checks', async () => {
    const { slack, submitted, submit } = await withModal([]);
    const error = async (values: Record<string, unknown>) => (await submit(values)).error;
    expect(await error({ window: '7' })).toBe('reason: Please complete this required field.');
    expect(await error({ reason: 'four', window: '7' })).toBe('reason: Please enter at least 5 characters.');
    expect(await error({ reason: 'x'.repeat(21), window: '7' })).toBe('reason: Please enter 20 characters or less.');
    expect(await error({ reason: 'right', window: '8' })).toBe('window: no such option: 8');
    expect(await error({ reason: 'right', window: '7', date: '2026-02-30' })).toContain('date: ');
    expect(await submit({ reason: 'right', window: '7' }, 'bob')).toMatchObject({ ok: false });
    expect(submitted).toEqual([]);
    expect(slack.views()).toHaveLength(1);
  });

  test('shows the app’s errors and stays open', async () => {
    const errors = { response_action: 'errors', errors: { why: 'say more' } };
    const { slack, submit } = await withModal([errors, { response_action: 'errors', errors: { nowhere: 'x' } }]);
    expect(await submit({ reason: 'short', window: '7' })).toEqual({ ok: true, response: errors });
    expect(slack.views()).toHaveLength(1);
    expect(await submit({})).toMatchObject({ ok: false, error: expect.stringContaining('nowhere') });
    expect(await submit({})).toEqual({ ok: true });
    expect(slack.views()).toEqual([]);
  });

  test('is updated, pushed upon and cleared by the acknowledgement', async () => {
    const view = { ...reasonModal(), title: { type: 'plain_text', text: 'Second' } };
    const { slack, submit } = await withModal([
      { response_action: 'update', view },
      { response_action: 'push', view },
      { response_action: 'clear' },
    ]);
    const values = { reason: 'enough', window: '7' };
    const { hash } = (slack.views()[0]?.view ?? {}) as { hash?: string };
    await submit(values);
    expect(slack.views()).toMatchObject([{ view: { title: { text: 'Second' } } }]);
    expect(slack.views()[0]?.view.hash).not.toBe(hash);
    await submit(values);
    const [bottom, top] = slack.views();
    expect(top?.view).toMatchObject({ previous_view_id: bottom?.id, root_view_id: bottom?.id });
    expect(await submit(values)).toMatchObject({ ok: false });
    await slack.submit({ viewId: String(top?.id), user: 'alice', values });
    expect(slack.views()).toEqual([]);
  });

  test('opens once for a trigger, and within three seconds', async () => {
    const { slack, triggers } = await withModal([]);
    const open = (trigger: unknown) => callRaw(slack, 'views.open', { trigger_id: trigger, view: reasonModal() });
    expect(await open(triggers[0])).toMatchObject({ error: 'exchanged_trigger_id' });
    expect(await open('1.2.3')).toMatchObject({ error: 'invalid_trigger_id' });
  });

  test('comes too late after three seconds', async () => {
    const clock = handClock();
    const triggers: string[] = [];
    const { slack } = await openSlackWithBot(
      (app) =>
        app.command('/kms', async ({ ack, command }) => {
          triggers.push(command.trigger_id);
          await ack();
        }),
      { clock },
    );
    await slack.command({ channel, user: 'alice', text: 'x' });
    clock.forward(3_001);
    const opened = await callRaw(slack, 'views.open', { trigger_id: triggers[0], view: reasonModal() });
    expect(opened).toMatchObject({ error: 'expired_trigger_id' });
  });
});
