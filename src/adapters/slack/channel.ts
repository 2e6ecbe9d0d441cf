/** Whether a channel is fit to hold incidents: never one that people of other companies read. */
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { classify, errorNameOf } from './classify.ts';

export type ChannelFit =
  | { readonly kind: 'fit'; readonly name: string }
  | {
      readonly kind: 'unfit';
      readonly why: 'externallyShared' | 'archived' | 'notMember' | 'noSuchChannel';
      readonly name: string;
    }
  /** Slack does not say (a missing scope or method, or no answer). */
  | { readonly kind: 'unknown'; readonly message: string };

const InfoSchema = z.object({
  channel: z.object({
    name: z.string().optional(),
    is_archived: z.boolean().optional(),
    is_ext_shared: z.boolean().optional(),
    is_pending_ext_shared: z.boolean().optional(),
    is_private: z.boolean().optional(),
    is_member: z.boolean().optional(),
  }),
});

/** Asks Slack about a channel. A public channel the bot has not joined is fit: `chat:write.public` may allow it. */
export async function channelFit(client: WebClient, channel: string): Promise<ChannelFit> {
  try {
    const { channel: info } = InfoSchema.parse(await client.conversations.info({ channel }));
    const name = info.name ?? channel;
    if (info.is_ext_shared || info.is_pending_ext_shared) return { kind: 'unfit', why: 'externallyShared', name };
    if (info.is_archived) return { kind: 'unfit', why: 'archived', name };
    if (info.is_private && info.is_member === false) return { kind: 'unfit', why: 'notMember', name };
    return { kind: 'fit', name };
  } catch (error) {
    if (error instanceof z.ZodError) return { kind: 'unknown', message: 'an answer that is not Slack’s' };
    const named = errorNameOf(error);
    if (named === 'channel_not_found') return { kind: 'unfit', why: 'noSuchChannel', name: channel };
    if (named !== undefined) return { kind: 'unknown', message: named };
    const failure = classify(error);
    return { kind: 'unknown', message: 'message' in failure ? failure.message : failure.kind };
  }
}
