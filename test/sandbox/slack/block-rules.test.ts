import { describe, expect, test } from 'vitest';
import { callRaw, cardBlocks, openSlack } from './world.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const actions = (...elements: unknown[]) => ({ type: 'actions', elements });
const section = (fields: Record<string, unknown>) => ({ type: 'section', ...fields });
const options = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: plain(5), value: String(index) }));
const confirm = (fields: Record<string, unknown>) =>
  actions({
    type: 'button',
    text: plain(5),
    confirm: { title: plain(9), text: plain(9), confirm: plain(3), deny: plain(3), ...fields },
  });

/** Limits of domain facts §8: what just fits, what is one too long, and where Slack points. */
const limits: readonly (readonly [string, (length: number) => unknown, number, string])[] = [
  ['section text', (length) => section({ text: plain(length) }), 3000, '/blocks/0/text/text'],
  ['section field', (length) => section({ fields: [plain(length)] }), 2000, '/blocks/0/fields/0/text'],
  ['header', (length) => ({ type: 'header', text: plain(length) }), 150, '/blocks/0/text/text'],
  ['button text', (length) => actions({ type: 'button', text: plain(length) }), 75, '/blocks/0/elements/0/text/text'],
  [
    'button value',
    (length) => actions({ type: 'button', text: plain(1), value: 'v'.repeat(length) }),
    2000,
    '/blocks/0/elements/0/value',
  ],
  ['confirm title', (length) => confirm({ title: plain(length) }), 100, '/blocks/0/elements/0/confirm/title/text'],
  ['confirm text', (length) => confirm({ text: plain(length) }), 300, '/blocks/0/elements/0/confirm/text/text'],
  ['confirm button', (length) => confirm({ deny: plain(length) }), 30, '/blocks/0/elements/0/confirm/deny/text'],
  [
    'action_id',
    (length) => actions({ type: 'button', text: plain(1), action_id: 'a'.repeat(length) }),
    255,
    '/blocks/0/elements/0/action_id',
  ],
  ['block_id', (length) => ({ type: 'divider', block_id: 'b'.repeat(length) }), 255, '/blocks/0/block_id'],
  [
    'overflow entries',
    (count) => actions({ type: 'overflow', action_id: 'o', options: options(count) }),
    5,
    '/blocks/0/elements/0/options',
  ],
  [
    'menu entries',
    (count) => actions({ type: 'static_select', action_id: 's', options: options(count) }),
    100,
    '/blocks/0/elements/0/options',
  ],
  [
    'actions',
    (count) => actions(...Array.from({ length: count }, () => ({ type: 'button', text: plain(1) }))),
    25,
    '/blocks/0/elements',
  ],
  [
    'context elements',
    (count) => ({ type: 'context', elements: Array.from({ length: count }, () => plain(1)) }),
    10,
    '/blocks/0/elements',
  ],
];

describe('Block Kit', () => {
  test.each(limits)('limits %s', async (_name, block, most, pointer) => {
    const slack = await openSlack();
    const post = (size: number) =>
      callRaw(slack, 'chat.postMessage', { channel: 'C0INCIDENT', text: 'x', blocks: [block(size)] });
    expect(await post(most)).toMatchObject({ ok: true });
    const refused = await post(most + 1);
    expect(refused).toMatchObject({ ok: false, error: 'invalid_blocks' });
    expect(JSON.stringify(refused.response_metadata)).toContain(`[json-pointer:${pointer}]`);
  });

  test.each([
    ['too many blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['an unknown block', [{ type: 'marquee' }]],
    ['an empty section', [section({})]],
    ['an empty text', [section({ text: plain(0) })]],
    ['an unknown button style', [actions({ type: 'button', text: plain(1), style: 'loud' })]],
    [
      'repeated block ids',
      [
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ],
    ],
    ['an image in actions', [actions({ type: 'image', image_url: 'https://x', alt_text: 'x' })]],
  ])('refuses %s', async (_name, blocks) => {
    const slack = await openSlack();
    const refused = await callRaw(slack, 'chat.postMessage', { channel: 'C0INCIDENT', text: 'x', blocks });
    expect(refused).toMatchObject({ ok: false, error: 'invalid_blocks' });
    expect(slack.channels()[0]?.messages).toEqual([]);
  });

  test('takes a card, as JSON and as a form', async () => {
    const slack = await openSlack();
    const body = { channel: 'C0INCIDENT', blocks: JSON.stringify(cardBlocks()) };
    expect(await callRaw(slack, 'chat.postMessage', body)).toMatchObject({ ok: true });
  });

  test('limits Home tabs and their hash', async () => {
    const slack = await openSlack();
    const publish = (view: unknown, hash?: string) =>
      callRaw(slack, 'views.publish', { user_id: 'U0ALICE', view, ...(hash === undefined ? {} : { hash }) });
    const home = { type: 'home', blocks: [section({ text: plain(3) })] };
    const first = await publish(home);
    expect(first).toMatchObject({ ok: true, view: { type: 'home' } });
    const { hash } = first.view as { hash: string };
    expect(await publish(home, hash)).toMatchObject({ ok: true });
    expect(await publish(home, hash)).toMatchObject({ ok: false, error: 'hash_conflict' });
    expect(await publish({ ...home, type: 'modal' })).toMatchObject({ error: 'invalid_arguments' });
    const large = { ...home, blocks: Array.from({ length: 100 }, () => section({ text: plain(2_900) })) };
    expect(await publish(large)).toMatchObject({ error: 'view_too_large' });
    expect(slack.views()).toHaveLength(1);
  });
});
