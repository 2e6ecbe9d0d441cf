import { asText } from '../slack/json.ts';
import type { SlackMessage } from '../world.ts';
import { drawBlocks, drawText } from './blocks.ts';
import { drawDate } from './dates.ts';
import { drawFiles } from './files.ts';
import { type Drawn, tag } from './html.ts';
import type { Names } from './rich-text.ts';

/** Draws a message with its thread below it. Threads stand open: in the sandbox people want to see everything at once. */
export function drawMessage(message: SlackMessage, channel: string, names: Names): Drawn {
  const replies = (message.replies ?? []).map((reply) =>
    drawOne(
      reply,
      channel,
      names,
      isBroadcast(reply) ? tag('p', { className: 'quiet' }, 'Also sent to the channel') : null,
    ),
  );
  const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  const thread =
    replies.length === 0
      ? null
      : tag('details', { className: 'thread', open: true }, tag('summary', null, count), replies);
  return tag(
    'li',
    { key: message.ts, 'data-key': message.ts, className: 'entry' },
    drawOne(message, channel, names),
    thread,
  );
}

/** Whether a reply stands in the channel as well. */
export const isBroadcast = ({ subtype }: SlackMessage): boolean => subtype === 'thread_broadcast';

/** Draws a reply where it was sent to the channel, saying what it answers. */
export function drawBroadcast(reply: SlackMessage, head: SlackMessage, channel: string, names: Names): Drawn {
  const key = `${reply.ts} broadcast`;
  const [answered = ''] = (head.text ?? '').split('\n');
  const above = tag(
    'div',
    { className: 'quiet answered' },
    'replied to: ',
    drawText({ type: 'mrkdwn', text: answered }, names),
  );
  // Not the entry's own article: that is a message with its thread, and this one's is elsewhere.
  return tag(
    'li',
    { key, 'data-key': key, className: 'entry' },
    tag('div', null, drawOne(reply, channel, names, above)),
  );
}

function drawOne(message: SlackMessage, channel: string, names: Names, above: Drawn = null): Drawn {
  return tag(
    'article',
    { key: message.ts, 'data-key': message.ts, 'data-ts': message.ts, className: 'message' },
    drawSender(message.user, names),
    tag(
      'div',
      { className: 'said' },
      above,
      drawHead(message.user, names, Number(message.ts) * 1000, message.edited !== undefined),
      drawBody(message, channel, names),
      drawFiles(message.files),
    ),
  );
}

/** What a message says: its blocks, or its text where there are none. */
function drawBody(message: SlackMessage, channel: string, names: Names): Drawn {
  const blocks = message.blocks ?? [];
  if (blocks.length > 0) return drawBlocks(blocks, { standing: { channel, ts: message.ts }, names });
  // A file may stand without a word.
  if (message.text === '' && message.files !== undefined) return null;
  return tag('div', { className: 'block section' }, drawText({ type: 'mrkdwn', text: message.text }, names));
}

/** Name and time above a message. */
export function drawHead(user: unknown, names: Names, at: number, wasEdited = false): Drawn {
  const name = senderName(user, names);
  return tag(
    'header',
    { key: 'head' },
    tag('b', null, name),
    name === botName ? tag('span', { className: 'badge' }, 'APP') : null,
    Number.isNaN(at) ? null : drawDate(at, '{time}'),
    wasEdited ? tag('small', null, '(edited)') : null,
  );
}

/** The picture beside a message: the bot's sign, or a person's first letter. */
export function drawSender(user: unknown, names: Names): Drawn {
  const name = senderName(user, names);
  if (name === botName) return tag('img', { className: 'picture', src: '/page/icon.svg', alt: '' });
  return tag('span', { className: 'picture', 'aria-hidden': true }, name.charAt(0).toUpperCase());
}

const botName = 'Keywarden';
const senderName = (user: unknown, names: Names) => names.users.get(asText(user) ?? '') ?? botName;
