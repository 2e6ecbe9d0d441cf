import { describe, expect, test } from 'vitest';
import { drawBlocks } from '../../../src/sandbox/page/blocks.ts';
import { print } from '../../../src/sandbox/page/html.ts';

const names = {
  users: new Map([['U0ALICE', 'alice']]),
  channels: new Map([['C0INCIDENT', 'kms-incidents']]),
  userGroups: new Map([['S0ONCALL', 'kms-oncall']]),
};
const standing = { channel: 'C0INCIDENT', ts: '1.2' };
const drawn = (...blocks: unknown[]) => print(drawBlocks(blocks, { standing, names }));
/** What a reader sees: no tags, entities decoded. */
const seen = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#x27;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
const plain = (text: string) => ({ type: 'plain_text', text });

describe('mrkdwn as Slack reads it, where Markdown reads it differently', () => {
  test.each([
    ['# no heading'],
    ['a\n---\nb'],
    ['| a | b |\n|---|---|\n| 1 | 2 |'],
    ['    four spaces'],
    ['a\n\n\nb'],
    ['kms:* and 2 * 3 = 6'],
    ['arn:aws:kms:us-west-2:111122223333:key/abc at 10:15:20'],
    ['alias/a_b_c s3://x_y'],
    ['[text](https://a.example)'],
  ])('%j is left alone', (text) => expect(seen(drawn(section(text)))).toBe(text));

  test('bold, italic, strike, code and quotes', () => {
    const html = drawn(section('*Key*  _old_ ~gone~ `code`\n&gt; said\nafter'));
    expect(html).toMatch(/font-semibold">Key</);
    expect(html).toMatch(/italic">old</);
    expect(html).toMatch(/line-through[^"]*">gone</);
    expect(html).toMatch(/slack_inline_code">code</);
    expect(html).toMatch(/<blockquote[\s\S]*said/);
  });
  test('mentions by name, links, dates, emoji', () => {
    const html = drawn(
      section('<@U0ALICE> <#C0INCIDENT> <!subteam^S0ONCALL> <!here> <https://a.example/?a=1&amp;b=2|here> :smile:'),
    );
    expect(seen(html)).toBe('@alice #kms-incidents @kms-oncall @here here 😄');
    expect(html).toContain('href="https://a.example/?a=1&amp;b=2"');
    expect(drawn(section('<!date^1700000000^{date_short} {time}|x>'))).toContain(
      '<time dateTime="2023-11-14T22:13:20.000Z" data-format="{date_short} {time}">2023-11-14 22:13 UTC</time>',
    );
  });
  test('code blocks keep their lines', () => {
    expect(seen(drawn(section('run\n```\n# one\n  aws kms\n```')))).toBe('run\n# one\n  aws kms');
  });
});

describe('text from outside stays text', () => {
  const hostile = '<img src=x onerror=alert(1)>"\'&lt;script&gt;';
  test.each([
    ['header', { type: 'header', text: plain(hostile) }],
    ['section', section('&lt;img src=x onerror=alert(1)&gt;')],
    ['context', { type: 'context', elements: [plain(hostile)] }],
    [
      'button',
      { type: 'actions', elements: [{ type: 'button', action_id: hostile, text: plain(hostile), value: hostile }] },
    ],
    [
      'input',
      {
        type: 'input',
        label: plain(hostile),
        element: { type: 'plain_text_input', action_id: hostile, initial_value: hostile },
      },
    ],
  ])('in a %s', (_, block) => expect(drawn(block)).not.toMatch(/<(img|script)/));

  test('a link that is no web address is not one', () => {
    expect(drawn(section('<javascript:alert(1)|click>'))).not.toContain('href');
    const button = { type: 'button', action_id: 'a', text: plain('x'), url: 'javascript:alert(1)' };
    expect(drawn({ type: 'actions', elements: [button] })).not.toContain('data-url');
  });
  test('plain text has no formatting', () => {
    expect(seen(drawn({ type: 'header', text: plain('*a* <@U0ALICE> &lt;') }))).toBe('*a* <@U0ALICE> &lt;');
  });
});

test('a button tells the script what to send, and what to ask first', () => {
  const confirm = { title: plain('Sure?'), text: plain('It breaks.'), confirm: plain('Yes'), deny: plain('No') };
  const button = {
    type: 'button',
    action_id: 'disable',
    value: 'i1',
    text: plain('Disable'),
    style: 'danger',
    confirm,
  };
  const html = drawn({ type: 'actions', elements: [button] });
  const data = (name: string) =>
    JSON.parse(new RegExp(`${name}="([^"]*)"`).exec(html)?.[1]?.replaceAll('&quot;', '"') ?? '');
  expect(data('data-click')).toEqual({ channel: 'C0INCIDENT', ts: '1.2', action: 'disable', value: 'i1' });
  expect(data('data-confirm')).toMatchObject({ title: 'Sure?', confirm: 'Yes', deny: 'No' });
});
