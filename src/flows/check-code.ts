/** A one-time code, checked and used up; whoever is locked out by it stands in the audit trail. */
import { actorOf } from '../domain/audit-events.ts';
import type { Person } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import type { FormProblem } from '../domain/interaction.ts';
import type { House } from './house.ts';

/** What is wrong with the code; `undefined`: it was right, and counts for nothing else any more. */
export async function checkCode(
  house: House,
  person: Person,
  code: string | undefined,
  incident: Incident,
): Promise<FormProblem | undefined> {
  if (code === undefined || code.trim() === '') return { kind: 'codeMissing' };
  const answer = await house.stepUp.verify(person, code);
  switch (answer.kind) {
    case 'right':
      return undefined;
    case 'wrong':
      return { kind: 'codeWrong', left: answer.left };
    case 'used':
      return { kind: 'codeUsed' };
    case 'locked':
      if (answer.fresh) await tellLocked(house, person, answer.until, incident);
      return { kind: 'codeLocked', until: answer.until };
    case 'notEnrolled':
      return { kind: 'notEnrolled' };
    case 'unavailable':
      return { kind: 'codeUnavailable', message: answer.message };
  }
}

/** Every wrong code stands in the trail by itself: guessing is seen as what it is. */
export const eachCode = (house: House, about: FormProblem): { readonly nonce?: string } =>
  about.kind === 'codeWrong' || about.kind === 'codeUsed'
    ? { nonce: `${house.clock.now()} ${about.kind === 'codeWrong' ? about.left : ''}` }
    : {};

async function tellLocked(house: House, person: Person, until: number, incident: Incident): Promise<void> {
  house.log.warn({ incident: incident.id, reason: person.user }, 'somebody is locked out after wrong codes');
  try {
    const at = house.clock.now();
    const id = `locked.${house.hash(`${person.user} ${until}`).slice(0, 32)}`;
    await house.audit.append([{ id, kind: 'locked', at, actor: actorOf(person), incident: incident.id }]);
  } catch (error) {
    house.log.warn({ error }, 'a lock-out could not be written to the audit trail');
  }
}
