/**
 * The files of an incident's evidence and the sentence above them: Markdown for people, JSON for programs, and the key policy to
 * go back to.
 */
import type { Evidence } from '../../../domain/evidence.ts';
import { evidenceMarkdown, evidenceName } from './evidence.ts';
import { GOOD_POLICY_FILE } from './restore-commands.ts';
import { foreign, plainForeign } from './text.ts';
import { exactTime } from './times.ts';

export interface FileWords {
  /** With the ending that says what it is: `.md`, `.png`. */
  readonly name: string;
  readonly title: string;
  readonly content: string | Uint8Array;
  /** What a picture shows, for whoever does not see it; plain text, cut at 1,000 characters. Of pictures only. */
  readonly altText?: string;
}

type TextFileWords = FileWords & { readonly content: string };

/** What one upload holds. `text` is mrkdwn. */
export interface EvidenceWords {
  readonly text: string;
  readonly files: readonly [TextFileWords, ...TextFileWords[]];
}

export function drawEvidence(evidence: Evidence): EvidenceWords {
  const { subject, incident, writtenAt } = evidence;
  const name = evidenceName(evidence);
  // Ids only: a name from outside has no say in what a file is called.
  const about = subject.kind === 'key' ? subject.keyId : incident.id;
  const stem = `keywarden-evidence-${about}-${writtenAt.replace(/\.\d+Z$/, 'Z').replace(/[^0-9TZ]/g, '')}`;
  const policy = evidence.shapes?.goodPolicy;
  const title = (kind: string): string => `Evidence of ${plainForeign(name, 120)} (${kind})`;
  return {
    text: `*Evidence* of ${foreign(name, 140)} as of ${exactTime(Date.parse(writtenAt))}: one file to read, one for programs.`,
    files: [
      { name: `${stem}.md`, title: title('Markdown'), content: evidenceMarkdown(evidence) },
      { name: `${stem}.json`, title: title('JSON'), content: evidenceJson(evidence) },
      ...(policy?.kind === 'known'
        ? [{ name: GOOD_POLICY_FILE, title: title('key policy when last good'), content: policy.value }]
        : []),
    ],
  };
}

/** Signs that would not be seen, or would turn the line around, are written as escapes: the value stays what it is. */
const UNSEEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0/gu;

/** The record as JSON. Exact: parsing it gives back every text as it was received. */
export const evidenceJson = (evidence: Evidence): string =>
  `${JSON.stringify(evidence, null, 2).replace(UNSEEN, escaped)}\n`;

const escaped = (sign: string): string =>
  Array.from({ length: sign.length }, (_, index) => `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`).join(
    '',
  );
