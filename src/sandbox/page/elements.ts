import { asObject, asObjects, asText, isObject, type JsonObject } from '../slack/json.ts';
import { type Drawn, tag } from './html.ts';
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
      return drawChoice(element, names, acts(element, standing));
    case 'image':
      return tag('img', {
        className: 'accessory',
        src: asText(element.image_url),
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

/** A choice of one, drawn as a select or as radio buttons. `attributes` go to what the person touches. */
export function drawChoice(element: JsonObject, names: Names, attributes: Record<string, string>): Drawn {
  const entries = entriesOf(element, names);
  const chosen = asText(asObject(element.initial_option).value) ?? asText(element.initial_user);
  if (element.type === 'radio_buttons')
    return tag(
      'span',
      { className: 'choices' },
      entries.map(({ value, text }) =>
        tag(
          'label',
          { key: value },
          tag('input', {
            type: 'radio',
            value,
            name: asText(element.action_id),
            defaultChecked: value === chosen,
            ...attributes,
          }),
          text,
        ),
      ),
    );
  const options = entries.map(({ value, text }) => tag('option', { key: value, value }, text));
  const empty = tag('option', { value: '' }, textOf(element.placeholder) || 'Choose…');
  return tag('select', { defaultValue: chosen ?? '', ...attributes }, empty, options);
}

/** What can be chosen: the options of a menu and its groups, or the people and channels there are. */
export function entriesOf(element: JsonObject, names: Names): readonly { value: string; text: string }[] {
  const type = String(element.type);
  if (type.includes('users')) return [...names.users].map(([value, text]) => ({ value, text: `@${text}` }));
  if (type.includes('channels') || type.includes('conversations'))
    return [...names.channels].map(([value, text]) => ({ value, text: `#${text}` }));
  const grouped = asObjects(element.option_groups).flatMap((group) => asObjects(group.options));
  return [...asObjects(element.options), ...grouped].map((option) => ({
    value: String(option.value),
    text: textOf(option.text),
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
