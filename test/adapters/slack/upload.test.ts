/** Files for a channel: through the emulated Slack, and every way the three steps can go wrong over real HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  isSlackAddress,
  isUnreadyPicture,
  stageFile,
  type Upload,
  uploadFiles,
} from '../../../src/adapters/slack/upload.ts';
import { drawEvidence } from '../../../src/adapters/slack/words/evidence-files.ts';
import { evidenceOf } from '../../../src/domain/evidence.ts';
import type { ChannelId, MessageTs } from '../../../src/domain/ids.ts';
import { startSlack } from '../../../src/sandbox/slack/slack.ts';
import type { FaultMode, SlackMessage, SlackWorld } from '../../../src/sandbox/world.ts';
import { head, NOW, rich, trail } from '../../domain/evidence-sample.ts';
import { pngOf } from '../../sandbox/picture.ts';
import { type Answer, clientOf, hang, hangUp, type SlackStandIn, slackStandIn, status } from './stand-in.ts';

const channel = 'C0INCIDENT' as ChannelId;
const upload: Upload = {
  channel,
  text: '*Evidence* of alias/orders',
  files: [
    { name: 'evidence.md', title: 'Evidence (Markdown)', content: '# Käse\n' },
    { name: 'evidence.json', title: 'Evidence (JSON)', content: '{"käse":1}' },
  ],
};

describe('with the emulated Slack', () => {
  const botToken = 'xoxb-test';
  let slack: SlackWorld;
  let closed: readonly SlackWorld[] = [];
  const open = async (scopes?: readonly string[]): Promise<SlackWorld> => {
    const world = await startSlack({
      clock: { now: Date.now, dayMs: 86_400_000 },
      teamId: 'T0SANDBOX',
      botToken,
      signingSecret: 'secret',
      people: [{ id: 'U0ALICE', handle: 'alice' }],
      channels: [{ id: channel, name: 'incidents' }],
      userGroups: [],
      ...(scopes === undefined ? {} : { scopes }),
    });
    closed = [...closed, world];
    return world;
  };
  beforeEach(async () => {
    slack = await open();
  });
  afterEach(async () => {
    for (const world of closed) await world.close();
    closed = [];
  });
  const client = (timeout = 2_000) => clientOf(slack.apiUrl, timeout);
  const messages = (): readonly SlackMessage[] => slack.channels()[0]?.messages ?? [];
  interface ShownFile {
    readonly name: string;
    readonly title: string;
    readonly size: number;
    readonly url_private: string;
  }
  const filesOf = (message: SlackMessage | undefined) => (message?.files ?? []) as readonly ShownFile[];
  const contentOf = async (file: ShownFile | undefined): Promise<string> => {
    const answer = await fetch(file?.url_private ?? '', { headers: { authorization: `Bearer ${botToken}` } });
    return answer.text();
  };

  test('both files in one message, byte for byte', async () => {
    expect(await uploadFiles(client(), upload)).toEqual({
      kind: 'delivered',
      files: [expect.stringMatching(/^F/), expect.stringMatching(/^F/)],
    });
    expect(messages()).toHaveLength(1);
    const [message] = messages();
    expect(message).toMatchObject({
      text: '*Evidence* of alias/orders',
      files: [
        { name: 'evidence.md', title: 'Evidence (Markdown)', size: 8 },
        { name: 'evidence.json', title: 'Evidence (JSON)', size: 11 },
      ],
    });
    expect(message).not.toHaveProperty('thread_ts');
    expect(await contentOf(filesOf(message)[0])).toBe('# Käse\n');
    expect(await contentOf(filesOf(message)[1])).toBe('{"käse":1}');
  });
  test('into a thread', async () => {
    const { ts } = await client().chat.postMessage({ channel, text: 'card' });
    await uploadFiles(client(), { ...upload, threadTs: ts as MessageTs });
    expect(messages()).toHaveLength(1);
    expect(filesOf(messages()[0]?.replies?.[0])).toHaveLength(2);
  });
  test('the evidence of an incident', async () => {
    const evidence = evidenceOf(rich, { entries: trail, head, now: NOW });
    expect(await uploadFiles(client(), { channel, ...drawEvidence(evidence) })).toMatchObject({ kind: 'delivered' });
    const [markdown, json] = filesOf(messages()[0]);
    expect(await contentOf(markdown)).toContain('# Evidence: `alias/orders`');
    expect(JSON.parse(await contentOf(json))).toEqual(evidence);
  });
  test('without the scope it says which one, and shows nothing', async () => {
    slack = await open(['chat:write', 'commands']);
    expect(await uploadFiles(client(), upload)).toEqual({ kind: 'missingScope', scope: 'files:write' });
    expect(messages()).toEqual([]);
  });
  test.each([
    ['archived', { kind: 'archiveChannel', channel }, 'is_archived'],
    ['without the bot', { kind: 'removeBotFrom', channel }, 'not_in_channel'],
  ] as const)('a channel that is %s', async (_name, change, error) => {
    slack.change(change);
    expect(await uploadFiles(client(), upload)).toEqual({ kind: 'channelGone', error });
  });
  test('a channel that does not exist', async () => {
    const nowhere = { ...upload, channel: 'C0NOWHERE' as ChannelId };
    expect(await uploadFiles(client(), nowhere)).toEqual({ kind: 'channelGone', error: 'channel_not_found' });
  });
  test('a dead token', async () => {
    slack.change({ kind: 'revokeToken' });
    expect(await uploadFiles(client(), upload)).toEqual({ kind: 'tokenDead', error: 'token_revoked' });
  });

  describe('a picture', () => {
    const picture = { name: 'chart.png', title: 'Countdown', content: pngOf(30, 20), altText: 'Seven bars' };
    const posted = (id: string): Promise<unknown> =>
      client().chat.postMessage({
        channel,
        text: 'Digest',
        blocks: [{ type: 'image', alt_text: 'Seven bars', slack_file: { id } }],
      });
    const staged = async (): Promise<string> => {
      const outcome = await stageFile(client(), picture);
      return outcome.kind === 'staged' ? outcome.id : outcome.kind;
    };

    test('is staged byte for byte, shown to nobody, and then stands in a message', async () => {
      const id = await staged();
      expect(messages()).toEqual([]);
      await posted(id);
      expect(messages()).toMatchObject([{ blocks: [{ type: 'image', slack_file: { id }, image_width: 30 }] }]);
      expect(slack.file(id)).toEqual({ name: 'chart.png', content: picture.content });
    });
    test('is uploaded with what it shows, beside a text', async () => {
      await uploadFiles(client(), { ...upload, files: [picture, upload.files[0]] });
      expect(messages()).toMatchObject([
        { files: [{ mimetype: 'image/png', alt_txt: 'Seven bars', title: 'Countdown' }, { name: 'evidence.md' }] },
      ]);
    });
    test('has its words cut to what Slack takes', async () => {
      await uploadFiles(client(), { ...upload, files: [{ ...picture, altText: 'x'.repeat(2_000) }] });
      expect(messages()).toMatchObject([{ files: [{ alt_txt: `${'x'.repeat(999)}…` }] }]);
    });
    test('words for a file that is none are kept back: Slack would show nothing', async () => {
      await uploadFiles(client(), { ...upload, files: [{ ...upload.files[0], altText: 'A text' }] });
      expect(messages()).toHaveLength(1);
    });
    test('that is not looked through yet is told from other blocks that Slack refuses', async () => {
      slack.change({ kind: 'delayPictures', ms: 60_000 });
      const id = await staged();
      const early = await posted(id).catch((error: unknown) => error);
      expect(isUnreadyPicture(early)).toBe(true);
      slack.change({ kind: 'delayPictures', ms: 0 });
      await posted(id);
      const other = await client()
        .chat.postMessage({ channel, text: 'x', blocks: [{ type: 'marquee' }] })
        .catch((error: unknown) => error);
      expect(other).toMatchObject({ data: { error: 'invalid_blocks' } });
      expect([other, new Error('invalid slack file'), undefined].map(isUnreadyPicture)).toEqual([false, false, false]);
    });
    test('without the scope, or with a dead token', async () => {
      slack.change({ kind: 'revokeToken' });
      expect(await stageFile(client(), picture)).toEqual({ kind: 'tokenDead', error: 'token_revoked' });
      slack = await open(['chat:write']);
      expect(await stageFile(client(), picture)).toEqual({ kind: 'missingScope', scope: 'files:write' });
    });
  });

  const STEPS = ['files.getUploadURLExternal', 'files.upload', 'files.completeUploadExternal'] as const;
  test.each(
    STEPS.flatMap((operation): [string, FaultMode, string, number][] => {
      const last = operation === 'files.completeUploadExternal';
      return [
        [operation, 'throttle', 'rateLimited', 0],
        [operation, 'failBefore', last ? 'ambiguous' : 'notSent', 0],
        [operation, 'hang', last ? 'ambiguous' : 'notSent', 0],
        // Done, and the answer lost: only the last step has shown anything by then.
        [operation, 'failAfter', last ? 'ambiguous' : 'notSent', last ? 1 : 0],
      ];
    }),
  )('%s under the fault %s: %s, %i messages', async (operation, mode, kind, shown) => {
    slack.addFault({ service: 'slack', operation, mode, count: 1 });
    expect(await uploadFiles(client(300), upload, 300)).toMatchObject({ kind });
    expect(messages()).toHaveLength(shown);
    // What was not shown may be asked for again.
    if (shown === 0) expect(await uploadFiles(client(), upload)).toMatchObject({ kind: 'delivered' });
  });
  test.each(
    STEPS.flatMap((operation): [string, FaultMode, string][] => [
      [operation, 'throttle', 'rateLimited'],
      [operation, 'failBefore', 'notSent'],
      [operation, 'failAfter', 'notSent'],
      [operation, 'hang', 'notSent'],
    ]),
  )('staging with %s under the fault %s: %s, for nobody has seen anything', async (operation, mode, kind) => {
    slack.addFault({ service: 'slack', operation, mode, count: 1 });
    const [file] = upload.files;
    expect(await stageFile(client(300), file, 300)).toMatchObject({ kind });
    expect(await stageFile(client(), file)).toMatchObject({ kind: 'staged' });
    expect(messages()).toEqual([]);
  });
});

describe('with a Slack that answers as told', () => {
  let slack: SlackStandIn;
  beforeEach(async () => {
    slack = await slackStandIn();
  });
  afterEach(() => slack.close());
  const send = () => uploadFiles(clientOf(slack.url, 300), upload, 300);
  const address = (path = '/up/1') => new URL(path, slack.url).href;
  const script = (parts: { readonly url?: unknown; readonly bytes?: Answer; readonly done?: Answer }): void => {
    slack.script('files.getUploadURLExternal', { ok: true, file_id: 'F1', upload_url: parts.url ?? address() });
    slack.script('/up/1', parts.bytes ?? status(200, {}, 'OK - 8'));
    slack.script('files.completeUploadExternal', parts.done ?? { ok: true, files: [{ id: 'F1' }] });
  };
  const called = () => slack.calls.map(({ method }) => method);

  test('what goes out: names and sizes, then the bytes, then one completion', async () => {
    script({});
    expect(await send()).toEqual({ kind: 'delivered', files: ['F1', 'F1'] });
    expect(called()).toEqual([
      'files.getUploadURLExternal',
      '/up/1',
      'files.getUploadURLExternal',
      '/up/1',
      'files.completeUploadExternal',
    ]);
    expect(slack.calls[0]?.fields).toMatchObject({ filename: 'evidence.md', length: '8' });
    expect(slack.calls.at(-1)?.fields).toMatchObject({ channel_id: channel, initial_comment: upload.text });
    expect(slack.calls.at(-1)?.fields).not.toHaveProperty('thread_ts');
    expect(JSON.parse(slack.calls.at(-1)?.fields.files ?? '')).toEqual([
      { id: 'F1', title: 'Evidence (Markdown)' },
      { id: 'F1', title: 'Evidence (JSON)' },
    ]);
  });
  test('a picture: what it shows and what it is; staged, it has no channel', async () => {
    script({});
    const picture = {
      name: 'chart.png',
      title: 'Countdown',
      content: new Uint8Array([1, 2, 3]),
      altText: 'Seven bars',
    };
    expect(await stageFile(clientOf(slack.url), picture)).toEqual({ kind: 'staged', id: 'F1' });
    expect(slack.calls[0]?.fields).toEqual({ filename: 'chart.png', length: '3', alt_txt: 'Seven bars' });
    expect(slack.calls.at(-1)?.fields).toEqual({
      files: JSON.stringify([{ id: 'F1', title: 'Countdown', highlight_type: 'png' }]),
    });
  });
  test('the bytes travel without the token', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const bytes = (response: ServerResponse, request: IncomingMessage): void => {
      seen.push(request.headers);
      response.end('OK');
    };
    script({ bytes });
    await send();
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      expect(headers.authorization).toBeUndefined();
      expect(headers['content-type']).toBe('application/octet-stream');
      expect(JSON.stringify(headers)).not.toContain('xoxb');
    }
  });

  test.each([
    ['another host', 'https://evil.example/up'],
    ['another host that begins like Slack', 'https://slack.com.evil.example/up'],
    ['another host that ends like Slack', 'https://evilslack.com/up'],
    ['Slack as a user name', 'https://slack.com@evil.example/up'],
    ['a user name at Slack', 'https://mallory@slack.com/up'],
    ['Slack without https', 'http://files.slack.com/up'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['a name that begins like the loopback', 'http://localhost.evil.example/up'],
    ['no web address', 'file:///etc/passwd'],
    ['no address', 'not an address'],
    ['an address without a scheme', '//files.slack.com/up'],
  ])('nothing is sent to %s', async (_name, url) => {
    script({ url });
    expect(await send()).toMatchObject({ kind: 'strangeAddress' });
    expect(called()).toEqual(['files.getUploadURLExternal']);
  });
  test('the host is named, the address is not: it is a permission', async () => {
    script({ url: 'https://evil.example/up/ticket' });
    expect(await send()).toEqual({ kind: 'strangeAddress', host: 'evil.example' });
  });

  const lost = (message: string) => ({ kind: 'notSent', message });
  test.each<[string, Answer, object]>([
    ['500', status(500), lost('http 500')],
    ['404: the ticket ran out', status(404), lost('http 404')],
    ['204', status(204), lost('http 204')],
    ['a redirect', status(307, { location: 'https://evil.example/' }), { kind: 'notSent' }],
    ['429 with Retry-After', status(429, { 'retry-after': '7' }), { kind: 'rateLimited', retryAfter: 7_000 }],
    ['429 without', status(429), { kind: 'rateLimited', retryAfter: 5_000 }],
    ['429 with nonsense', status(429, { 'retry-after': 'soon' }), { kind: 'rateLimited', retryAfter: 5_000 }],
    ['413', status(413), { kind: 'refused', error: 'file_upload_size_restricted' }],
    ['silence', hang, lost('TimeoutError')],
    ['a dropped connection', hangUp, { kind: 'notSent' }],
  ])('the bytes are answered with %s', async (_name, bytes, wanted) => {
    script({ bytes });
    expect(await send()).toMatchObject(wanted);
    expect(called()).toEqual(['files.getUploadURLExternal', '/up/1']);
  });

  const failed = (error: string): Answer => ({ ok: false, error });
  test.each<[string, Answer, object]>([
    ['missing_scope', failed('missing_scope'), { kind: 'missingScope', scope: 'files:write' }],
    ['file_uploads_disabled', failed('file_uploads_disabled'), { kind: 'refused', error: 'file_uploads_disabled' }],
    ['invalid_auth', failed('invalid_auth'), { kind: 'tokenDead', error: 'invalid_auth' }],
    ['429', status(429, { 'retry-after': '30' }), { kind: 'rateLimited', retryAfter: 30_000 }],
    ['503', status(503), lost('http 503')],
    ['internal_error', failed('internal_error'), lost('internal_error')],
    ['silence', hang, { kind: 'notSent' }],
    ['no address', { ok: true, file_id: 'F1' }, lost('Slack named no upload address')],
    ['no id', { ok: true, upload_url: 'https://files.slack.com/up' }, lost('Slack named no upload address')],
  ])('the reservation is answered with %s', async (_name, answer, wanted) => {
    script({});
    slack.script('files.getUploadURLExternal', answer);
    expect(await send()).toMatchObject(wanted);
    expect(called()).toEqual(['files.getUploadURLExternal']);
  });

  test.each<[string, Answer, object]>([
    ['channel_not_found', failed('channel_not_found'), { kind: 'channelGone', error: 'channel_not_found' }],
    ['invalid_channel', failed('invalid_channel'), { kind: 'channelGone', error: 'invalid_channel' }],
    [
      'posting_to_channel_denied',
      failed('posting_to_channel_denied'),
      { kind: 'channelGone', error: 'posting_to_channel_denied' },
    ],
    ['missing_scope', failed('missing_scope'), { kind: 'missingScope' }],
    ['file_not_found', failed('file_not_found'), { kind: 'refused', error: 'file_not_found' }],
    ['invalid_arguments', failed('invalid_arguments'), { kind: 'refused', error: 'invalid_arguments' }],
    ['thread_not_found', failed('thread_not_found'), { kind: 'refused', error: 'thread_not_found' }],
    ['ratelimited', failed('ratelimited'), { kind: 'rateLimited', retryAfter: 5_000 }],
    ['500', status(500), { kind: 'ambiguous', message: 'http 500' }],
    ['a page', status(200, {}, '<html></html>'), { kind: 'ambiguous' }],
    ['silence', hang, { kind: 'ambiguous' }],
    ['a dropped connection', hangUp, { kind: 'ambiguous' }],
  ])('the completion is answered with %s', async (_name, done, wanted) => {
    script({ done });
    expect(await send()).toMatchObject(wanted);
  });

  test('nobody listens', async () => {
    const gone = clientOf(slack.url, 300);
    await slack.close();
    expect(await uploadFiles(gone, upload, 300)).toEqual({ kind: 'notSent', message: 'ECONNREFUSED' });
    slack = await slackStandIn();
  });
});

describe('whose address it is', () => {
  const slacks = 'https://slack.com/api/';
  test.each([
    ['https://files.slack.com/upload/v1/x', slacks, true],
    ['https://slack.com/upload/v1/x', slacks, true],
    ['https://files.slack-gov.com/upload/v1/x', 'https://slack-gov.com/api/', true],
    ['https://files.slack-gov.com/upload/v1/x', slacks, false],
    ['https://proxy.example/upload', 'https://proxy.example/api/', true],
    ['https://files.slack.com/upload/v1/x', 'https://proxy.example/api/', true],
    ['http://127.0.0.1:8080/upload', 'http://127.0.0.1:9090/api/', true],
    ['http://localhost:8080/upload', 'http://127.0.0.1:9090/api/', true],
    ['http://[::1]:8080/upload', 'http://localhost:9090/api/', true],
    ['http://127.0.0.1:8080/upload', slacks, false],
    ['http://proxy.example/upload', 'https://proxy.example/api/', false],
    ['https://evil.example/upload', 'http://127.0.0.1:9090/api/', false],
    ['ftp://slack.com/upload', slacks, false],
    ['https://files.slack.com/upload', 'no address', false],
  ])('%s for %s: %s', (address, api, wanted) => expect(isSlackAddress(new URL(address), api)).toBe(wanted));
});
