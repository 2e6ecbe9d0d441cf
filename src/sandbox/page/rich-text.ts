import { type Block, Message, type MessageProps, type RichTextBlock } from 'slack-blocks-to-jsx';
import { workspaceDomain } from '../slack/identity.ts';
import { drawDate } from './dates.ts';
import { type Drawn, tag } from './html.ts';

/** What ids in messages are called. */
export interface Names {
  readonly users: ReadonlyMap<string, string>;
  readonly channels: ReadonlyMap<string, string>;
  readonly userGroups: ReadonlyMap<string, string>;
}

const PERMALINK = new RegExp(`^https://${workspaceDomain}\\.slack\\.com/archives/([A-Z0-9]+)/p(\\d+)(\\d{6})$`);

/** A link to a message of this workspace stays on the page; every other one leaves it. */
function linkTo(href: string): Readonly<Record<string, string>> {
  const [, channel, seconds, rest] = PERMALINK.exec(href) ?? [];
  return channel === undefined
    ? { href, target: '_blank', rel: 'noreferrer noopener' }
    : { href: `?place=${channel}`, 'data-message': `${seconds}.${rest}`, 'data-in': channel };
}

/** Draws a block with slack-blocks-to-jsx. */
export function drawBlock(block: Block | RichTextBlock, names: Names): Drawn {
  const mention = (text: string) => tag('span', { className: 'mention' }, text);
  const hooks: NonNullable<MessageProps['hooks']> = {
    user: ({ id }) => mention(`@${names.users.get(id) ?? id}`),
    channel: ({ id }) => mention(`#${names.channels.get(id) ?? id}`),
    usergroup: ({ id }) => mention(`@${names.userGroups.get(id) ?? id}`),
    atHere: () => mention('@here'),
    atChannel: () => mention('@channel'),
    atEveryone: () => mention('@everyone'),
    date: ({ timestamp, format }) => drawDate(Number(timestamp) * 1000, format),
    // The library draws every `:name:` as emoji; Slack leaves names it does not know as they are.
    emoji: (data, parse) => {
      const emoji = parse(data);
      return emoji === data.name || emoji === '' ? `:${data.name}:` : emoji;
    },
    link: ({ href, children }) => tag('a', linkTo(href), children),
  };
  return tag(Message, { blocks: [block as Block], name: '', logo: '', withoutWrapper: true, theme: 'light', hooks });
}
