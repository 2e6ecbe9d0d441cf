import { type Answer, done, refuse } from '../answer.ts';
import { type Content, readContent } from '../content.ts';
import type { Conversation, Message } from '../conversation.ts';
import { app } from '../identity.ts';
import { edit, permalink, post } from '../posting.ts';
import { microsOf } from '../timestamps.ts';
import type { Workspace } from '../workspace.ts';
import type { Call, Method } from './method.ts';

/** `chat.update` refuses longer texts (domain facts §8). */
const mostUpdatedText = 4_000;

/** `chat.*`, from docs.slack.dev/reference/methods; limits and oddities from domain facts §8. */
export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': { scope: 'chat:write', run: postMessage },
  'chat.update': { scope: 'chat:write', run: update },
  'chat.delete': { scope: 'chat:write', run: remove },
  'chat.postEphemeral': { scope: 'chat:write', run: postEphemeral },
  'chat.getPermalink': { run: getPermalink },
};

/**
 * Where a post goes: a channel's id or name, or a person's id for the direct message with them. The latter needs no scope
 * beyond chat:write; Slack's documentation sends it to the person's Slackbot, and to the app's own messages only by their
 * `D…` id (chat.postMessage, "Authorship").
 */
export function postTarget(workspace: Workspace, channel: string): Conversation | undefined {
  const person = workspace.people.byId(channel);
  if (person !== undefined) return workspace.directMessage(person.id);
  return workspace.findConversation(channel);
}

function postMessage({ workspace, args }: Call): Answer {
  const conversation = postTarget(workspace, args.text('channel') ?? '');
  if (conversation === undefined) return refuse('channel_not_found');
  const barred = barredFromPosting(workspace, conversation);
  if (barred !== undefined) return barred;
  const threadTs = args.has('thread_ts') ? args.text('thread_ts') : undefined;
  if (threadTs !== undefined && microsOf(threadTs) === undefined) return refuse('invalid_thread_ts');
  const read = readContent(workspace, args);
  if ('refusal' in read) return read.refusal;
  const message = post(workspace, conversation, read.content, { threadTs, broadcast: args.flag('reply_broadcast') });
  return done({ channel: conversation.id, ts: message.ts, message, ...warningOf(read.content) });
}

function update({ workspace, args }: Call): Answer {
  const conversation = workspace.conversations.get(args.text('channel') ?? '');
  if (conversation === undefined) return refuse('channel_not_found');
  if ((args.text('text') ?? '').length > mostUpdatedText) return refuse('msg_too_long');
  // Not `is_archived`, as for a new post: "cannot be edited within a frozen, archived or deleted channel".
  if (conversation.archived) return refuse('is_inactive');
  if (!conversation.joined) return refuse('not_in_channel');
  const message = conversation.find(args.text('ts') ?? '');
  if (message === undefined) return refuse('message_not_found');
  if (!isOwn(message)) return refuse('cant_update_message');
  const read = readContent(workspace, args);
  if ('refusal' in read) return read.refusal;
  edit(workspace, message, read.content);
  return done({ channel: conversation.id, ts: message.ts, text: message.text, message });
}

function remove({ workspace, args }: Call): Answer {
  const conversation = workspace.conversations.get(args.text('channel') ?? '');
  if (conversation === undefined) return refuse('channel_not_found');
  const message = conversation.find(args.text('ts') ?? '');
  if (message === undefined) return refuse('message_not_found');
  if (!isOwn(message)) return refuse('cant_delete_message');
  conversation.remove(message.ts);
  workspace.changed();
  return done({ channel: conversation.id, ts: message.ts });
}

function postEphemeral({ workspace, args }: Call): Answer {
  const conversation = workspace.findConversation(args.text('channel') ?? '');
  if (conversation === undefined) return refuse('channel_not_found');
  const barred = barredFromPosting(workspace, conversation);
  if (barred !== undefined) return barred;
  const user = args.text('user') ?? '';
  if (!workspace.membersOf(conversation).includes(user)) return refuse('user_not_in_channel');
  const read = readContent(workspace, args);
  if ('refusal' in read) return read.refusal;
  const { warning: _, metadata: __, ...said } = read.content;
  const ts = workspace.timestamps.next();
  const threadTs = args.has('thread_ts') ? args.text('thread_ts') : undefined;
  workspace.addEphemeral({
    ts,
    channel: conversation.id,
    user,
    ...said,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
  });
  return done({ message_ts: ts, ...warningOf(read.content) });
}

function getPermalink({ workspace, args }: Call): Answer {
  const conversation = workspace.conversations.get(args.text('channel') ?? '');
  if (conversation === undefined) return refuse('channel_not_found');
  const message = conversation.find(args.text('message_ts') ?? '');
  if (message === undefined) return refuse('message_not_found');
  return done({ channel: conversation.id, permalink: permalink(conversation, message) });
}

function barredFromPosting(workspace: Workspace, conversation: Conversation): Answer | undefined {
  if (conversation.archived) return refuse('is_archived');
  // Somebody deactivated is no reason to refuse: nobody reads it, and Slack does not say so (python-slack-sdk issue 1156).
  if (conversation.person !== undefined && workspace.people.byId(conversation.person)?.bot)
    return refuse('cannot_dm_bot');
  if (conversation.person !== undefined && !workspace.messagesTab) return refuse('messages_tab_disabled');
  // Posting without having joined would need chat:write.public.
  return conversation.joined ? undefined : refuse('not_in_channel');
}

function isOwn(message: Message): boolean {
  return message.bot_id === app.botId;
}

function warningOf(content: Content): Record<string, unknown> {
  if (content.warning === undefined) return {};
  return { warning: content.warning, response_metadata: { warnings: [content.warning] } };
}
