/**
 * Own actions come back as events. An echo is recognised by the CloudTrail request id of one of our calls; after a crash,
 * when that id was lost, by the action id in the session name and a call of that operation that has no request id yet.
 * The role alone proves nothing: whoever can assume it could hide behind us.
 */
import { type Action, requestIdsOf } from './action.ts';
import { type Call, callOf, type Fact } from './fact.ts';
import type { ActionId, Duration, Instant } from './ids.ts';
import type { Incident } from './incident.ts';
import { MUTATIONS, type Mutation } from './key.ts';

/** How an actor is ours: by a role we assume under a session named after the action, or by our own credentials, which we do not name. */
export type Ours = 'role' | 'self' | false;

export type EchoVerdict =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'echo'; readonly action: ActionId; readonly call: number }
  /** Our role, and a call of ours is still waiting for its answer: judge again when it came. */
  | { readonly kind: 'tooEarly' }
  /** Our role acted, and no action of ours asked for it. */
  | { readonly kind: 'misuse' };

/** How long an event may run ahead of our own outcome record. */
const ANSWER_PATIENCE: Duration = 30_000;
/** How far the event's second-grained time may stand from the intent. */
const CLOCK_SLACK: Duration = 120_000;

/** @param ours how the actor is one of ours; never enough by itself. */
export function echoOf(incident: Incident | undefined, fact: Fact, ours: Ours, now: Instant): EchoVerdict {
  const call = callOf(fact.body);
  if (call === undefined) return { kind: 'foreign' };
  const actions = incident?.actions ?? [];
  if (call.requestId !== undefined) {
    const action = actions.find((one) => requestIdsOf(one).includes(call.requestId as string));
    if (action) return { kind: 'echo', action: action.id, call: indexOfRequest(action, call.requestId) };
  }
  if (!ours) return { kind: 'foreign' };
  if (!isMutation(call.operation)) return isChange(fact) ? { kind: 'misuse' } : { kind: 'foreign' };
  for (const action of actions) {
    const unclaimed = action.calls.findIndex((made) => isUnclaimed(made, call, fact));
    const made = action.calls[unclaimed];
    if (made === undefined) continue;
    if (made.outcome === undefined && now - made.intendedAt < ANSWER_PATIENCE) return { kind: 'tooEarly' };
    if (namesAction(call, action) || ours === 'self') return { kind: 'echo', action: action.id, call: unclaimed };
  }
  return { kind: 'misuse' };
}

/** A call of ours of that operation and time whose request id was never learnt. */
function isUnclaimed(made: Action['calls'][number], call: Call, fact: Fact): boolean {
  if (made.operation !== call.operation || made.outcome?.requestId !== undefined) return false;
  const kind = made.outcome?.kind;
  if (kind === 'notSent') return false;
  return Math.abs(fact.at - made.intendedAt) < CLOCK_SLACK;
}

/** The session is named `<user>.<kind>.<action id>` when a role is configured. */
const namesAction = (call: Call, action: Action): boolean => call.actor.sessionName?.endsWith(action.id) ?? false;

const indexOfRequest = (action: Action, requestId: string): number =>
  action.calls.findIndex((call) => call.outcome?.requestId === requestId);

const isMutation = (operation: string): operation is Mutation => (MUTATIONS as readonly string[]).includes(operation);

/** Facts about a change (not a mere refused use): what our reading role must never cause. */
function isChange(fact: Fact): boolean {
  switch (fact.body.kind) {
    case 'policyChanged':
    case 'grantCreated':
    case 'materialImported':
    case 'keyStoreDisconnected':
    case 'trailBlinded':
      return true;
    default:
      return false;
  }
}
