import { LogLevel, WebClient } from '@slack/web-api';
import { afterEach } from 'vitest';
import { type SlackTuning, startSlack } from '../../../src/sandbox/slack/slack.ts';
import type { SlackWorld, SlackWorldOptions } from '../../../src/sandbox/world.ts';

export const botToken = 'xoxb-sandbox';
export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';

const opened: (() => Promise<unknown>)[] = [];

/** Has something ended after the test, last opened first. */
export function afterwards(close: () => Promise<unknown>): void {
  opened.push(close);
}

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A clock the test moves by hand. */
export function handClock(): { now: () => number; dayMs: number; forward: (ms: number) => void } {
  let at = Date.now();
  return {
    now: () => at,
    dayMs: 86_400_000,
    forward: (ms) => {
      at += ms;
    },
  };
}

/** A workspace with alice, bob, gina the guest and two channels; posts are not limited unless asked. */
export async function openSlack(tuning: SlackTuning & Partial<SlackWorldOptions> = {}): Promise<SlackWorld> {
  const slack = await startSlack({
    clock: { now: () => Date.now(), dayMs: 86_400_000 },
    teamId: 'T0SANDBOX',
    botToken,
    signingSecret,
    people: [
      { id: 'U0ALICE', handle: 'alice' },
      { id: 'U0BOB', handle: 'bob' },
      { id: 'U0GINA', handle: 'gina', guest: true },
      { id: 'U0OLGA', handle: 'olga', deactivated: true },
      { id: 'U0STRANGE', handle: 'sam', teamId: 'T0OTHER' },
    ],
    channels: [
      { id: 'C0INCIDENT', name: 'incidents' },
      { id: 'C0SHARED', name: 'shared', externallyShared: true },
    ],
    userGroups: [{ id: 'S0ONCALL', handle: 'oncall', users: ['U0ALICE'] }],
    postBurst: 100_000,
    ...tuning,
  });
  afterwards(() => slack.close());
  return slack;
}

/** Slack's own client, without retries, as the bot uses it. */
export function clientOf(slack: SlackWorld, token = botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 5_000,
    logLevel: LogLevel.ERROR,
  });
}

/** A call with a plain JSON body, answered as it came: the client would throw on refusals. */
export async function callRaw(
  slack: SlackWorld,
  method: string,
  body: Readonly<Record<string, unknown>>,
  token = botToken,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** The blocks of a small card: a button, a menu and an overflow. */
export function cardBlocks(): Record<string, unknown>[] {
  const text = (words: string) => ({ type: 'plain_text', text: words });
  return [
    { type: 'header', text: text('Key scheduled for deletion') },
    {
      type: 'actions',
      block_id: 'buttons',
      elements: [
        { type: 'button', action_id: 'rescue', text: text('Rescue'), value: 'key-1', style: 'primary' },
        {
          type: 'overflow',
          action_id: 'more',
          options: [
            { text: text('Acknowledge'), value: 'acknowledge' },
            { text: text('Evidence'), value: 'evidence' },
          ],
        },
        {
          type: 'static_select',
          action_id: 'window',
          placeholder: text('Days'),
          options: [
            { text: text('7 days'), value: '7' },
            { text: text('30 days'), value: '30' },
          ],
        },
      ],
    },
  ];
}
