import type { RichTextBlock, RichTextSectionElement } from 'slack-blocks-to-jsx';

/**
 * Slack's mrkdwn as rich text. slack-blocks-to-jsx can draw mrkdwn too, but as Markdown: tried, it swallows lines that
 * begin with `#`, tables and rules, joins paragraphs, leaves `verbatim` texts raw and reads `arn:aws:kms` as emoji.
 * Rules: docs.slack.dev/messaging/formatting-message-text.
 */
type Inline = RichTextSectionElement;
type Style = { readonly bold?: true; readonly italic?: true; readonly strike?: true };
type Part = RichTextBlock['elements'][number];

/** The rich text block that says the same as a mrkdwn text. */
export function richTextOf(mrkdwn: string): RichTextBlock {
  const parts = mrkdwn
    .split(/```\n?([\s\S]+?)\n?```\n?/)
    .flatMap((piece, index): Part[] =>
      index % 2 === 1
        ? [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: decoded(piece) }] }]
        : paragraphs(piece),
    );
  return { type: 'rich_text', elements: parts };
}

/** The rich text block of a plain text, where nothing has a meaning but emoji names. */
export function plainTextOf(text: string): RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: withEmoji(text, {}) }] };
}

/** Lines, those that begin with `>` as quotes. */
function paragraphs(text: string): Part[] {
  const parts: Part[] = [];
  for (const piece of text.split(/^((?:(?:&gt;|>)[^\n]*(?:\n|$))+)/m)) {
    if (piece === '') continue;
    if (/^(&gt;|>)/.test(piece)) {
      const quoted = piece.replace(/^(&gt;|>) ?/gm, '').replace(/\n$/, '');
      parts.push({ type: 'rich_text_quote', elements: inline(quoted, {}) });
    } else parts.push({ type: 'rich_text_section', elements: inline(piece, {}) });
  }
  return parts;
}

const styles = { '*': { bold: true }, _: { italic: true }, '~': { strike: true } } as const;
const isMarker = (text: string): text is keyof typeof styles => text in styles;
/** A marker opens before a word and closes after one, and the word may not go on behind it. */
const marked = /^([*_~])(?=[^\s*_~])([^\n]*?[^\s])\1(?![\p{L}\p{N}*_~])/u;

function inline(text: string, style: Style): Inline[] {
  const found: Inline[] = [];
  let plain = '';
  let at = 0;
  const flush = () => {
    found.push(...withEmoji(decoded(plain), style));
    plain = '';
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const before = text[at - 1] ?? ' ';
    const token = /^<([^<>\n]+)>/.exec(rest);
    const code = /^`([^`\n]+)`/.exec(rest);
    const emphasis = /[\p{L}\p{N}]/u.test(before) ? null : marked.exec(rest);
    const match = token ?? code ?? emphasis;
    if (match === null) {
      plain += rest[0];
      at += 1;
      continue;
    }
    flush();
    if (token) found.push(ofToken(token[1] ?? '', style));
    else if (code) found.push({ type: 'text', text: decoded(code[1] ?? ''), style: { ...style, code: true } });
    else if (emphasis && isMarker(emphasis[1] ?? ''))
      found.push(...inline(emphasis[2] ?? '', { ...style, ...styles[emphasis[1] as keyof typeof styles] }));
    at += match[0].length;
  }
  flush();
  return found;
}

/** What stands between `<` and `>`: a mention, a date, a link. */
function ofToken(token: string, style: Style): Inline {
  const [head = '', label] = token.split(/\|(.*)/s);
  const date = /^!date\^(\d+)\^([^^]*)/.exec(head);
  if (date) return { type: 'date', timestamp: Number(date[1]), format: decoded(date[2] ?? ''), style };
  if (head.startsWith('@')) return { type: 'user', user_id: head.slice(1), style };
  if (head.startsWith('#')) return { type: 'channel', channel_id: head.slice(1), style };
  if (head.startsWith('!subteam^')) return { type: 'usergroup', usergroup_id: head.slice('!subteam^'.length), style };
  const range = head.slice(1);
  if (head.startsWith('!') && (range === 'here' || range === 'channel' || range === 'everyone'))
    return { type: 'broadcast', range, style };
  const url = decoded(head);
  // A link to anything but a page or a mailbox is shown, never made clickable.
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return { type: 'text', text: decoded(label ?? head), style };
  return { type: 'link', url, text: decoded(label ?? head), style };
}

/** Text with `:names:` as emoji. Whether a name is one is known only where it is drawn. */
function withEmoji(text: string, style: Style): Inline[] {
  return text
    .split(/(:[a-z0-9_+'-]+:)/)
    .filter((piece) => piece !== '')
    .map((piece): Inline => {
      const name = /^:(?![\d]+:)([a-z0-9_+'-]+):$/.exec(piece)?.[1];
      return name === undefined ? { type: 'text', text: piece, style } : { type: 'emoji', name };
    });
}

/** The three entities Slack knows. */
function decoded(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
