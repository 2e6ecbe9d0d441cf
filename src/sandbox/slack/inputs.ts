import { elementsOf, optionsOf } from './elements.ts';
import { asObjects, asText, isObject, type JsonObject } from './json.ts';

/** What a person has entered, by `block_id/action_id`, each as it stands in `state.values`. */
export type Entries = Map<string, JsonObject>;

/** Where an element's value stands in `state.values`, and where its first value comes from. */
const places = new Map<string, { field: string; initial: string; many: boolean }>([
  ['plain_text_input', { field: 'value', initial: 'initial_value', many: false }],
  ['email_text_input', { field: 'value', initial: 'initial_value', many: false }],
  ['url_text_input', { field: 'value', initial: 'initial_value', many: false }],
  ['number_input', { field: 'value', initial: 'initial_value', many: false }],
  ['rich_text_input', { field: 'rich_text_value', initial: 'initial_value', many: false }],
  ['static_select', { field: 'selected_option', initial: 'initial_option', many: false }],
  ['external_select', { field: 'selected_option', initial: 'initial_option', many: false }],
  ['radio_buttons', { field: 'selected_option', initial: 'initial_option', many: false }],
  ['checkboxes', { field: 'selected_options', initial: 'initial_options', many: true }],
  ['multi_static_select', { field: 'selected_options', initial: 'initial_options', many: true }],
  ['multi_external_select', { field: 'selected_options', initial: 'initial_options', many: true }],
  ['datepicker', { field: 'selected_date', initial: 'initial_date', many: false }],
  ['timepicker', { field: 'selected_time', initial: 'initial_time', many: false }],
  ['datetimepicker', { field: 'selected_date_time', initial: 'initial_date_time', many: false }],
  ['users_select', { field: 'selected_user', initial: 'initial_user', many: false }],
  ['multi_users_select', { field: 'selected_users', initial: 'initial_users', many: true }],
  ['conversations_select', { field: 'selected_conversation', initial: 'initial_conversation', many: false }],
  ['multi_conversations_select', { field: 'selected_conversations', initial: 'initial_conversations', many: true }],
  ['channels_select', { field: 'selected_channel', initial: 'initial_channel', many: false }],
  ['multi_channels_select', { field: 'selected_channels', initial: 'initial_channels', many: true }],
]);

/** `state.values` of the blocks: every element that holds a value, with what was entered or its first value. */
export function stateOf(blocks: readonly JsonObject[], entries: Entries): Record<string, JsonObject> {
  const values: Record<string, JsonObject> = {};
  for (const { element, blockId } of elementsOf(blocks)) {
    const actionId = String(element.action_id);
    const place = places.get(String(element.type));
    if (place === undefined) continue;
    const initial = element[place.initial] ?? (place.many ? [] : null);
    const entered = entries.get(`${blockId}/${actionId}`);
    const entry = entered === undefined ? { type: element.type, [place.field]: initial } : stillThere(element, entered);
    values[blockId] = { ...values[blockId], [actionId]: entry };
  }
  return values;
}

/** What was chosen and is no option any more, since the message was changed, is not chosen any more. */
function stillThere(element: JsonObject, entry: JsonObject): JsonObject {
  if (!Array.isArray(entry.selected_options) || element.options === undefined) return entry;
  const values = new Set(optionsOf(element).map(({ value }) => value));
  return { ...entry, selected_options: asObjects(entry.selected_options).filter(({ value }) => values.has(value)) };
}

/** The option with this value or visible text. */
export function findOption(element: JsonObject, wanted: unknown): JsonObject | undefined {
  const options = optionsOf(element);
  return (
    options.find((option) => option.value === wanted) ??
    options.find((option) => isObject(option.text) && option.text.text === wanted)
  );
}

/** The entry of `state.values` for a value a person gives, or what Slack's client would say against it. */
export function entryFor(element: JsonObject, value: unknown): { entry: JsonObject } | { error: string } {
  const type = String(element.type);
  const place = places.get(type);
  if (place === undefined) return { error: `a ${type} holds no value` };
  const given = place.many && !Array.isArray(value) ? (isBlank(value) ? [] : [value]) : value;
  const entry = (held: unknown) => ({ entry: { type, [place.field]: held } });
  if (isBlank(given)) return entry(null);
  if (place.field === 'selected_option') {
    const option = findOption(element, given);
    return option === undefined ? { error: `no such option: ${String(given)}` } : entry(option);
  }
  if (place.field === 'selected_options' && Array.isArray(given)) {
    const options = given.map((wanted) => findOption(element, wanted));
    const missing = options.indexOf(undefined);
    return missing < 0 ? entry(options) : { error: `no such option: ${String(given[missing])}` };
  }
  if (type === 'datepicker' && !isDate(given)) return { error: 'a date is written YYYY-MM-DD' };
  if (type === 'timepicker' && !/^([01]\d|2[0-3]):[0-5]\d$/.test(String(given)))
    return { error: 'a time is written HH:mm' };
  if (type === 'datetimepicker') {
    const seconds = Number(given);
    return Number.isInteger(seconds) ? entry(seconds) : { error: 'a date with time is written in seconds since 1970' };
  }
  return entry(place.field === 'value' ? String(given) : given);
}

/** What Slack's client says against an input's entry before it lets the form go; `undefined` where it is content. */
export function complaintAbout(input: JsonObject, entry: JsonObject | undefined): string | undefined {
  const element = isObject(input.element) ? input.element : {};
  const place = places.get(String(element.type));
  const held = place === undefined || entry === undefined ? null : entry[place.field];
  if (isBlank(held) || (Array.isArray(held) && held.length === 0))
    return input.optional === true ? undefined : 'Please complete this required field.';
  const text = asText(held);
  if (text === undefined) return undefined;
  if (element.type === 'number_input') return complaintAboutNumber(element, text);
  if (element.type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(text)) return 'Please enter a valid email address.';
  if (element.type === 'url_text_input' && !URL.canParse(text)) return 'Please enter a valid URL.';
  if (typeof element.min_length === 'number' && text.length < element.min_length)
    return `Please enter at least ${element.min_length} characters.`;
  if (element.type === 'plain_text_input' && text.length > lengthLimit(element))
    return `Please enter ${lengthLimit(element)} characters or less.`;
  return undefined;
}

function complaintAboutNumber(element: JsonObject, text: string): string | undefined {
  const number = Number(text);
  if (!Number.isFinite(number)) return 'Please enter a valid number.';
  if (element.is_decimal_allowed !== true && !Number.isInteger(number)) return 'Please enter a whole number.';
  if (element.min_value !== undefined && number < Number(element.min_value))
    return `Please enter a number of at least ${String(element.min_value)}.`;
  if (element.max_value !== undefined && number > Number(element.max_value))
    return `Please enter a number of at most ${String(element.max_value)}.`;
  return undefined;
}

/** Inputs without their own limit take 3,000 characters. */
function lengthLimit(element: JsonObject): number {
  return typeof element.max_length === 'number' ? element.max_length : 3000;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isDate(value: unknown): boolean {
  const text = String(value);
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
