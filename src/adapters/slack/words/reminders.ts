/**
 * Reminders: their own message, as loud as they were decided to be. Each contains the word "Reminder" and the alias (what has just
 * happened stands before that word), the state as
 * just read, and the buttons that decide. A reminder stands for days: what it says of time is a date. Above 300 lines, because all kinds
 * say the same things of a key, and in the same words.
 */
import type { KnownBlock } from '@slack/types';
import { isUnusable } from '../../../domain/attention.ts';
import { isOnlyOfPolicy } from '../../../domain/blocked.ts';
import { buttonsOf } from '../../../domain/buttons.ts';
import { dateOfMark, type Mark } from '../../../domain/deadline.ts';
import { isPlanned } from '../../../domain/decommission.ts';
import { inWords } from '../../../domain/durations.ts';
import type { Effect, Reminder, Volume } from '../../../domain/effect.ts';
import { shownOn } from '../../../domain/gathering.ts';
import type { Instant, Person } from '../../../domain/ids.ts';
import { type Incident, isOpen } from '../../../domain/incident.ts';
import { keyUsageOf } from '../../../domain/key-usage.ts';
import { isExpiry } from '../../../domain/reimport.ts';
import type { WaveCount } from '../../../domain/wave-row.ts';
import type { Worsening } from '../../../domain/worse.ts';
import { blockedWords, cannotCancelAdvice } from './advice.ts';
import { attentionLine, planLine, planScheduledWords, voidWords } from './attention-lines.ts';
import { message, section, type Words } from './blocks.ts';
import { cancellingLines, stillBecause, stillCannotCancel } from './cancelling-lines.ts';
import { fateWords, lossConsequence, lossWords, untilLine, untilOf, untilWords } from './clock-lines.ts';
import { controlBlocks } from './controls.ts';
import { saidLine } from './intruder-lines.ts';
import { accountWords, nameOf, personWords } from './names.ts';
import { isWithoutMaterial, reimportLines } from './reimport-lines.ts';
import { selfLines } from './self-lines.ts';
import { dangerLines, lookedIntoLine, usesLine } from './story.ts';
import { endedWords } from './survivor-lines.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';
import { usageWords } from './usage-words.ts';
import type { View } from './view.ts';
import { drawWasThisYou } from './was-this-you.ts';
import { behindLine, heardLessLine, worseWords } from './worse-lines.ts';

/** `wave`: how many keys the wave has that it is told for. */
export type Reminding = Pick<Extract<Effect, { kind: 'remind' }>, 'reminder' | 'volume' | 'to'> & {
  readonly wave?: WaveCount;
};

/** Draws a reminder, in the thread of its card or, with `to`, wherever else it must be heard. */
export function drawReminder(
  incident: Incident,
  { reminder, volume = 'broadcast', to, wave }: Reminding,
  view: View,
  form: { readonly plain: boolean },
): Words {
  if (reminder.kind === 'wasThisYou') return drawWasThisYou(incident, reminder.question, view);
  const [title = 'Reminder', ...said] = linesOf(incident, reminder, view, volume);
  const rest = [...rescueLines(incident, reminder), ...said];
  const called = volume === 'mention' || (volume === 'everyone' && !isPerson(to)) ? mentionWords(view) : '';
  const over = reminder.kind === 'over';
  const lines = [
    ...rest,
    isPerson(to) && !over ? responders(incident, view) : '',
    to === undefined ? '' : elsewhere(incident, view, over, wave),
  ].filter((line) => line !== '');
  const text = called === '' ? title : `${title} ${called}`;
  if (form.plain) return message([text, ...lines].join('\n'), []);
  const blocks: KnownBlock[] = [section([`*${title}*${called === '' ? '' : `  ${called}`}`, ...lines])];
  return message(text, [...blocks, ...controlBlocks(incident, offering(incident, reminder, view), false, 'reminder')]);
}

/** Somebody is to import material: nothing that takes the key away belongs beside that. */
const isAboutMaterial = (incident: Incident, reminder: Reminder): boolean =>
  (reminder.kind === 'loss' && isExpiry(reminder.of)) || isWithoutMaterial(incident);

const offering = (incident: Incident, reminder: Reminder, view: View): View =>
  isAboutMaterial(incident, reminder)
    ? { ...view, destructive: false, can: (duty) => duty === 'rescue' && view.can(duty) }
    : view;

/** Approvers are woken in person, and not each of them may press what saves: in a direct message a mention calls nobody. */
function responders(incident: Incident, view: View): string {
  const names = view.responderMentions?.(incident) ?? '';
  const saves = buttonsOf(incident, view.can, false).offered.some((kind) => kind === 'rescue' || kind === 'enable');
  return names === '' || !saves ? '' : `Rescuing is for responders: ${names}. If you are none of them, wake one.`;
}

const isPerson = (to: string | undefined): boolean => to !== undefined && /^[UW]/.test(to);

/** Whoever is on call; the id was checked with the configuration. */
export function mentionWords({ mention }: View): string {
  if (mention === undefined) return '';
  return mention.startsWith('S') ? `<!subteam^${mention}>` : `<@${mention}>`;
}

const elsewhere = (incident: Incident, view: View, over: boolean, wave: WaveCount | undefined): string => {
  const url = view.cardUrl?.(incident);
  const where = /^[CG][A-Z0-9]+$/.test(incident.card.channel) ? `<#${incident.card.channel}>` : 'the incident channel';
  const card = `${url === undefined ? 'Its card' : `<${url}|Its card>`} stands in ${where}`;
  if (over) return `${card}.`;
  // One member of a wave is told for all of them.
  return shownOn(incident).on === 'wave'
    ? `It is one of ${wave === undefined ? 'the keys of a wave' : waveWords(wave)}. ${card}, and rescues all of them.`
    : `${card}.`;
};

const waveWords = ({ keys, left }: WaveCount): string =>
  `${keys} keys of a wave, ${left === keys ? 'all' : `${left} of them`} still in danger`;

function linesOf(incident: Incident, reminder: Reminder, view: View, volume: Volume): readonly string[] {
  switch (reminder.kind) {
    case 'milestone':
      return milestone(incident, reminder, view, volume);
    case 'loss':
      return loss(incident, reminder, view, volume);
    case 'again':
      return again(incident, reminder, view, volume);
    case 'undecided':
      return undecided(incident, reminder, view);
    case 'planVoid':
      return planVoid(incident, reminder, view);
    case 'overdue':
      return overdue(incident, reminder, view);
    case 'end':
      return endReport(incident, reminder);
    case 'cannotCancel':
      return cannotCancel(incident, view);
    case 'ownKey':
      return ownKey(incident, view);
    case 'worse':
      return worse(incident, reminder, view, volume);
    case 'notMe':
      return reminder.name === undefined
        ? notMe(incident, view)
        : stolenName(incident, { ...reminder, name: reminder.name }, view);
    case 'wasThisYou':
      return [];
    case 'over':
      return overWords(incident, reminder, view);
  }
}

/** Whether a rescue would work, as the policy was read for this very reminder; not where nothing is left to decide, or to cancel. */
function rescueLines(incident: Incident, reminder: Reminder): readonly string[] {
  const { kind } = reminder;
  if (kind === 'end' || kind === 'over' || kind === 'wasThisYou' || !isOpen(incident)) return [];
  return isAboutMaterial(incident, reminder) && incident.countdown === undefined ? [] : cancellingLines(incident);
}

/** What to do, for somebody who reads nothing else. */
function decideWords(incident: Incident, volume: Volume): string {
  const { cancelling } = incident.knowledge ?? {};
  const blocked = cancelling?.answer === 'no' ? blockedWords(cancelling) : undefined;
  if (isPlanned(incident))
    return `${planScheduledWords(incident)} If it is wrong: ${blocked ?? '*Rescue* brings back what was before.'}`;
  const rescue = blocked ?? '*Rescue* brings back what was before; *Cancel Deletion* alone leaves it disabled.';
  // Of what the bot itself depends on the end is never planned.
  const meant = incident.self === true ? '' : 'Is it meant: `/kms planned`. ';
  return `${afterWords(incident)} Must it live: ${rescue} ${meant}${acknowledgeWords(volume)}`;
}

/** What the date takes: with a replica, or the replicas of a primary, not yet the material. */
function afterWords(incident: Incident): string {
  const { countdown, read } = incident;
  const encrypts = (keyUsageOf(incident) ?? 'ENCRYPT_DECRYPT') === 'ENCRYPT_DECRYPT';
  const lost = encrypts ? 'what only this family can decrypt is lost for good' : usageWords(incident).willBeLost;
  if (countdown?.replicas !== undefined) return `It cannot be used meanwhile; ${lost} when its own window is over.`;
  return read?.kind === 'read' && read.snapshot.multiRegion?.role === 'REPLICA'
    ? `After that date its Region has no key of this family any more; ${lost} unless another key of it lives on.`
    : `After that date, ${usageWords(incident).willBeLost}.`;
}

/** On the last day whoever acknowledges is not left in peace. */
const acknowledgeWords = (volume: Volume): string =>
  volume === 'everyone'
    ? '*Acknowledge*: you have it in hand; nobody is mentioned in between, but the loud marks of this last stretch speak all the same.'
    : '*Acknowledge*: you have it in hand, and nobody is mentioned for a while.';

/** Who scheduled it: whoever is woken need not open the card for that. */
const scheduledLine = (incident: Incident): string =>
  dangerLines(incident).find((line) => line.startsWith('*Scheduled by*')) ?? '';

function milestone(
  incident: Incident,
  reminder: Extract<Reminder, { kind: 'milestone' }>,
  view: View,
  volume: Volume,
): readonly string[] {
  const over = reminder.deletionDate <= view.now;
  const until = untilOf(incident, reminder.deletionDate);
  const past = `is past ${until.replicas === undefined ? 'its deletion date' : 'the date of its replicas'}, ${dayAndTime(reminder.deletionDate)}`;
  return [
    `⏰ Reminder${over ? '' : beforeWords(reminder)}: ${nameOf(incident)} ${over ? past : fateWords(until)}`,
    aheadWords(reminder),
    whereWords(incident, view),
    stateWords(incident),
    lateWords(reminder),
    planLine(incident),
    attentionLine(incident, view),
    scheduledLine(incident),
    usesLine(incident),
    decideWords(incident, volume),
  ];
}

/** Something may be lost before the key itself is. */
function loss(
  incident: Incident,
  reminder: Extract<Reminder, { kind: 'loss' }>,
  view: View,
  volume: Volume,
): readonly string[] {
  const { of, lossAt } = reminder;
  const over = lossAt <= view.now;
  const what = lossWords({ of, deletionDate: lossAt });
  return [
    `⏳ Reminder${over ? '' : beforeWords(reminder)}: ${what}, because ${nameOf(incident)} ${of.includes('material') ? 'lives on imported material' : `is ${stateWord(incident)}`}`,
    aheadWords(reminder),
    whereWords(incident, view),
    stateWords(incident),
    lateWords(reminder),
    lossConsequence(of),
    planLine(incident),
    attentionLine(incident, view),
    usesLine(incident),
    ...(isExpiry(of)
      ? [...reimportLines(incident, over ? '' : ` by ${dayAndTime(lossAt)}`), acknowledgeWords(volume)]
      : isUnusable(incident)
        ? [`Must they live: bring the key back before then. ${acknowledgeWords(volume)}`]
        : ['Whoever holds the material imports it again before then.']),
  ];
}

/** What it is called after; how much is left is for the reader's clock. */
const beforeWords = ({ ahead, milestone: mark }: Mark): string =>
  ahead === undefined ? `, ${inWords(mark)} before` : '';

const aheadWords = (mark: Mark): string =>
  mark.ahead === undefined
    ? ''
    : `The next reminder, ${inWords(mark.ahead)} before (${dayAndTime(dateOfMark(mark) - mark.ahead)}), falls on a night or weekend: this is the last working day before it. Decide today.`;

function lateWords(reminder: Mark): string {
  const late = reminder.late === undefined ? '' : `This reminder is late by ${inWords(reminder.late)}.`;
  const collapsed =
    reminder.collapsed > 1 ? `It stands for ${reminder.collapsed} reminders that were due while the bot was away.` : '';
  return [late, collapsed].filter((part) => part !== '').join(' ');
}

function again(
  incident: Incident,
  reminder: Extract<Reminder, { kind: 'again' }>,
  view: View,
  volume: Volume,
): readonly string[] {
  const { attention, deletionDate } = reminder;
  const said = attention.kind === 'acknowledged' ? 'acknowledged it' : 'snoozed it';
  return [
    `⏰ Reminder: ${nameOf(incident)} ${deletionDate === undefined ? `is still ${stateWord(incident)}` : fateWords(untilOf(incident, deletionDate))}, and nobody has decided`,
    `${personWords(attention.by)} ${said} ${dayAndTime(attention.at)}, until ${dayAndTime(attention.until)}.`,
    whereWords(incident, view),
    stateWords(incident),
    ...whoseLines(incident),
    usesLine(incident),
    ...(deletionDate === undefined ? undecidedWords(incident) : [decideWords(incident, volume)]),
  ];
}

function undecided(
  incident: Incident,
  reminder: Extract<Reminder, { kind: 'undecided' }>,
  view: View,
): readonly string[] {
  return [
    `⏰ Reminder: ${nameOf(incident)} is still ${stateWord(incident)} since ${dayAndTime(reminder.since)}`,
    failingWords(incident),
    whereWords(incident, view),
    stateWords(incident),
    ...whoseLines(incident),
    usesLine(incident),
    ...undecidedWords(incident),
  ];
}

/** Who brought it where it is, and whether their name is said to be stolen: whoever is woken need not open the card for that. */
function whoseLines(incident: Incident): readonly string[] {
  const lines = dangerLines(incident);
  const behind = BEHIND.flatMap((label) => lines.filter((line) => line.startsWith(`*${label}*`)))[0];
  return [behind ?? lines.find((line) => line !== '') ?? '', incident.said?.wasMe === false ? saidLine(incident) : ''];
}

/** As the card names them, and what stops callers first. */
const BEHIND = [
  'Scheduled by',
  'Disabled by',
  'Material deleted by',
  'Material expired',
  'Store disconnected by',
] as const;

function failingWords(incident: Incident): string {
  const { refused, losses } = incident;
  const fail = refused === undefined ? 'Callers fail' : 'Callers still fail';
  if (losses !== undefined) return `${fail}, and ${lossWords(losses)}: decide.`;
  return isWithoutMaterial(incident)
    ? `${fail} until the material is imported again.`
    : `${fail}, and no date ends it: decide.`;
}

const stateWord = ({ read }: Incident): string => {
  if (read?.kind !== 'read') return 'in danger';
  switch (read.snapshot.state) {
    case 'Disabled':
      return 'disabled';
    case 'PendingImport':
      return 'without key material';
    case 'Unavailable':
      return 'cut off from its key store';
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return 'pending deletion';
    case 'Enabled':
    case 'Creating':
    case 'Updating':
      return 'in danger';
  }
};

function planVoid(
  incident: Incident,
  reminder: Extract<Reminder, { kind: 'planVoid' }>,
  view: View,
): readonly string[] {
  const { plan, deletionDate } = reminder;
  return [
    `🚨 Reminder: ${nameOf(incident)} ${deletionDate === undefined ? 'is pending deletion' : fateWords(untilOf(incident, deletionDate))}, and its plan does not hold any more`,
    `Planned decommission ${foreign(plan.ticket, 120)}: ${voidWords(plan)}`,
    whereWords(incident, view),
    stateWords(incident),
    usesLine(incident),
    'Rescue it, or have it planned anew: `/kms planned &lt;key&gt; &lt;ticket&gt;`.',
  ];
}

function overdue(incident: Incident, reminder: Extract<Reminder, { kind: 'overdue' }>, view: View): readonly string[] {
  return [
    untilOf(incident, reminder.deletionDate).replicas === undefined
      ? `🔴 Reminder: ${nameOf(incident)} should be deleted since ${dayAndTime(reminder.deletionDate)}, and KMS still shows it`
      : `🔴 Reminder: ${nameOf(incident)} still waits for its replicas, which should be gone since ${dayAndTime(reminder.deletionDate)}`,
    'KMS takes up to 24 hours longer than its date, and those are over. A rescue may still work: try it now, and ask AWS Support what holds the deletion up.',
    whereWords(incident, view),
    stateWords(incident),
    usesLine(incident),
  ];
}

/** A rescue would fail at the click: somebody else must act first. */
function cannotCancel(incident: Incident, view: View): readonly string[] {
  const { countdown } = incident;
  const dies = incident.dangers.some(({ kind }) => kind === 'deletionScheduled');
  const standing =
    countdown !== undefined
      ? ` and ${fateWords(countdown)}`
      : dies
        ? ', and its deletion is scheduled'
        : isOnlyOfPolicy(incident)
          ? ', though nothing else endangers it yet'
          : '';
  return [
    `🚨 ${nameOf(incident)} can no longer be rescued by us${standing} (Reminder)`,
    whereWords(incident, view),
    stateWords(incident),
    scheduledLine(incident),
    usesLine(incident),
    cannotCancelAdvice(incident),
  ];
}

/** Said before anything else is known of it: what it would take with it is the bot. */
function ownKey(incident: Incident, view: View): readonly string[] {
  const { countdown } = incident;
  return [
    `🚨 Reminder: ${nameOf(incident)} is in danger${countdown === undefined ? '' : ` (${untilWords(countdown)})`}, and Keywarden depends on it`,
    ...selfLines(incident),
    whereWords(incident, view),
    stateWords(incident),
    ...dangerLines(incident).slice(0, 1),
    usesLine(incident),
  ];
}

/** Its card stands far up, and shows it to nobody who does not look. */
function worse(incident: Incident, reminder: Worsening, view: View, volume: Volume): readonly string[] {
  const { losses } = incident;
  return [
    `🚨 Reminder: ${nameOf(incident)} has become worse: ${worseWords(incident, reminder)}`,
    heardLessLine(reminder),
    whereWords(incident, view),
    stateWords(incident),
    behindLine(incident, reminder),
    reminder.change === 'loss' || losses === undefined ? '' : `Also: ${lossWords(losses)}.`,
    losses === undefined ? '' : lossConsequence(losses.of),
    planLine(incident),
    usesLine(incident),
    ...(incident.countdown === undefined ? undecidedWords(incident) : [decideWords(incident, volume)]),
  ];
}

/** The person whose name it was says so: what was perhaps meant is an attack. */
const notMe = (incident: Incident, view: View): readonly string[] => [
  `🚨 Reminder: ${nameOf(incident)} was touched by somebody under a stolen name`,
  saidLine(incident),
  whereWords(incident, view),
  stateWords(incident),
  deletedAfter(incident),
  ...dangerLines(incident).slice(0, 1),
  usesLine(incident),
  'Revoke their access (`⋯` → *Show AWS CLI commands*, on the card), then rescue what they touched; `/kms hold &lt;key&gt; &lt;reason&gt;` keeps a key off until an approver releases it.',
];

/** What it comes to where nobody acts; of a key that is over, nothing. */
function deletedAfter(incident: Incident): string {
  const { countdown, losses } = incident;
  if (!isOpen(incident)) return '';
  if (countdown !== undefined) return untilLine(countdown);
  return losses === undefined ? '' : `${lossWords(losses)}.`;
}

/** The same, where the key has become somebody else's story meanwhile. */
const stolenName = (
  incident: Incident,
  { by, at, name }: { readonly by: Person; readonly at: Instant; readonly name: string },
  view: View,
): readonly string[] => [
  `🚨 Reminder: somebody acts under a stolen name, ${foreign(name, 100)}`,
  `${personWords(by)} says it was not them, ${exactTime(at)}. They had touched ${nameOf(incident)}; what its card shows now was done by somebody else.`,
  whereWords(incident, view),
  stateWords(incident),
  deletedAfter(incident),
  'Look what else was done under that name, and revoke its access.',
];

/** What was just read; a reminder never speaks from memory. */
function stateWords(incident: Incident): string {
  const { read } = incident;
  switch (read?.kind) {
    case undefined:
      return 'Its state could not be read yet.';
    case 'read':
      return `State: ${read.snapshot.state}, read ${exactTime(read.snapshot.readAt)}`;
    case 'gone':
      return `Gone: KMS has deleted it, read ${exactTime(read.readAt)}`;
    case 'unreadable':
      return `Its state could not be read at ${exactTime(read.readAt)}: ${foreign(read.why.message, 200)}${mayBeDying(incident) ? '. Take the deletion for running.' : '. Nothing here is known to be fine.'}`;
  }
}

/** Its deletion is scheduled, or what was heard may mean that. */
const mayBeDying = ({ dangers, countdown }: Incident): boolean =>
  countdown !== undefined || dangers.some(({ kind }) => ['deletionScheduled', 'nonCompliant', 'alarm'].includes(kind));

const whereWords = (incident: Incident, view: View): string =>
  incident.subject.kind === 'key'
    ? `${accountWords(incident.subject.key.account, view)}  ·  ${incident.subject.key.region}`
    : '';

function endReport(incident: Incident, reminder: Extract<Reminder, { kind: 'end' }>): readonly string[] {
  const { read } = incident;
  const name = nameOf(incident);
  const over = `The window ended ${dayAndTime(reminder.deletionDate)}.`;
  switch (read?.kind) {
    case 'gone': {
      const { what, lost, advice } = endedWords(incident);
      return [
        `⚫ ${what.replace(/^the /, 'The ')} was deleted (Reminder)`,
        `${over} KMS has deleted the key; ${lost}. ${advice} The report of its end follows in this thread.`,
        stateWords(incident),
        planLine(incident),
      ];
    }
    case 'read':
      return read.snapshot.state === 'PendingDeletion' || read.snapshot.state === 'PendingReplicaDeletion'
        ? [
            `🔴 ${name} is past its deletion date and still there (Reminder)`,
            `${over} KMS deletes up to 24 hours later: a rescue may still work, right now or never.`,
            stateWords(incident),
          ]
        : [`🟢 ${name} was not deleted (Reminder)`, over, stateWords(incident)];
    case 'unreadable':
    case undefined:
      return [`⚪ Nobody knows whether ${name} was deleted (Reminder)`, over, stateWords(incident)];
  }
}

const STAYS_SO = 'acknowledge that it stays so: *Acknowledge* keeps it from mentioning anybody for a while.';

/** What to do where nothing has a date. */
const undecidedWords = (incident: Incident): readonly string[] =>
  isWithoutMaterial(incident) ? [...reimportLines(incident, ''), `Or ${STAYS_SO}`] : [`Bring it back, or ${STAYS_SO}`];

/** The end, where people were woken. */
function overWords(
  incident: Incident,
  { outcome, wave }: Extract<Reminder, { kind: 'over' }>,
  view: View,
): readonly string[] {
  if (wave !== undefined) return [waveOver(wave)];
  const name = nameOf(incident);
  const ended = endedWords(incident);
  const title =
    outcome === 'deleted'
      ? `⚫ Over: KMS has deleted ${ended.what}; ${ended.lost}`
      : outcome === 'lookedInto'
        ? `⚪ Over: ${name} was looked into and closed`
        : `🟢 Over: ${name} is out of danger`;
  const still = stillCannotCancel(incident);
  return [
    still === '' ? title : `${title}; ${still}`,
    outcome === 'deleted' ? ended.advice : '',
    lookedIntoLine(incident),
    whereWords(incident, view),
    stateWords(incident),
    still === '' ? '' : `Why not: ${stillBecause(incident)}`,
  ];
}

const waveOver = ({ keys, deleted }: { readonly keys: number; readonly deleted: number }): string =>
  deleted === 0
    ? `🟢 Over: the wave of ${keys} keys is out of danger`
    : `⚫ Over: of the wave of ${keys} keys, KMS has deleted ${deleted}: its card says which`;
