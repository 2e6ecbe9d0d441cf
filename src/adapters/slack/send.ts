/** Posting, updating, finding and whispering: `Chat` on Slack's Web API. */
import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { ChannelId, MessageTs } from '../../domain/ids.ts';
import type { Incident } from '../../domain/incident.ts';
import type { Notice } from '../../domain/notice.ts';
import type { Chat, Delivery, Log, Post } from '../../ports.ts';
import { classify } from './classify.ts';
import { directMessages } from './direct.ts';
import { findMessage } from './find.ts';
import { markOf, markOfHead, markOfNotice } from './metadata.ts';
import { type DigestDesk, postDigest, whisperPicture } from './post-digest.ts';
import { postShared, postTogether } from './post-shared.ts';
import { publishHome } from './publish-home.ts';
import { nowhere, type Sight, viewOf } from './sight.ts';
import { uploadFiles } from './upload.ts';
import { drawApproval } from './words/approval-message.ts';
import { drawAuditHead } from './words/audit-head.ts';
import type { Words } from './words/blocks.ts';
import { drawCard } from './words/card.ts';
import { drawEvidence } from './words/evidence-files.ts';
import { drawFormerCard } from './words/former-card.ts';
import { drawNote } from './words/notes.ts';
import { drawInspection, drawProcessStopped } from './words/notices.ts';
import { drawReminder } from './words/reminders.ts';
import { uploadProblemWords } from './words/upload-problems.ts';
import { drawWhisper } from './words/whispers.ts';

export interface ChatSettings extends Sight {
  readonly log: Log;
  /** Our own Slack user, once `auth.test` has told it: messages of others are never adopted. */
  readonly botUser?: () => string | undefined;
}

/** Implements `Chat`: each message is drawn at the moment it is sent, and every failure is classified here. */
export function createChat(client: WebClient, settings: ChatSettings): Chat {
  const direct = directMessages(client);
  const desk = (): DigestDesk => ({ client, clock: settings.clock, log: settings.log, view: nowhere(settings) });
  const homes = {
    client,
    log: settings.log,
    view: (incident: Incident | undefined) => (incident === undefined ? nowhere(settings) : viewOf(incident, settings)),
  };
  return {
    async send(to, post, at) {
      const words = draw(post, settings);
      const common = {
        text: words.text,
        blocks: [...words.blocks] as KnownBlock[],
        metadata: markOf(post),
        parse: 'none' as const,
      };
      try {
        const placed = { ...common, channel: await direct.channelOf(to) };
        return at.ts === undefined
          ? await create(client, placed, post, at.threadTs)
          : await update(client, placed, at.ts);
      } catch (error) {
        return classify(error);
      }
    },
    sendShared: (channel, card, plain, ts) => postShared({ client, settings }, channel, card, plain, ts),
    remindTogether: (channel, gathered, plain, at) => postTogether({ client, settings }, channel, gathered, plain, at),
    find: (channel, wanted) => findMessage(client, channel, wanted, settings.botUser?.()),
    async whisper(channel, person, words) {
      const { text, blocks } = drawWhisper(words, person);
      try {
        await client.chat.postEphemeral({ channel, user: person.user, text, blocks: [...blocks], parse: 'none' });
      } catch (error) {
        // Best effort: the person may have left the channel. What matters stands on the card.
        settings.log.info({ channel, reason: reasonOf(classify(error)) }, 'a whisper was not delivered');
      }
    },
    home: (person, tab, shown) => publishHome(homes, person.user, tab, shown),
    auditHead: (channel, head, day, setAside) =>
      postAlone(client, channel, drawAuditHead(head, setAside), markOfHead(day)),
    notice: (channel, notice) => postAlone(client, channel, drawNotice(notice), markOfNotice(notice)),
    digest: (channel, digest, post) => postDigest(desk(), channel, digest, post),
    showPicture: (channel, person, picture) => whisperPicture(desk(), channel, person, picture),
    async upload(channel, evidence, at) {
      const uploaded = await uploadFiles(client, { channel, ...at, ...drawEvidence(evidence) });
      return uploaded.kind === 'delivered'
        ? { kind: 'uploaded' }
        : { kind: 'failed', message: uploadProblemWords(uploaded) };
    },
  };
}

function draw(post: Post, settings: ChatSettings): Words {
  const form = { plain: post.plain };
  switch (post.kind) {
    case 'card':
      return drawCard(post.incident, viewOf(post.incident, settings), form);
    case 'formerCard':
      return drawFormerCard(post.incident, viewOf(post.incident, settings), form);
    case 'note':
      return drawNote(post.incident, post.from, form, settings.approverMentions?.(post.incident));
    case 'reminder':
      return post.effect.effect.kind === 'remind'
        ? drawReminder(
            post.incident,
            { ...post.effect.effect, ...(post.wave === undefined ? {} : { wave: post.wave }) },
            viewOf(post.incident, settings),
            form,
          )
        : drawNote(post.incident, post.incident.notedSeq, form);
    case 'approval':
      return drawApproval(post.incident, post.approval, viewOf(post.incident, settings), form);
  }
}

function drawNotice(notice: Notice): Words {
  switch (notice.kind) {
    case 'inspection':
      return drawInspection(notice.inspection);
    case 'processStopped':
      return drawProcessStopped(notice.page);
  }
}

/** A message that is about no incident. */
async function postAlone(
  client: WebClient,
  channel: ChannelId,
  { text, blocks }: Words,
  metadata: Common['metadata'],
): Promise<Delivery> {
  try {
    const { ts } = await client.chat.postMessage({
      channel,
      text,
      blocks: [...blocks] as KnownBlock[],
      metadata,
      parse: 'none',
      unfurl_links: false,
      unfurl_media: false,
    });
    return deliveredAs(ts);
  } catch (error) {
    return classify(error);
  }
}

type Common = {
  channel: string;
  text: string;
  blocks: KnownBlock[];
  metadata: ReturnType<typeof markOf>;
  parse: 'none';
};

async function create(
  client: WebClient,
  common: Common,
  post: Post,
  threadTs: MessageTs | undefined,
): Promise<Delivery> {
  const silent = { ...common, unfurl_links: false, unfurl_media: false };
  if (threadTs === undefined) return deliveredAs((await client.chat.postMessage(silent)).ts);
  // In a thread nobody has open these would be heard by nobody: they also go to the channel.
  const reply =
    isLoud(post) || (post.kind === 'approval' && post.approval.breakGlass)
      ? { ...silent, thread_ts: threadTs, reply_broadcast: true as const }
      : { ...silent, thread_ts: threadTs };
  return deliveredAs((await client.chat.postMessage(reply)).ts);
}

/** Only the quietest reminder stays in the thread. */
const isLoud = (post: Post): boolean =>
  post.kind === 'reminder' && post.effect.effect.kind === 'remind' && post.effect.effect.volume !== 'note';

async function update(client: WebClient, common: Common, ts: MessageTs): Promise<Delivery> {
  const answer = await client.chat.update({ ...common, ts });
  return deliveredAs(answer.ts ?? ts);
}

const deliveredAs = (ts: string | undefined): Delivery =>
  ts === undefined
    ? { kind: 'ambiguous', message: 'Slack named no message' }
    : { kind: 'delivered', ts: ts as MessageTs };

const reasonOf = (failure: ReturnType<typeof classify>): string =>
  'error' in failure ? failure.error : 'message' in failure ? failure.message : failure.kind;
