/** The digest: what dies when, what nobody looks after, and what was done; read at nine in the morning, and standing after that. */
import type { ImageBlock, KnownBlock } from '@slack/types';
import { type Digest, isQuiet } from '../../../domain/digest.ts';
import { inWords } from '../../../domain/durations.ts';
import { context, header, message, section, type Words } from './blocks.ts';
import { deedsSection } from './digest-deeds.ts';
import {
  deletedSection,
  disabledSection,
  dyingSection,
  materialSection,
  unattendedSection,
  unreadSection,
} from './digest-sections.ts';
import { clean, cutPlain, foreign, plainForeign } from './text.ts';
import { dayAndTime, exactTime, plainTime } from './times.ts';
import type { View } from './view.ts';

export interface DigestForm {
  /** Nothing but text, after Slack refused the blocks. */
  readonly plain: boolean;
  /** Absent: there is nothing to draw, or it was not asked for. */
  readonly picture?:
    | { readonly kind: 'shown'; readonly file: string; readonly altText: string }
    | { readonly kind: 'inThread' }
    | { readonly kind: 'failed'; readonly message: string };
  /** The configured channel, where that one refused it. */
  readonly movedFrom?: string;
}

/** Of Slack's 2,000: the words say the same. */
const MOST_ALTERNATIVE = 1_000;

/** Draws a digest. `view` names accounts and links to cards. */
export function drawDigest(digest: Digest, view: View, form: DigestForm): Words {
  const notes = notesOf(digest, form);
  if (isQuiet(digest)) return quiet(digest, notes);
  const title = `Key digest: ${summaryOf(digest)}`;
  if (form.plain) return message(plainText(digest, title, form), []);
  const blocks: readonly (KnownBlock | undefined)[] = [
    header(title),
    form.picture?.kind === 'shown' ? imageBlock(form.picture.file, form.picture.altText) : undefined,
    dyingSection(digest, view),
    unattendedSection(digest, view),
    unreadSection(digest, view),
    materialSection(digest, view),
    disabledSection(digest, view),
    deletedSection(digest, view),
    deedsSection(digest),
    context([sweptWords(digest), ...notes]),
  ];
  return message(
    title,
    blocks.filter((block) => block !== undefined),
  );
}

/** The picture alone, for whoever asked for a digest. */
export const drawPicture = (file: string, altText: string): Words =>
  message('What ends when, as a picture', [imageBlock(file, altText)]);

const imageBlock = (file: string, altText: string): ImageBlock => ({
  type: 'image',
  slack_file: { id: file },
  alt_text: cutPlain(clean(altText) || 'What ends when', MOST_ALTERNATIVE),
});

const keysWord = (count: number): string => (count === 1 ? 'key' : 'keys');

function quiet(digest: Digest, notes: readonly string[]): Words {
  const { keys } = digest;
  const watched =
    keys === 0
      ? 'There is no key to watch yet.'
      : `Of ${keys} ${keysWord(keys)} none is pending deletion, disabled or about to lose imported material, and no incident waits for somebody.`;
  const line = ['✅ *Nothing to report.*', watched, sweptWords(digest), ...notes].join(' ');
  return message('Key digest: nothing to report', [section([line])]);
}

/** `3 pending deletion, 12 disabled`; plain text. */
function summaryOf({
  dying,
  disabled,
  material,
  unattended,
  deleted,
  unreadPlaces,
  unreadKeys,
  deeds,
}: Digest): string {
  const unread = unreadPlaces.length + unreadKeys.total;
  const parts = [
    dying.total === 0 ? '' : `${dying.total} pending deletion`,
    unattended.total === 0 ? '' : `${unattended.total} unacknowledged`,
    unread === 0 ? '' : `${unread} not readable`,
    material.total === 0 ? '' : `${material.total} losing material`,
    disabled.total === 0 ? '' : `${disabled.total} disabled`,
    deleted.total === 0 ? '' : `${deleted.total} deleted since the last one`,
  ].filter((part) => part !== '');
  if (parts.length > 0) return parts.join(', ');
  return deeds.total === 0 ? 'the audit trail could not be read' : 'nothing is in danger';
}

const sweptWords = ({ sweptAt }: Digest): string =>
  sweptAt === undefined ? 'Keys were not read yet.' : `Keys as last swept ${exactTime(sweptAt)}.`;

function notesOf({ late, at }: Digest, { movedFrom, picture }: DigestForm): readonly string[] {
  const channel = movedFrom !== undefined && /^[CG][A-Z0-9]+$/.test(movedFrom) ? `<#${movedFrom}>` : 'its own channel';
  return [
    late === undefined ? '' : `Late by ${inWords(late)}; gathered ${dayAndTime(at)}.`,
    movedFrom === undefined ? '' : `Posted here because ${channel} refused it.`,
    picture?.kind === 'failed' ? foreign(picture.message, 300) : '',
    picture?.kind === 'inThread'
      ? 'Slack did not show the picture in time: it follows in the thread if Slack takes it.'
      : '',
  ].filter((note) => note !== '');
}

const MOST_PLAIN = 12;

/** Without any markup but its signs escaped: the deadlines, and where to read the rest. */
function plainText({ dying, late, at }: Digest, title: string, { movedFrom, picture }: DigestForm): string {
  const lines = dying.rows.slice(0, MOST_PLAIN).map(({ name, keys: [{ key, memory }] }) => {
    const date = memory.deletionDate === undefined ? 'no date yet' : `deleted after ${plainTime(memory.deletionDate)}`;
    return `${plainForeign(name, 80)} (${key.account} ${key.region}): ${date}`;
  });
  const notes = [
    late === undefined ? '' : `Late by ${inWords(late)}; gathered ${plainTime(at)}.`,
    movedFrom === undefined ? '' : `Posted here because ${plainForeign(movedFrom, 40)} refused it.`,
    picture?.kind === 'failed' ? plainForeign(picture.message, 300) : '',
  ].filter((note) => note !== '');
  const rest = 'Slack refused the full digest; `/kms digest` shows it, `/kms list` has every key.';
  return [title, ...[...lines, ...notes].map((line) => foreign(line, 300)), rest].join('\n');
}
