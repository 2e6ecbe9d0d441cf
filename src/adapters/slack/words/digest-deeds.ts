/** The section of a digest about what was done since the last one. */
import type { SectionBlock } from '@slack/types';
import type { AuditActor, AuditEntry } from '../../../domain/audit.ts';
import type { Digest } from '../../../domain/digest.ts';
import type { CountedKind, Deeds, EndedActions } from '../../../domain/digest-deeds.ts';
import { parseKeyArn } from '../../../domain/ids.ts';
import { ACTION_NAMES } from './action-lines.ts';
import { section } from './blocks.ts';
import { cutMarkdown, foreign } from './text.ts';
import { dayAndTime } from './times.ts';
import { actionWords } from './whispers.ts';

const OUTCOMES: Readonly<Record<EndedActions['outcome'], string>> = {
  verified: 'done',
  amber: 'done in part',
  failed: 'failed',
  unknownOutcome: 'outcome unknown',
};
const COUNTS: Readonly<Record<CountedKind, (count: number) => string>> = {
  requested: (count) => `${count} ${count === 1 ? 'request' : 'requests'} for approval`,
  approved: (count) => `${count} agreed to`,
  rejected: (count) => `${count} rejected`,
  withdrawn: (count) => `${count} withdrawn`,
  expired: (count) => `${count} expired`,
  voided: (count) => `${count} void`,
  acknowledged: (count) => `${count} ${count === 1 ? 'incident' : 'incidents'} acknowledged`,
  snoozed: (count) => `${count} snoozed`,
  closed: (count) => `${count} looked into and closed`,
  refused: (count) => `${count} ${count === 1 ? 'person was' : 'times somebody was'} told no`,
  enrolled: (count) => `${count} enrolled for codes`,
  unenrolled: (count) => `${count} taken off codes`,
  locked: (count) => `${count} locked after wrong codes`,
  unlocked: (count) => `${count} unlocked`,
  setAside: () => '⚠️ the audit trail was set aside and begun anew',
};
/** Names from outside may make a row long. */
const MOST_ROW = 300;
const APPROVALS = ['requested', 'approved', 'rejected', 'withdrawn', 'expired', 'voided'] as const;
const OTHERS = [
  'acknowledged',
  'snoozed',
  'closed',
  'refused',
  'enrolled',
  'unenrolled',
  'locked',
  'unlocked',
  'setAside',
] as const;

/** Counts first, then the newest few. `undefined`: nothing was done. */
export function deedsSection({ deeds, names }: Digest): SectionBlock | undefined {
  if (deeds.total === 0 && !deeds.incomplete) return undefined;
  return section([
    `🧾 *Done since* ${dayAndTime(deeds.since)}`,
    endedWords(deeds),
    countWords(deeds, APPROVALS),
    countWords(deeds, OTHERS),
    ...deeds.newest.map((entry) => cutMarkdown(`•  ${dayAndTime(entry.at)}  ${entryWords(entry, names)}`, MOST_ROW)),
    deeds.incomplete
      ? '⚠️ The audit trail could not be read to its end: `npm run keywarden -- audit verify` says why.'
      : '',
  ]);
}

const endedWords = ({ ended }: Deeds): string =>
  ended.map(({ what, outcome, count }) => `${ACTION_NAMES[what]}: ${count} ${OUTCOMES[outcome]}`).join('  ·  ');

const countWords = ({ counts }: Deeds, kinds: readonly CountedKind[]): string =>
  kinds
    .flatMap((kind) => {
      const count = counts[kind] ?? 0;
      return count === 0 ? [] : [COUNTS[kind](count)];
    })
    .join('  ·  ');

function entryWords(entry: AuditEntry, names: Digest['names']): string {
  const who = actorWords(entry.actor);
  const key = `*${keyWords(entry, names)}*`;
  const what = `${whatWords(entry.what)} of ${key}`;
  switch (entry.kind) {
    case 'ended':
      return `${what} by ${who}: ${OUTCOMES[entry.outcome as EndedActions['outcome']] ?? foreign(entry.outcome ?? '?', 40)}`;
    case 'approved':
      return `${who} agreed to ${what}`;
    case 'rejected':
      return `${who} rejected ${what}`;
    case 'withdrawn':
      return `${who} withdrew the request for ${what}`;
    case 'expired':
      return `the request for ${what} expired`;
    case 'voided':
      return `the request for ${what} is void`;
    case 'acknowledged':
      return `${who} acknowledged ${key}`;
    case 'accepted':
      return `${who} accepted ${key} as it is, not as last good`;
    case 'closed': {
      const about = entry.key === undefined ? 'an incident that is not about one key' : key;
      return `${who} looked into ${about} and closed it: ${foreign(entry.reason ?? '', 120)}`;
    }
    case 'held':
      return `${who} put ${key} on hold`;
    case 'released':
      return `${who} ended the hold of ${key}`;
    case 'said':
      return `${who} says that ${entry.outcome === 'notMe' ? 'it was *not* them who' : 'it was them who'} touched ${key}`;
    case 'locked':
      return `codes of ${who} locked after wrong ones`;
    case 'setAside':
      return 'the audit trail was set aside and begun anew';
    case 'requested':
    case 'asked':
    case 'snoozed':
    case 'intent':
    case 'outcome':
    case 'refused':
    case 'enrolled':
    case 'unenrolled':
    case 'unlocked':
      return `${what}: ${entry.kind}`;
  }
}

const whatWords = (what = 'something'): string =>
  what === 'planDecommission' ? 'Planned decommission' : actionWords(what);

function keyWords({ key }: AuditEntry, names: Digest['names']): string {
  if (key === undefined) return 'no key';
  return foreign(names.get(key) ?? parseKeyArn(key)?.keyId ?? key, 80);
}

/** Entries come from the memory, where anybody with access may have written them. */
function actorWords(actor: AuditActor): string {
  switch (actor.via) {
    case 'slack':
      return /^[UW][A-Z0-9]{1,30}$/.test(actor.user) ? `<@${actor.user}>` : foreign(actor.user, 40);
    case 'terminal':
      return `${foreign(actor.user, 40)} (terminal)`;
    case 'keywarden':
      return 'Keywarden';
  }
}
