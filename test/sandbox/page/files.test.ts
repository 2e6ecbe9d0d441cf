import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { drawFiles } from '../../../src/sandbox/page/files.ts';
import { print } from '../../../src/sandbox/page/html.ts';
import { drawMessage } from '../../../src/sandbox/page/message.ts';
import { servePage } from '../../../src/sandbox/page/routes.ts';
import type { Scene } from '../../../src/sandbox/page/scene.ts';
import { clientOf, openSlack } from '../slack/world.ts';

const names = { users: new Map(), channels: new Map(), userGroups: new Map() };
const file = {
  id: 'F0A',
  name: 'evidence.md',
  size: 1_234,
  pretty_type: 'Markdown',
  preview: '# Evidence',
  lines_more: 7,
};

describe('files of a message', () => {
  test('name, size, preview and a link to all of it', () => {
    const html = print(drawFiles([file, { id: 'F0B', name: 'x.bin', size: 12 }]));
    expect(html).toContain('href="/page/files/F0A"');
    expect(html).toContain('evidence.md');
    expect(html).toContain('Markdown · 1.2 kB');
    expect(html).toContain('# Evidence\n… 7 more lines');
    expect(html).toContain('File · 12 bytes');
    expect(html.match(/<details>/g)).toHaveLength(1);
  });
  test('stand below what the message says, in threads too', () => {
    const reply = { ts: '2.0', text: 'Here it is', files: [file] };
    const html = print(drawMessage({ ts: '1.0', text: 'card', replies: [reply] }, 'C0INCIDENT', names));
    expect(html.indexOf('Here it is')).toBeLessThan(html.indexOf('evidence.md'));
  });
  test('may stand without a word', () => {
    const html = print(drawMessage({ ts: '1.0', text: '', files: [file] }, 'C0INCIDENT', names));
    expect(html).toContain('evidence.md');
    expect(html).not.toContain('block section');
  });
  test('no files, no list', () => expect(print(drawFiles(undefined))).toBe(''));
  test('what they are called and hold stays text', () => {
    const hostile = '"><script>alert(1)</script>';
    const html = print(drawFiles([{ ...file, id: hostile, name: hostile, preview: hostile, pretty_type: hostile }]));
    expect(html).not.toContain('<script');
    expect(html).not.toContain('href="">');
  });
});

test('the page opens a file as text in which nothing runs', async () => {
  const slack = await openSlack();
  const content = '<script>alert(1)</script>\n';
  await clientOf(slack).filesUploadV2({ channel_id: 'C0INCIDENT', filename: 'evidence.html', content });
  const [message] = slack.channels()[0]?.messages ?? [];
  const [shown] = (message?.files ?? []) as readonly { readonly id: string }[];
  const server = Fastify();
  servePage(server, { slack } as Scene);
  const answer = await server.inject(`/page/files/${shown?.id}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe(content);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  });
  expect((await server.inject('/page/files/F0NONE')).statusCode).toBe(404);
  await server.close();
});
