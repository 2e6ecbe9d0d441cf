/** Cards that several incidents share, and what their thread is reminded of. The same again is not sent. */

import { createHash } from 'node:crypto';
import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { GatheredReminders, SharedCard } from '../../domain/gathering.ts';
import type { ChannelId, MessageTs } from '../../domain/ids.ts';
import { parseKeyArn } from '../../domain/ids.ts';
import { isOpen } from '../../domain/incident.ts';
import { isDoneRow } from '../../domain/wave-row.ts';
import type { Chat, Delivery } from '../../ports.ts';
import { classify } from './classify.ts';
import { markOfGathering } from './metadata.ts';
import { nowhere, type Sight, viewOf } from './sight.ts';
import type { Words } from './words/blocks.ts';
import { drawFamilyCard } from './words/family-card.ts';
import { drawWaveCard } from './words/wave-card.ts';
import { drawWaveReminder } from './words/wave-reminder.ts';

interface Desk {
  readonly client: WebClient;
  readonly settings: Sight;
}

/** Posts, or with `ts` updates it. */
export async function postShared(
  { client, settings }: Desk,
  channel: ChannelId,
  card: SharedCard,
  plain: boolean,
  ts: MessageTs | undefined,
): ReturnType<Chat['sendShared']> {
  const { gathering } = card;
  const words = drawShared(card, settings, plain);
  const shown = createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 32);
  if (ts !== undefined && ts === gathering.card.ts && shown === gathering.card.shown) return 'same';
  const message = {
    channel,
    text: words.text,
    blocks: [...words.blocks] as KnownBlock[],
    metadata: markOfGathering(gathering.id, 'card', isOver(card)),
    parse: 'none' as const,
  };
  const delivery = await attempt(async () =>
    ts === undefined
      ? (await client.chat.postMessage({ ...message, unfurl_links: false, unfurl_media: false })).ts
      : ((await client.chat.update({ ...message, ts })).ts ?? ts),
  );
  return { delivery, shown };
}

/** One message for many, in their card's thread, and in the channel as well unless all of it is quiet. */
export async function postTogether(
  { client, settings }: Desk,
  channel: ChannelId,
  gathered: GatheredReminders,
  plain: boolean,
  at: { readonly threadTs?: MessageTs; readonly mark: string },
): Promise<Delivery> {
  const [first] = gathered.reminders;
  if (first === undefined) return { kind: 'refused', error: 'nothing to remind of' };
  const { text, blocks } = drawWaveReminder(gathered, viewOf(first.incident, settings), { plain });
  const message = {
    channel,
    text,
    blocks: [...blocks] as KnownBlock[],
    metadata: markOfGathering(gathered.gathering.id, at.mark, false),
    parse: 'none' as const,
    unfurl_links: false,
    unfurl_media: false,
  };
  const { threadTs } = at;
  return attempt(async () => {
    if (threadTs === undefined) return (await client.chat.postMessage(message)).ts;
    const reply = { ...message, thread_ts: threadTs };
    return (await client.chat.postMessage(gathered.volume === 'note' ? reply : { ...reply, reply_broadcast: true })).ts;
  });
}

function drawShared(card: SharedCard, settings: Sight, plain: boolean): Words {
  switch (card.kind) {
    case 'family':
      return drawFamilyCard(card, (incident) => viewOf(incident, settings), { plain });
    case 'wave':
      return drawWaveCard(card, { ...nowhere(settings), can: canSomewhere(card, settings) }, { plain });
  }
}

/** A wave's rescue is offered where a role for it is configured in at least one of its places. */
const canSomewhere =
  ({ rows }: Extract<SharedCard, { kind: 'wave' }>, { has }: Sight) =>
  (duty: 'rescue' | 'disable' | 'destroy'): boolean =>
    rows.some(({ arn }) => {
      const key = parseKeyArn(arn);
      return key !== undefined && has(duty, key);
    });

const isOver = (card: SharedCard): boolean =>
  card.kind === 'family' ? !card.members.some(isOpen) : card.rows.every(isDoneRow);

async function attempt(send: () => Promise<string | undefined>): Promise<Delivery> {
  try {
    const ts = await send();
    return ts === undefined
      ? { kind: 'ambiguous', message: 'Slack named no message' }
      : { kind: 'delivered', ts: ts as MessageTs };
  } catch (error) {
    return classify(error);
  }
}
