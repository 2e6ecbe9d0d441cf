/** Which configured channels may not hold incidents: asked at the start and now and then, never in a card's way. */
import type { WebClient } from '@slack/web-api';
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Chat, Clock, Log } from '../../ports.ts';
import { channelFit } from './channel.ts';

const ASK_AGAIN: Duration = 600_000;

export interface Fitness {
  /** Asks Slack when the last answer is old; never rejects. */
  refresh(): Promise<void>;
  /** Channels that people of other companies read. */
  shared(): readonly string[];
}

export function channelFitness(client: WebClient, channels: readonly string[], clock: Clock, log: Log): Fitness {
  let shared: readonly string[] = [];
  let askedAt: Instant | undefined;
  return {
    async refresh() {
      if (askedAt !== undefined && clock.now() - askedAt < ASK_AGAIN) return;
      askedAt = clock.now();
      const fits = await Promise.all(
        channels.map(async (channel) => ({ channel, fit: await channelFit(client, channel) })),
      );
      for (const { channel, fit } of fits)
        if (fit.kind === 'unfit')
          log.error({ channel, reason: fit.why }, 'a configured channel is not fit for incidents');
      shared = fits
        .filter(({ fit }) => fit.kind === 'unfit' && fit.why === 'externallyShared')
        .map(({ channel }) => channel);
    },
    shared: () => shared,
  };
}

/** Key names and incidents are not for other companies: a shared channel counts as gone, and the fallback takes its cards. */
export const guarded = (chat: Chat, fitness: Fitness): Chat => ({
  ...chat,
  send: (channel, post, at) =>
    fitness.shared().includes(channel) ? Promise.resolve(SHARED) : chat.send(channel, post, at),
  sendShared: (channel, ...card) =>
    fitness.shared().includes(channel)
      ? Promise.resolve({ delivery: SHARED, shown: '' })
      : chat.sendShared(channel, ...card),
  remindTogether: (channel, ...reminders) =>
    fitness.shared().includes(channel) ? Promise.resolve(SHARED) : chat.remindTogether(channel, ...reminders),
  auditHead: (channel, ...head) =>
    fitness.shared().includes(channel) ? Promise.resolve(SHARED) : chat.auditHead(channel, ...head),
  notice: (channel, notice) =>
    fitness.shared().includes(channel) ? Promise.resolve(SHARED) : chat.notice(channel, notice),
  digest: (channel, ...digest) =>
    fitness.shared().includes(channel) ? Promise.resolve(SHARED) : chat.digest(channel, ...digest),
  upload: (channel, evidence, at) =>
    fitness.shared().includes(channel)
      ? Promise.resolve({ kind: 'failed', message: SHARED.error })
      : chat.upload(channel, evidence, at),
});

const SHARED = { kind: 'channelGone', error: 'the channel is shared with another organisation' } as const;
