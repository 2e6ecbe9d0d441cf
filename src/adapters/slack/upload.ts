/**
 * Files for a channel: reserve an address for each, send the bytes there, then have Slack show all of them in one message
 * (docs.slack.dev, files.getUploadURLExternal). What was reserved and never completed, nobody sees.
 *
 * Not the library's `filesUploadV2`: in web-api 8.2 it posts to whatever address it was answered, past `allowAbsoluteUrls`,
 * and sends the bot's token along (`makeRequest` with the client's default headers). The address is its own permission.
 */
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { ChannelId, MessageTs } from '../../domain/ids.ts';
import { classify } from './classify.ts';
import type { FileWords } from './words/evidence-files.ts';
import { cutPlain } from './words/text.ts';
import type { UploadProblem } from './words/upload-problems.ts';

export interface Upload {
  readonly channel: ChannelId;
  /** A thread's first message. */
  readonly threadTs?: MessageTs;
  /** Above the files; mrkdwn. */
  readonly text: string;
  readonly files: readonly [FileWords, ...FileWords[]];
}

/** `files`: Slack's ids. It names no message: files are looked through first and appear a moment later. */
export type UploadOutcome = { readonly kind: 'delivered'; readonly files: readonly string[] } | UploadProblem;

/** Uploads the files as one message. Never rejects. `timeout` in ms, for each file's bytes. */
export async function uploadFiles(client: WebClient, upload: Upload, timeout = 8_000): Promise<UploadOutcome> {
  const { channel, threadTs, text, files } = upload;
  const sent: Completion[] = [];
  for (const file of files) {
    const one = await sendFile(client, file, timeout);
    if (one.kind !== 'sent') return one;
    sent.push(completionOf(one.id, file));
  }
  const [first, ...others] = sent;
  if (first === undefined) return { kind: 'refused', error: 'no_files' };
  const placed = threadTs === undefined ? { channel_id: channel } : { channel_id: channel, thread_ts: threadTs };
  try {
    await client.files.completeUploadExternal({ ...placed, files: [first, ...others], initial_comment: text });
    return { kind: 'delivered', files: sent.map(({ id }) => id) };
  } catch (error) {
    return problemOf(error);
  }
}

/** `id`: Slack's, for `slack_file` of an image block. */
export type StageOutcome = { readonly kind: 'staged'; readonly id: string } | UploadProblem;

/**
 * Uploads one file and shows it to nobody: until a message of the bot's names it, only the bot may see it. Never rejects.
 * Right afterwards Slack may not know it for a picture yet (`isUnreadyPicture`). `timeout` in ms, for its bytes.
 */
export async function stageFile(client: WebClient, file: FileWords, timeout = 8_000): Promise<StageOutcome> {
  const sent = await sendFile(client, file, timeout);
  if (sent.kind !== 'sent') return sent;
  try {
    await client.files.completeUploadExternal({ files: [completionOf(sent.id, file)] });
    return { kind: 'staged', id: sent.id };
  } catch (error) {
    return unseen(problemOf(error));
  }
}

/**
 * Whether a message was refused for a picture in it. Slack looks through a file after its upload and calls it invalid until it
 * has, for about a second (python-slack-sdk issue 1521); what is no picture and what is gone it calls the same. So: post the
 * same message again a few times, then without the picture. Asking whether it is ready would need files:read.
 */
export const isUnreadyPicture = (error: unknown): boolean =>
  error instanceof WebAPIPlatformError &&
  error.data.error === 'invalid_blocks' &&
  (error.data.response_metadata?.messages ?? []).some((message) => message.includes('invalid slack file'));

type Sent = { readonly kind: 'sent'; readonly id: string } | UploadProblem;

async function sendFile(client: WebClient, file: FileWords, timeout: number): Promise<Sent> {
  const bytes = typeof file.content === 'string' ? Buffer.from(file.content, 'utf8') : file.content;
  let reserved: Awaited<ReturnType<WebClient['files']['getUploadURLExternal']>>;
  // Slack's name is `alt_txt`; the library's type calls it `alt_text`, which Slack does not know.
  const wanted = { filename: file.name, length: bytes.length, ...alternativeOf(file) };
  try {
    reserved = await client.files.getUploadURLExternal(wanted);
  } catch (error) {
    return unseen(problemOf(error));
  }
  const { upload_url: url, file_id: id } = reserved;
  if (url === undefined || id === undefined) return { kind: 'notSent', message: 'Slack named no upload address' };
  const address = URL.parse(url);
  if (address === null || !isSlackAddress(address, client.slackApiUrl))
    return { kind: 'strangeAddress', host: address?.host ?? 'no address' };
  return (await sendBytes(address, bytes, timeout)) ?? { kind: 'sent', id };
}

/** Longer ones are refused (docs.slack.dev, `alt_txt_too_large`). */
const MOST_ALTERNATIVE = 1_000;

/** With a text for a file that is no picture Slack takes everything and shows nothing (python-slack-sdk issue 1818). */
function alternativeOf(file: FileWords): { readonly alt_txt?: string } {
  if (file.altText === undefined || file.altText === '' || pictureType(file) === undefined) return {};
  return { alt_txt: cutPlain(file.altText, MOST_ALTERNATIVE) };
}

interface Completion {
  readonly id: string;
  readonly title: string;
  readonly highlight_type?: string;
}

/** With its type named, a picture is shown before Slack has looked through it (docs.slack.dev, files.completeUploadExternal). */
function completionOf(id: string, file: FileWords): Completion {
  const type = pictureType(file);
  return type === undefined ? { id, title: file.title } : { id, title: file.title, highlight_type: type };
}

/** Of the kinds that an image block may hold; by its name, as it was drawn by us. */
const pictureType = ({ name }: FileWords): string | undefined => /\.(png|jpg|gif)$/.exec(name)?.[1];

/** No token goes along, and no redirect is followed: the bytes go where we looked, or nowhere. */
async function sendBytes(address: URL, bytes: Uint8Array, timeout: number): Promise<UploadProblem | undefined> {
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    });
    await answer.body?.cancel();
    if (answer.status === 200) return undefined;
    if (answer.status === 429) return { kind: 'rateLimited', retryAfter: pauseOf(answer.headers.get('retry-after')) };
    if (answer.status === 413) return { kind: 'refused', error: 'file_upload_size_restricted' };
    return { kind: 'notSent', message: `http ${answer.status}` };
  } catch (error) {
    return { kind: 'notSent', message: nameOf(error) };
  }
}

const DEFAULT_PAUSE = 5_000;
function pauseOf(header: string | null): number {
  const seconds = Number(header);
  return header === null || !Number.isFinite(seconds) || seconds < 0 ? DEFAULT_PAUSE : Math.max(1, seconds) * 1_000;
}

/** fetch hides the socket's error in `cause`. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.name;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Whether an address is Slack's: https, at slack.com, at the host of the configured Web API or below one of them (GovSlack's
 * API stands at slack-gov.com, its files below it). Without https only on the loopback, for an API that is there, too.
 */
export function isSlackAddress(address: URL, apiUrl: string): boolean {
  const api = URL.parse(apiUrl);
  if (api === null || address.username !== '' || address.password !== '') return false;
  if (address.protocol === 'http:') return LOOPBACK.includes(address.hostname) && LOOPBACK.includes(api.hostname);
  if (address.protocol !== 'https:') return false;
  return ['slack.com', api.hostname].some((host) => address.hostname === host || address.hostname.endsWith(`.${host}`));
}

/** Until Slack is asked to complete, a lost answer has shown nothing to anybody. */
const unseen = (problem: UploadProblem): UploadProblem =>
  problem.kind === 'ambiguous' ? { kind: 'notSent', message: problem.message } : problem;

/** Errors of files.completeUploadExternal that mean the channel, and that posts do not know. */
const CHANNEL = ['invalid_channel', 'posting_to_channel_denied'];

function problemOf(error: unknown): UploadProblem {
  const failure = classify(error);
  switch (failure.kind) {
    case 'rateLimited':
    case 'ambiguous':
    case 'notSent':
    case 'channelGone':
    case 'tokenDead':
      return failure;
    case 'messageGone':
    case 'unshowable':
      return { kind: 'refused', error: failure.error };
    case 'refused':
      if (failure.error === 'missing_scope') return { kind: 'missingScope', scope: 'files:write' };
      return CHANNEL.includes(failure.error) ? { kind: 'channelGone', error: failure.error } : failure;
  }
}
