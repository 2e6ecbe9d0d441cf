import type { Content } from './content.ts';
import { type Conversation, isReply, type Message } from './conversation.ts';
import { app, workspaceDomain } from './identity.ts';
import type { JsonObject } from './json.ts';
import type { Workspace } from './workspace.ts';

/** Where in the conversation a message goes. */
export interface Placing {
  readonly threadTs?: string | undefined;
  readonly broadcast?: boolean;
  readonly files?: readonly JsonObject[];
}

/** Posts in the bot's name and keeps the message as Slack returns it. */
export function post(
  workspace: Workspace,
  conversation: Conversation,
  content: Content,
  placing: Placing = {},
): Message {
  const head = placing.threadTs === undefined ? undefined : conversation.find(placing.threadTs);
  // A reply to a reply joins its thread.
  const threadTs = head !== undefined && isReply(head) ? head.thread_ts : placing.threadTs;
  const { warning: _, ...said } = content;
  const message: Message = {
    type: 'message',
    user: app.userId,
    ts: workspace.timestamps.next(),
    bot_id: app.botId,
    app_id: app.id,
    team: workspace.teamId,
    bot_profile: { id: app.botId, app_id: app.id, name: app.handle, team_id: workspace.teamId },
    ...said,
    ...(placing.files === undefined ? {} : { files: placing.files, upload: false }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs, parent_user_id: head?.user ?? app.userId }),
    ...(threadTs !== undefined && placing.broadcast ? { subtype: 'thread_broadcast' } : {}),
  };
  conversation.add(message);
  workspace.changed();
  return message;
}

/** Replaces what a message says. Text without blocks takes the blocks away; metadata and attachments stay where omitted. */
export function edit(workspace: Workspace, message: Message, content: Content): void {
  const { warning: _, ...said } = content;
  Object.assign(message, said, { edited: { user: app.botId, ts: workspace.timestamps.next() } });
  if (content.blocks === undefined || content.blocks.length === 0) delete message.blocks;
  if (content.attachments?.length === 0) delete message.attachments;
  workspace.changed();
}

/** The message without what readers get only on request. */
export function withoutMetadata(message: Message): Message {
  const { metadata: _, ...rest } = message;
  return rest as Message;
}

/** Where a browser would find the message. */
export function permalink(conversation: Conversation, message: Message): string {
  const link = `https://${workspaceDomain}.slack.com/archives/${conversation.id}/p${message.ts.replace('.', '')}`;
  return isReply(message) ? `${link}?thread_ts=${message.thread_ts}&cid=${conversation.id}` : link;
}
