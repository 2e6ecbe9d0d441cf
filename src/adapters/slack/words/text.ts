/**
 * Text from outside (aliases, tags, session names, AWS's messages, reasons people type) made harmless for Slack: no
 * control or direction characters, no mention, no link, no formatting, no emoji name; cut so that nothing is ever refused for
 * its length. Slack's three control characters are `& < >` (docs.slack.dev, "Formatting text for app surfaces").
 */

/** Controls, format characters (bidi, zero-width, soft hyphen, tags), separators, private use, lone surrogates. */
const INVISIBLE = /(?:[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0)+/gu;

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Look-alikes without meaning to Slack. Zero-width fillers would break copying a name, so they are not used. */
const LOOKALIKE: Readonly<Record<string, string>> = {
  '*': '∗',
  '~': '∼',
  '`': 'ˋ',
  _: 'ˍ',
  ':': '꞉',
  '@': '＠',
  '<': '‹',
  '>': '›',
};
const BROADCAST = /@(?=channel|here|everyone)/gi;
const lookalike = (sign: string): string => LOOKALIKE[sign] ?? sign;

/** One visible line: invisible characters become a space, whitespace runs become one. */
export function clean(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, ' ').replace(/\s+/gu, ' ').trim();
}

/** Foreign text for plain_text fields: one line, cut. Mentions should be inert there; they are broken up all the same. */
export function plainForeign(text: string, most = 200): string {
  return cutPlain(withoutEmojiNames(clean(text)), most)
    .replace(/[<>]/g, lookalike)
    .replace(BROADCAST, lookalike);
}

/** Foreign text for mrkdwn: one line, cut, escaped, and without formatting. Underscores inside a word are kept. */
export function foreign(text: string, most = 200): string {
  return escaped(
    withoutEmojiNames(cutPlain(clean(text), most))
      .replace(/[*~`]/g, lookalike)
      .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, lookalike)
      .replace(BROADCAST, lookalike),
  );
}

/**
 * Foreign text within a code block: one line, cut as it will be sent, its signs as they came. Slack reads nothing there but the end
 * of the block and its own three signs.
 */
export function foreignCode(text: string, most: number): string {
  return cutMarkdown(escaped(clean(text).replace(/`{2,}/g, (run) => 'ˋ'.repeat(run.length))), most);
}

/** Words of ours that hold signs of Slack's own, or quote what somebody typed: formatting stays, nothing becomes a mention or link. */
export const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => HTML[sign] ?? sign);

/** `:white_check_mark:` in a key's alias must not look like our verdict. ARNs (`aws:kms:`, `iam::111122223333:`) stay as they are. */
const withoutEmojiNames = (text: string): string =>
  text.replace(/(?<![\p{L}\p{N}]):(?!\d{12}:)(?=[\p{L}\p{N}_+'-]+:)/gu, lookalike);

/** Cuts plain text to a number of UTF-16 units, never inside a character. */
export function cutPlain(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Cuts mrkdwn: never inside an entity, a `<…>` token or a character. */
export function cutMarkdown(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '');
  return `${head.replace(/<[^>]*$/, '').replace(/&[a-z]{0,4}$/, '')}…`;
}
