import { app } from './identity.ts';
import type { JsonObject } from './json.ts';
import { microsOf } from './timestamps.ts';

/** A message as Slack keeps it; the fields are Slack's own. */
export interface Message extends JsonObject {
  type: 'message';
  ts: string;
  text: string;
  user?: string;
  subtype?: string;
  blocks?: unknown[];
  metadata?: JsonObject;
  thread_ts?: string;
}

/** Messages kept per channel; the oldest go first, their threads with them. Keeps a long-running sandbox bounded. */
const mostMessages = 5_000;

/** One channel or direct message and everything said in it. */
export class Conversation {
  readonly id: string;
  readonly name: string;
  readonly externallyShared: boolean;
  /** The person on the other side, in a direct message. */
  readonly person: string | undefined;
  archived = false;
  /** Whether the bot is in it. */
  joined = true;
  /** A direct message has its id before anybody opens it: Slack names it whenever a Home tab is looked at. */
  opened: boolean;
  readonly #messages = new Map<string, Message>();

  constructor(id: string, name: string, externallyShared = false, person?: string) {
    this.id = id;
    this.name = name;
    this.externallyShared = externallyShared;
    this.person = person;
    this.opened = person === undefined;
  }

  /** Keeps a message; a reply is counted at its thread's first message. */
  add(message: Message): void {
    this.opened = true;
    this.#messages.set(message.ts, message);
    if (message.thread_ts !== undefined && message.thread_ts !== message.ts) {
      const head = this.#messages.get(message.thread_ts) ?? tombstone(message.thread_ts);
      this.#messages.set(head.ts, head);
      this.#countReplies(head.ts);
    }
    while (this.#messages.size > mostMessages) this.#forgetOldest();
  }

  /** The message with this timestamp, a reply as well; a deleted one is gone. */
  find(ts: string): Message | undefined {
    const message = this.#messages.get(ts);
    return message?.subtype === 'tombstone' ? undefined : message;
  }

  /** Deletes a message. The head of a thread stays as Slack's tombstone, so that its replies keep their place. */
  remove(ts: string): boolean {
    const message = this.find(ts);
    if (message === undefined) return false;
    if (this.replies(ts).length === 0) {
      this.#messages.delete(ts);
      if (message.thread_ts !== undefined) this.#countReplies(message.thread_ts);
      return true;
    }
    this.#messages.set(ts, tombstone(ts));
    this.#countReplies(ts);
    return true;
  }

  /** Everything said, oldest first, replies among it. */
  all(): Message[] {
    return [...this.#messages.values()].sort((one, other) => (one.ts < other.ts ? -1 : 1));
  }

  /** What stands in the channel itself, oldest first: no replies, unless they were broadcast. */
  timeline(): Message[] {
    return this.all().filter((message) => !isReply(message) || message.subtype === 'thread_broadcast');
  }

  /** The replies to a message, oldest first. */
  replies(ts: string): Message[] {
    return this.all().filter((message) => isReply(message) && message.thread_ts === ts);
  }

  #countReplies(ts: string): void {
    const head = this.#messages.get(ts);
    if (head === undefined) return;
    const replies = this.replies(ts);
    const latest = replies.at(-1);
    if (latest === undefined) {
      for (const field of ['thread_ts', 'reply_count', 'reply_users', 'reply_users_count', 'latest_reply'])
        delete head[field];
      return;
    }
    const users = [...new Set(replies.map((reply) => reply.user ?? app.userId))];
    Object.assign(head, {
      thread_ts: ts,
      reply_count: replies.length,
      reply_users: users,
      reply_users_count: users.length,
      latest_reply: latest.ts,
    });
  }

  #forgetOldest(): void {
    const oldest = this.all()[0];
    if (oldest === undefined) return;
    for (const reply of this.replies(oldest.ts)) this.#messages.delete(reply.ts);
    this.#messages.delete(oldest.ts);
  }
}

/** What stands where the head of a thread was deleted; a reply to a message long gone gets one too. */
function tombstone(ts: string): Message {
  const text = 'This message was deleted.';
  return { type: 'message', subtype: 'tombstone', hidden: true, user: 'USLACKBOT', text, ts };
}

/** Whether the message stands in a thread without being its head. */
export function isReply(message: Message): boolean {
  return message.thread_ts !== undefined && message.thread_ts !== message.ts;
}

/** Whether a timestamp lies between `oldest` and `latest`, as `conversations.history` reads them. */
export function within(
  ts: string,
  oldest: string | undefined,
  latest: string | undefined,
  inclusive: boolean,
): boolean {
  const at = microsOf(ts) ?? 0;
  const from = oldest === undefined ? undefined : microsOf(oldest);
  const to = latest === undefined ? undefined : microsOf(latest);
  if (from !== undefined && (at < from || (at === from && !inclusive))) return false;
  return to === undefined || at < to || (at === to && inclusive);
}
