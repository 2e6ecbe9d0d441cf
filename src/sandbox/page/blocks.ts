import type { Block, RichTextBlock } from 'slack-blocks-to-jsx';
import { asObjects, asText, isObject, type JsonObject } from '../slack/json.ts';
import { drawElement, type Standing, textOf } from './elements.ts';
import { type Drawn, tag } from './html.ts';
import { drawInput } from './inputs.ts';
import { plainTextOf, richTextOf } from './mrkdwn.ts';
import { drawImage } from './pictures.ts';
import { drawBlock, type Names } from './rich-text.ts';

/** What blocks are drawn with: where they stand, names, and by block id what is wrong with an input. */
export interface Drawing {
  readonly standing: Standing;
  readonly names: Names;
  readonly errors?: Readonly<Record<string, string>>;
}

/** Draws the blocks of a message, a modal or a Home tab as Slack shows them. */
export function drawBlocks(blocks: readonly unknown[], drawing: Drawing): Drawn {
  const times = new Map<string, number>();
  return asObjects(blocks).map((block, index) => {
    const kept = keptAs(block, times);
    return tag(
      'div',
      { key: asText(block.block_id) ?? index, className: `block ${kindOf(block)}`, 'data-key': kept },
      drawOne(block, drawing),
    );
  });
}

/**
 * What a block that people touch is known by in the next drawing, wherever it stands then: a menu stays open, and a press counts,
 * while lines appear above. Not the block's id: Slack gives a new one with every update to a block that names none.
 */
function keptAs(block: JsonObject, times: Map<string, number>): string | undefined {
  const touched = [...asObjects(block.elements), ...asObjects([block.accessory, block.element].filter(isObject))];
  const action = touched.map((element) => asText(element.action_id)).find((id) => id !== undefined);
  if (action === undefined) return undefined;
  const time = times.get(action) ?? 0;
  times.set(action, time + 1);
  return `${action} ${time}`;
}

const kindOf = (block: JsonObject) => String(block.type).replaceAll(/[^a-z_]/g, '');

function drawOne(block: JsonObject, drawing: Drawing): Drawn {
  const { standing, names } = drawing;
  switch (block.type) {
    case 'header':
      return tag('h3', null, textOf(block.text));
    case 'divider':
      return tag('hr');
    case 'section':
      return drawSection(block, drawing);
    case 'context':
      return asObjects(block.elements).map((element, index) =>
        tag(
          'span',
          { key: index },
          element.type === 'image' ? drawElement(element, standing, names) : drawText(element, names),
        ),
      );
    case 'actions':
      return asObjects(block.elements).map((element, index) =>
        tag(
          'span',
          { key: asText(element.action_id) ?? index, 'data-key': asText(element.action_id) },
          drawElement(element, standing, names),
        ),
      );
    case 'image':
      return drawImage(block);
    case 'input':
      return drawInput(block, names, touchOf(block, standing), drawing.errors?.[String(block.block_id)]);
    default:
      // Whatever else Block Kit has (rich text, tables, videos…) slack-blocks-to-jsx draws by itself.
      return drawBlock(block as unknown as Block, names);
  }
}

function drawSection(block: JsonObject, { standing, names }: Drawing): Drawn {
  const fields = asObjects(block.fields).map((field, index) => tag('div', { key: index }, drawText(field, names)));
  return [
    tag(
      'div',
      { key: 'words', className: 'words' },
      isObject(block.text) ? drawText(block.text, names) : null,
      fields.length > 0 ? tag('div', { className: 'fields' }, fields) : null,
    ),
    isObject(block.accessory) ? tag('div', { key: 'accessory' }, drawElement(block.accessory, standing, names)) : null,
  ];
}

/** Draws a text object. */
export function drawText(text: JsonObject, names: Names): Drawn {
  const content = asText(text.text) ?? '';
  const rich: RichTextBlock = text.type === 'mrkdwn' ? richTextOf(content) : plainTextOf(content);
  return drawBlock(rich, names);
}

/** A form sends its inputs off with itself; in a message the person's client remembers them until a button is pressed. */
function touchOf(block: JsonObject, standing: Standing): Record<string, string> {
  const element = block.element;
  const reaches = block.dispatch_action === true || standing.channel !== undefined;
  if (!reaches || !isObject(element)) return {};
  return { 'data-click': JSON.stringify({ ...standing, action: asText(element.action_id) }) };
}
