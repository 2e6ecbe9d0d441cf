import { asObjects, asText, type JsonObject } from '../slack/json.ts';
import { drawChoice, entriesOf, textOf } from './elements.ts';
import { type Drawn, tag } from './html.ts';
import type { Names } from './rich-text.ts';

/** What an input block adds to its control so that a choice reaches the bot at once (`dispatch_action`). */
export type Touch = Readonly<Record<string, string>>;

/** Input types of HTML for Slack's text-like elements. */
const kinds: ReadonlyMap<string, { readonly type: string; readonly initial: string }> = new Map([
  ['plain_text_input', { type: 'text', initial: 'initial_value' }],
  ['email_text_input', { type: 'email', initial: 'initial_value' }],
  ['url_text_input', { type: 'url', initial: 'initial_value' }],
  ['number_input', { type: 'number', initial: 'initial_value' }],
  ['datepicker', { type: 'date', initial: 'initial_date' }],
  ['timepicker', { type: 'time', initial: 'initial_time' }],
]);

/** Draws an input block of a modal: label, a real form control named by its action id, hint, and what is wrong with it. */
export function drawInput(block: JsonObject, names: Names, touch: Touch, error: string | undefined): Drawn {
  const element = (block.element ?? {}) as JsonObject;
  const optional = block.optional === true ? tag('small', null, ' (optional)') : null;
  const hint = textOf(block.hint);
  return tag(
    'label',
    { className: error === undefined ? 'input' : 'input wrong' },
    tag('span', { className: 'label' }, textOf(block.label), optional),
    drawControl(element, names, touch),
    error === undefined ? null : tag('span', { className: 'error', role: 'alert' }, error),
    hint === '' ? null : tag('small', null, hint),
  );
}

function drawControl(element: JsonObject, names: Names, touch: Touch): Drawn {
  const name = String(element.action_id);
  const kind = kinds.get(String(element.type));
  if (element.type === 'checkboxes') return drawCheckboxes(element, names, name, touch);
  if (kind === undefined) return drawChoice(element, names, { ...touch, name });
  const attributes = {
    ...touch,
    name,
    defaultValue: asText(element[kind.initial]) ?? '',
    placeholder: textOf(element.placeholder),
    autoComplete: 'off',
  };
  return element.multiline === true
    ? tag('textarea', { ...attributes, rows: 3 })
    : tag('input', { ...attributes, type: kind.type });
}

function drawCheckboxes(element: JsonObject, names: Names, name: string, touch: Touch): Drawn {
  const chosen = asObjects(element.initial_options).map(({ value }) => value);
  const boxes = entriesOf(element, names).map(({ value, text }) =>
    tag(
      'label',
      { key: value },
      tag('input', { ...touch, type: 'checkbox', name, value, defaultChecked: chosen.includes(value) }),
      text,
    ),
  );
  return tag('span', { className: 'choices' }, boxes);
}
