/** What `/kms guard` answers. */
import type { CommandAnswer } from '../../../domain/interaction.ts';
import type { KnownKey } from '../../../domain/key-name.ts';
import { message, section, type Words } from './blocks.ts';
import { answerWords } from './cancelling-lines.ts';
import { ADVICE, demandLines, unguardedWords } from './guard-lines.ts';
import { accountWords } from './names.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

type Guard = Extract<CommandAnswer, { kind: 'guard' }>;
type Guards = Extract<CommandAnswer, { kind: 'guards' }>;

const nameOf = ({ aliases, key }: KnownKey): string => foreign(aliases[0] ?? key.keyId, 140);
const placed = (known: KnownKey, view: View): string =>
  `*${nameOf(known)}*  ${accountWords(known.key.account, view)}  ·  ${known.key.region}`;

/** One key: what its policy demands, and a statement for each demand it does not make. */
export function drawGuard({ key, guard, cancelling, statements }: Guard, view: View): Words {
  const facts = [
    placed(key, view),
    'What its key policy demands before somebody schedules its deletion or disables it:',
    ...demandLines(guard),
    answerWords(cancelling),
    ...(statements.length === 0
      ? []
      : [
          'To add a demand, paste its statement into the list `Statement` of the key policy (PutKeyPolicy replaces it whole):',
        ]),
  ];
  const pasted = statements.map(({ demand, json }) => [ADVICE[demand], `\`\`\`${foreignJson(json)}\`\`\``]);
  return message([...facts, ...pasted.flat()].join('\n'), [facts, ...pasted].map(section));
}

/** Our own JSON: only Slack's three signs are escaped, so that it can be pasted as it is shown. */
const foreignJson = (json: string): string =>
  json.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Every key without a guard, as far as they were looked at. */
export function drawGuards(answer: Guards, view: View): Words {
  const { rows, bare, unsaved, lost, unsure, unread, unknown, looked, unlooked } = answer;
  const all = [
    bare === 0
      ? `No key without a deletion guard was found among the ${keys(looked - unread)} whose policy is known.`
      : `*${keys(bare)} without a deletion guard*: nothing in the key policy stands between an IAM permission and its end`,
    ...rows.map(
      ({ key, guard }) => `•  ${placed(key, view)}: ${unguardedWords(guard)}, as of ${exactTime(guard.checkedAt)}`,
    ),
    moreWords(bare - rows.length),
    lost === 0 ? '' : `*${keys(lost)} that we could not rescue*: its key policy or our role does not let us`,
    ...unsaved.map((key) => `•  ${placed(key, view)}`),
    moreWords(lost - unsaved.length),
    unsure === 0
      ? ''
      : `Of ${keys(unsure)} it is not known: their policies hold conditions that are not understood here.`,
    unread === 0 ? '' : `Not known to be guarded: ${keys(unread)} whose policy has not been read (yet).`,
    ...unknown.map((key) => `•  ${placed(key, view)}`),
    unknown.length === 0 ? '' : moreWords(unread - unknown.length),
    unlooked === 0 ? '' : `Not looked at, to answer in time: ${keys(unlooked)}.`,
    '`/kms guard &lt;key&gt;` shows one key, and the statement to paste.',
  ].filter((line) => line !== '');
  const blocks = [];
  for (let start = 0; start < all.length; start += 12) blocks.push(section(all.slice(start, start + 12)));
  return message(all.join('\n'), blocks);
}

const keys = (count: number): string => `${count} ${count === 1 ? 'key' : 'keys'}`;
const moreWords = (more: number): string => (more <= 0 ? '' : `and ${more} more`);
