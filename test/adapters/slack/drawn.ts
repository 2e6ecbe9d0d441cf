/** What a test wants of drawn words: the text people read, the buttons, and Slack's limits. */
import type { KnownBlock } from '@slack/types';
import { expect } from 'vitest';
import type { Words } from '../../../src/adapters/slack/words/blocks.ts';
import type { View } from '../../../src/adapters/slack/words/view.ts';
import { T0 } from '../../domain/samples.ts';

export const view: View = {
  now: T0,
  accountName: () => 'payments-prod',
  can: () => true,
  destructive: true,
};

/** All text of the blocks, one part per line, dates by their fallback. */
export function readable(blocks: readonly unknown[]): string {
  const parts: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === 'object' && node !== null) {
      if ('text' in node && typeof node.text === 'string') parts.push(node.text);
      Object.values(node).forEach(walk);
    }
  };
  walk(blocks);
  return parts.join('\n').replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1');
}
export const headerOf = (words: Words): string => {
  const [first] = words.blocks;
  return first?.type === 'header' ? first.text.text : '';
};
/** Button texts, row by row; the menu is `⋯`. */
export const rowsOf = (words: Words): readonly (readonly string[])[] =>
  words.blocks
    .filter((block) => block.type === 'actions')
    .map((block) => block.elements.map((element) => (element.type === 'button' ? element.text.text : '⋯')));

const MOST: Readonly<Record<string, number>> = { header: 150, section: 3_000, context: 2_000 };

/** Fails when Slack would refuse the message for its size (Block Kit, docs.slack.dev). */
export function expectWithinLimits(words: Words): void {
  expect(words.text.length).toBeLessThanOrEqual(3_900);
  expect(words.text.length).toBeGreaterThan(0);
  expect(words.blocks.length).toBeLessThanOrEqual(50);
  expect(JSON.stringify(words.blocks).length).toBeLessThan(20_000);
  for (const block of words.blocks) expectBlockWithinLimits(block);
}
export function expectBlockWithinLimits(block: KnownBlock): void {
  const text = (value: { readonly text: string }, most: number): void => {
    expect(value.text.length).toBeLessThanOrEqual(most);
    expect(value.text.length).toBeGreaterThan(0);
    expect(value.text.isWellFormed()).toBe(true);
  };
  switch (block.type) {
    case 'header':
    case 'section':
      if (block.text !== undefined) text(block.text, MOST[block.type] ?? 0);
      break;
    case 'context':
      expect(block.elements.length).toBeLessThanOrEqual(10);
      for (const element of block.elements) if ('text' in element) text(element, MOST.context ?? 0);
      break;
    case 'actions':
      expect(block.elements.length).toBeLessThanOrEqual(25);
      for (const element of block.elements) {
        if (element.type === 'button') {
          text(element.text, 75);
          expect((element.value ?? '').length).toBeLessThanOrEqual(2_000);
          if (element.confirm !== undefined) {
            text(element.confirm.title as { text: string }, 100);
            text(element.confirm.text as { text: string }, 300);
            text(element.confirm.confirm as { text: string }, 30);
            text(element.confirm.deny as { text: string }, 30);
          }
        }
        if (element.type === 'overflow') {
          expect(element.options.length).toBeLessThanOrEqual(5);
          for (const option of element.options) {
            text(option.text, 75);
            expect((option.value ?? '').length).toBeLessThanOrEqual(75);
            if ('url' in option) expect((option.url ?? '').length).toBeLessThanOrEqual(3_000);
          }
        }
      }
      break;
    case 'input':
      text(block.label, 2_000);
      if (block.hint !== undefined) text(block.hint, 2_000);
      break;
    default:
      expect.unreachable(`an unexpected block: ${block.type}`);
  }
}
