/** `rescue <key ARN>`: the saga of the Rescue button, also when Slack or Redis is down. */
import { randomUUID } from 'node:crypto';
import {
  emptyIndex,
  memoryIncidents,
  noAudit,
  noChat,
  noHomes,
  noLanes,
  noPace,
  noPeople,
  noQueue,
  noShapes,
} from '../adapters/memory/memory.ts';
import { compose } from '../compose.ts';
import { formatProblems } from '../config/config.ts';
import { readEnvironment } from '../config/env.ts';
import type { Ending } from '../domain/action.ts';
import { type KeyRef, parseKeyArn } from '../domain/ids.ts';
import type { House } from '../flows/house.ts';
import { type RescueAnswer, rescueFromTerminal } from '../flows/rescue.ts';
import { readConfig } from './config-file.ts';
import { operatorName, print, type RunCommand, refuse } from './terminal.ts';

/** Nothing the terminal does needs Slack: what is missing of its settings is filled in, and never used. */
const NO_SLACK = { SLACK_BOT_TOKEN: 'xoxb-not-used-by-the-terminal', SLACK_SIGNING_SECRET: 'not-used-by-the-terminal' };
const RESCUE_WITHIN = 5 * 60_000;
const REDIS_WITHIN = 2_000;

export const run: RunCommand = async ([arn], variables) => {
  const key = parseKeyArn(arn ?? '');
  if (key === undefined)
    return refuse(
      `rescue takes a key ARN, like arn:aws:kms:us-west-2:111122223333:key/1234abcd-…; it was ${arn === undefined ? 'missing' : `"${arn}"`}. Nothing was done.`,
    );
  const environment = readEnvironment({ ...NO_SLACK, ...variables });
  const config = readConfig(environment.ok ? environment.environment.configPath : 'keywarden.yaml');
  if (!environment.ok) return refuse(formatProblems(environment.problems));
  if (!config.ok) return refuse(formatProblems(config.problems));
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  let bot = compose(config.config, environment.environment, environment.secrets, { log: quiet });
  const redis = await bot.redisWithin(REDIS_WITHIN);
  if (!redis) {
    print(
      'Redis does not answer: working from KMS and CloudTrail alone; the audit trail will not have this rescue. Whether it is on hold (/kms hold) is not known either: if it is, disable it again (aws kms disable-key).',
    );
    await bot.stop(1_000);
    bot = compose(config.config, environment.environment, environment.secrets, { log: quiet, pace: noPace });
  }
  try {
    if (!bot.house.keys.covers(key))
      return refuse(`Account ${key.account} in ${key.region} is not in keywarden.yaml: nothing was done.`);
    const house = redis ? { ...bot.house, queue: noQueue } : alone(bot.house);
    const answer = await rescueFromTerminal(house, key, {
      user: operatorName(),
      nonce: `terminal-${randomUUID()}`,
      signal: AbortSignal.timeout(RESCUE_WITHIN),
    });
    return tell(key, answer);
  } catch (error) {
    return refuse(
      `The rescue did not end: ${error instanceof Error ? error.message : String(error)}. Look at the key before trying again: aws kms describe-key --region ${key.region} --key-id ${key.arn}`,
    );
  } finally {
    await bot.stop(1_000);
  }
};

/** With Redis the errand stands in the incident's record like any other; without, in this process's memory. */
function alone(house: House): House {
  return {
    ...house,
    queue: noQueue,
    lanes: noLanes,
    chat: noChat,
    people: noPeople,
    audit: noAudit,
    incidents: memoryIncidents(),
    homes: noHomes,
    index: emptyIndex,
    shapes: noShapes,
  };
}

function tell(key: KeyRef, answer: RescueAnswer): number {
  switch (answer.kind) {
    case 'alreadyRunning':
      return refuse('Another action on this key is under way; its card shows how it goes. Nothing was added.');
    case 'notNeeded':
      print(`The key is ${answer.state}: there is nothing to rescue.`);
      return 0;
    case 'ended':
      print(`${key.arn}: ${endingWords(answer.ending)}`);
      if (answer.requestIds.length > 0) print(`AWS request ids: ${answer.requestIds.join(', ')}`);
      return answer.ending.kind === 'verified' ? 0 : 2;
  }
}

function endingWords(ending: Ending): string {
  switch (ending.kind) {
    case 'verified':
      return `rescued and verified, the key reads ${ending.state}.`;
    case 'amber':
      if (ending.why === 'held')
        return `safe, and left ${ending.state}: it is on hold by ${(ending.message ?? 'somebody').replaceAll(/\p{C}/gu, '')}. An approver ends that with /kms release.`;
      return `safe, but not as it was: the key reads ${ending.state} (${ending.why}). To enable it: aws kms enable-key`;
    case 'failed':
      return `not rescued (${ending.why.kind}${'message' in ending.why ? `: ${ending.why.message}` : ''}).`;
    case 'unknownOutcome':
      return `nobody knows what became of the call: ${ending.message}`;
  }
}
