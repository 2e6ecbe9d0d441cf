import { asObjects, isObject, type JsonObject } from '../json.ts';
import { accessoryElements, actionElements, checkElement, checkImage, inputElements } from './element-rules.ts';
import { Problems } from './problems.ts';

/** Where blocks are to stand. */
export type Surface = 'message' | 'modal' | 'home';

/** Block limits: domain facts §8. A view may hold twice as many blocks as a message. */
const mostBlocks: Record<Surface, number> = { message: 50, modal: 100, home: 100 };
/** Text of all markdown blocks of one message together (docs.slack.dev, markdown block). */
const mostMarkdown = 12_000;

/**
 * Blocks this emulator shows as given, without looking inside: the bot has no need of them yet, and a wrong rule would
 * be worse than none.
 */
const opaque = [
  'rich_text',
  'video',
  'alert',
  'card',
  'carousel',
  'container',
  'table',
  'context_actions',
  'file',
  'data_table',
  'task_card',
  'plan',
];
const onlyInMessages = ['file', 'markdown', 'table', 'context_actions', 'data_table', 'task_card', 'plan'];

/** Everything Slack would refuse in these blocks; none means they are taken. */
export function problemsOfBlocks(blocks: readonly unknown[], surface: Surface, root = '/blocks'): string[] {
  const problems = new Problems();
  if (blocks.length > mostBlocks[surface]) problems.add(root, `no more than ${mostBlocks[surface]} items allowed`);
  const seen = new Set<unknown>();
  for (const [index, block] of blocks.entries()) {
    const pointer = `${root}/${index}`;
    if (!isObject(block)) {
      problems.add(pointer, 'must provide an object');
      continue;
    }
    problems.string(block.block_id, `${pointer}/block_id`, 255);
    if (block.block_id !== undefined && seen.has(block.block_id))
      problems.add(`${pointer}/block_id`, `\`block_id\` already exists: ${String(block.block_id)}`);
    seen.add(block.block_id);
    checkBlock(problems, block, pointer, surface);
  }
  const markdown = asObjects(blocks).filter((block) => block.type === 'markdown');
  if (markdown.reduce((sum, block) => sum + String(block.text ?? '').length, 0) > mostMarkdown)
    problems.add(root, `must be less than ${mostMarkdown + 1} characters`);
  return problems.messages;
}

function checkBlock(problems: Problems, block: JsonObject, pointer: string, surface: Surface): void {
  const type = String(block.type);
  const unsupported = () => problems.add(`${pointer}/type`, `unsupported type: ${type}`);
  if (surface !== 'message' && onlyInMessages.includes(type)) {
    unsupported();
    return;
  }
  switch (type) {
    case 'divider':
      break;
    case 'header':
      problems.text(block.text, `${pointer}/text`, 150, 'plain', true);
      break;
    case 'section':
      checkSection(problems, block, pointer);
      break;
    case 'context':
      problems.list(block.elements, `${pointer}/elements`, 10, (element, at) =>
        element.type === 'image' ? checkImage(problems, element, at) : problems.text(element, at, 3000, 'any', true),
      );
      break;
    case 'actions':
      problems.list(block.elements, `${pointer}/elements`, 25, (element, at) =>
        checkElement(problems, element, at, actionElements),
      );
      checkActionIds(problems, asObjects(block.elements), `${pointer}/elements`);
      break;
    case 'input':
      problems.text(block.label, `${pointer}/label`, 2000, 'plain', true);
      problems.text(block.hint, `${pointer}/hint`, 2000, 'plain');
      checkElement(problems, block.element, `${pointer}/element`, inputElements);
      break;
    case 'image':
      checkImage(problems, block, pointer);
      break;
    case 'markdown':
      problems.string(block.text, `${pointer}/text`, mostMarkdown, true);
      break;
    default:
      if (!opaque.includes(type)) unsupported();
  }
}

function checkSection(problems: Problems, block: JsonObject, pointer: string): void {
  const hasFields = Array.isArray(block.fields);
  problems.text(block.text, `${pointer}/text`, 3000, 'any', !hasFields);
  if (block.fields !== undefined)
    problems.list(block.fields, `${pointer}/fields`, 10, (field, at) => problems.text(field, at, 2000, 'any', true));
  if (block.accessory !== undefined) checkElement(problems, block.accessory, `${pointer}/accessory`, accessoryElements);
}

function checkActionIds(problems: Problems, elements: readonly JsonObject[], pointer: string): void {
  const ids = elements.map((element) => element.action_id).filter((id) => id !== undefined);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) problems.add(pointer, `\`action_id\` already exists: ${String(repeated)}`);
}
