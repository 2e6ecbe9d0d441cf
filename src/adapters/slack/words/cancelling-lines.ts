/** "Can we cancel?", in one text; on a no who did it, who may repair it, and what to tell AWS Support where nobody may. */
import { type Cancelling, type CancellingReason, isPolicyClosed } from '../../../domain/cancelling.ts';
import { actionsOfRound, type Incident, isOpen, keyOfIncident } from '../../../domain/incident.ts';
import { isPending } from '../../../domain/key.ts';
import type { Doubt } from '../../../domain/key-policy.ts';
import type { StatementName } from '../../../domain/key-policy-document.ts';
import type { Repairer, Repairers } from '../../../domain/key-policy-repairers.ts';
import { untilWords } from './clock-lines.ts';
import { shortWhy } from './failures.ts';
import { actorName, rawNameOf } from './names.ts';
import { GOOD_POLICY_FILE } from './restore-commands.ts';
import { foreign } from './text.ts';
import { exactTime, plainTime } from './times.ts';

/** Under the facts of a card and in every reminder (`below`: the command that restores the policy stands there already); nothing for what nobody could delete, and once the key is gone. */
export function cancellingLines(incident: Incident, restoring: 'here' | 'below' = 'here'): readonly string[] {
  const line = cancellingLine(incident);
  const { cancelling } = incident.knowledge ?? {};
  return line === '' || cancelling === undefined
    ? [line].filter((one) => one !== '')
    : [line, ...remedyLines(incident, cancelling, restoring)];
}

/** `Can we cancel? no: …` */
export function cancellingLine(incident: Incident): string {
  const { read, knowledge } = incident;
  if (keyOfIncident(incident) === undefined || read?.kind === 'gone') return '';
  if (read?.kind === 'read' && read.snapshot.manager === 'AWS') return '';
  if (incident.phase.kind === 'closed' && (incident.phase.outcome === 'deleted' || knowledge?.cancelling === undefined))
    return '';
  return knowledge?.cancelling === undefined
    ? 'Can we cancel? unknown: the key policy has not been read yet.'
    : answerWords(knowledge.cancelling, saysRawError(incident) ? 'short' : 'whole');
}

/** Whether AWS's own words stand elsewhere on the card: once is enough. */
const saysRawError = (incident: Incident): boolean =>
  (incident.read?.kind === 'unreadable' && !isPolicyClosed(incident.knowledge?.cancelling)) ||
  actionsOfRound(incident).some(({ ending }) => ending?.kind === 'failed' && ending.why.kind === 'denied');

/** Of what ends, or is about to: `Keywarden still cannot cancel a deletion of it`; empty: it could, or nobody knows, or there is nothing to cancel. */
export function stillCannotCancel(incident: Incident): string {
  const { read, phase, knowledge } = incident;
  if (knowledge?.cancelling?.answer !== 'no' || read?.kind === 'gone') return '';
  if (phase.kind === 'closed' && phase.outcome === 'deleted') return '';
  // Somebody has configured it so; the card says which button is absent.
  if (knowledge.cancelling.reasons.every(({ kind }) => kind === 'noRole')) return '';
  // A rescue that has just passed knows better than a policy read before it.
  const { checkedAt } = knowledge.cancelling;
  if (
    actionsOfRound(incident).some(
      ({ kind, ending }) => kind === 'rescue' && ending?.kind === 'verified' && ending.at >= checkedAt,
    )
  )
    return '';
  return cancellingLine(incident) === '' ? '' : 'Keywarden still cannot cancel a deletion of it';
}

/** The same as a line of its own, with what decided. */
export function stillCannotCancelLine(incident: Incident): string {
  const still = stillCannotCancel(incident);
  return still === '' ? '' : `⚠️ *${still}*: ${stillBecause(incident)}`;
}

/** What decided, of an answer that still stands; empty: none was given. */
export const stillBecause = (incident: Incident): string => {
  const { cancelling } = incident.knowledge ?? {};
  return cancelling === undefined ? '' : becauseWords(cancelling, saysRawError(incident) ? 'short' : 'whole');
};

/** The answer of a key without an incident. */
export const answerWords = (cancelling: Cancelling, form: 'whole' | 'short' = 'whole'): string =>
  `Can we cancel? ${cancelling.answer}: ${becauseWords(cancelling, form)}`;

function becauseWords({ answer, reasons, checkedAt, unread }: Cancelling, form: 'whole' | 'short'): string {
  const told = reasons.filter((reason) => isTold(answer, reason));
  const source =
    unread === undefined
      ? `Read ${exactTime(checkedAt)}.`
      : `Judged by the event, ${exactTime(checkedAt)}: the policy itself cannot be read (${foreign(form === 'short' ? shortWhy(unread) : unread, 300)}).`;
  return `${joined(told, form)} ${source}`;
}

const MOST_NAMED = 10;

const isCancellable = ({ read }: Incident): boolean =>
  read?.kind !== 'read' || isPending(read.snapshot.state) || read.snapshot.state === 'Disabled';

/** `Can we cancel? yes for 58, no for 1 (alias/orders), unknown for 1 (alias/data-lake)`: of many keys, those that need somebody by name. */
export function cancellingCounts(incidents: readonly Incident[]): string {
  // Where nothing is pending or disabled, cancelling brings nothing back.
  const asked = incidents.filter((incident) => cancellingLine(incident) !== '' && isCancellable(incident));
  if (asked.length === 0) return '';
  const answering = (answer: Cancelling['answer']): readonly Incident[] =>
    asked.filter(({ knowledge }) => (knowledge?.cancelling?.answer ?? 'unknown') === answer);
  const [yes, no, unknown] = [answering('yes'), answering('no'), answering('unknown')];
  const forSome = (answer: Cancelling['answer'], of: readonly Incident[], named: number): readonly string[] => {
    if (of.length === 0) return [];
    const names = of.slice(0, Math.max(0, named)).map((one) => foreign(rawNameOf(one), 50));
    const more = names.length < of.length && names.length > 0 ? [`${of.length - names.length} more`] : [];
    const list = names.length === 0 ? '' : ` (${[...names, ...more].join(', ')})`;
    return [`${answer} for ${of.length}${list}`];
  };
  // The names of those that cannot be rescued come first, whatever room they leave.
  const parts = [
    ...forSome('yes', yes, 0),
    ...forSome('no', no, MOST_NAMED),
    ...forSome('unknown', unknown, MOST_NAMED - no.length),
  ];
  return `Can we cancel? ${parts.join(', ')}.`;
}

/** What speaks for the answer; of a no not also what else is not known. */
function isTold(answer: Cancelling['answer'], { kind }: CancellingReason): boolean {
  switch (answer) {
    case 'yes':
      return true;
    case 'no':
      return !['named', 'delegated', 'open', 'assumableUnknown'].includes(kind);
    case 'unknown':
      return kind !== 'named';
  }
}

/** Both calls in one sentence where they fail alike. */
function joined(reasons: readonly CancellingReason[], form: 'whole' | 'short'): string {
  const calls = reasons.flatMap((reason) => ('call' in reason ? [reason.call.replace('kms:', '')] : []));
  const seen = new Set<string>();
  const sentences = reasons.map((reason) => reasonWords(reason, calls.join(' and '), form));
  return sentences.filter((sentence) => !seen.has(sentence) && seen.add(sentence)).join(' ');
}

function reasonWords(reason: CancellingReason, calls: string, form: 'whole' | 'short'): string {
  switch (reason.kind) {
    case 'named':
      return `the key policy names ${arnWords(reason.arn)} (${statementWords(reason.by)}).`;
    case 'delegated':
      return `the key policy leaves it to the account's IAM policies (${statementWords(reason.by)}); ${/:(?:role|assumed-role)\//.test(reason.arn) ? "our role's own IAM policy" : 'our own IAM policy'} is not read.`;
    case 'noRole':
      return 'no role for rescuing is configured here (`accounts[].roles.rescue`).';
    case 'roleElsewhere':
      return `${arnWords(reason.arn)} belongs to another account, and KMS takes neither call from there.`;
    case 'notAssumable':
      return `${foreign(reason.why, 500)}.`;
    case 'assumableUnknown':
      return `whether our role can be assumed is not known: ${foreign(reason.why, 300)}.`;
    case 'callerUnknown':
      return `a key policy cannot be held against the bot's own credentials${reason.arn === undefined ? '' : ` (${arnWords(reason.arn)})`}.`;
    case 'policyUnread':
      return `the key policy could not be read: ${foreign(form === 'short' ? shortWhy(reason.why) : reason.why, 400)}.`;
    case 'policyMalformed':
      return 'the key policy is not written in a way that can be read here.';
    case 'denied':
      return `the key policy denies ${calls} (${statementWords(reason.by)}).`;
    case 'notAllowed':
      return `no statement of the key policy allows our role ${calls}, nor leaves it to IAM.`;
    case 'open':
      return reason.doubts.map(doubtWords).join(' ');
    case 'refused':
      return `AWS denied our call ${exactTime(reason.at)}: ${foreign(reason.operation, 80)}${form === 'short' ? '' : ` (${foreign(reason.message, 240)})`}.`;
  }
}

/** To be copied: what consists of the characters of an ARN or a pattern stands as it is, as code, where Slack reads nothing into it. */
const arnWords = (name: string): string =>
  /^[\w+=,.@/:*?${}-]{1,200}$/.test(name) ? `\`${name}\`` : foreign(name, 200);

/** `statement 2 “Closed”` */
const statementWords = ({ place, sid }: StatementName): string =>
  `statement ${place}${sid === undefined || sid === '' ? '' : ` “${foreign(sid, 80)}”`}`;

function doubtWords({ statement, effect, conditions }: Doubt): string {
  const may = effect === 'Allow' ? 'may allow it' : 'may deny it';
  const why =
    conditions.length === 0
      ? 'it is not fully understood here'
      : `not known here: ${conditions.map((name) => foreign(name, 80)).join(', ')}`;
  return `${statementWords(statement)} of the key policy ${may}; ${why}.`;
}

function remedyLines(incident: Incident, cancelling: Cancelling, restoring: 'here' | 'below'): readonly string[] {
  if (cancelling.answer !== 'no' || !isOpen(incident)) return [];
  return [sinceWords(cancelling), ...repairLines(incident, cancelling.repairers, restoring)].filter(
    (line) => line !== '',
  );
}

function sinceWords({ since, by }: Cancelling): string {
  if (since === undefined) return '';
  const when = since.from === 'change' ? `Since ${exactTime(since.at)}` : `Seen so first ${exactTime(since.at)}`;
  return by === undefined
    ? `${when}${since.from === 'change' ? '' : '; who closed it is not known'}.`
    : `${when}. The key policy was replaced by ${actorName(by.actor)}, ${exactTime(by.at)}.`;
}

function repairLines(
  incident: Incident,
  repairers: Repairers | undefined,
  restoring: 'here' | 'below',
): readonly string[] {
  const key = keyOfIncident(incident);
  if (repairers === undefined || key === undefined) return [];
  if (repairers.listed.length === 0) return supportLines(incident);
  const more = repairers.more === 0 ? '' : `; and ${repairers.more} more`;
  return [
    `*Who may still replace the key policy*  ${repairers.listed.map(repairerWords).join('; ')}${more}`,
    ...(restoring === 'below'
      ? []
      : [
          `With the policy as it should be (where it is known, among the files of Evidence under ⋯): \`aws kms put-key-policy --region ${key.region} --key-id ${key.keyId} --policy-name default --policy file://${GOOD_POLICY_FILE}\``,
        ]),
  ];
}

function repairerWords({ kind, name, certain }: Repairer): string {
  const perhaps = certain ? '' : 'perhaps ';
  switch (kind) {
    case 'principal':
      return `${perhaps}${arnWords(name)}`;
    case 'account':
      return `${perhaps}principals of account ${foreign(name, 20)} whose IAM policy allows kms:PutKeyPolicy`;
    case 'everybody':
      return `${perhaps}everybody in account ${foreign(name, 20)}`;
  }
}

/** Only AWS can give access back to such a key (KMS guide, "Allow key administrators": a key that becomes unmanageable). */
function supportLines(incident: Incident): readonly string[] {
  const key = keyOfIncident(incident);
  if (key === undefined) return [];
  const { read, countdown } = incident;
  const state = read?.kind === 'read' ? read.snapshot.state : 'not known';
  const date = countdown === undefined ? '' : `, ${untilWords(countdown, plainTime)}`;
  return [
    '*Nobody in the account may replace the key policy.* Open a case with AWS Support now, ready to copy:',
    `\`\`\`Service: AWS KMS. Severity: business-critical system down.
Account ${key.account}, Region ${key.region}
Key ${key.arn}
State ${state}${date}
Its key policy was replaced. It now lets no principal of the account call kms:PutKeyPolicy, and locks out our rescue (kms:CancelKeyDeletion, kms:EnableKey)${lockedOut(incident)}.
Please give the account access to the key again${countdown === undefined ? '' : ' before that date'}; we prove ownership of the account on request.\`\`\``,
  ];
}

function lockedOut({ knowledge }: Incident): string {
  const by = knowledge?.cancelling?.by;
  return by === undefined ? '' : ` since ${plainTime(by.at)}`;
}
