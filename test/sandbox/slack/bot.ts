import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import type { SlackWorld } from '../../../src/sandbox/world.ts';
import { afterwards, botToken, openSlack, signingSecret } from './world.ts';

/** An emulated Slack with a real Bolt app behind it; the test adds what the app listens to. */
export async function openSlackWithBot(
  listen: (app: App) => void,
  tuning: Parameters<typeof openSlack>[0] = {},
): Promise<{ slack: SlackWorld; app: App }> {
  const slack = await openSlack(tuning);
  const receiver = new HTTPReceiver({ signingSecret, logLevel: LogLevel.ERROR });
  const app = new App({
    token: botToken,
    receiver,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  listen(app);
  const server = await receiver.start(0);
  afterwards(() => app.stop());
  slack.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`);
  return { slack, app };
}

/** A modal with a reason, the key's name and an optional ticket. */
export function reasonModal(): Record<string, unknown> {
  const text = (words: string) => ({ type: 'plain_text', text: words });
  const input = (blockId: string, element: Record<string, unknown>, optional = false) => ({
    type: 'input',
    block_id: blockId,
    optional,
    label: text(blockId),
    element,
  });
  return {
    type: 'modal',
    callback_id: 'destroy',
    private_metadata: 'inc-1',
    title: text('Delete material'),
    submit: text('Request'),
    blocks: [
      input('why', { type: 'plain_text_input', action_id: 'reason', min_length: 5, max_length: 20 }),
      input('when', { type: 'datepicker', action_id: 'date', initial_date: '2026-01-02' }),
      input('how', {
        type: 'static_select',
        action_id: 'window',
        options: [
          { text: text('7 days'), value: '7' },
          { text: text('30 days'), value: '30' },
        ],
      }),
      input('number', { type: 'plain_text_input', action_id: 'ticket' }, true),
    ],
  };
}
