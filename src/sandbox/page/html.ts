import { createElement, Fragment, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

/** Anything that can stand in the page: elements, text, nothing. Text is escaped when it is printed. */
export type Drawn = ReactNode;

/** An element of the page, as `tag('p', { className: 'note' }, 'text')`. */
export const tag = createElement;

/** Several nodes without an element around them. */
export function together(...nodes: Drawn[]): Drawn {
  return tag(Fragment, null, ...nodes);
}

/** Prints nodes as HTML. The only way anything gets into the page, so that everything is escaped. */
export function print(node: Drawn): string {
  // slack-blocks-to-jsx gives every piece of a message the same id; ids must be unique in a document.
  return renderToStaticMarkup(node).replaceAll(' id="slack_blocks_to_jsx"', '');
}
