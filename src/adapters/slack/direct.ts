/**
 * One person's conversation with the bot. Posting to a user's id would land with Slackbot (docs.slack.dev, chat.postMessage): the
 * conversation is opened once, and remembered for as long as the process lives.
 */
import type { WebClient } from '@slack/web-api';
import type { ChannelId } from '../../domain/ids.ts';

const MOST_KNOWN = 1_000;

export interface Direct {
  /** The channel to post to: a person's conversation for a user's id, else what was given. Rejects as Slack's client does. */
  channelOf(to: ChannelId): Promise<ChannelId>;
}

export function directMessages(client: WebClient): Direct {
  const known = new Map<ChannelId, ChannelId>();
  return {
    async channelOf(to) {
      if (!/^[UW]/.test(to)) return to;
      const before = known.get(to);
      if (before !== undefined) return before;
      const { channel } = await client.conversations.open({ users: to });
      if (channel?.id === undefined) throw new Error('Slack opened no conversation');
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(to, channel.id as ChannelId);
      return channel.id as ChannelId;
    },
  };
}
