import { freshBlockId } from '../identity.ts';
import { isObject, type JsonObject } from '../json.ts';

/** The blocks with the ids Slack assigns where the app named none, and the flags it adds to text objects. */
export function completeBlocks(blocks: readonly unknown[]): JsonObject[] {
  return blocks.filter(isObject).map((block) => ({
    ...(completeTexts(block) as JsonObject),
    block_id: typeof block.block_id === 'string' && block.block_id !== '' ? block.block_id : freshBlockId(),
    ...(Array.isArray(block.elements) && block.type === 'actions'
      ? { elements: block.elements.filter(isObject).map(completeElement) }
      : {}),
    ...(isObject(block.accessory) ? { accessory: completeElement(block.accessory) } : {}),
    ...(isObject(block.element) ? { element: completeElement(block.element) } : {}),
  }));
}

function completeElement(element: JsonObject): JsonObject {
  const completed = completeTexts(element) as JsonObject;
  if (element.type === 'image' || typeof element.action_id === 'string') return completed;
  return { ...completed, action_id: freshBlockId() };
}

function completeTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(completeTexts);
  if (!isObject(value)) return value;
  if (value.type === 'plain_text') return { emoji: true, ...value };
  if (value.type === 'mrkdwn') return { verbatim: false, ...value };
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, completeTexts(inner)]));
}
