import { asObject, asObjects, asText, isObject, type JsonObject } from '../slack/json.ts';
import type { SlackWorld } from '../world.ts';
import { drawBlocks } from './blocks.ts';
import { textOf } from './elements.ts';
import { type Drawn, tag } from './html.ts';
import type { Names } from './rich-text.ts';

type OpenView = ReturnType<SlackWorld['views']>[number];

/** The modal in front of a person, leaving out those the person has cancelled. */
export function topModal(views: readonly OpenView[], person: string, cancelled: ReadonlySet<string>) {
  const open = views.filter(({ id, user, view }) => user === person && view.type === 'modal' && !cancelled.has(id));
  return open.at(-1);
}

/** Draws a modal: its inputs as a form, the button that sends it, and the one that closes it. */
export function drawModal({ id, view }: OpenView, names: Names, errors: Readonly<Record<string, string>>): Drawn {
  const blocks = asObjects(view.blocks).map((block) => keepEntered(block, view));
  const submit = textOf(view.submit) || (blocks.some(({ type }) => type === 'input') ? 'Submit' : '');
  const title = textOf(view.title);
  return tag(
    'div',
    { className: 'veil', 'data-key': id },
    tag(
      'form',
      {
        className: 'modal',
        role: 'dialog',
        'aria-modal': true,
        'aria-label': title,
        'data-view': id,
        noValidate: true,
      },
      tag(
        'header',
        null,
        tag('h2', null, title),
        tag('button', { type: 'button', 'data-cancel': id, 'aria-label': 'Close' }, '✕'),
      ),
      tag('div', { className: 'blocks' }, drawBlocks(blocks, { standing: { viewId: id }, names, errors })),
      tag('p', { className: 'error', role: 'alert' }, errors['']),
      tag(
        'footer',
        null,
        tag('button', { type: 'button', className: 'button', 'data-cancel': id }, textOf(view.close) || 'Cancel'),
        submit === '' ? null : tag('button', { type: 'submit', className: 'button primary' }, submit),
      ),
    ),
  );
}

/** Puts what was entered before into an input, as Slack does when it draws a view again. */
function keepEntered(block: JsonObject, view: JsonObject): JsonObject {
  if (block.type !== 'input' || !isObject(block.element)) return block;
  const entered = asObject(asObject(asObject(view.state).values)[String(block.block_id)]);
  const { value, selected_option, selected_options } = asObject(entered[String(block.element.action_id)]);
  const kept = {
    ...(asText(value) === undefined ? {} : { initial_value: value }),
    ...(isObject(selected_option) ? { initial_option: selected_option } : {}),
    ...(Array.isArray(selected_options) ? { initial_options: selected_options } : {}),
  };
  return { ...block, element: { ...block.element, ...kept } };
}

/** Draws the app's Home tab, or says that the app has published none. */
export function drawHome(views: readonly OpenView[], person: string, names: Names): Drawn {
  const found = views.find(({ user, view }) => user === person && view.type === 'home');
  if (found === undefined) return tag('p', { className: 'empty' }, 'Keywarden has published no Home tab for you.');
  return tag(
    'div',
    // One person's Home tab does not turn into another's, with the choices made in it.
    { className: 'home', 'data-key': found.id },
    drawBlocks(asObjects(found.view.blocks), { standing: { viewId: found.id }, names }),
  );
}
