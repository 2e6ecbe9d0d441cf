import { asObject, asObjects, asText, isObject, type JsonObject } from '../slack/json.ts';
import { type Drawn, tag } from './html.ts';
import { sourceOf } from './pictures.ts';
import type { Names } from './rich-text.ts';

/** Where an element stands: in a message, or in a modal or Home tab. The page's script sends it with each click. */
export type Standing =
  | { readonly channel: string; readonly ts: string }
  | { readonly viewId: string; readonly channel?: undefined };

/** Draws an element people act on: a button, a `⋯` menu, a choice. */
export function drawElement(element: JsonObject, standing: Standing, names: Names): Drawn {
  switch (element.type) {
    case 'button':
      return drawButton(element, standing);
    case 'overflow':
      return drawOverflow(element, standing);
    case 'static_select':
    case 'external_select':
    case 'users_select':
    case 'channels_select':
    case 'conversations_select':
    case 'radio_buttons':
    case 'checkboxes':
      return drawChoice(element, names, { ...acts(element, standing), 'aria-label': textOf(element.placeholder) });
    case 'image':
      return tag('img', {
        className: 'accessory',
        src: sourceOf(element),
        alt: asText(element.alt_text) ?? '',
      });
    default:
      return tag('span', { className: 'quiet' }, `(${String(element.type)}: not drawn here)`);
  }
}

/** What a click on the element sends, and what it asks before; read by the page's script. */
function acts(element: JsonObject, standing: Standing, value?: string): Record<string, string> {
  const click = { ...standing, action: asText(element.action_id), ...(value === undefined ? {} : { value }) };
  const confirm = isObject(element.confirm) ? { 'data-confirm': JSON.stringify(wordsOf(element.confirm)) } : {};
  return { 'data-click': JSON.stringify(click), ...confirm };
}

function wordsOf(confirm: JsonObject): JsonObject {
  return {
    title: textOf(confirm.title),
    text: textOf(confirm.text),
    confirm: textOf(confirm.confirm),
    deny: textOf(confirm.deny),
    danger: confirm.style === 'danger',
  };
}

function drawButton(element: JsonObject, standing: Standing): Drawn {
  const style = element.style === 'primary' || element.style === 'danger' ? ` ${element.style}` : '';
  const url = webAddress(element.url);
  return tag(
    'button',
    {
      type: 'button',
      className: `button${style}`,
      'aria-label': asText(element.accessibility_label),
      ...(url === undefined ? {} : { 'data-url': url }),
      ...acts(element, standing, asText(element.value)),
    },
    textOf(element.text),
  );
}

function drawOverflow(element: JsonObject, standing: Standing): Drawn {
  const entries = asObjects(element.options).map((option, index) => {
    const url = webAddress(option.url);
    return tag(
      'button',
      {
        key: index,
        type: 'button',
        role: 'menuitem',
        ...(url === undefined ? {} : { 'data-url': url }),
        ...acts(element, standing, asText(option.value)),
      },
      textOf(option.text),
    );
  });
  return tag(
    'details',
    { className: 'overflow' },
    tag('summary', { className: 'button', 'aria-label': 'More actions' }, '⋯'),
    tag('div', { role: 'menu' }, entries),
  );
}

/** A choice, drawn as a select, or as a box for each option. `attributes` go to what the person touches. */
export function drawChoice(element: JsonObject, names: Names, attributes: Record<string, string>): Drawn {
  const entries = entriesOf(element, names);
  const chosen = [
    asText(asObject(element.initial_option).value) ?? asText(element.initial_user) ?? '',
    ...asObjects(element.initial_options).map(({ value }) => String(value)),
  ];
  const type = boxes.get(String(element.type));
  if (type !== undefined)
    return drawBoxes(entries, chosen, { name: asText(element.action_id) ?? '', ...attributes, type });
  const options = entries.map(({ value, text }) => tag('option', { key: value, value }, text));
  // What acts at once cannot be taken back to nothing, in Slack either.
  const empty = tag(
    'option',
    { value: '', disabled: 'data-click' in attributes },
    textOf(element.placeholder) || 'Choose…',
  );
  return tag('select', { defaultValue: chosen[0], ...attributes }, empty, options);
}

/** Elements whose options all stand there, and the HTML input that each option is. */
const boxes: ReadonlyMap<string, string> = new Map([
  ['radio_buttons', 'radio'],
  ['checkboxes', 'checkbox'],
]);

function drawBoxes(entries: readonly Entry[], chosen: readonly string[], attributes: Record<string, string>): Drawn {
  return tag(
    'div',
    { className: 'choices' },
    entries.map(({ value, text, description }) =>
      tag(
        'label',
        // Another option is another box: a tick does not go over to it.
        { key: value, 'data-key': value },
        tag('input', { ...attributes, value, defaultChecked: chosen.includes(value) }),
        tag('span', null, text, description === '' ? null : tag('small', null, description)),
      ),
    ),
  );
}

interface Entry {
  readonly value: string;
  readonly text: string;
  readonly description: string;
}

/** What can be chosen: the options of a menu and its groups, or the people and channels there are. */
function entriesOf(element: JsonObject, names: Names): readonly Entry[] {
  const type = String(element.type);
  const named = (of: ReadonlyMap<string, string>, sign: string) =>
    [...of].map(([value, text]) => ({ value, text: `${sign}${text}`, description: '' }));
  if (type.includes('users')) return named(names.users, '@');
  if (type.includes('channels') || type.includes('conversations')) return named(names.channels, '#');
  const grouped = asObjects(element.option_groups).flatMap((group) => asObjects(group.options));
  return [...asObjects(element.options), ...grouped].map((option) => ({
    value: String(option.value),
    text: textOf(option.text),
    description: textOf(option.description),
  }));
}

/** The visible text of a text object. */
export function textOf(text: unknown): string {
  return asText(asObject(text).text) ?? '';
}

function webAddress(url: unknown): string | undefined {
  const text = asText(url);
  return text !== undefined && /^https?:\/\//.test(text) ? text : undefined;
}
