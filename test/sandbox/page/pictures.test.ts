import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { drawBlocks } from '../../../src/sandbox/page/blocks.ts';
import { drawFiles } from '../../../src/sandbox/page/files.ts';
import { print } from '../../../src/sandbox/page/html.ts';
import { servePage } from '../../../src/sandbox/page/routes.ts';
import type { Scene } from '../../../src/sandbox/page/scene.ts';
import { pngOf } from '../picture.ts';
import { clientOf, openSlack } from '../slack/world.ts';

const names = { users: new Map(), channels: new Map(), userGroups: new Map() };
const standing = { channel: 'C0INCIDENT', ts: '1.2' };
const drawn = (...blocks: unknown[]) => print(drawBlocks(blocks, { standing, names }));
const image = (fields: Record<string, unknown>) => ({ type: 'image', alt_text: 'Seven bars', ...fields });

test('an image block shows the file, what it is called, and keeps its place free', () => {
  const title = { type: 'plain_text', text: 'Countdown' };
  const html = drawn(image({ slack_file: { id: 'F0CHART00' }, title, image_width: 30, image_height: 20 }));
  expect(html).toContain('<figcaption class="quiet">Countdown</figcaption>');
  expect(html).toContain('<img src="/page/files/F0CHART00" alt="Seven bars" width="30" height="20"/>');
});
test.each([
  ['where its bytes are', 'http://127.0.0.1:1/files/F0CHART00/chart.png'],
  ['where people find it', 'https://sandbox.slack.com/files/U0KEYWARDEN/F0CHART00/chart.png'],
])('a file named by its address, %s', (_name, url) => {
  expect(drawn(image({ slack_file: { url } }))).toContain('src="/page/files/F0CHART00"');
});
test('beside a section and in a context', () => {
  const picture = image({ slack_file: { id: 'F0CHART00' } });
  const section = { type: 'section', text: { type: 'plain_text', text: 'x' }, accessory: picture };
  const html = drawn(section, { type: 'context', elements: [picture] });
  expect(html.match(/src="\/page\/files\/F0CHART00" alt="Seven bars"/g)).toHaveLength(2);
});
test('a picture that was shared stands under its name; other files have none', () => {
  const shared = { id: 'F0CHART00', name: 'chart.png', mimetype: 'image/png', alt_txt: 'Seven bars' };
  const html = print(
    drawFiles([
      { ...shared, original_w: 30, original_h: 20 },
      { id: 'F0TEXT000', name: 'a.md' },
    ]),
  );
  expect(html.match(/<img/g)).toHaveLength(1);
  expect(html).toContain('<img src="/page/files/F0CHART00" alt="Seven bars" width="30" height="20"/>');
});
test('what it shows, and its name, stay text', () => {
  const hostile = '"><script>alert(1)</script>';
  const html = drawn(image({ slack_file: { id: hostile }, alt_text: hostile, title: { text: hostile } }));
  expect(html).not.toContain('<script');
});

test('the page serves pictures as what they are, and everything else as text, whatever it is called', async () => {
  const slack = await openSlack();
  const png = pngOf(30, 20);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
  await clientOf(slack).filesUploadV2({
    channel_id: 'C0INCIDENT',
    file_uploads: [
      { filename: 'chart.png', file: png },
      { filename: 'chart.svg', content: svg },
      { filename: 'page.png', content: '<script>alert(1)</script>' },
    ],
  });
  const files = slack.channels()[0]?.messages[0]?.files as readonly { readonly id: string }[];
  const server = Fastify();
  servePage(server, { slack } as Scene);
  const answers = await Promise.all(files.map(({ id }) => server.inject(`/page/files/${id}`)));
  expect(answers.map(({ headers }) => headers['content-type'])).toEqual([
    'image/png',
    'text/plain; charset=utf-8',
    'text/plain; charset=utf-8',
  ]);
  expect(answers[0]?.rawPayload).toEqual(png);
  for (const { headers } of answers)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    });
  await server.close();
});
