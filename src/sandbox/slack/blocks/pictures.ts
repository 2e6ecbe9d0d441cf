import { addressesOf, type StoredFile } from '../files.ts';
import { asObject, isObject, type JsonObject } from '../json.ts';
import { pictureOf } from '../pictures.ts';
import type { Workspace } from '../workspace.ts';
import { Problems } from './problems.ts';

/**
 * What Slack would say against the files that blocks show: each must be there, a picture, and looked through. It has one word
 * for all three (python-slack-sdk issues 1521 and 1658). What is wrong with how a block names its file, `block-rules.ts` says.
 */
export function problemsOfPictures(workspace: Workspace, blocks: unknown, pointer = '/blocks'): string[] {
  const problems = new Problems();
  look(workspace, blocks, pointer, problems);
  return problems.messages;
}

/** Images stand as blocks, beside sections and in contexts: whatever else blocks become, they are found. */
function look(workspace: Workspace, value: unknown, pointer: string, problems: Problems): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) look(workspace, item, `${pointer}/${index}`, problems);
    return;
  }
  if (!isObject(value)) return;
  if (value.type === 'image' && value.slack_file !== undefined && shownIn(workspace, value) === undefined)
    problems.add(`${pointer}/slack_file`, 'invalid slack file');
  for (const [field, inner] of Object.entries(value)) look(workspace, inner, `${pointer}/${field}`, problems);
}

/** The blocks with the size of each picture, as Slack returns them. */
export function withPictureSizes(workspace: Workspace, blocks: readonly JsonObject[]): JsonObject[] {
  return blocks.map((block) => {
    const content = block.type === 'image' ? shownIn(workspace, block)?.content : undefined;
    if (content === undefined) return block;
    const { width, height } = pictureOf(content)?.size ?? {};
    return { ...block, image_bytes: content.length, image_width: width, image_height: height };
  });
}

function shownIn(workspace: Workspace, image: JsonObject): StoredFile | undefined {
  const { id, url } = asObject(image.slack_file);
  const file = workspace.files.all().find((one) => {
    const { url_private, permalink } = addressesOf(one, workspace.origin);
    return id === undefined ? url === url_private || url === permalink : id === one.id;
  });
  if (file?.content === undefined || !workspace.files.isReady(file)) return undefined;
  return pictureOf(file.content) === undefined ? undefined : file;
}
