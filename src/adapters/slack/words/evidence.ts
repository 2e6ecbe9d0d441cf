/** Evidence as a report in Markdown, for an auditor who was not there. */
import type { AuditActor, AuditEntry } from '../../../domain/audit.ts';
import { inWords } from '../../../domain/durations.ts';
import type { Evidence, SubjectEvidence } from '../../../domain/evidence.ts';
import type { LastUseEvidence, ReadEvidence } from '../../../domain/evidence-key.ts';
import { momentOf } from '../../../domain/moment.ts';
import { actionsSection, approvalsSection, peopleSection, personLine, remindersSection } from './evidence-deeds.ts';
import { intruderSection } from './evidence-intruder.ts';
import { shapeSection } from './evidence-shape.ts';
import { callersSection, dangersSection, OUTCOMES, refusedSection, timelineSection } from './evidence-story.ts';
import { at, code, learned, newest, pairs, paragraphs, table } from './markdown.ts';

const MOST_AUDIT_ENTRIES = 300;
const MOST_NAMES = 20;

/** The subject's name as its source spells it: raw, for whoever escapes it. */
export function evidenceName({ subject, aliases }: Evidence): string {
  switch (subject.kind) {
    case 'key':
      return (aliases.kind === 'known' ? aliases.value[0] : undefined) ?? subject.keyId;
    case 'alarm':
      return subject.name;
    case 'place':
      return `${subject.account} ${subject.region}`;
    case 'topic':
      return subject.arn;
  }
}

/** The whole report. Every list in it is bounded and says what it leaves out. */
export function evidenceMarkdown(evidence: Evidence): string {
  const { leftOut, audit } = evidence;
  return `${paragraphs([
    `# Evidence: ${code(evidenceName(evidence), 140)}`,
    `Written by Keywarden at ${at(evidence.writtenAt)}, from its record of incident ${code(evidence.incident.id)} and from its audit trail. All times are UTC.`,
    'What stands in `this type` is data: it came from AWS, from Slack, from people or from the record, and says what it says. Long texts are shortened, invisible signs left out; a backtick is drawn as ˋ and a pipe as ∣. The JSON file beside this one has all of it unchanged.',
    'Nothing recorded does not mean that nothing happened, and what is not known says why.',
    summarySection(evidence),
    shapeSection(evidence),
    dangersSection(evidence.dangers),
    intruderSection(evidence.intruder),
    refusedSection(evidence.refusedUses),
    timelineSection(evidence),
    peopleSection(evidence.people),
    callersSection(evidence.callers),
    approvalsSection(evidence.approvals, leftOut.approvals, evidence.writtenAt),
    actionsSection(evidence.actions, leftOut.actions),
    remindersSection(evidence.reminders),
    auditSection(evidence),
    verifySection(audit.head),
  ])}\n`;
}

function summarySection(evidence: Evidence): string {
  const { incident, read, prior, countdown, search, refusedUses, audit } = evidence;
  const closed = incident.status.kind === 'closed' ? incident.status : undefined;
  const rows: readonly (readonly [string, string])[] = [
    ['Subject', subjectWords(evidence.subject)],
    ['Aliases', learned(evidence.aliases, list)],
    ['Tags', learned(evidence.tags, (tags) => (Object.keys(tags).length === 0 ? 'none' : pairs(tags)))],
    ['Incident', `${code(incident.id)}, round ${incident.round}`],
    ['Opened', at(incident.openedAt)],
    ['Closed', closed === undefined ? 'not yet' : at(closed.at)],
    ['Open for', `${inWords(incident.openFor)}${closed === undefined ? ', and still open' : ''}`],
    ['Outcome', closed === undefined ? 'none yet' : OUTCOMES[closed.outcome]],
    ...(incident.problem === undefined ? [] : [['Problem', code(incident.problem)] as const]),
    ['Last read', learned(read, (one) => readWords(one, evidence.writtenAt))],
    ['State before', learned(prior, (one) => `${code(one.state)}, known from ${code(one.from)}, as of ${at(one.at)}`)],
    [
      'Deletion date',
      learned(
        countdown,
        (one) =>
          `${at(one.deletionDate)}, first read ${at(one.since)}; its end told: ${one.endTold ? 'yes' : 'not yet'}`,
      ),
    ],
    ['Last successful use', learned(evidence.lastUse, lastUseWords)],
    ...(search === undefined
      ? []
      : [
          [
            'Search for the key',
            `${code(search.state)} after ${search.attempts} attempts, from ${at(search.from)} until ${at(search.until)}; candidates: ${list(search.candidates)}${search.problem === undefined ? '' : `; problem: ${code(search.problem)}`}`,
          ] as const,
        ]),
    ['Refused uses', refusedUses.count === 0 ? 'none reported' : `${refusedUses.count} reported`],
    ['Approvals asked for', String(evidence.approvals.length)],
    ['Actions', String(evidence.actions.length)],
    [
      'Audit entries',
      audit.problem === undefined
        ? String(audit.entries.length)
        : `${audit.entries.length} read; the others are not known`,
    ],
  ];
  return paragraphs(['## Summary', table(['What', 'As known'], rows)]);
}

function subjectWords(subject: SubjectEvidence): string {
  switch (subject.kind) {
    case 'key':
      return `key ${code(subject.arn)} in account ${code(subject.account)}, Region ${code(subject.region)}`;
    case 'alarm':
      return `alarm ${code(subject.arn)} in account ${code(subject.account)}, Region ${code(subject.region)}; the key behind it is not known`;
    case 'place':
      return `account ${code(subject.account)} in Region ${code(subject.region)}`;
    case 'topic':
      return `topic ${code(subject.arn)}`;
  }
}

const list = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : `${names
        .slice(0, MOST_NAMES)
        .map((name) => code(name))
        .join(', ')}${names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''}`;

/** An old read is not the state of now: how old it is stands beside it. */
function readWords(read: ReadEvidence, writtenAt: string): string {
  const age = Date.parse(writtenAt) - Date.parse(read.at);
  const when = `read ${at(read.at)}${Number.isFinite(age) ? `, ${inWords(age)} before this was written` : ''}`;
  switch (read.kind) {
    case 'read': {
      const { kind: _kind, at: _at, state, deletionDate, validTo, multiRegion, ...told } = read;
      const dated = [
        deletionDate === undefined ? '' : `; deletion date ${at(deletionDate)}`,
        validTo === undefined ? '' : `; material valid to ${at(validTo)}`,
        multiRegion === undefined
          ? ''
          : `; multi-Region ${code(multiRegion.role)}, primary ${code(multiRegion.primary)}, replicas ${list(multiRegion.replicas)}`,
      ];
      return `${code(state)}, ${when}${dated.join('')}; ${pairs(told)}`;
    }
    case 'gone':
      return `KMS says that the key does not exist, ${when}`;
    case 'unreadable':
      return `not readable, so nothing is known to be fine, ${when}: ${pairs({ ...read.why })}`;
  }
}

function lastUseWords(lastUse: LastUseEvidence): string {
  if (lastUse.kind === 'neverSeen') return 'none seen by KMS; caches and data keys in use hide uses';
  const event = lastUse.eventId === undefined ? '' : `, event ${code(lastUse.eventId)}`;
  return `${code(lastUse.operation)}, at least until ${at(lastUse.at)}${event}`;
}

function auditSection({ audit, leftOut, incident, subject }: Evidence): string {
  const { entries, problem } = audit;
  const { shown, note } = newest(entries, MOST_AUDIT_ENTRIES);
  const about = [incident.id, subject.kind === 'key' ? subject.arn : undefined];
  return paragraphs([
    '## Audit trail',
    'The entries about this subject, by their numbers in the trail. Each carries the hash of the entry before it, which may be about another subject.',
    problem === undefined
      ? ''
      : `The trail could not be read to its end, so entries may be missing here: ${code(problem)}`,
    leftOut.audit === 0 ? '' : `${leftOut.audit} older ones stand in the trail only.`,
    note,
    entries.length === 0 ? 'None was found.' : shown.map((entry) => auditLine(entry, about)),
  ]);
}

/** Key and incident are told only where they are others than this report's. */
function auditLine(entry: AuditEntry, about: readonly (string | undefined)[]): string {
  const { seq, prev, hash, id, kind, at: when, actor, key, incident, ...told } = entry;
  const others = Object.entries({ key, incident }).filter(([, value]) => value !== undefined && !about.includes(value));
  const rest = pairs({ ...Object.fromEntries(others), ...told });
  return `- ${seq} · ${at(momentOf(when))} · ${code(kind)} by ${actorLine(actor)}${rest === '' ? '' : `; ${rest}`}; id ${code(id)}; hash ${code(hash)}, after ${code(prev)}`;
}

function actorLine(actor: AuditActor): string {
  switch (actor.via) {
    case 'slack':
      return personLine(actor);
    case 'terminal':
      return `${code(actor.user)} at the terminal`;
    case 'keywarden':
      return 'Keywarden itself';
  }
}

function verifySection(head: Evidence['audit']['head']): string {
  const verify = 'npm run keywarden -- audit verify';
  return paragraphs([
    '## How to verify this',
    [
      head.kind === 'known'
        ? `- The trail as it was when this was written ended with entry ${head.value.seq}. Whether it still holds unchanged up to there: \`${verify} --head ${head.value.seq}:${/^[0-9a-f]{64}$/.test(head.value.hash) ? head.value.hash : '<hash>'}\``
        : `- The head of the trail was not known when this was written (${code(head.why)}). \`${verify}\` checks the chain in itself; only a head that was kept elsewhere shows whether its end was cut off.`,
      '- Each audit entry above, and in the JSON file under `audit`, must stand in the trail with the same number and hash.',
      '- AWS request ids, event ids and sessions stand in CloudTrail, apart from this bot. Its event history ends after 90 days; later the logs of a trail in S3 or CloudTrail Lake are needed.',
      '- Slack user ids are looked up by an admin of the workspace.',
    ],
  ]);
}
