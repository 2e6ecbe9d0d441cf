import { ErrorCode } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import type { FaultMode, SlackWorld } from '../../../src/sandbox/world.ts';
import { clientOf, openSlack } from './world.ts';

const channel = 'C0INCIDENT';

function add(slack: SlackWorld, operation: string, mode: FaultMode, count = 1): void {
  slack.addFault({ service: 'slack', operation, mode, count });
}

function messages(slack: SlackWorld): number {
  return slack.channels()[0]?.messages.length ?? 0;
}

describe('a fault', () => {
  test('throttle answers 429 with Retry-After and posts nothing', async () => {
    const slack = await openSlack();
    add(slack, 'chat.postMessage', 'throttle');
    const post = () => clientOf(slack).chat.postMessage({ channel, text: 'x' });
    await expect(post()).rejects.toMatchObject({ code: ErrorCode.RateLimitedError, retryAfter: 30 });
    expect(messages(slack)).toBe(0);
    await post();
    expect(messages(slack)).toBe(1);
  });

  test('failBefore does nothing, failAfter does it and says nothing', async () => {
    const slack = await openSlack();
    add(slack, 'chat.postMessage', 'failBefore');
    const post = () => clientOf(slack).chat.postMessage({ channel, text: 'x' });
    await expect(post()).rejects.toThrow();
    expect(messages(slack)).toBe(0);
    add(slack, '*', 'failAfter');
    await expect(post()).rejects.toThrow();
    expect(messages(slack)).toBe(1);
  });

  test('stale history lacks the newest message', async () => {
    const slack = await openSlack();
    const client = clientOf(slack);
    await client.chat.postMessage({ channel, text: 'old' });
    await client.chat.postMessage({ channel, text: 'new' });
    add(slack, 'conversations.history', 'stale');
    expect((await client.conversations.history({ channel })).messages?.map(({ text }) => text)).toEqual(['old']);
    expect((await client.conversations.history({ channel })).messages).toHaveLength(2);
  });

  test('slow answers late', async () => {
    const slack = await openSlack({ slowMs: 150 });
    add(slack, 'auth.test', 'slow');
    const started = performance.now();
    await clientOf(slack).auth.test();
    expect(performance.now() - started).toBeGreaterThanOrEqual(140);
  });

  test('hang answers never, and ends with the server', async () => {
    const slack = await openSlack();
    add(slack, 'auth.test', 'hang');
    const hanging = expect(clientOf(slack).auth.test()).rejects.toThrow();
    await expect.poll(() => slack.calls().get('slack auth.test')).toBe(1);
    await slack.close();
    await hanging;
  });

  test('can be taken back', async () => {
    const slack = await openSlack();
    add(slack, '*', 'failBefore', 9);
    slack.clearFaults();
    await expect(clientOf(slack).auth.test()).resolves.toMatchObject({ ok: true });
  });
});
