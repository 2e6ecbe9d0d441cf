import { asObjects, asText } from '../slack/json.ts';
import type { SlackMessage, SlackWorld } from '../world.ts';
import { drawBlocks, drawText } from './blocks.ts';
import { type Drawn, tag } from './html.ts';
import { drawBroadcast, drawHead, drawMessage, drawSender, isBroadcast } from './message.ts';
import type { Names } from './rich-text.ts';

/** Messages drawn at most: a page of hundreds of cards helps nobody, and every change draws them anew. */
const mostShown = 60;

type Ephemeral = ReturnType<SlackWorld['ephemerals']>[number];

/** Draws a channel's latest messages, replies sent to all of it among them, and between them what only this person sees. */
export function drawChannel(
  channel: { readonly id: string; readonly name: string; readonly messages: readonly SlackMessage[] },
  ephemerals: readonly Ephemeral[],
  names: Names,
): Drawn {
  const entries = [
    ...channel.messages.map((message) => ({ ts: message.ts, drawn: () => drawMessage(message, channel.id, names) })),
    ...channel.messages.flatMap((head) =>
      (head.replies ?? [])
        .filter(isBroadcast)
        .map((reply) => ({ ts: reply.ts, drawn: () => drawBroadcast(reply, head, channel.id, names) })),
    ),
    ...ephemerals.map((ephemeral, index) => ({
      ts: timestampOf(ephemeral),
      drawn: () => drawEphemeral(ephemeral, index, names),
    })),
  ];
  const sorted = entries.sort((one, other) => (one.ts < other.ts ? -1 : 1));
  if (sorted.length === 0)
    return tag('p', { className: 'empty' }, 'Nothing has happened here yet. Endanger a key on the right.');
  const hidden = sorted.length - mostShown;
  return [
    hidden > 0 ? tag('p', { key: 'older', className: 'empty' }, `${hidden} older messages`) : null,
    tag(
      'ol',
      { key: 'messages', className: 'messages' },
      sorted.slice(-mostShown).map(({ drawn }) => drawn()),
    ),
  ];
}

/** The emulator keeps a timestamp for ephemerals, though nobody promises it; without one they come last. */
const timestampOf = (ephemeral: Ephemeral) => asText((ephemeral as { ts?: unknown }).ts) ?? '9';

function drawEphemeral(ephemeral: Ephemeral, index: number, names: Names): Drawn {
  const ts = timestampOf(ephemeral);
  const standing = { channel: ephemeral.channel, ts };
  const blocks = asObjects(ephemeral.blocks);
  const body =
    blocks.length > 0
      ? drawBlocks(blocks, { standing, names })
      : tag('div', { className: 'block section' }, drawText({ type: 'mrkdwn', text: ephemeral.text }, names));
  return tag(
    'li',
    { key: `${ts}-${index}`, 'data-key': `${ts}-${index}`, className: 'entry ephemeral' },
    tag(
      'article',
      { className: 'message' },
      drawSender(undefined, names),
      tag(
        'div',
        { className: 'said' },
        tag('p', { className: 'quiet only-you' }, 'Only visible to you'),
        drawHead(undefined, names, Number(ts) * 1000),
        body,
      ),
    ),
  );
}
