/** The deletion guard in words: what a key policy demands, what it does not, and the statement that would. */
import {
  BREAK_GLASS_ROLE,
  type DeletionGuard,
  type Demand,
  demandsOn,
  GUARDED_CALLS,
  type GuardedCall,
  type Presence,
  standingOf,
} from '../../../domain/deletion-guard.ts';
import { type Incident, isOpen } from '../../../domain/incident.ts';
import { foreign } from './text.ts';

export const CALL_WORDS: Readonly<Record<GuardedCall, string>> = {
  ScheduleKeyDeletion: 'deletion',
  DisableKey: 'disabling',
};

/** On the card, only where there is none. */
export function guardLine(incident: Incident): string {
  const { guard } = incident.knowledge ?? {};
  if (guard === undefined || !isOpen(incident) || incident.read?.kind === 'gone') return '';
  const bare = unguardedWords(guard);
  return bare === '' ? '' : `*No guard*  the key policy demands nothing before ${bare}: \`/kms guard &lt;key&gt;\``;
}

/** `deletion and disabling`; empty: both have a guard, or it is not known. */
export const unguardedWords = (guard: DeletionGuard): string =>
  GUARDED_CALLS.filter((call) => standingOf(guard, call) === 'unguarded')
    .map((call) => CALL_WORDS[call])
    .join(' and ');

/** One line for each demand. */
export function demandLines(guard: DeletionGuard): readonly string[] {
  if (guard.unread !== undefined) return [`Not known: ${foreign(guard.unread, 400)}.`];
  return demandsOn('ScheduleKeyDeletion').map((demand) => {
    const found = GUARDED_CALLS.filter((call) => demandsOn(call).includes(demand)).map(
      (call) => [CALL_WORDS[call], PRESENCE[guard.demands[call][demand] ?? 'unknown']] as const,
    );
    const [first] = found;
    const same = found.every(([, presence]) => presence === first?.[1]);
    const said =
      same && first !== undefined ? first[1] : found.map(([call, presence]) => `${call} ${presence}`).join(', ');
    const days =
      demand === 'window' && guard.shortestWindow !== undefined ? `: at least ${guard.shortestWindow} days` : '';
    return `•  ${DEMAND_WORDS[demand]}: *${said}*${days}`;
  });
}

const PRESENCE: Readonly<Record<Presence, string>> = { present: 'present', absent: 'absent', unknown: 'unknown' };

const DEMAND_WORDS: Readonly<Record<Demand, string>> = {
  mfa: 'MFA',
  window: 'a minimum window before deletion',
  breakGlass: 'a break-glass principal, everybody else denied',
  idle: 'days without use before',
};

/** What to know before pasting it. */
export const ADVICE: Readonly<Record<Demand, string>> = {
  mfa: 'Demands MFA. Sessions of single sign-on carry no MFA and are denied, too; the roles of this bot are left out.',
  window: 'Demands the longest window: 30 days to notice.',
  breakGlass: `Denies everybody but a break-glass role (put its name for \`${BREAK_GLASS_ROLE}\`) and the roles of this bot.`,
  idle: 'Denies what was used within 90 days; the roles of this bot are left out, for an emergency.',
};
