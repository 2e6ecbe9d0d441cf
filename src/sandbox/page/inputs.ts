import { asObject, asText, type JsonObject } from '../slack/json.ts';
import { drawChoice, textOf } from './elements.ts';
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

/** What a bot calls the input for a one-time code: beside it lies the person's phone. */
const codeInput = 'code';
/** Inputs of several controls, which one label cannot name. */
const groups: readonly unknown[] = ['checkboxes', 'radio_buttons'];

/** Draws an input block of a modal: label, a real form control named by its action id, hint, and what is wrong with it. */
export function drawInput(block: JsonObject, names: Names, touch: Touch, error: string | undefined): Drawn {
  const element = asObject(block.element);
  const id = `input-${asText(block.block_id) ?? ''}`;
  const className = error === undefined ? 'input' : 'input wrong';
  const label = [
    textOf(block.label),
    block.optional === true ? tag('small', { key: 'optional' }, ' (optional)') : null,
  ];
  const hint = textOf(block.hint);
  const below = [
    error === undefined ? null : tag('span', { key: 'error', className: 'error', role: 'alert' }, error),
    hint === '' ? null : tag('small', { key: 'hint', id: `${id}-hint` }, hint),
  ];
  const described = hint === '' ? {} : { 'aria-describedby': `${id}-hint` };
  if (groups.includes(element.type)) {
    const boxes = drawControl(element, names, touch);
    return tag('fieldset', { className }, tag('legend', { className: 'label' }, label), boxes, below);
  }
  const control = drawControl(element, names, { ...touch, ...described, id });
  return tag(
    'div',
    { className },
    tag('label', { className: 'label', htmlFor: id }, label),
    element.action_id === codeInput ? besidePhone(control) : control,
    below,
  );
}

/** A person of the sandbox has no phone to look at: the button reads the code off it, or says why there is none. */
function besidePhone(control: Drawn): Drawn {
  return [
    tag(
      'div',
      { key: 'phone', className: 'phone' },
      control,
      tag(
        'button',
        { type: 'button', className: 'button small', 'data-phone': true },
        tag('span', { 'aria-hidden': true }, '📱 '),
        'Code from my phone',
      ),
    ),
    tag('output', { key: 'answer', className: 'answer', 'data-keep': true }),
  ];
}

function drawControl(element: JsonObject, names: Names, touch: Touch): Drawn {
  const name = String(element.action_id);
  const kind = kinds.get(String(element.type));
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
