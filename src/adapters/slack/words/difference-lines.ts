/** What of the key is not as it was when it was last good, and what brings it back. */
import { isNotAsBefore, isPolicyUntold } from '../../../domain/as-before.ts';
import { actionsOfRound, type Incident, isOpen, keyOfIncident } from '../../../domain/incident.ts';
import type { Grant, Rotation, ShapePart } from '../../../domain/shape.ts';
import type { Comparison, Difference } from '../../../domain/shape-difference.ts';
import { shortWhy } from './failures.ts';
import { personWords } from './names.ts';
import { GOOD_POLICY_FILE, restoreCommands } from './restore-commands.ts';
import { cutPlain, escaped, foreign, foreignCode } from './text.ts';
import { exactTime } from './times.ts';

/** The rest stands in the evidence: a card that is cut would lose what to do. */
const MOST_SHOWN = 6;
const MOST_COMMANDS = 5;
const LONGEST_LINE = 400;
/** Of the whole diff: commands and the rest of the section need their room, too. */
const LONGEST_DIFF = 1_500;
const LONGEST_COMMAND = 420;

/** Empty: nothing differs, and nobody asked. */
export function differenceLines(incident: Incident): readonly string[] {
  return [...foundLines(incident), ...doubtLines(incident)];
}

/** What may be wrong with last good itself. */
function doubtLines(incident: Incident): readonly string[] {
  const comparison = incident.knowledge?.comparison;
  if (comparison === undefined || comparison.accepted !== undefined || !isOpen(incident)) return [];
  const changed = Object.entries(comparison.against.changedAt ?? {});
  const parts = changed.map(([part, at]) => `${PARTS[part as ShapePart].toLowerCase()} found so ${exactTime(at)}`);
  return [
    ...(parts.length === 0
      ? []
      : [`⚠️ *Last good itself changed lately*: ${parts.join(', ')}, and otherwise before. Nobody has accepted that.`]),
    ...(isPolicyUntold(incident)
      ? [
          'The key policy was changed, and last good is no older than that: look at it yourself. An approver may accept it as it is.',
        ]
      : []),
  ];
}

function foundLines(incident: Incident): readonly string[] {
  const comparison = incident.knowledge?.comparison;
  const key = keyOfIncident(incident);
  if (comparison === undefined || key === undefined) return [];
  const { differences, more, unsure, accepted } = comparison;
  const lines = unsure.map(
    ({ part, why }) => `⚪ *${PARTS[part]}* could not be compared: ${foreign(shortWhy(why), 300)}`,
  );
  if (accepted !== undefined)
    return [
      `${differences.length === 0 ? '*Accepted as it is*' : '*Not as last good*, and accepted as it is'} by ${personWords(accepted.by)} at ${exactTime(accepted.at)}`,
    ];
  if (differences.length === 0) return [...asBefore(incident, comparison), ...(isAsked(incident) ? lines : [])];
  const left = differences.length - MOST_SHOWN + more;
  const isGone = incident.read?.kind === 'gone';
  const commands = isGone ? [] : [...new Set(differences.flatMap((one) => restoreCommands(one, key)))];
  const policy = !isGone && differences.some(({ part }) => part === 'policy');
  return [
    `*Not as ${againstWords(comparison)}*:`,
    diffBlock(differences.slice(0, MOST_SHOWN).flatMap(differenceWords)),
    ...(left > 0 ? [`and ${left} more: see Evidence under ⋯`] : []),
    ...lines,
    ...(commands.length === 0 ? [] : [commandWords(commands)]),
    ...(policy ? [`${GOOD_POLICY_FILE} is among the files of Evidence under ⋯.`] : []),
  ];
}

/** As code, so that it can be copied as it came: Slack reads nothing into it. */
function diffBlock(lines: readonly string[]): string {
  const most = Math.min(LONGEST_LINE, Math.floor(LONGEST_DIFF / Math.max(1, lines.length)));
  return `\`\`\`\n${lines.map((line) => foreignCode(line, most)).join('\n')}\n\`\`\``;
}

/** Somebody restored it, or it waits to be as it was. */
const isAsked = (incident: Incident): boolean =>
  isNotAsBefore(incident) || actionsOfRound(incident).some(({ kind }) => kind !== 'disable');

const asBefore = (incident: Incident, comparison: Comparison): readonly string[] => {
  const restored = actionsOfRound(incident).some(
    ({ ending }) => ending?.kind === 'verified' || ending?.kind === 'amber',
  );
  if (!restored || comparison.unsure.length > 0) return [];
  return [`Policy, grants, aliases, tags as ${againstWords(comparison)}, compared ${exactTime(comparison.checkedAt)}`];
};

function againstWords({ against, standIns }: Comparison): string {
  if (against.kind === 'opening')
    return `when this incident opened (taken ${exactTime(against.takenAt)}; there is no last good: the key is younger than the last full sweep)`;
  const stand = standIns.map((part) => PARTS[part].toLowerCase()).join(', ');
  return `last good (taken ${exactTime(against.takenAt)}${stand === '' ? '' : `; ${stand} as when this incident opened`})`;
}

const PARTS: Readonly<Record<Difference['part'], string>> = {
  policy: 'Key policy',
  grants: 'Grants',
  aliases: 'Aliases',
  tags: 'Tags',
  rotation: 'Rotation',
  multiRegion: 'Replicas',
  state: 'State',
};

const gone = (text: string): string => `− ${text}`;
const added = (text: string): string => `+ ${text}`;

/** One difference as a diff, − as it was, + as it is: plain text, as it came. */
function differenceWords(difference: Difference): readonly string[] {
  switch (difference.part) {
    case 'policy':
      return policyWords(difference);
    case 'grants':
      if (difference.change === 'some')
        return [`Grants are not those that were: ${difference.before} before, ${difference.now} now; too many to list`];
      return [difference.change === 'gone' ? gone(grantWords(difference.grant)) : added(grantWords(difference.grant))];
    case 'aliases': {
      const name = cutPlain(difference.alias, 200);
      if (difference.change === 'new') return [added(name)];
      return [
        gone(`${name}${difference.movedTo === undefined ? '' : `, now of ${cutPlain(difference.movedTo, 120)}`}`),
      ];
    }
    case 'tags':
      return [
        ...(difference.before === undefined ? [] : [gone(tagWords(difference.tag, difference.before))]),
        ...(difference.now === undefined ? [] : [added(tagWords(difference.tag, difference.now))]),
      ];
    case 'rotation':
      return [gone(rotationWords(difference.before)), added(rotationWords(difference.now))];
    case 'multiRegion':
      return [gone(familyWords(difference.before)), added(familyWords(difference.now))];
    case 'state':
      return [gone(difference.before), added(difference.now)];
  }
}

function policyWords(difference: Extract<Difference, { readonly part: 'policy' }>): readonly string[] {
  const statement = (text: string): string => `policy ${text}`;
  switch (difference.change) {
    case 'gone':
      return [gone(statement(difference.text))];
    case 'new':
      return [added(statement(difference.text))];
    case 'changed':
    case 'head':
      return [gone(statement(difference.before)), added(statement(difference.text))];
  }
}

function grantWords({ grantee, operations, constraint, name }: Grant): string {
  const only =
    constraint === undefined
      ? ''
      : `, only for ${Object.entries(constraint.pairs)
          .slice(0, 3)
          .map(([key, value]) => `${cutPlain(key, 60)}=${cutPlain(value, 120)}`)
          .join(', ')}`;
  return `grant ${name === undefined ? '' : `${cutPlain(name, 60)} `}to ${cutPlain(grantee, 140)}: ${operations.map((one) => cutPlain(one, 40)).join(', ')}${only}`;
}

const tagWords = (tag: string, value: string): string => `tag ${cutPlain(tag, 80)}=${cutPlain(value, 120)}`;
const rotationWords = ({ enabled, periodInDays }: Rotation): string =>
  `rotation ${enabled ? `every ${periodInDays ?? '?'} days` : 'off'}`;
const familyWords = ({
  role,
  primary,
  replicas,
}: Extract<Difference, { readonly part: 'multiRegion' }>['before']): string =>
  `${role === 'PRIMARY' ? 'primary' : `replica of ${cutPlain(primary, 120)}`}, replicas: ${replicas.length === 0 ? 'none' : replicas.map(({ region }) => cutPlain(region, 30)).join(', ')}`;

function commandWords(commands: readonly string[]): string {
  const shown = commands.filter(({ length }) => length <= LONGEST_COMMAND).slice(0, MOST_COMMANDS);
  if (shown.length === 0) return 'What brings it back is too long for a card: see Evidence under ⋯.';
  const rest = commands.length - shown.length;
  return `What brings it back${rest === 0 ? '' : ` (${rest} more in Evidence)`}:\n\`\`\`${escaped(shown.join('\n'))}\`\`\``;
}
