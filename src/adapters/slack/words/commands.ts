/** What `/kms` answers, to the person who typed it. */

import { inWords } from '../../../domain/durations.ts';
import type { CommandAnswer, ListRow, PlanOutcome } from '../../../domain/interaction.ts';
import type { KeyState } from '../../../domain/key.ts';
import type { KnownKey, NameAnswer } from '../../../domain/key-name.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { message, section, type Words } from './blocks.ts';
import { drawDigest } from './digest.ts';
import { drawGuard, drawGuards } from './guard-answer.ts';
import { drawStatus } from './status.ts';
import { clean, escaped, foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';
import { actionWords, whisperText } from './whispers.ts';

/** Draws a command's answer. Forms are opened elsewhere; here they get the sentence for when none can be. */
export function drawCommandAnswer(answer: CommandAnswer, view: View): Words {
  switch (answer.kind) {
    case 'help':
      return lines(HELP.map(escaped));
    case 'list':
      return lines(listLines(answer, view));
    case 'status':
      return drawStatus(answer, view);
    case 'guard':
      return drawGuard(answer, view);
    case 'guards':
      return drawGuards(answer, view);
    case 'asked':
      return lines([
        `${ACTION_NAMES[answer.action]} of *${keyName(answer.key)}* is under way; its outcome appears on the card in <#${answer.channel}>.`,
      ]);
    case 'alreadyRunning':
      return lines([
        `Another action on *${keyName(answer.key)}* is under way, so ${ACTION_NAMES[answer.action]} was not started. One action at a time.`,
      ]);
    case 'watching':
      return lines([`*${keyName(answer.key)}* is under watch: its card follows.`]);
    case 'held':
      return lines([
        `*${keyName(answer.key)}* is on hold: no rescue switches it on, and enabling it takes an approver. Its card stands in <#${answer.channel}>.${answer.enabled ? ' It is still *enabled*: `/kms disable` stops its use.' : ''}`,
      ]);
    case 'released':
      return lines([
        `*${keyName(answer.key)}* is not on hold any more. ${releasedWords(answer.state)} Its card stands in <#${answer.channel}>.`,
      ]);
    case 'notOnHold':
      return lines([`*${keyName(answer.key)}* is not on hold: nothing was changed.`]);
    case 'reporting':
      return lines([
        `The evidence about *${keyName(answer.key)}* is on its way to the thread of its card in <#${answer.channel}>.`,
      ]);
    case 'digest':
      return drawDigest(answer.digest, view, { plain: false });
    case 'noIncident':
      return lines([
        `There is no incident about *${keyName(answer.key)}* to report on. \`/kms status\` reads the key.`,
      ]);
    case 'planned':
      return lines(planLines(answer, view));
    case 'form':
      return lines(['The form did not open in time: nothing was done. Type the command again.']);
    case 'keyUnread':
      return lines([`The key could not be read just now, so ${actionWords(answer.action)} was not begun. Try again.`]);
    case 'refused':
      return lines([whisperText(answer.refusal)]);
    case 'name':
      return lines(nameLines(answer.typed, answer.answer));
    case 'usage':
      return lines([`${escaped(clean(answer.problem))}.`, 'Type `/kms help` for all commands.']);
    case 'mayNot':
    case 'roleUnknown':
      return lines([whisperText(answer)]);
  }
}

/** A command that took longer than Slack waits: its answer follows. */
export const stillWorking = (): Words => lines(['Still asking AWS; the answer follows here.']);
/** Nobody knows whether the command was written down: the memory's answer was lost. */
export const commandNotRecorded = (): Words =>
  lines([
    'Not recorded, try again: the bot could not be sure to have written it down. If it was, the card shows it in a moment.',
  ]);

/** Several sections when one cannot hold them. */
function lines(all: readonly string[]): Words {
  const blocks = [];
  for (let start = 0; start < all.length; start += 12) blocks.push(section(all.slice(start, start + 12)));
  return message(all.join('\n'), blocks);
}

const HELP = [
  '*Keywarden* watches AWS KMS keys and rescues them.',
  '`/kms list [pending|disabled|imported|all]`: keys as last read',
  '`/kms digest`: what dies when, what nobody looks after, and what was done, for you alone',
  '`/kms status <key>`: a key read now, and its open card',
  '`/kms guard [key]`: keys whose policy guards nothing against deletion; of one key, the statement to paste',
  '`/kms watch <key> <reason>`: a card for a key you suspect',
  '`/kms hold <key> <reason>`: no rescue switches it on again · `/kms release <key>`: an approver ends that',
  '`/kms rescue <key>`: cancel its deletion and restore what it was before',
  '`/kms cancel-deletion <key>`: only cancel; the key stays disabled',
  '`/kms enable <key>` · `/kms disable <key>`',
  '`/kms schedule-deletion <key> [days]`: with an approver; 30 days unless said otherwise; if that is switched on',
  '`/kms delete-material <key>`: imported material, with an approver, if that is switched on',
  '`/kms planned <keys> <ticket>`: a deletion that is meant: quieter reminders, once an approver agrees',
  '`/kms report <key>`: uploads the evidence of its incident',
  '`/kms help`: this',
  '`<key>` is an alias, a key id, an ARN, or one of these after an account or Region: `payments-prod/us-west-2:alias/orders`.',
];

/** A release switches nothing on or off: what that leaves. */
function releasedWords(state: KeyState | undefined): string {
  switch (state) {
    case 'Enabled':
      return 'It is Enabled: its callers can use it, and nothing is left to bring back.';
    case 'Disabled':
      return 'It stays Disabled: *Enable* or *Rescue* on its card brings it back.';
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return `It is ${state}: *Rescue* on its card cancels that and brings it back.`;
    case 'PendingImport':
    case 'Unavailable':
    case 'Creating':
    case 'Updating':
      return `It is ${state}: its card says what brings it back.`;
    case undefined:
      return 'It stays as it is; its state could not be read, its card says what is known.';
  }
}

type PlannedAnswer = Extract<CommandAnswer, { kind: 'planned' }>;

const planLines = ({ ticket, results }: PlannedAnswer, view: View): readonly string[] =>
  results.flatMap(({ typed, outcome }) => outcomeLines(typed, outcome, ticket, view));

function outcomeLines(typed: string, outcome: PlanOutcome, ticket: string, view: View): readonly string[] {
  const name = foreign(typed, 140);
  switch (outcome.kind) {
    case 'proposed':
      return [
        `*${keyName(outcome.key)}*: decommission proposed as ${foreign(ticket, 120)}; it counts once an approver agrees on its card in <#${outcome.channel}>.${outcome.pending ? '' : ' Its deletion is not scheduled so far.'}`,
      ];
    case 'plannedAlready':
      return [`*${name}*: planned already; its card says how that stands.`];
    case 'ownKey':
      return [
        `*${name}*: Keywarden depends on this key (\`self.keys\`), so its end is never planned here. Move what it protects to another key and take it out of \`self.keys\` first.`,
      ];
    case 'keyUnread':
      return [`*${name}*: could not be read just now, so nothing was planned. Try again.`];
    case 'awsManaged':
      return [`*${name}*: AWS manages this key; nobody can delete it.`];
    case 'refused':
      return [`*${name}*: ${drawCommandAnswer(outcome.answer, view).text}`];
    case 'name':
      return nameLines(typed, outcome.answer);
  }
}

/** A key's first alias, else its id. */
export const keyName = (key: KnownKey): string => foreign(key.aliases[0] ?? key.key.keyId, 140);

const placeName = (key: KnownKey): string => {
  const { account, region } = key.key;
  const name = foreign(key.accountName, 60);
  return `${name === account ? '' : `${name} `}${account} ${region}`;
};

function listLines(answer: Extract<CommandAnswer, { kind: 'list' }>, view: View): readonly string[] {
  const { filter, rows, total, unread } = answer;
  const what = wordsOfFilter(filter, total === 1 ? 'key' : 'keys');
  const all = [
    total === 0 ? `No ${what} found.` : `*${total} ${what}*`,
    ...rows.slice(0, 40).map((row) => rowLine(row, view)),
  ];
  if (total > rows.length) all.push(`and ${total - rows.length} more`);
  if (unread.length > 0) {
    const names = unread.slice(0, 10).map((name) => foreign(name, 80));
    all.push(
      `Not known to be fine, because they could not be read: ${names.join(', ')}${unread.length > 10 ? ` and ${unread.length - 10} more` : ''}`,
    );
  }
  return all;
}

function rowLine({ key, memory }: ListRow, view: View): string {
  const date = memory.deletionDate;
  const deadline =
    date === undefined
      ? ''
      : `, deleted after ${dayAndTime(date)}${date > view.now ? ` (${inWords(date - view.now)} left)` : ''}`;
  return `•  *${keyName(key)}*  ${placeName(key)}: ${memory.state}${deadline}, read ${exactTime(memory.readAt)}`;
}

function nameLines(typed: string, answer: Exclude<NameAnswer, { kind: 'one' }>): readonly string[] {
  switch (answer.kind) {
    case 'empty':
      return ['Which key? Name it by alias, key id or ARN.'];
    case 'several':
      return [
        `Several keys answer to ${foreign(typed, 140)}. Which one?`,
        ...answer.keys.slice(0, 20).map((key) => `•  ${placeName(key)}: ${foreign(key.key.arn, 160)}`),
      ];
    case 'none': {
      const nearest = answer.nearest.slice(0, 5).map((name) => foreign(name, 140));
      return [
        `No key is known as ${foreign(typed, 140)}.${nearest.length === 0 ? '' : ` Nearest: ${nearest.join(', ')}`}`,
        'Keys that the sweep has not seen yet can be named by nobody; an account that cannot be read hides its keys.',
      ];
    }
  }
}

function wordsOfFilter(filter: Extract<CommandAnswer, { kind: 'list' }>['filter'], noun: string): string {
  switch (filter) {
    case 'all':
      return noun;
    case 'imported':
      return `${noun} with imported material`;
    case 'pending':
    case 'disabled':
      return `${filter} ${noun}`;
  }
}
