import { describe, expect, test } from 'vitest';
import type { SlackMessage, SlackWorld } from '../../../src/sandbox/world.ts';
import { pngOf } from '../picture.ts';
import { callRaw, clientOf, handClock, openSlack } from './world.ts';

const channel = 'C0INCIDENT';
const png = pngOf(30, 20);

/** Uploads a file and shares it with nobody; `more` goes to the reservation. */
async function staged(slack: SlackWorld, content = png, filename = 'chart.png', more = {}): Promise<string> {
  const reserved = await callRaw(slack, 'files.getUploadURLExternal', { filename, length: content.length, ...more });
  await fetch(String(reserved.upload_url), { method: 'POST', body: new Uint8Array(content) });
  const id = String(reserved.file_id);
  await callRaw(slack, 'files.completeUploadExternal', { files: [{ id, title: 'Countdown' }] });
  return id;
}
const image = (fields: Record<string, unknown>) => ({ type: 'image', alt_text: 'Seven bars', ...fields });
const post = (slack: SlackWorld, ...blocks: unknown[]) =>
  callRaw(slack, 'chat.postMessage', { channel, text: 'Digest', blocks });
const messagesIn = (slack: SlackWorld) => slack.channels()[0]?.messages ?? [];
const filesOf = ({ files }: SlackMessage) => files as readonly Record<string, unknown>[];
const invalid = (at: string) => ({
  ok: false,
  error: 'invalid_blocks',
  response_metadata: { messages: [`[ERROR] invalid slack file [json-pointer:${at}]`] },
});

describe('a picture in an image block', () => {
  test('is a file of the bot’s that nobody was shown before, byte for byte', async () => {
    const slack = await openSlack();
    const id = await staged(slack);
    expect(messagesIn(slack)).toEqual([]);
    expect(
      await post(slack, image({ slack_file: { id }, title: { type: 'plain_text', text: 'Countdown' } })),
    ).toMatchObject({ ok: true });
    expect(messagesIn(slack)).toMatchObject([
      { blocks: [{ slack_file: { id }, image_width: 30, image_height: 20, image_bytes: png.length }] },
    ]);
    expect(slack.file(id)).toEqual({ name: 'chart.png', content: png });
  });
  test('is named by its id or by either of its addresses', async () => {
    const slack = await openSlack();
    const id = await staged(slack);
    const origin = slack.apiUrl.replace('/api/', '');
    for (const url of [
      `${origin}/files/${id}/chart.png`,
      `https://sandbox.slack.com/files/U0KEYWARDEN/${id}/chart.png`,
    ])
      expect(await post(slack, image({ slack_file: { url } }))).toMatchObject({ ok: true });
    const elsewhere = `https://files.example/files/${id}/chart.png`;
    expect(await post(slack, image({ slack_file: { url: elsewhere } }))).toMatchObject(invalid('/blocks/0/slack_file'));
  });
  test('also beside a section, in a context, in an update, an ephemeral message and a Home tab', async () => {
    const slack = await openSlack();
    const slack_file = { id: await staged(slack) };
    const text = { type: 'plain_text', text: 'x' };
    const section = { type: 'section', text, accessory: image({ slack_file }) };
    const posted = await post(slack, section, { type: 'context', elements: [image({ slack_file })] });
    expect(posted).toMatchObject({ ok: true });
    const blocks = [image({ slack_file })];
    for (const [method, fields] of [
      ['chat.update', { channel, ts: posted.ts, text: 'x', blocks }],
      ['chat.postEphemeral', { channel, user: 'U0ALICE', text: 'x', blocks }],
      ['views.publish', { user_id: 'U0ALICE', view: { type: 'home', blocks } }],
    ] as const)
      expect(await callRaw(slack, method, fields)).toMatchObject({ ok: true });
  });
  test.each<[string, Buffer]>([
    ['GIF', Buffer.from('47494638396105000300f00000ffffff00000021f904', 'hex')],
    ['JPEG', Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')],
  ])('is a %s just as well', async (_name, content) => {
    const slack = await openSlack();
    expect(await post(slack, image({ slack_file: { id: await staged(slack, content) } }))).toMatchObject({ ok: true });
  });
});

describe('Slack refuses', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'a file nobody knows',
      { slack_file: { id: 'F0NOBODY0' } },
      'invalid slack file [json-pointer:/blocks/0/slack_file]',
    ],
    ['an id that is none', { slack_file: { id: 'chart' } }, 'input must match regex pattern: ^[F][A-Z0-9]{8,}$'],
    ['both names at once', { slack_file: { id: 'F0NOBODY0', url: 'https://x' } }, 'must provide either id or url'],
    ['no name', { slack_file: {} }, 'must provide either id or url'],
    ['a name that is no object', { slack_file: 'F0NOBODY0' }, 'must provide an object'],
    ['two pictures in one', { slack_file: { id: 'F0NOBODY0' }, image_url: 'https://x' }, 'only one of image_url and'],
    ['no picture', {}, 'missing required field: image_url'],
    ['no text for it', { image_url: 'https://x', alt_text: undefined }, 'missing required field: alt_text'],
    ['an empty text for it', { image_url: 'https://x', alt_text: '' }, 'must be more than 0 characters'],
    ['too long a text for it', { image_url: 'https://x', alt_text: 'x'.repeat(2_001) }, 'must be less than 2001'],
    ['a title with formatting', { image_url: 'https://x', title: { type: 'mrkdwn', text: 'x' } }, 'unsupported type'],
  ])('%s', async (_name, fields, message) => {
    const slack = await openSlack();
    const refused = await post(slack, image(fields));
    expect(refused).toMatchObject({ ok: false, error: 'invalid_blocks' });
    expect(JSON.stringify(refused.response_metadata)).toContain(message);
    expect(messagesIn(slack)).toEqual([]);
  });
  test('a text that is called a picture, and a picture whose upload is not over', async () => {
    const slack = await openSlack();
    const text = await staged(slack, Buffer.from('# no picture, whatever its name says'));
    expect(await post(slack, image({ slack_file: { id: text } }))).toMatchObject(invalid('/blocks/0/slack_file'));
    const reserved = await callRaw(slack, 'files.getUploadURLExternal', { filename: 'a.png', length: png.length });
    const half = image({ slack_file: { id: reserved.file_id } });
    expect(await post(slack, half)).toMatchObject(invalid('/blocks/0/slack_file'));
    await fetch(String(reserved.upload_url), { method: 'POST', body: new Uint8Array(png) });
    expect(await post(slack, half)).toMatchObject(invalid('/blocks/0/slack_file'));
  });
  test('and points at the picture, wherever it stands', async () => {
    const slack = await openSlack();
    const missing = image({ slack_file: { id: 'F0NOBODY0' } });
    expect(await post(slack, { type: 'divider' }, { type: 'context', elements: [missing] })).toMatchObject(
      invalid('/blocks/1/elements/0/slack_file'),
    );
    const view = { type: 'home', blocks: [missing] };
    expect(await callRaw(slack, 'views.publish', { user_id: 'U0ALICE', view })).toMatchObject({
      ok: false,
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] invalid slack file [json-pointer:/view/blocks/0/slack_file]'] },
    });
  });
  test('a picture it has not looked through yet, and takes it a moment later', async () => {
    const clock = handClock();
    const slack = await openSlack({ clock });
    slack.change({ kind: 'delayPictures', ms: 1_000 });
    const block = image({ slack_file: { id: await staged(slack) } });
    clock.forward(999);
    expect(await post(slack, block)).toMatchObject(invalid('/blocks/0/slack_file'));
    clock.forward(1);
    expect(await post(slack, block)).toMatchObject({ ok: true });
  });
});

describe('what a picture shows, in words', () => {
  const share = async (slack: SlackWorld, content: Buffer, more: Record<string, unknown>) => {
    const reserved = await callRaw(slack, 'files.getUploadURLExternal', {
      filename: 'chart.png',
      length: content.length,
      ...more,
    });
    await fetch(String(reserved.upload_url), { method: 'POST', body: new Uint8Array(content) });
    const files = [{ id: reserved.file_id }];
    return callRaw(slack, 'files.completeUploadExternal', { files, channel_id: channel, initial_comment: 'Digest' });
  };
  test('is kept with a picture that is shared', async () => {
    const slack = await openSlack();
    await clientOf(slack).filesUploadV2({ channel_id: channel, filename: 'without.png', file: png });
    await share(slack, png, { alt_txt: 'Seven bars' });
    const [plain, described] = messagesIn(slack).flatMap(filesOf);
    expect(described).toMatchObject({
      alt_txt: 'Seven bars',
      mimetype: 'image/png',
      filetype: 'png',
      pretty_type: 'PNG',
      mode: 'hosted',
      original_w: 30,
      original_h: 20,
    });
    expect(plain).not.toHaveProperty('alt_txt');
    expect(plain).not.toHaveProperty('preview');
  });
  test('is not taken under the name that Slack’s own library gives it', async () => {
    const slack = await openSlack();
    await share(slack, png, { alt_text: 'Seven bars' });
    expect(messagesIn(slack).flatMap(filesOf)).toEqual([expect.not.objectContaining({ alt_txt: 'Seven bars' })]);
  });
  test('has at most 1,000 characters', async () => {
    const slack = await openSlack();
    const reserve = (length: number) =>
      callRaw(slack, 'files.getUploadURLExternal', { filename: 'a.png', length: 3, alt_txt: 'x'.repeat(length) });
    expect(await reserve(1_000)).toMatchObject({ ok: true });
    expect(await reserve(1_001)).toMatchObject({ ok: false, error: 'alt_txt_too_large' });
  });
  test('of what is no picture: everything is taken, and nothing is shown', async () => {
    const slack = await openSlack();
    expect(await share(slack, Buffer.from('# text'), { alt_txt: 'A text' })).toMatchObject({ ok: true });
    expect(messagesIn(slack)).toEqual([]);
  });
});
