/** The same rescue without the bot: commands for anybody with rights of their own in the account. */
import { type Cancelling, isPolicyClosed, isShutForGood } from '../../../domain/cancelling.ts';
import { type FamilyLine, familyLines } from '../../../domain/family.ts';
import type { KeyRef } from '../../../domain/ids.ts';
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { isPending } from '../../../domain/key.ts';
import { reimportCommands, wrappingOf } from '../../../domain/reimport.ts';
import { message, section, type Words } from './blocks.ts';
import { revokeLines } from './intruder-lines.ts';
import { accountWords, nameOf } from './names.ts';
import { GOOD_POLICY_FILE } from './restore-commands.ts';
import type { View } from './view.ts';

/** A message holds no more of them whole. */
const MOST_MEMBERS = 5;

/** Draws the commands for the key's state as last read, and for the other members of its family. ARN and Region were checked when they were parsed. */
export function drawCliCommands(incident: Incident, view: View): Words {
  const key = keyOfIncident(incident);
  if (key === undefined)
    return message('There is no key to act on yet.', [section(['There is no key to act on yet.'])]);
  const others = relatives(incident, key);
  const isGone = incident.read?.kind === 'gone';
  const parts = [
    [
      `${leadWords(incident, others.length > 0)}${isGone ? '' : ` With rights of your own in ${accountWords(key.account, view)}:`}`,
    ],
    ...(isGone ? [] : [[codeOf(cliCommands(incident, key))]]),
    ...others.slice(0, MOST_MEMBERS).map(memberLines),
    [
      others.length > MOST_MEMBERS
        ? `And the same for ${others.length - MOST_MEMBERS} more members of its family.`
        : '',
      isGone && others.length === 0
        ? ''
        : 'Put `--profile <profile>` behind each, or set `AWS_PROFILE`, to act in that account.',
    ],
    revokeLines(incident, view),
  ]
    .map((lines) => lines.filter((line) => line !== ''))
    .filter((lines) => lines.length > 0);
  return message(parts.flat().join('\n'), parts.map(section));
}

const codeOf = (commands: readonly string[]): string => `\`\`\`${commands.join('\n')}\`\`\``;

/** What the commands are for. */
function leadWords(incident: Incident, hasOthers: boolean): string {
  const name = `*${nameOf(incident)}*`;
  const { read, knowledge } = incident;
  if (read?.kind === 'gone') return `KMS has deleted ${name}: no command brings it back.`;
  const state = read?.kind === 'read' ? read.snapshot.state : undefined;
  if (state === 'PendingImport')
    return `The material of ${name} comes back without the bot only by whoever holds it: exactly the same, wrapped offline.`;
  if (state !== 'Enabled') return `The same rescue of ${name} without the bot.`;
  if (isPolicyClosed(knowledge?.cancelling))
    return `${name} works; this opens its key policy again, so that it could be rescued.`;
  return hasOthers
    ? `${name} works here; below are the members of its family that do not, or were not read.`
    : `${name} works: nothing is to be rescued. To look at it yourself:`;
}

const line = (key: KeyRef, operation: string): string =>
  `aws kms ${operation} --region ${key.region} --key-id ${key.arn}`;

/** The commands alone: read, open the policy if it is closed, cancel if pending, enable if it was enabled before, read again. Empty: it is deleted. */
export function cliCommands(incident: Incident, key: KeyRef): readonly string[] {
  const { read, prior, hold, knowledge } = incident;
  if (read?.kind === 'gone') return [];
  const snapshot = read?.kind === 'read' ? read.snapshot : undefined;
  const state = snapshot?.state;
  const steps = [line(key, 'describe-key'), ...policySteps(knowledge?.cancelling, key)];
  if (snapshot !== undefined && state === 'PendingImport')
    return [...steps, ...reimportCommands(key, wrappingOf(snapshot.spec)), line(key, 'describe-key')];
  if (state === undefined || isPending(state)) steps.push(line(key, 'cancel-key-deletion'));
  if (hold !== undefined && state !== 'Enabled')
    steps.push('# it is on hold: leave it so until an approver has released it (/kms release), then');
  else if (prior.kind === 'known' && prior.state === 'Disabled')
    steps.push('# it was disabled before: leave it so, or');
  if (state !== 'Enabled') steps.push(line(key, 'enable-key'), line(key, 'describe-key'));
  return steps;
}

/** As long as the policy is closed, nothing else may pass either. */
function policySteps(cancelling: Cancelling | undefined, key: KeyRef): readonly string[] {
  if (cancelling === undefined || !isPolicyClosed(cancelling)) return [];
  if (isShutForGood(cancelling)) return ['# nobody in the account may replace the key policy: AWS Support first, then'];
  return [
    '# by somebody who may still replace the key policy (see the card); the file, where it is known, is among those of Evidence',
    `${line(key, 'put-key-policy')} --policy-name default --policy file://${GOOD_POLICY_FILE}`,
  ];
}

/** The other members that may need a hand, as the record knows them. */
const relatives = (incident: Incident, key: KeyRef): readonly FamilyLine[] =>
  familyLines([incident]).filter(
    ({ key: { arn }, state }) => arn !== key.arn && state !== 'Enabled' && state !== 'gone',
  );

function memberLines({ key, role, state }: FamilyLine): readonly string[] {
  const isRead = state !== 'unread' && state !== 'unreadable' && state !== 'unwatched';
  const title = `*${key.region}*, ${role === 'PRIMARY' ? 'primary' : 'replica'}: ${isRead ? state : 'not read'}`;
  // A member has the key spec of its family, which only a record of its own would tell.
  if (state === 'PendingImport') return [title, codeOf(reimportCommands(key, 'RSAES_OAEP_SHA_256'))];
  const isCancellable = !isRead || state === 'PendingDeletion' || state === 'PendingReplicaDeletion';
  return [
    title,
    codeOf([
      ...(isRead ? [] : [line(key, 'describe-key')]),
      ...(isCancellable ? [line(key, 'cancel-key-deletion')] : []),
      '# unless it was disabled before',
      line(key, 'enable-key'),
    ]),
  ];
}
