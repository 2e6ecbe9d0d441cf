import { describe, expect, test } from 'vitest';
import { print } from '../../../src/sandbox/page/html.ts';
import { drawModal } from '../../../src/sandbox/page/views.ts';
import type { JsonObject } from '../../../src/sandbox/slack/json.ts';

const names = { users: new Map(), channels: new Map(), userGroups: new Map() };
const plain = (text: string) => ({ type: 'plain_text', text });
const drawn = (block: JsonObject, state: JsonObject = {}, errors: Record<string, string> = {}) =>
  print(drawModal({ id: 'V1', user: 'U0ALICE', view: { blocks: [block], state: { values: state } } }, names, errors));
const typed = (name: string) => ({
  type: 'input',
  block_id: name,
  label: plain('Say it'),
  hint: plain('In one word.'),
  element: { type: 'plain_text_input', action_id: name },
});
const box = {
  type: 'input',
  block_id: 'alone',
  label: plain('Break the glass'),
  element: {
    type: 'checkboxes',
    action_id: 'break_glass',
    options: [
      { value: 'alone', text: plain('Without a second person'), description: plain('Announced to all.') },
      { value: 'other', text: plain('Otherwise') },
    ],
  },
};

describe('a typed input', () => {
  test('is named by its label, and described by its hint', () => {
    const html = drawn(typed('reason'));
    expect(html).toContain('<label class="label" for="input-reason">Say it</label>');
    expect(html).toMatch(/<input (?=[^>]*id="input-reason")(?=[^>]*aria-describedby="input-reason-hint")/);
    expect(html).toContain('<small id="input-reason-hint">In one word.</small>');
  });
  test('has a phone beside it only where it takes a code', () => {
    expect(drawn(typed('code'))).toMatch(/<button type="button"[^>]*data-phone/);
    expect(drawn(typed('reason'))).not.toContain('data-phone');
  });
  test('keeps what was entered, and says what is wrong', () => {
    const state = { reason: { reason: { type: 'plain_text_input', value: 'because' } } };
    const html = drawn(typed('reason'), state, { reason: 'Say more.' });
    expect(html).toContain('value="because"');
    expect(html).toMatch(/class="input wrong"[\s\S]*role="alert">Say more\.</);
  });
});

describe('boxes', () => {
  test('say what they mean, each with its own label', () => {
    const html = drawn(box);
    expect(html).toContain('<legend class="label">Break the glass</legend>');
    expect(html).toMatch(/<label data-key="[^"]+"><input (?=[^>]*type="checkbox")[^>]*>[\s\S]*Without a second person/);
    expect(html).toContain('<small>Announced to all.</small>');
  });
  test('keep what was chosen', () => {
    const chosen = [{ value: 'other', text: plain('Otherwise') }];
    const html = drawn(box, { alone: { break_glass: { type: 'checkboxes', selected_options: chosen } } });
    expect(html.match(/checked=""/g)).toHaveLength(1);
    expect(html).toMatch(/checked="" value="other"|value="other" checked=""/);
  });
});
