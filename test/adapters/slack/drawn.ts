/** What a test wants of drawn words: the text people read, the buttons, and Slack's limits. */
import type { HomeView, InputBlock, KnownBlock, ModalView } from '@slack/types';
import { expect } from 'vitest';
import type { Words } from '../../../src/adapters/slack/words/blocks.ts';
import type { View } from '../../../src/adapters/slack/words/view.ts';
import { problemsOfBlocks } from '../../../src/sandbox/slack/blocks/block-rules.ts';
import { refusalOfView } from '../../../src/sandbox/slack/blocks/view-rules.ts';
import { T0 } from '../../domain/samples.ts';

export const view: View = {
  now: T0,
  accountName: () => 'payments-prod',
  can: () => true,
  assumes: () => true,
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
/** Inputs in their order: what they are called, whether they may stay empty. */
export const inputsOf = (form: ModalView): readonly (readonly [string, boolean])[] =>
  form.blocks
    .filter((block): block is InputBlock => block.type === 'input')
    .map((input) => {
      // Errors find their field by the block's name, values by the element's: both are the same.
      expect('action_id' in input.element ? input.element.action_id : '').toBe(input.block_id);
      return [input.block_id ?? '', input.optional ?? false];
    });
/** Buttons with what they carry. */
export const buttonsIn = (
  blocks: readonly unknown[],
): readonly { readonly text: string; readonly id: string; readonly value: string; readonly json: string }[] =>
  (blocks as readonly KnownBlock[])
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element) =>
      element.type === 'button'
        ? [
            {
              text: element.text.text,
              id: element.action_id ?? '',
              value: element.value ?? '',
              json: JSON.stringify(element),
            },
          ]
        : [],
    );

/** Every text in which Slack draws markup. */
function markupIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(markupIn);
  if (typeof node !== 'object' || node === null) return [];
  const own = 'type' in node && node.type === 'mrkdwn' && 'text' in node ? [String(node.text)] : [];
  return [...own, ...Object.values(node).flatMap(markupIn)];
}
const TOKENS = /<!date\^\d+\^[^|>]*\|[^>]*>|<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>|<https:\/\/[^|>]+\|[^>]*>/g;
/**
 * Fails on anything Slack would take for a mention, a link or a command that is none of the tokens our words write: dates,
 * people, channels, links to cards. `allowed`: what a message may mention besides.
 */
export function expectNoStrayMarkup(blocks: readonly unknown[], allowed = ''): void {
  for (const text of markupIn(blocks)) {
    const rest = (allowed === '' ? text : text.replaceAll(allowed, '')).replace(TOKENS, '');
    expect(rest).not.toMatch(/[<>]/);
    expect(rest.replace(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
  }
}
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
  // Twice, by two people's reading of Slack's documentation: here, and as the emulated Slack refuses.
  expect(problemsOfBlocks(words.blocks, 'message')).toEqual([]);
}
/** Fails when Slack would refuse a form, a notice or a Home tab. */
export function expectTaken(view: ModalView | HomeView): void {
  expect(refusalOfView(view, [view.type])).toBeUndefined();
  for (const block of view.blocks) expectBlockWithinLimits(block as KnownBlock);
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
      if (block.element.type === 'checkboxes')
        for (const option of block.element.options) {
          text(option.text, 75);
          if (option.description !== undefined) text(option.description, 75);
        }
      break;
    case 'image':
      text({ text: block.alt_text }, 2_000);
      expect(block).toMatchObject({ slack_file: { id: expect.stringMatching(/^F[A-Z0-9]+$/) } });
      break;
    default:
      expect.unreachable(`an unexpected block: ${block.type}`);
  }
}
