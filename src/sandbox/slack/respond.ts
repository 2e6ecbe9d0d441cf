import { CallArguments } from './arguments.ts';
import { readContent } from './content.ts';
import type { JsonObject } from './json.ts';
import type { ResponseTarget } from './one-time.ts';
import { edit, post } from './posting.ts';
import type { Ephemeral, Workspace } from './workspace.ts';

/**
 * Puts an app's answer where it belongs: beside the click or command it answers. Used for response URLs and for the
 * body of a command's acknowledgement. Ephemeral unless said otherwise. Answers Slack's error word, or nothing.
 */
export function respond(workspace: Workspace, target: ResponseTarget, fields: JsonObject): string | undefined {
  const args = new CallArguments(fields);
  const conversation = workspace.conversations.get(target.channel);
  if (conversation === undefined) return 'channel_not_found';
  if (args.flag('delete_original')) return removeOriginal(workspace, target);
  const read = readContent(workspace, args);
  if ('refusal' in read) return String(read.refusal.error);
  const original = target.messageTs;
  if (args.flag('replace_original') && original !== undefined) {
    const ephemeral = target.ephemeral ? findEphemeral(workspace, original) : undefined;
    const message = target.ephemeral ? undefined : conversation.find(original);
    if (ephemeral === undefined && message === undefined) return 'message_not_found';
    if (message !== undefined) edit(workspace, message, read.content);
    if (ephemeral !== undefined) {
      ephemeral.text = read.content.text;
      ephemeral.blocks = read.content.blocks ?? [];
      ephemeral.attachments = read.content.attachments ?? [];
      workspace.changed();
    }
    return undefined;
  }
  const threadTs = args.has('thread_ts') ? args.text('thread_ts') : target.threadTs;
  if (args.text('response_type') === 'in_channel') {
    if (conversation.archived) return 'is_archived';
    post(workspace, conversation, read.content, { threadTs });
    return undefined;
  }
  const { warning: _, metadata: __, ...said } = read.content;
  workspace.addEphemeral({
    ts: workspace.timestamps.next(),
    channel: target.channel,
    user: target.user,
    ...said,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
  });
  return undefined;
}

function removeOriginal(workspace: Workspace, { channel, messageTs, ephemeral }: ResponseTarget): string | undefined {
  if (messageTs === undefined) return 'message_not_found';
  if (ephemeral) workspace.ephemerals = workspace.ephemerals.filter((other) => other.ts !== messageTs);
  else if (!workspace.conversations.get(channel)?.remove(messageTs)) return 'message_not_found';
  workspace.changed();
  return undefined;
}

function findEphemeral(workspace: Workspace, ts: string): Ephemeral | undefined {
  return workspace.ephemerals.find((ephemeral) => ephemeral.ts === ts);
}
