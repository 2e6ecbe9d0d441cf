/** The state before the danger, as CloudTrail tells it: for keys the sweep had not met before. */
import type { Fact } from './fact.ts';
import type { Duration } from './ids.ts';
import type { Prior } from './incident.ts';

/** Disabled this shortly before the scheduling may be the first half of the same attack: a person is asked. */
const SAME_ATTACK: Duration = 86_400_000;

/** @param facts about one key up to the danger, newest first; `undefined`: they do not tell. */
export function priorFrom(facts: readonly Fact[]): Prior | undefined {
  // Times are whole seconds, and whoever creates a key may use it in the same one: its creation is the oldest all the same.
  const newestFirst = [...facts].sort((one, other) => Number(isBirth(one)) - Number(isBirth(other)));
  // The calls at the head are the danger itself; what stands behind them is the time before.
  const head = newestFirst.findIndex((fact) => fact.body.kind !== 'deletionScheduled' && isTelling(fact));
  const scheduled = newestFirst.slice(0, Math.max(head, 0)).find((fact) => fact.body.kind === 'deletionScheduled');
  const [first, ...rest] = newestFirst.slice(head < 0 ? newestFirst.length : head).filter(isTelling);
  if (first === undefined) return undefined;
  if (first.body.kind !== 'keyDisabled') return toPrior(first);
  if (scheduled !== undefined) return scheduled.at - first.at < SAME_ATTACK ? undefined : toPrior(first);
  // Being disabled is the danger: the state before it is what the call before left.
  const [before] = rest;
  return before === undefined || before.body.kind === 'keyDisabled' ? undefined : toPrior(before);
}

const isBirth = ({ body }: Fact): boolean => body.kind === 'keyCreated';

function isTelling(fact: Fact): boolean {
  switch (fact.body.kind) {
    case 'keyCreated':
    case 'keyEnabled':
    case 'materialImported':
    case 'keyDisabled':
    case 'deletionCancelled':
    case 'deletionScheduled':
      return true;
    default:
      return false;
  }
}

function toPrior(fact: Fact): Prior | undefined {
  switch (fact.body.kind) {
    case 'keyCreated':
    case 'keyEnabled':
    case 'materialImported':
      return { kind: 'known', state: 'Enabled', from: 'cloudtrail', at: fact.at };
    case 'keyDisabled':
    case 'deletionCancelled':
      return { kind: 'known', state: 'Disabled', from: 'cloudtrail', at: fact.at };
    default:
      return undefined;
  }
}
