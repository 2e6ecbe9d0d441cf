/** Posting, updating, finding and whispering: `Chat` on Slack's Web API. */
import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { AccountId, MessageTs, Place } from '../../domain/ids.ts';
import { accountOf, type Incident } from '../../domain/incident.ts';
import type { Chat, Clock, Delivery, Duty, Log, Post } from '../../ports.ts';
import { classify } from './classify.ts';
import { findMessage } from './find.ts';
import { effectName, markOf } from './metadata.ts';
import type { Words } from './words/blocks.ts';
import { drawCard } from './words/card.ts';
import { drawNote } from './words/notes.ts';
import { drawReminder } from './words/reminders.ts';
import type { View } from './words/view.ts';
import { drawWhisper } from './words/whispers.ts';

export interface ChatSettings {
  readonly clock: Clock;
  readonly log: Log;
  /** The account's name in the configuration. */
  readonly accountName: (account: AccountId) => string | undefined;
  /** `Keys.has`. */
  readonly has: (duty: Duty, place: Place) => boolean;
  /** `approvals.destructive`. */
  readonly destructive: boolean;
  /** Our own Slack user, once `auth.test` has told it: messages of others are never adopted. */
  readonly botUser?: () => string | undefined;
}

/** What the words need beside the incident. */
export function viewOf(incident: Incident, settings: Omit<ChatSettings, 'log' | 'botUser'>): View {
  const { subject } = incident;
  const place = subject.kind === 'key' ? subject.key : subject.kind === 'topic' ? undefined : subject.place;
  return {
    now: settings.clock.now(),
    accountName: settings.accountName,
    can: (duty) => place !== undefined && accountOf(subject) !== undefined && settings.has(duty, place),
    destructive: settings.destructive,
  };
}

/** Implements `Chat`: each message is drawn at the moment it is sent, and every failure is classified here. */
export function createChat(client: WebClient, settings: ChatSettings): Chat {
  return {
    async send(channel, post, at) {
      const words = draw(post, settings);
      const common = {
        channel,
        text: words.text,
        blocks: [...words.blocks] as KnownBlock[],
        metadata: markOf(post.incident, effectName(post)),
        parse: 'none' as const,
      };
      try {
        return at.ts === undefined
          ? await create(client, common, post, at.threadTs)
          : await update(client, common, at.ts);
      } catch (error) {
        return classify(error);
      }
    },
    find: (channel, wanted) => findMessage(client, channel, wanted, settings.botUser?.()),
    async whisper(channel, person, words) {
      const { text, blocks } = drawWhisper(words);
      try {
        await client.chat.postEphemeral({ channel, user: person.user, text, blocks: [...blocks], parse: 'none' });
      } catch (error) {
        // Best effort: the person may have left the channel. What matters stands on the card.
        settings.log.info({ channel, reason: reasonOf(classify(error)) }, 'a whisper was not delivered');
      }
    },
  };
}

function draw(post: Post, settings: ChatSettings): Words {
  const form = { plain: post.plain };
  switch (post.kind) {
    case 'card':
      return drawCard(post.incident, viewOf(post.incident, settings), form);
    case 'note':
      return drawNote(post.incident, post.from, form);
    case 'reminder':
      return post.effect.effect.kind === 'remind'
        ? drawReminder(post.incident, post.effect.effect.reminder, viewOf(post.incident, settings), form)
        : drawNote(post.incident, post.incident.notedSeq, form);
  }
}

type Common = {
  channel: string;
  text: string;
  blocks: KnownBlock[];
  metadata: ReturnType<typeof markOf>;
  parse: 'none';
};

async function create(
  client: WebClient,
  common: Common,
  post: Post,
  threadTs: MessageTs | undefined,
): Promise<Delivery> {
  const silent = { ...common, unfurl_links: false, unfurl_media: false };
  if (threadTs === undefined) return deliveredAs((await client.chat.postMessage(silent)).ts);
  // A reminder in a thread nobody has open would be heard by nobody: it also goes to the channel.
  const reply =
    post.kind === 'reminder'
      ? { ...silent, thread_ts: threadTs, reply_broadcast: true as const }
      : { ...silent, thread_ts: threadTs };
  return deliveredAs((await client.chat.postMessage(reply)).ts);
}

async function update(client: WebClient, common: Common, ts: MessageTs): Promise<Delivery> {
  const answer = await client.chat.update({ ...common, ts });
  return deliveredAs(answer.ts ?? ts);
}

const deliveredAs = (ts: string | undefined): Delivery =>
  ts === undefined
    ? { kind: 'ambiguous', message: 'Slack named no message' }
    : { kind: 'delivered', ts: ts as MessageTs };

const reasonOf = (failure: ReturnType<typeof classify>): string =>
  'error' in failure ? failure.error : 'message' in failure ? failure.message : failure.kind;
