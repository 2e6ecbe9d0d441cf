/** Who could agree: found before somebody waits in vain, and shown the request where they look. */
import {
  type ApprovalId,
  type EffectId,
  type IncidentId,
  type KeyRef,
  type Person,
  samePerson,
} from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { showHome } from './home.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { writeAudit } from './record-audit.ts';

/** However many approvers there are, so many are asked about. */
const MOST_ASKED = 30;
const AT_ONCE = 5;

export type Found =
  | { readonly kind: 'enough' }
  | {
      readonly kind: 'tooFew';
      readonly found: number;
      readonly quorum: number;
      readonly codes: boolean;
      readonly unsure?: string;
    };

/** Looks for as many approvers as are needed: members who may agree to this very key, and can give a code where one is asked for. */
export async function findApprovers(
  house: House,
  wanted: { readonly asker: Person; readonly key: KeyRef; readonly incident: Incident; readonly destructive: boolean },
): Promise<Found> {
  const { quorum } = house.settings.approvals;
  const holders = await house.people.holders('approver');
  const others = holders.people.filter((person) => !samePerson(person, wanted.asker)).slice(0, MOST_ASKED);
  let found = 0;
  for (let from = 0; from < others.length && found < quorum; from += AT_ONCE) {
    const batch = others.slice(from, from + AT_ONCE);
    const able = await Promise.all(batch.map((person) => canAgree(house, person, wanted)));
    found += able.filter((one) => one).length;
  }
  if (found >= quorum) return { kind: 'enough' };
  const unsure = holders.unsure === undefined ? {} : { unsure: holders.unsure };
  return { kind: 'tooFew', found, quorum, codes: wanted.destructive, ...unsure };
}

async function canAgree(
  house: House,
  person: Person,
  { key, incident, destructive }: { readonly key: KeyRef; readonly incident: Incident; readonly destructive: boolean },
): Promise<boolean> {
  const { verdict } = await judgeNow(house, { act: 'approve', person, key, incident });
  if (verdict.kind !== 'allowed') return false;
  return !destructive || house.stepUp.isEnrolled(person);
}

/** Draws the Home tab of everybody a request is for, and of who made it. */
export async function showToApprovers(
  house: House,
  errand: { readonly incident: IncidentId; readonly approval: ApprovalId; readonly effect: EffectId },
): Promise<void> {
  const incident = await house.incidents.load(errand.incident);
  const approval = incident?.approvals.find(({ id }) => id === errand.approval);
  if (incident !== undefined && approval !== undefined) {
    // What time or the key ended was ended by nobody who would have written it down.
    if ((await writeAudit(house, incident, { approval: approval.id })) === 'lost') return;
    const { people } = await house.people.holders('approver');
    const others = people.filter((person) => !samePerson(person, approval.by)).slice(0, MOST_ASKED);
    for (const person of [...others, approval.by]) await showHome(house, person, true);
  }
  await house.incidents.forget(errand.effect);
}
