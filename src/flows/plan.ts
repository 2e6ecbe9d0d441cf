/** `/kms planned`, and the buttons that agree to it or decline: a deletion that is meant, said beforehand and by two people. */
import { fingerprintOf } from '../domain/approval.ts';
import { type KeyRef, samePerson } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident } from '../domain/incident.ts';
import type { Command, CommandAnswer, PlanOutcome, PlanPress, Refusal } from '../domain/interaction.ts';
import { isPending } from '../domain/key.ts';
import { type KnownKey, resolveName } from '../domain/key-name.ts';
import { denialWord } from '../domain/policy.ts';
import type { ClickAnswer } from '../ports.ts';
import { mayNot } from './command-refusals.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { lookWithin, openingOfKey } from './look.ts';
import { auditRefusal } from './record-audit.ts';

/** More keys at once are a list nobody who must agree reads. */
const MOST_KEYS = 20;
const MOST_TICKET = 100;
const USAGE =
  '`planned` takes keys and, last, the ticket that asks for it: `/kms planned alias/orders-2019 alias/orders-2020 CHG-1234`';
/** What stands where the ticket should, when it was forgotten. */
const LOOKS_LIKE_A_KEY = /^(?:alias\/|arn:|mrk-|[0-9a-f]{8}-[0-9a-f]{4}-)/i;

/** Each key on its own: what stands in the way of one does not stand in the way of the others. */
export async function planKeys(
  house: House,
  command: Command,
  words: readonly string[],
  known: readonly KnownKey[],
): Promise<CommandAnswer> {
  const named = words.flatMap((word) => word.split(',')).filter((word) => word !== '');
  const ticket = named.at(-1) ?? '';
  const typed = [...new Set(named.slice(0, -1))];
  if (typed.length === 0 || LOOKS_LIKE_A_KEY.test(ticket) || ticket.length > MOST_TICKET)
    return { kind: 'usage', problem: USAGE };
  if (typed.length > MOST_KEYS) return { kind: 'usage', problem: `at most ${MOST_KEYS} keys at once. ${USAGE}` };
  const results: { typed: string; outcome: PlanOutcome }[] = [];
  for (const name of typed) results.push({ typed: name, outcome: await planKey(house, command, name, ticket, known) });
  return { kind: 'planned', ticket, results };
}

async function planKey(
  house: House,
  command: Command,
  typed: string,
  ticket: string,
  known: readonly KnownKey[],
): Promise<PlanOutcome> {
  const name = resolveName(typed, known);
  if (name.kind !== 'one') return { kind: 'name', answer: name };
  const { key } = name.key;
  const refusal = await mayNot(house, command, 'planDecommission', key);
  if (refusal !== undefined) return { kind: 'refused', answer: refusal };
  const [read, memory] = await Promise.all([
    lookWithin(house, key, house.settings.firstReadWithin),
    house.index.get(key),
  ]);
  if (read?.kind !== 'read') return { kind: 'keyUnread' };
  if (read.snapshot.manager === 'AWS') return { kind: 'awsManaged' };
  const plan = {
    ticket,
    by: command.person,
    at: house.clock.now(),
    fingerprint: fingerprintOf(read.snapshot, undefined),
    status: { kind: 'proposed' },
  } as const;
  const opening = openingOfKey(house, key, memory);
  const outcome = await change(house, opening.id, { kind: 'planned', plan, opening, read });
  if (outcome.kind === 'nothing' && outcome.why === 'own key') return { kind: 'ownKey' };
  if (outcome.kind !== 'saved') return { kind: 'plannedAlready' };
  return {
    kind: 'proposed',
    key: name.key,
    channel: outcome.incident.card.channel,
    pending: isPending(read.snapshot.state),
  };
}

const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });
const OWN_KEY =
  'Keywarden depends on this key (self.keys): its end is never planned. Move what it protects to another key, and take it out of self.keys first.';
const OVER = 'this plan was decided before, or does not hold any more. The card says how it stands.';

/** Agree or Decline was pressed. */
export async function decidePlan(house: House, press: PlanPress): Promise<ClickAnswer> {
  const { person, agreed } = press;
  const incident = await house.incidents.load(press.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return whisper({ kind: 'noSuchButton' });
  const judged = await judgedFor(house, press, incident, key);
  if ('kind' in judged) return judged;
  const { names } = judged;
  const read = await lookWithin(house, key, house.settings.firstReadWithin);
  if (read?.kind !== 'read') return whisper({ kind: 'needsRead' });
  const outcome = await change(house, incident.id, {
    kind: 'planDecided',
    planAt: press.planAt,
    agreed,
    by: person,
    names,
    read,
  });
  if (outcome.kind === 'nothing') {
    if (outcome.why === 'own plan' || outcome.why === 'scheduled it')
      await auditRefusal(house, { person, what: 'planDecommission', why: outcome.why, incident, key });
    if (outcome.why === 'own key') return whisper({ kind: 'notNow', message: OWN_KEY });
    if (outcome.why === 'own plan') return whisper({ kind: 'ownPlan' });
    if (outcome.why === 'scheduled it') return whisper({ kind: 'scheduledIt' });
  }
  const decided = outcome.kind === 'saved' ? outcome.incident.plan?.status.kind : undefined;
  if (decided !== 'agreed' && decided !== 'declined') return whisper({ kind: 'notNow', message: OVER });
  return { kind: 'written', follow: () => Promise.resolve() };
}

/** Why somebody may not decide; else what Slack calls them. */
async function judgedFor(
  house: House,
  { person, agreed, planAt }: PlanPress,
  incident: Incident,
  key: KeyRef,
): Promise<ClickAnswer | { readonly names: readonly string[] }> {
  if (!isOpen(incident) || incident.plan?.at !== planAt) return whisper({ kind: 'notNow', message: OVER });
  // Who asked may take it back; everything else is for approvers.
  if (!agreed && samePerson(incident.plan.by, person)) return { names: [] };
  const { verdict, standing } = await judgeNow(house, { act: 'approve', person, key, incident, freshness: 'live' });
  switch (verdict.kind) {
    case 'unsure':
      return whisper({ kind: 'roleUnknown', message: verdict.message });
    case 'denied':
      await auditRefusal(house, { person, what: 'planDecommission', why: denialWord(verdict.why), incident, key });
      return whisper({ kind: 'mayNot', why: verdict.why, action: 'Agreeing to a decommission' });
    case 'allowed':
    case 'needsApproval':
      return { names: [standing.name, ...(standing.names ?? [])] };
  }
}
