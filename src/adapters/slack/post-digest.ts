/**
 * A digest with its picture. The picture is uploaded first and shown by the message itself; where Slack will not show it there, it
 * follows in the thread. Nothing about it holds the words up.
 */
import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Digest } from '../../domain/digest.ts';
import type { ChannelId, Duration, MessageTs, Person } from '../../domain/ids.ts';
import type { Clock, Delivery, DigestPicture, DigestPost, Log } from '../../ports.ts';
import { classify } from './classify.ts';
import { markOfDigest } from './metadata.ts';
import { isUnreadyPicture, stageFile, uploadFiles } from './upload.ts';
import type { Words } from './words/blocks.ts';
import { type DigestForm, drawDigest, drawPicture } from './words/digest.ts';
import type { FileWords } from './words/evidence-files.ts';
import { uploadProblemWords } from './words/upload-problems.ts';
import type { View } from './words/view.ts';

export interface DigestDesk {
  readonly client: WebClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Of no incident in particular. */
  readonly view: View;
}

/** Slack looks through an uploaded picture for about a second before it lets a message show it. */
const READY_PAUSES: readonly Duration[] = [500, 1_000, 1_500, 2_000];

/** Never rejects. What Slack will not show goes once more without the picture, then without blocks. */
export async function postDigest(
  desk: DigestDesk,
  channel: ChannelId,
  digest: Digest,
  { mark, picture, movedFrom }: DigestPost,
): Promise<Delivery> {
  const post = async (form: Omit<DigestForm, 'movedFrom'>): Promise<Tried> =>
    postWords(
      desk,
      channel,
      drawDigest(digest, desk.view, movedFrom === undefined ? form : { ...form, movedFrom }),
      mark,
    );
  if (picture?.kind !== 'drawn') return inSomeForm(post, picture);
  const staged = await stageFile(desk.client, fileOf(picture));
  if (staged.kind !== 'staged') return inSomeForm(post, { kind: 'failed', message: uploadProblemWords(staged) });
  const { altText } = picture;
  const shown = await whenReady(desk, () =>
    post({ plain: false, picture: { kind: 'shown', file: staged.id, altText } }),
  );
  if (shown.kind !== 'unready' && shown.kind !== 'unshowable') return shown;
  const delivery = await inSomeForm(post, { kind: 'inThread' });
  if (delivery.kind === 'delivered') await followInThread(desk, channel, delivery.ts, picture);
  return delivery;
}

/** A picture for one person. Best effort: the words it belongs to stand already. */
export async function whisperPicture(
  desk: DigestDesk,
  channel: ChannelId,
  person: Person,
  picture: DigestPicture,
): Promise<void> {
  const staged = await stageFile(desk.client, fileOf(picture));
  const told =
    staged.kind === 'staged' ? await whenReady(desk, () => whisper(desk, channel, person, staged.id, picture)) : staged;
  if (told.kind !== 'delivered') desk.log.info({ channel, reason: told.kind }, 'the picture of a digest was not shown');
}

type Tried = Delivery | { readonly kind: 'unready' };

/** Asks again while Slack has not looked through the picture yet: nothing was posted, so nothing stands there twice. */
async function whenReady(desk: DigestDesk, ask: () => Promise<Tried>): Promise<Tried> {
  for (const pause of READY_PAUSES) {
    const tried = await ask();
    if (tried.kind !== 'unready') return tried;
    await desk.clock.sleep(pause);
  }
  return ask();
}

async function inSomeForm(
  post: (form: Omit<DigestForm, 'movedFrom'>) => Promise<Tried>,
  picture: DigestForm['picture'],
): Promise<Delivery> {
  const note = picture === undefined ? {} : { picture };
  const tried = await post({ plain: false, ...note });
  const last = tried.kind === 'unshowable' ? await post({ plain: true, ...note }) : tried;
  return last.kind === 'unready' ? { kind: 'unshowable', error: 'invalid_blocks' } : last;
}

async function postWords(
  { client }: DigestDesk,
  channel: ChannelId,
  { text, blocks }: Words,
  mark: string,
): Promise<Tried> {
  try {
    const { ts } = await client.chat.postMessage({
      channel,
      text,
      blocks: [...blocks] as KnownBlock[],
      metadata: markOfDigest(mark),
      parse: 'none',
      unfurl_links: false,
      unfurl_media: false,
    });
    return ts === undefined
      ? { kind: 'ambiguous', message: 'Slack named no message' }
      : { kind: 'delivered', ts: ts as MessageTs };
  } catch (error) {
    return isUnreadyPicture(error) ? { kind: 'unready' } : classify(error);
  }
}

async function whisper(
  { client }: DigestDesk,
  channel: ChannelId,
  person: Person,
  file: string,
  { altText }: DigestPicture,
): Promise<Tried> {
  const { text, blocks } = drawPicture(file, altText);
  try {
    const answer = await client.chat.postEphemeral({
      channel,
      user: person.user,
      text,
      blocks: [...blocks],
      parse: 'none',
    });
    return { kind: 'delivered', ts: (answer.message_ts ?? '') as MessageTs };
  } catch (error) {
    return isUnreadyPicture(error) ? { kind: 'unready' } : classify(error);
  }
}

async function followInThread(
  { client, log }: DigestDesk,
  channel: ChannelId,
  threadTs: MessageTs,
  picture: DigestPicture,
): Promise<void> {
  const uploaded = await uploadFiles(client, { channel, threadTs, text: 'What ends when', files: [fileOf(picture)] });
  if (uploaded.kind !== 'delivered')
    log.warn({ channel, reason: uploadProblemWords(uploaded) }, 'the picture of a digest did not follow it');
}

const fileOf = ({ png, name, altText }: DigestPicture): FileWords => ({
  name,
  title: 'What ends when',
  content: png,
  altText,
});
