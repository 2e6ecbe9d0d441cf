import { type Answer, refuse } from './answer.ts';
import type { CallArguments } from './arguments.ts';
import { problemsOfBlocks } from './blocks/block-rules.ts';
import { completeBlocks } from './blocks/complete.ts';
import { problemsOfPictures, withPictureSizes } from './blocks/pictures.ts';
import { asObjects, isObject, type JsonObject } from './json.ts';
import type { Workspace } from './workspace.ts';

/** What a message says, checked and completed. */
export interface Content {
  readonly text: string;
  readonly blocks?: JsonObject[];
  readonly attachments?: JsonObject[];
  readonly metadata?: JsonObject;
  /** Set where Slack cut the text. */
  readonly warning?: 'message_truncated';
}

/** Slack cuts posted text here (emulate 0.12's README, measured there); `chat.update` refuses far earlier. */
const mostText = 40_000;
const mostAttachments = 100;
/** The cap exists, its value is not documented (domain facts §8): this one is an assumption. */
const mostMetadata = 8_000;
/** What Slack shows where an app gave blocks and no text. */
const withoutText = "This content can't be displayed.";

/** Reads a message's text, blocks, attachments and metadata, or answers Slack's reason against them. */
export function readContent(workspace: Workspace, args: CallArguments): { content: Content } | { refusal: Answer } {
  const given = args.text('text') ?? '';
  const blocks = readList(args, 'blocks');
  if (blocks === 'malformed') return { refusal: refuse('invalid_blocks_format') };
  const attachments = readList(args, 'attachments');
  if (attachments === 'malformed') return { refusal: refuse('invalid_attachments') };
  if (attachments !== undefined && attachments.length > mostAttachments)
    return { refusal: refuse('too_many_attachments') };
  const problems = [
    ...problemsOfBlocks(blocks ?? [], 'message'),
    ...asObjects(attachments).flatMap((attachment, index) =>
      problemsOfBlocks(asArray(attachment.blocks), 'message', `/attachments/${index}/blocks`),
    ),
    ...problemsOfPictures(workspace, blocks),
    ...problemsOfPictures(workspace, attachments, '/attachments'),
  ];
  if (problems.length > 0) return { refusal: refuse('invalid_blocks', problems) };
  if (given === '' && !blocks?.length && !attachments?.length) return { refusal: refuse('no_text') };
  const metadata = readMetadata(args);
  if (typeof metadata === 'string') return { refusal: refuse(metadata) };
  const text = given === '' && blocks?.length ? withoutText : given;
  return {
    content: {
      text: text.slice(0, mostText),
      ...(blocks === undefined ? {} : { blocks: withPictureSizes(workspace, completeBlocks(blocks)) }),
      ...(attachments === undefined ? {} : { attachments: asObjects(attachments).map(completeAttachment) }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(text.length > mostText ? { warning: 'message_truncated' } : {}),
    },
  };
}

function readList(args: CallArguments, name: string): unknown[] | undefined | 'malformed' {
  if (!args.has(name)) return undefined;
  const value = args.json(name);
  return Array.isArray(value) ? value : 'malformed';
}

function readMetadata(args: CallArguments): JsonObject | undefined | string {
  if (!args.has('metadata')) return undefined;
  const metadata = args.json('metadata');
  if (!isObject(metadata) || typeof metadata.event_type !== 'string' || !isObject(metadata.event_payload))
    return 'invalid_metadata_format';
  return JSON.stringify(metadata).length > mostMetadata ? 'metadata_too_large' : metadata;
}

function completeAttachment(attachment: JsonObject, index: number): JsonObject {
  const blocks = asArray(attachment.blocks);
  return { id: index + 1, ...attachment, ...(blocks.length > 0 ? { blocks: completeBlocks(blocks) } : {}) };
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
