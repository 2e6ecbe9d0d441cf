import { describe, expect, test } from 'vitest';
import type { SlackWorld } from '../../../src/sandbox/world.ts';
import { botToken, callRaw, clientOf, openSlack } from './world.ts';

const channel = 'C0INCIDENT';
const content = Buffer.from('# Käse\n\nline\n');

interface Reserved {
  readonly upload_url: string;
  readonly file_id: string;
}
async function reserve(slack: SlackWorld, filename = 'evidence.md', length = content.length): Promise<Reserved> {
  return (await callRaw(slack, 'files.getUploadURLExternal', { filename, length })) as unknown as Reserved;
}
const send = (url: string, body: Buffer | FormData = content, method = 'POST') =>
  fetch(url, { method, ...(method === 'GET' ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : body }) });
const complete = (slack: SlackWorld, id: string, more: Readonly<Record<string, unknown>> = {}) =>
  callRaw(slack, 'files.completeUploadExternal', {
    files: [{ id, title: 'Evidence' }],
    channel_id: channel,
    initial_comment: 'Here it is',
    ...more,
  });
async function uploaded(slack: SlackWorld, more: Readonly<Record<string, unknown>> = {}) {
  const { upload_url, file_id } = await reserve(slack);
  await send(upload_url);
  return { id: file_id, url: upload_url, answer: await complete(slack, file_id, more) };
}
const messagesIn = (slack: SlackWorld) => slack.channels()[0]?.messages ?? [];
type Shown = Readonly<Record<string, unknown>> & { readonly url_private: string };
const filesIn = (slack: SlackWorld) => (messagesIn(slack)[0]?.files ?? []) as readonly Shown[];

describe('an upload', () => {
  test('the way the client does it, several files in one message', async () => {
    const slack = await openSlack();
    const file_uploads = [
      { filename: 'evidence.md', title: 'Markdown', content: 'one' },
      { filename: 'evidence.json', title: 'JSON', content: '{"käy":1}' },
    ];
    await clientOf(slack).filesUploadV2({ channel_id: channel, initial_comment: 'Evidence', file_uploads });
    expect(messagesIn(slack)).toMatchObject([
      {
        text: 'Evidence',
        files: [
          { name: 'evidence.md', title: 'Markdown', size: 3 },
          { name: 'evidence.json', title: 'JSON', size: 10, mimetype: 'application/json' },
        ],
      },
    ]);
  });
  const asForm = (): FormData => {
    const form = new FormData();
    form.append('filename', new Blob([new Uint8Array(content)]), 'x.md');
    return form;
  };
  test.each([
    ['raw', content],
    ['as a form', asForm()],
  ] as const)('the bytes %s', async (_name, body) => {
    const slack = await openSlack();
    const { upload_url, file_id } = await reserve(slack);
    const answer = await send(upload_url, body);
    expect([answer.status, await answer.text()]).toEqual([200, `OK - ${content.length}`]);
    expect(await complete(slack, file_id)).toMatchObject({ ok: true });
    expect(slack.file(file_id)).toEqual({ name: 'evidence.md', content });
  });
  test('into a thread, and without a word', async () => {
    const slack = await openSlack();
    const { ts } = await clientOf(slack).chat.postMessage({ channel, text: 'card' });
    await uploaded(slack, { thread_ts: ts });
    await uploaded(slack, { thread_ts: ts, initial_comment: undefined });
    expect(messagesIn(slack)).toMatchObject([
      {
        text: 'card',
        replies: [
          { text: 'Here it is', files: [{ size: 14 }] },
          { text: '', files: [{ size: 14 }] },
        ],
      },
    ]);
  });
  test('without a channel it is nobody’s to see', async () => {
    const slack = await openSlack();
    expect((await uploaded(slack, { channel_id: undefined })).answer).toMatchObject({ ok: true });
    expect(messagesIn(slack)).toEqual([]);
  });
  test('answers before it is shared, as Slack does', async () => {
    const { answer } = await uploaded(await openSlack());
    expect(answer).toMatchObject({ ok: true, files: [{ title: 'Evidence', channels: [], shares: {} }] });
  });
  test('what was not completed is seen by nobody', async () => {
    const slack = await openSlack();
    const { upload_url, file_id } = await reserve(slack);
    await send(upload_url);
    expect(messagesIn(slack)).toEqual([]);
    expect(slack.file(file_id)).toBeUndefined();
  });
});

describe('what is refused', () => {
  test('bytes of another size, by another method, on another ticket', async () => {
    const slack = await openSlack();
    const { upload_url, file_id } = await reserve(slack);
    expect((await send(upload_url, Buffer.from('short'))).status).toBe(400);
    expect((await send(upload_url, content, 'GET')).status).toBe(405);
    expect((await send(upload_url, content, 'PUT')).status).toBe(405);
    expect((await send(new URL('/upload/v1/other', upload_url).href)).status).toBe(404);
    expect(await complete(slack, file_id)).toMatchObject({ ok: false, error: 'file_not_found' });
  });
  test('an upload that is over', async () => {
    const slack = await openSlack();
    const { id, url } = await uploaded(slack);
    expect((await send(url)).status).toBe(404);
    expect(await complete(slack, id)).toMatchObject({ error: 'file_not_found' });
    expect(messagesIn(slack)).toHaveLength(1);
  });
  test.each([
    ['no name', { length: 3 }],
    ['no length', { filename: 'x' }],
    ['an empty file', { filename: 'x', length: 0 }],
  ])('a reservation with %s', async (_name, args) => {
    expect(await callRaw(await openSlack(), 'files.getUploadURLExternal', args)).toMatchObject({
      error: 'invalid_arguments',
    });
  });
  test.each([
    ['no files', { files: [] }, 'invalid_arguments'],
    ['a file nobody reserved', { files: [{ id: 'F0NONE' }] }, 'file_not_found'],
    ['a channel that is none', { channel_id: 'C0NOWHERE' }, 'channel_not_found'],
    ['a name for a channel', { channel_id: '#incidents' }, 'invalid_arguments'],
    ['a person for a channel', { channel_id: 'U0ALICE' }, 'invalid_arguments'],
  ])('a completion with %s', async (_name, args, error) => {
    const slack = await openSlack();
    expect((await uploaded(slack, args)).answer).toMatchObject({ ok: false, error });
    expect(messagesIn(slack)).toEqual([]);
  });
  test('a refused completion may be tried elsewhere', async () => {
    const slack = await openSlack();
    const { id } = await uploaded(slack, { channel_id: 'C0NOWHERE' });
    expect(await complete(slack, id)).toMatchObject({ ok: true });
  });
  test('both methods without files:write', async () => {
    const slack = await openSlack({ scopes: ['chat:write'] });
    const missing = { ok: false, error: 'missing_scope', needed: 'files:write' };
    expect(await reserve(slack)).toMatchObject(missing);
    expect(await complete(slack, 'F1')).toMatchObject(missing);
  });
  test('faults reach the bytes under their own name', async () => {
    const slack = await openSlack();
    const { upload_url } = await reserve(slack);
    slack.addFault({ service: 'slack', operation: 'files.upload', mode: 'throttle', count: 1 });
    const answer = await send(upload_url);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '30']);
    expect((await send(upload_url)).status).toBe(200);
  });
});

describe('a file that is there', () => {
  test('is described as text with its first lines', async () => {
    const slack = await openSlack();
    const long = Buffer.from(`${Array.from({ length: 9 }, (_, line) => `line ${line}`).join('\n')}\n`);
    const { upload_url, file_id } = await reserve(slack, 'long.md', long.length);
    await send(upload_url, long);
    await complete(slack, file_id);
    expect(filesIn(slack)[0]).toMatchObject({
      id: file_id,
      filetype: 'md',
      pretty_type: 'Markdown',
      preview: 'line 0\nline 1\nline 2\nline 3\nline 4',
      lines: 9,
      lines_more: 4,
      preview_is_truncated: true,
    });
  });
  test('that is no text has no preview', async () => {
    const slack = await openSlack();
    const { upload_url, file_id } = await reserve(slack, 'picture.png');
    await send(upload_url);
    await complete(slack, file_id);
    expect(filesIn(slack)[0]).toMatchObject({ filetype: 'png', mimetype: 'application/octet-stream' });
    expect(filesIn(slack)[0]).not.toHaveProperty('preview');
  });
  test('is read with the bot’s token; anybody else is sent to sign in', async () => {
    const slack = await openSlack();
    await uploaded(slack);
    const url = filesIn(slack)[0]?.url_private ?? '';
    const get = (token?: string) =>
      fetch(url, { redirect: 'manual', headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
    const answer = await get(botToken);
    expect([answer.status, answer.headers.get('content-disposition')]).toEqual([200, 'attachment']);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(content);
    expect((await get()).status).toBe(302);
    expect((await get('xoxb-other')).status).toBe(302);
    // What programs without a token keep by mistake: a page, with status 200.
    expect(await (await fetch(url)).text()).toContain('Sign in');
    slack.change({ kind: 'revokeToken' });
    expect((await get(botToken)).status).toBe(302);
  });
  test('gives way to newer ones', async () => {
    const slack = await openSlack();
    const { id } = await uploaded(slack);
    for (let count = 0; count < 50; count += 1) await reserve(slack);
    expect(slack.file(id)).toBeUndefined();
  });
});
