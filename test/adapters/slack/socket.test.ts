/** Socket Mode: the bot starts without Slack, and stops while it still tries to connect. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSlackApp } from '../../../src/adapters/slack/app.ts';
import { movedClock } from '../../clock.ts';
import { T0 } from '../../domain/samples.ts';
import { view } from './drawn.ts';
import { clientOf, type SlackStandIn, silentLog, slackStandIn } from './stand-in.ts';

let slack: SlackStandIn;
beforeEach(async () => {
  slack = await slackStandIn();
});
afterEach(() => slack.close());

test('a Slack that refuses the connection keeps nobody waiting', async () => {
  slack.script('apps.connections.open', { ok: false, error: 'internal_error' });
  const app = createSlackApp({
    client: clientOf(slack.url),
    mode: { kind: 'socket', appToken: 'xapp-test' },
    token: 'xoxb-test',
    apiUrl: slack.url,
    seen: { first: async () => true },
    clock: movedClock(T0),
    log: silentLog,
    hash: (text) => text,
    view: () => view,
    isShared: () => false,
  });
  expect(app.requestListener).toBeUndefined();
  await app.start();
  for (let tries = 0; tries < 100 && !slack.calls.some((call) => call.method === 'apps.connections.open'); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(slack.calls.map((call) => call.method)).toContain('apps.connections.open');
  await app.stop();
});
