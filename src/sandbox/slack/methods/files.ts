import { type Answer, done, refuse } from '../answer.ts';
import { CallArguments } from '../arguments.ts';
import { readContent } from '../content.ts';
import type { StoredFile } from '../files.ts';
import { app } from '../identity.ts';
import { asObjects, asText, type JsonObject } from '../json.ts';
import { permalink, post } from '../posting.ts';
import { postTarget } from './chat.ts';
import type { Call, Method } from './method.ts';

/** Files and reactions. An upload goes: reserve a URL, send the bytes there, complete and share. */
export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': { scope: 'files:write', run: getUploadUrl },
  'files.completeUploadExternal': { scope: 'files:write', run: complete },
  'reactions.add': { scope: 'reactions:write', run: addReaction },
};

function getUploadUrl({ workspace, args }: Call): Answer {
  const name = args.text('filename');
  const length = Number(args.text('length'));
  if (name === undefined || name === '' || !Number.isInteger(length) || length < 1)
    return refuse('invalid_arguments', ['[ERROR] `filename` and `length` are required']);
  const file = workspace.files.reserve(name, length);
  return done({ upload_url: `${workspace.origin}/upload/v1/${file.ticket}`, file_id: file.id });
}

function complete({ workspace, args }: Call): Answer {
  const wanted = asObjects(args.json('files'));
  if (wanted.length === 0) return refuse('invalid_arguments', ['[ERROR] `files` is required']);
  const files: StoredFile[] = [];
  for (const { id, title } of wanted) {
    const file = workspace.files.find(asText(id) ?? '');
    if (file?.content === undefined) return refuse('file_not_found');
    file.title = asText(title) ?? file.title;
    files.push(file);
  }
  const described = files.map((file) => describe(workspace.origin, file));
  const channel = args.text('channel_id') ?? args.text('channels');
  if (channel === undefined || channel === '') return done({ files: described });
  const conversation = postTarget(workspace, channel);
  if (conversation === undefined) return refuse('channel_not_found');
  if (conversation.archived) return refuse('is_archived');
  if (!conversation.joined) return refuse('not_in_channel');
  // A file may stand without a word, a message may not: an empty comment is no reason to refuse.
  const comment = args.text('initial_comment') ?? '';
  const said = readContent(new CallArguments({ text: comment, blocks: args.json('blocks') }));
  if ('refusal' in said && said.refusal.error !== 'no_text') return said.refusal;
  const content = 'content' in said ? said.content : { text: '' };
  const threadTs = args.has('thread_ts') ? args.text('thread_ts') : undefined;
  const message = post(workspace, conversation, content, { threadTs, files: described });
  return done({ files: described.map((file) => ({ ...file, permalink: permalink(conversation, message) })) });
}

function addReaction({ workspace, args }: Call): Answer {
  const conversation = workspace.conversations.get(args.text('channel') ?? '');
  if (conversation === undefined) return refuse('channel_not_found');
  if (!conversation.joined) return refuse('not_in_channel');
  const message = conversation.find(args.text('timestamp') ?? '');
  if (message === undefined) return refuse('message_not_found');
  const name = args.text('name')?.replaceAll(':', '') ?? '';
  if (!/^[a-z0-9_+-]+$/.test(name)) return refuse('invalid_name');
  const reactions = asObjects(message.reactions);
  if (reactions.some((reaction) => reaction.name === name)) return refuse('already_reacted');
  message.reactions = [...reactions, { name, count: 1, users: [app.userId] }];
  workspace.changed();
  return done();
}

function describe(origin: string, file: StoredFile): JsonObject {
  const filetype = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? 'text';
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    filetype,
    user: app.userId,
    size: file.content?.length ?? 0,
    mode: 'hosted',
    url_private: `${origin}/files/${file.id}/${encodeURIComponent(file.name)}`,
  };
}
