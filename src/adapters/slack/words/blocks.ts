/**
 * Blocks within Slack's limits (docs.slack.dev, Block Kit; `@slack/types` 3.2): header 150, section 3000, context 10
 * elements, button text 75, confirmation 100 + 300 + 30, 50 blocks a message. What is longer is cut, never refused.
 */
import type {
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  SectionBlock,
} from '@slack/types';
import { cutMarkdown, cutPlain } from './text.ts';

/** A message: blocks, and the text for notifications and screen readers. */
export interface Words {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** chat.update refuses texts above 4,000 characters. */
const MOST_TEXT = 3_900;
const MOST_BLOCKS = 50;
/** Slack names no limit for all blocks together (`msg_blocks_too_long`); 13,200 has been seen to pass. */
const MOST_BLOCK_TEXT = 12_000;

/** Verbatim: no address or channel name in the text becomes a link by itself. */
const mrkdwn = (text: string, most: number): MrkdwnElement => ({
  type: 'mrkdwn',
  text: cutMarkdown(text === '' ? ' ' : text, most),
  verbatim: true,
});
export const plain = (text: string, most: number): PlainTextElement => ({
  type: 'plain_text',
  text: cutPlain(text === '' ? ' ' : text, most),
  emoji: false,
});

export const header = (text: string): HeaderBlock => ({ type: 'header', text: plain(text, 150) });
export const section = (lines: readonly string[]): SectionBlock => ({
  type: 'section',
  text: mrkdwn(lines.filter((line) => line !== '').join('\n'), 3_000),
});
export const plainSection = (text: string): SectionBlock => ({ type: 'section', text: plain(text, 3_000) });
export const context = (parts: readonly string[]): ContextBlock => ({
  type: 'context',
  elements: parts.slice(0, 10).map((part) => mrkdwn(part, 1_000)),
});

export interface ButtonWords {
  readonly text: string;
  readonly actionId: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: ConfirmationDialog;
}
export const button = (words: ButtonWords): Button => ({
  type: 'button',
  text: plain(words.text, 75),
  action_id: words.actionId,
  value: words.value,
  ...(words.style === undefined ? {} : { style: words.style }),
  ...(words.confirm === undefined ? {} : { confirm: words.confirm }),
});
export const confirmation = (words: {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}): ConfirmationDialog => ({
  title: plain(words.title, 100),
  text: plain(words.text, 300),
  confirm: plain(words.yes, 30),
  deny: plain(words.no, 30),
});

/** Puts a message together. Too many blocks: the last ones before the buttons go, the buttons stay. */
export function message(text: string, blocks: readonly KnownBlock[]): Words {
  const actions = blocks.filter((block) => block.type === 'actions');
  const kept: KnownBlock[] = [];
  let size = 0;
  let words = MOST_BLOCKS - actions.length;
  for (const block of blocks) {
    if (block.type !== 'actions') {
      size += JSON.stringify(block).length;
      if (words === 0 || size > MOST_BLOCK_TEXT) continue;
      words -= 1;
    }
    kept.push(block);
  }
  return { text: cutMarkdown(text, MOST_TEXT), blocks: kept };
}
