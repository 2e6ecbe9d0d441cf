/** What else the person behind it did, what they say of it, and whether somebody keeps the key off: the card's lines. */
import type { KeyArn, Place } from '../../../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../../../domain/incident.ts';
import { type DeedGroup, type Intruder, suspectOf } from '../../../domain/intruder.ts';
import { elseOf, elseOfWave } from '../../../domain/what-else.ts';
import { accountWords, actorName, lastPart, personWords } from './names.ts';
import { revocationOf } from './revoke.ts';
import { escaped, foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import type { View } from './view.ts';

const MOST_OPERATIONS = 6;
const MOST_KEYS = 5;

/**
 * The section "What else did they do"; empty while nobody was searched for, and where it is over and nothing else was found. `wave`: the
 * keys of the wave that it is told for.
 */
export function intruderLines(incident: Incident, view: View, wave?: ReadonlySet<KeyArn>): readonly string[] {
  const intruder = wave === undefined ? elseOf(incident) : elseOfWave(incident, wave);
  if (intruder === undefined) return [];
  const foundElse = intruder.count > 0 || intruder.uncoveredCount > 0 || intruder.elsewhere.length > 0;
  if (!isOpen(incident)) return foundElse ? [overLine(intruder)] : [];
  return [
    `*What else did they do*  ${actorName(intruder.actor)}: ${countWords(intruder)}`,
    foundElse ? whoLine(intruder) : '',
    uncoveredLine(intruder),
    elsewhereLine(intruder),
    unsearchedLine(intruder, view),
    lagLine(intruder),
    keyOfIncident(incident) === undefined ? '' : 'To stop them: `⋯` → *Show AWS CLI commands*.',
  ].filter((line) => line !== '');
}

function overLine(intruder: Intruder): string {
  const { uncoveredCount, lookedAt } = intruder;
  const without = uncoveredCount === 0 ? '' : `; ${uncoveredCount} of the keys without an incident`;
  return `*What else did they do*  ${countWords(intruder)}${without}, as of ${dayAndTime(lookedAt)}`;
}

function countWords(intruder: Intruder): string {
  if (intruder.count === 0) {
    if (intruder.placesSearched === 0) return 'not known, no place could be searched';
    return intruder.elsewhere.length === 0 ? 'nothing else seen so far' : 'no other KMS call seen so far';
  }
  const shown = intruder.groups.slice(0, MOST_OPERATIONS).map(groupWords);
  const left = intruder.groups.length - shown.length + intruder.otherOperations;
  const others = left > 0 ? [`${left} other ${left === 1 ? 'operation' : 'operations'}`] : [];
  return [...shown, ...others].join(', ');
}

function groupWords({ operation, count, refused, keyCount }: DeedGroup): string {
  const keys = keyCount > 1 ? ` on ${keyCount} keys` : '';
  const no = refused === 0 ? '' : refused === count ? ', refused' : `, ${refused} refused`;
  return `${foreign(operation, 60)} ×${count}${keys}${no}`;
}

/** The actor's own marks stand with the danger; here is only what more there is. */
function whoLine({ accessKeyIds, addresses, sourceIdentities, mfa, byName }: Intruder): string {
  const list = (names: readonly string[]): string => names.map((name) => foreign(name, 60)).join(', ');
  return [
    accessKeyIds.length === 0 ? '' : `access ${accessKeyIds.length === 1 ? 'key' : 'keys'} ${list(accessKeyIds)}`,
    addresses.length === 0 ? '' : `from ${list(addresses)}`,
    sourceIdentities.length === 0 ? '' : `source identity ${list(sourceIdentities)}`,
    mfa === 'sometimes' ? 'with MFA only sometimes' : '',
    byName === 0 ? '' : `${byName} of these calls in other accounts, by the name alone: it may be somebody else there`,
  ]
    .filter((part) => part !== '')
    .join('  ·  ');
}

function uncoveredLine({ uncovered, uncoveredCount }: Intruder): string {
  if (uncoveredCount === 0) return '';
  const shown = uncovered
    .slice(0, MOST_KEYS)
    .map(
      ({ key, operation, error }) =>
        `${foreign(lastPart(key), 60)} (${foreign(operation, 40)}${error === undefined ? '' : ', refused'})`,
    );
  const left = uncoveredCount - shown.length;
  return `⚠️ Also touched, without an incident: ${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

const elsewhereLine = ({ elsewhere }: Intruder): string =>
  elsewhere.length === 0
    ? ''
    : `Other services: ${elsewhere.map(({ service, count }) => `${foreign(service.replace(/\.amazonaws\.com$/, ''), 40)} ×${count}`).join(', ')}`;

/** Not searched is not innocent. */
function unsearchedLine({ unsearched, unsearchedCount, placesCut }: Intruder, view: View): string {
  const name = ({ account, region }: Place): string => `${accountWords(account, view)} ${region}`;
  const parts: string[] = [];
  if (unsearchedCount > 0) {
    const shown = unsearched.slice(0, 3).map(({ place, why }) => `${name(place)} (${foreign(why, 100)})`);
    const left = unsearchedCount - shown.length;
    parts.push(`Not searched, so not known: ${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`);
  }
  if (placesCut.length > 0)
    parts.push(`Only the newest calls looked at in ${placesCut.slice(0, 3).map(name).join(', ')}: there are more`);
  return parts.join('\n');
}

const lagLine = ({ lookedAt, nextLookAt }: Intruder): string =>
  nextLookAt === undefined
    ? `CloudTrail lags; looked for the last time at ${exactTime(lookedAt)}.`
    : `CloudTrail lags; looked at ${exactTime(lookedAt)}, again from ${dayAndTime(nextLookAt)} on.`;

/** To stop whoever is behind it, with rights in IAM that the bot does not have; empty where nobody is behind it. Sessions that begin after `view.now` go on. */
export function revokeLines(incident: Incident, view: View): readonly string[] {
  const suspect = suspectOf(incident);
  if (suspect === undefined) return [];
  const { commands, notes } = revocationOf(suspect.actor, view.now);
  return [
    `*To stop ${actorName(suspect.actor)}*, with rights in IAM of your own:`,
    ...(commands.length === 0 ? [] : [`\`\`\`${escaped(commands.join('\n'))}\`\`\``]),
    ...notes,
  ];
}

/** Who keeps it off, and what that means for a rescue. */
export const holdLine = ({ hold }: Incident): string =>
  hold === undefined
    ? ''
    : `✋ *On hold*  by ${personWords(hold.by)} since ${dayAndTime(hold.at)}: ${foreign(hold.reason, 300)}. A rescue cancels a deletion and leaves the key disabled; enabling it, or \`/kms release\`, takes an approver.`;

/** What the person whose name it is says. */
export function saidLine(incident: Incident): string {
  const { said } = incident;
  if (said === undefined) return '';
  const suspect = suspectOf(incident);
  const who = suspect === undefined ? 'whoever was behind this' : actorName(suspect.actor);
  return said.wasMe
    ? `${personWords(said.by)} says ${who} was them, ${dayAndTime(said.at)}. That makes nothing quieter.`
    : `🚨 ${personWords(said.by)} says this was not them, ${dayAndTime(said.at)}: take ${who} for stolen, and revoke it.`;
}
