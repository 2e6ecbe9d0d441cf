import { asObjects, asText, isObject, type JsonObject } from './json.ts';

/** An element people can act on, with the block it stands in. */
export interface PlacedElement {
  readonly element: JsonObject;
  readonly blockId: string;
  /** The menu entry meant, where the search was for one. */
  readonly option?: JsonObject;
}

/** Every element of the blocks that has an action id, in reading order. */
export function elementsOf(blocks: readonly JsonObject[]): PlacedElement[] {
  return blocks.flatMap((block) => {
    const inside = block.type === 'actions' ? asObjects(block.elements) : [block.accessory, block.element];
    return inside
      .filter(isObject)
      .filter((element) => typeof element.action_id === 'string')
      .map((element) => ({ element, blockId: String(block.block_id) }));
  });
}

/** The options of a menu, of its groups too. */
export function optionsOf(element: JsonObject): JsonObject[] {
  const groups = asObjects(element.option_groups).flatMap((group) => asObjects(group.options));
  return [...asObjects(element.options), ...groups];
}

/** The blocks of a message, those of its attachments too. */
export function blocksOf(message: JsonObject): JsonObject[] {
  const attached = asObjects(message.attachments).flatMap((attachment) => asObjects(attachment.blocks));
  return [...asObjects(message.blocks), ...attached];
}

/**
 * Finds what a person means: an element by its action id, a button by its visible text, or a menu by the visible text
 * of one of its entries. Where several buttons share an action id, `value` tells them apart.
 */
export function findElement(
  blocks: readonly JsonObject[],
  action: string,
  value: string | readonly string[] | undefined,
): PlacedElement | undefined {
  const placed = elementsOf(blocks);
  const named = placed.filter(({ element }) => element.action_id === action);
  const exact = named.find(({ element }) => value !== undefined && element.value === value);
  const first = exact ?? named[0];
  if (first !== undefined) return first;
  const shown = placed.filter(
    ({ element }) => element.type === 'button' && visibleText(element.text) === action.trim(),
  );
  const button = shown.find(({ element }) => value !== undefined && element.value === value) ?? shown[0];
  if (button !== undefined) return button;
  for (const { element, blockId } of placed) {
    const option = optionsOf(element).find((entry) => visibleText(entry.text) === action.trim());
    if (option !== undefined) return { element, blockId, option };
  }
  return undefined;
}

function visibleText(text: unknown): string | undefined {
  return isObject(text) ? asText(text.text)?.trim() : undefined;
}
