/**
 * The names under which CloudTrail shows a person's action. STS allows 2 to 64 characters of `[\w+=,.@-]` for both (STS API
 * reference, AssumeRole). Dots part the names, so none is left inside a part.
 */
import type { Asker } from '../../domain/action.ts';
import type { Right } from '../../domain/approval.ts';

const LONGEST = 64;
const NOT_ALLOWED = /[^\w+=,@-]/g;

/**
 * RoleSessionName: `<Slack user>.<kind>.<action id>`, or `terminal.<user of the machine>.<kind>.<action id>`. What does not
 * fit is cut off the person: the action's id stays whole at the end, because an echo may be recognised by nothing else.
 */
export function sessionNameOf({ action, kind, by }: Right): string {
  const end = `.${kind}.${action}`;
  const room = LONGEST - end.length;
  const terminal = 'terminal.';
  const who = by.via === 'slack' ? part(by.person.user, room) : `${terminal}${part(by.user, room - terminal.length)}`;
  return `${who}${end}`;
}

/** SourceIdentity: `<Slack team>.<Slack user>.<kind>`, or `terminal.<user of the machine>.<kind>`. */
export function sourceIdentityOf({ kind, by }: Right): string {
  const room = Math.floor((LONGEST - kind.length - 2) / 2);
  return [...namesOf(by).map((name) => part(name, room)), kind].join('.');
}

const namesOf = (by: Asker): readonly string[] =>
  by.via === 'slack' ? [by.person.team, by.person.user] : ['terminal', by.user];

const part = (name: string, most: number): string => (name.replaceAll(NOT_ALLOWED, '-') || 'unknown').slice(0, most);
