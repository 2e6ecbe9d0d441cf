import { operations as kmsOperations } from './aws/kms/operations.ts';
import { chatMethods } from './slack/methods/chat.ts';
import { conversationMethods } from './slack/methods/conversations.ts';
import { fileMethods } from './slack/methods/files.ts';
import { peopleMethods } from './slack/methods/people.ts';
import { viewMethods } from './slack/methods/views.ts';
import type { AwsWorld, Fault, FaultMode, FaultService, SlackWorld } from './world.ts';

/** Every mode with what it does to a call; `faults.ts` says it in full. */
export const faultModes: ReadonlyMap<FaultMode, string> = new Map([
  ['slow', 'the work at once, the answer after 2 s'],
  ['throttle', 'refused as too many, without the work'],
  ['failBefore', 'an internal error, without the work'],
  ['failAfter', 'the work, then the connection is cut'],
  ['hang', 'neither work nor answer'],
  ['stale', 'a read that shows what was before the last change'],
]);

const slackMethods = { ...chatMethods, ...conversationMethods, ...fileMethods, ...peopleMethods, ...viewMethods };

/** What each service does that can fail; `PutEvents` and SNS's `Publish` are also AWS's own deliveries to the bot. */
const operationsOf: Readonly<Record<FaultService, ReadonlySet<string>>> = {
  kms: new Set(kmsOperations.keys()),
  cloudtrail: new Set(['LookupEvents']),
  sts: new Set(['AssumeRole', 'GetCallerIdentity']),
  sns: new Set(['Publish', 'ConfirmSubscription', 'CreateTopic']),
  slack: new Set([...Object.keys(slackMethods), 'response_url']),
  eventbridge: new Set(['PutEvents']),
};
export const faultServices = Object.keys(operationsOf) as readonly FaultService[];

const mostCalls = 1_000_000;

export type FaultReading = { readonly fault: Fault } | { readonly problem: string };

/** Reads the body of `POST /sandbox/fault`; a problem says which field is wrong and what would be right. */
export function readFault(body: Readonly<Record<string, unknown>>): FaultReading {
  const { service, operation, mode, count } = body;
  const known = faultServices.find((name) => name === service);
  if (known === undefined) return wrong('service', service, `one of ${faultServices.join(', ')}`);
  if (typeof operation !== 'string' || (operation !== '*' && !operationsOf[known].has(operation)))
    return wrong('operation', operation, `* or one of ${[...operationsOf[known]].join(', ')}`);
  const knownMode = [...faultModes.keys()].find((name) => name === mode);
  if (knownMode === undefined) return wrong('mode', mode, `one of ${[...faultModes.keys()].join(', ')}`);
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > mostCalls)
    return wrong('count', count, `a whole number from 1 to ${mostCalls}`);
  return { fault: { service: known, operation, mode: knownMode, count } };
}

function wrong(field: string, value: unknown, expected: string): FaultReading {
  const shown = value === undefined ? '(absent)' : JSON.stringify(value);
  return { problem: `${field} is ${shown}; expected ${expected}` };
}

/** Hands a fault to the emulator whose service it names. */
export function routeFault(fault: Fault, worlds: { readonly aws: AwsWorld; readonly slack: SlackWorld }): void {
  if (fault.service === 'slack') worlds.slack.addFault(fault);
  else worlds.aws.addFault(fault);
}
