/** Looks for our own message by its mark, in a channel's history or a thread. */
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { ChannelId, GatheringId, IncidentId, Instant, MessageTs } from '../../domain/ids.ts';
import type { Chat } from '../../ports.ts';
import { classify, errorNameOf } from './classify.ts';
import { readMark } from './metadata.ts';

interface Wanted {
  readonly incident: IncidentId | GatheringId;
  readonly effect: string;
  readonly threadTs?: MessageTs;
  readonly oldest: Instant;
}
type Found = Awaited<ReturnType<Chat['find']>>;

/** A history longer than this is not searched to its end: better one message twice than none. */
const MOST_PAGES = 20;
const PAGE = 200;

const PageSchema = z.object({
  messages: z.array(z.object({ ts: z.string(), user: z.string().optional(), metadata: z.unknown() })).default([]),
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});
type Page = z.infer<typeof PageSchema>;

/** The newest message with this incident and effect, or why that cannot be said (`channels:history` may be missing). */
export async function findMessage(
  client: WebClient,
  channel: ChannelId,
  wanted: Wanted,
  botUser?: string,
): Promise<Found> {
  let cursor: string | undefined;
  let found: Found = { kind: 'none' };
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await readPage(client, channel, wanted, cursor);
    if (typeof answer === 'string') return { kind: 'unknown', message: answer };
    const match = newestMatch(answer, wanted, botUser);
    if (match !== undefined) found = match;
    // History runs from new to old: the first match is the newest. Threads run the other way.
    if (match !== undefined && wanted.threadTs === undefined) return match;
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return found;
  }
  return found.kind === 'found' ? found : { kind: 'unknown', message: 'the history is too long to search' };
}

async function readPage(
  client: WebClient,
  channel: ChannelId,
  wanted: Wanted,
  cursor: string | undefined,
): Promise<Page | string> {
  const request = {
    channel,
    oldest: (wanted.oldest / 1_000).toFixed(6),
    inclusive: true,
    include_all_metadata: true,
    limit: PAGE,
    ...(cursor === undefined ? {} : { cursor }),
  };
  try {
    const answer =
      wanted.threadTs === undefined
        ? await client.conversations.history(request)
        : await client.conversations.replies({ ...request, ts: wanted.threadTs });
    const parsed = PageSchema.safeParse(answer);
    return parsed.success ? parsed.data : 'an answer that is not Slack’s';
  } catch (error) {
    return errorNameOf(error) ?? classify(error).kind;
  }
}

function newestMatch(
  page: Page,
  wanted: Wanted,
  botUser: string | undefined,
): Extract<Found, { kind: 'found' }> | undefined {
  const [newest] = page.messages
    .filter((message) => botUser === undefined || message.user === undefined || message.user === botUser)
    .flatMap((message) => {
      const mark = readMark(message.metadata);
      return mark?.incident === wanted.incident && mark.effect === wanted.effect ? [{ ts: message.ts, mark }] : [];
    })
    .sort((a, b) => (a.ts < b.ts ? 1 : -1));
  if (newest === undefined) return undefined;
  const { closed, upTo } = newest.mark;
  return { kind: 'found', ts: newest.ts as MessageTs, closed, ...(upTo === undefined ? {} : { upTo }) };
}
