/** The same rescue without the bot: commands for anybody with rights of their own in the account. */
import type { KeyRef } from '../../../domain/ids.ts';
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { isPending } from '../../../domain/key.ts';
import { message, section, type Words } from './blocks.ts';
import { revokeLines } from './intruder-lines.ts';
import { accountWords, nameOf } from './names.ts';
import type { View } from './view.ts';

/** Draws the commands for the key's state as last read. ARN and Region were checked when they were parsed. */
export function drawCliCommands(incident: Incident, view: View): Words {
  const key = keyOfIncident(incident);
  if (key === undefined)
    return message('There is no key to act on yet.', [section(['There is no key to act on yet.'])]);
  const lines = [
    `The same rescue of *${nameOf(incident)}* without the bot, with rights of your own in ${accountWords(key.account, view)}:`,
    `\`\`\`${cliCommands(incident, key).join('\n')}\`\`\``,
    'Put `--profile <profile>` behind each, or set `AWS_PROFILE`, to act in that account.',
  ];
  const revoke = revokeLines(incident, view);
  return message([...lines, ...revoke].join('\n'), [section(lines), ...(revoke.length === 0 ? [] : [section(revoke)])]);
}

/** The commands alone: read, cancel if pending, enable if it was enabled before, read again. */
export function cliCommands(incident: Incident, key: KeyRef): readonly string[] {
  const line = (operation: string): string => `aws kms ${operation} --region ${key.region} --key-id ${key.arn}`;
  const state = incident.read?.kind === 'read' ? incident.read.snapshot.state : undefined;
  const wasDisabled = incident.prior.kind === 'known' && incident.prior.state === 'Disabled';
  const steps = [line('describe-key')];
  if (state === undefined || isPending(state)) steps.push(line('cancel-key-deletion'));
  if (incident.hold !== undefined && state !== 'Enabled')
    steps.push('# it is on hold: leave it so until an approver has released it (/kms release), then');
  else if (wasDisabled) steps.push('# it was disabled before: leave it so, or');
  if (state !== 'Enabled') steps.push(line('enable-key'), line('describe-key'));
  return steps;
}
