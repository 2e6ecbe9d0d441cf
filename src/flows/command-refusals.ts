/** Why a command is not carried out for whoever typed it; each refusal stands in the audit trail. */
import { ACTION_KINDS, type ActionKind } from '../domain/action.ts';
import type { KeyRef } from '../domain/ids.ts';
import type { Command, CommandAnswer } from '../domain/interaction.ts';
import { denialWord } from '../domain/policy.ts';
import { incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { lookWithin } from './look.ts';
import { auditRefusal } from './record-audit.ts';

/** Key names and states are for members of the workspace; a role is only needed to act. */
export async function mayNotRead(house: House, command: Command, verb: string): Promise<CommandAnswer | undefined> {
  const { verdict } = await judgeNow(house, { act: 'look', person: command.person });
  if (verdict.kind === 'unsure') return verb === 'help' ? undefined : { kind: 'roleUnknown', message: verdict.message };
  if (verdict.kind !== 'denied') return undefined;
  await auditRefusal(house, {
    person: command.person,
    what: verb,
    why: denialWord(verdict.why),
  });
  return { kind: 'mayNot', why: verdict.why, action: verb };
}

/** Judged without the key's state: what saves is never refused for a read that failed. */
export async function mayNot(
  house: House,
  command: Command,
  action: ActionKind | 'watch' | 'report' | 'planDecommission' | 'hold' | 'release',
  key: KeyRef,
): Promise<CommandAnswer | undefined> {
  const { person } = command;
  const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key }));
  const read = await lookWithin(house, key, house.settings.firstReadWithin);
  const snapshot = read?.kind === 'read' ? { snapshot: read.snapshot } : {};
  // What makes a key easier to switch on is for whoever Slack calls an approver at this moment.
  const freshness = action === 'release' ? 'live' : 'cached';
  const { verdict } = await judgeNow(house, { act: action, person, key, incident, freshness, ...snapshot });
  switch (verdict.kind) {
    case 'allowed':
      return undefined;
    case 'needsApproval':
      return isAction(action)
        ? { kind: 'refused', refusal: { kind: 'needsApproval', act: action, why: verdict.why } }
        : undefined;
    case 'denied':
      await auditRefusal(house, { person, what: action, why: denialWord(verdict.why), incident, key });
      return { kind: 'mayNot', why: verdict.why, action };
    case 'unsure':
      return { kind: 'roleUnknown', message: verdict.message };
  }
}

const isAction = (act: string): act is ActionKind => ACTION_KINDS.some((kind) => kind === act);

/** Whoever may not whatever the key is like; an admin who may do it alone may ask. */
export async function mayNotEvenAsk(
  house: House,
  { person }: Command,
  kind: ActionKind,
  key: KeyRef,
): Promise<CommandAnswer | undefined> {
  const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key }));
  const { verdict } = await judgeNow(house, { act: kind, person, key, incident });
  if (verdict.kind !== 'denied' || verdict.why.kind === 'keyUnread') return undefined;
  if (house.settings.approvals.breakGlass) {
    const alone = await judgeNow(house, { act: kind, person, key, incident, breakGlass: true });
    if (alone.verdict.kind !== 'denied' || alone.verdict.why.kind === 'keyUnread') return undefined;
  }
  await auditRefusal(house, { person, what: kind, why: denialWord(verdict.why), incident, key });
  return { kind: 'mayNot', why: verdict.why, action: kind };
}
