import { asObjects, isObject, type JsonObject } from '../json.ts';
import type { Problems } from './problems.ts';

/** Limits of the elements people act on: domain facts §8, from `@slack/types` 3.2. */
const limits = {
  identifier: 255,
  buttonText: 75,
  label: 75,
  buttonValue: 2000,
  url: 3000,
  optionText: 75,
  optionValue: 75,
  placeholder: 150,
  options: 100,
  choices: 10,
  overflow: 5,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  inputLength: 3000,
  altText: 2000,
  imageTitle: 2000,
} as const;

const selects = ['static_select', 'multi_static_select'];
const pickers = [
  'users_select',
  'multi_users_select',
  'conversations_select',
  'multi_conversations_select',
  'channels_select',
  'multi_channels_select',
  'external_select',
  'multi_external_select',
  'datepicker',
  'timepicker',
  'datetimepicker',
];
const typed = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input', 'rich_text_input'];
const choices = ['checkboxes', 'radio_buttons'];

/** Elements allowed in an `actions` block. */
export const actionElements = [
  'button',
  'overflow',
  'workflow_button',
  'rich_text_input',
  ...selects,
  ...pickers,
  ...choices,
];
/** Elements allowed beside a section. */
export const accessoryElements = ['image', 'button', 'overflow', 'workflow_button', ...selects, ...pickers, ...choices];
/** Elements allowed in an `input` block. */
export const inputElements = ['file_input', ...typed, ...selects, ...pickers, ...choices];

/** Looks at one element of a block; `allowed` are the types its place takes. */
export function checkElement(problems: Problems, element: unknown, pointer: string, allowed: readonly string[]): void {
  if (!isObject(element)) {
    problems.add(pointer, 'must provide an object');
    return;
  }
  const type = String(element.type);
  if (!allowed.includes(type)) {
    problems.add(`${pointer}/type`, `unsupported type: ${type}`);
    return;
  }
  if (type === 'image') {
    checkImage(problems, element, pointer);
    return;
  }
  problems.string(element.action_id, `${pointer}/action_id`, limits.identifier);
  problems.text(element.placeholder, `${pointer}/placeholder`, limits.placeholder, 'plain');
  if (element.confirm !== undefined) checkConfirm(problems, element.confirm, `${pointer}/confirm`);
  if (type === 'button') checkButton(problems, element, pointer);
  else if (type === 'overflow') checkOptions(problems, element.options, `${pointer}/options`, limits.overflow);
  else if (choices.includes(type)) checkOptions(problems, element.options, `${pointer}/options`, limits.choices);
  else if (selects.includes(type)) checkSelect(problems, element, pointer);
  else if (type === 'plain_text_input') checkTextInput(problems, element, pointer);
}

/** Looks at an image, which stands beside a section, in a context or as a block. */
export function checkImage(problems: Problems, image: JsonObject, pointer: string): void {
  problems.string(image.alt_text, `${pointer}/alt_text`, limits.altText, true);
  problems.text(image.title, `${pointer}/title`, limits.imageTitle, 'plain');
  if (image.image_url === undefined && image.slack_file === undefined)
    problems.add(pointer, 'missing required field: image_url');
  if (image.image_url !== undefined && image.slack_file !== undefined)
    problems.add(pointer, 'only one of image_url and slack_file allowed');
  problems.string(image.image_url, `${pointer}/image_url`, limits.url);
  if (image.slack_file !== undefined) checkFileName(problems, image.slack_file, `${pointer}/slack_file`);
}

/** A file is named by its id or by its address, "if both are provided then the payload will be rejected" (docs.slack.dev). */
function checkFileName(problems: Problems, file: unknown, pointer: string): void {
  if (!isObject(file)) {
    problems.add(pointer, 'must provide an object');
    return;
  }
  if ((file.id === undefined) === (file.url === undefined)) problems.add(pointer, 'must provide either id or url');
  problems.string(file.url, `${pointer}/url`, limits.url);
  if (file.id !== undefined && !(typeof file.id === 'string' && fileId.test(file.id)))
    problems.add(`${pointer}/id`, `input must match regex pattern: ${fileId.source}`);
}

const fileId = /^[F][A-Z0-9]{8,}$/;

function checkButton(problems: Problems, button: JsonObject, pointer: string): void {
  problems.text(button.text, `${pointer}/text`, limits.buttonText, 'plain', true);
  problems.string(button.value, `${pointer}/value`, limits.buttonValue);
  problems.string(button.url, `${pointer}/url`, limits.url);
  problems.string(button.accessibility_label, `${pointer}/accessibility_label`, limits.label);
  if (button.style !== undefined && button.style !== 'primary' && button.style !== 'danger')
    problems.add(`${pointer}/style`, `invalid value: ${String(button.style)}`);
}

function checkConfirm(problems: Problems, confirm: unknown, pointer: string): void {
  if (!isObject(confirm)) {
    problems.add(pointer, 'must provide an object');
    return;
  }
  problems.text(confirm.title, `${pointer}/title`, limits.confirmTitle, 'plain', true);
  problems.text(confirm.text, `${pointer}/text`, limits.confirmText, 'any', true);
  problems.text(confirm.confirm, `${pointer}/confirm`, limits.confirmButton, 'plain', true);
  problems.text(confirm.deny, `${pointer}/deny`, limits.confirmButton, 'plain', true);
}

function checkSelect(problems: Problems, select: JsonObject, pointer: string): void {
  if (select.option_groups === undefined) {
    checkOptions(problems, select.options, `${pointer}/options`, limits.options);
    return;
  }
  problems.list(select.option_groups, `${pointer}/option_groups`, limits.options, (group, at) => {
    problems.text(group.label, `${at}/label`, limits.optionText, 'plain', true);
    checkOptions(problems, group.options, `${at}/options`, limits.options);
  });
}

function checkOptions(problems: Problems, options: unknown, pointer: string, most: number): void {
  problems.list(options, pointer, most, (option, at) => {
    problems.text(option.text, `${at}/text`, limits.optionText, 'any', true);
    problems.string(option.value, `${at}/value`, limits.optionValue, true);
    problems.text(option.description, `${at}/description`, limits.optionText, 'any');
    problems.string(option.url, `${at}/url`, limits.url);
  });
  const values = asObjects(options).map((option) => option.value);
  if (new Set(values).size < values.length) problems.add(pointer, 'option values must be unique');
}

function checkTextInput(problems: Problems, input: JsonObject, pointer: string): void {
  for (const field of ['min_length', 'max_length']) {
    const length = input[field];
    if (length === undefined) continue;
    const least = field === 'min_length' ? 0 : 1;
    if (typeof length !== 'number' || !Number.isInteger(length) || length < least || length > limits.inputLength)
      problems.add(`${pointer}/${field}`, `must be between ${least} and ${limits.inputLength}`);
  }
}
