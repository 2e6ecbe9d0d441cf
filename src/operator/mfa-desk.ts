/** What every `mfa` command needs: the desk for step-up codes and the audit trail, on the bot's own Redis. */
import { randomUUID } from 'node:crypto';
import { redisAudit } from '../adapters/redis/audit.ts';
import { connectRedis } from '../adapters/redis/connect.ts';
import { redisStepUp } from '../adapters/redis/step-up.ts';
import { createStepUp, type StepUpDesk } from '../adapters/step-up/step-up.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { sha256 } from '../adapters/system/hash.ts';
import type { Environment } from '../config/env.ts';
import { readEnvironment } from '../config/env.ts';
import { ABSENT, type Problem } from '../config/problem.ts';
import type { Secrets } from '../config/secrets.ts';
import type { Variables } from '../config/variables.ts';
import { type Person, personKey } from '../domain/ids.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import type { Audit, Clock } from '../ports.ts';
import { operatorName } from './terminal.ts';

export interface MfaDesk {
  readonly desk: StepUpDesk;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Settings of the bot that these commands never use. */
const NOT_USED = { SLACK_SIGNING_SECRET: 'not-used-by-the-terminal' };
const NO_SLACK = { ...NOT_USED, SLACK_BOT_TOKEN: 'xoxb-not-used-by-the-terminal' };

export type MfaSettings =
  | { readonly ok: true; readonly environment: Environment; readonly secrets: Secrets }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the environment. Only enrolling needs the key and Slack: a lock must open also while Slack is down. */
export function readMfaSettings(variables: Variables, enrolling: boolean): MfaSettings {
  const read = readEnvironment({ ...(enrolling ? NOT_USED : NO_SLACK), ...present(variables) });
  const problems = read.ok ? [] : [...read.problems];
  if (enrolling && (variables.KEYWARDEN_SECRET_KEY ?? '').trim() === '') {
    problems.push({
      path: 'KEYWARDEN_SECRET_KEY',
      value: ABSENT,
      expected: 'the same key the bot runs with; where there is none yet: openssl rand -base64 32',
    });
  }
  return read.ok && problems.length === 0 ? read : { ok: false, problems };
}

/** An empty variable counts as absent, and must not hide what is filled in. */
const present = (variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([, value]) => (value ?? '').trim() !== ''));

const REDIS_WITHIN = 2_000;

/** Runs something at the desk; Redis that does not answer becomes a sentence for `refuse`. */
export async function atMfaDesk(
  secrets: Secrets,
  refuse: (line: string) => number,
  work: (at: MfaDesk) => Promise<number>,
): Promise<number> {
  const store = connectRedis(secrets.redisUrl());
  const lost = (message: string): number =>
    refuse(`${message} Check REDIS_URL (${secrets.redisDisplay()}) and whether Redis runs, then try again.`);
  try {
    if (!(await store.whenReady(REDIS_WITHIN))) return lost('Redis does not answer: nothing was done.');
    const clock = systemClock;
    const desk = createStepUp({ store: redisStepUp(store), keys: secrets.secretKeys(), clock });
    return await work({ desk, audit: redisAudit(store, sha256), clock });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return lost(`Redis was lost on the way (${error.message}): look with "mfa list" at what was done.`);
  } finally {
    await store.close();
  }
}

/** Writes what is about to be done. False: the trail cannot be written, so it must not be done. */
export async function noted(
  { audit, clock }: MfaDesk,
  kind: 'enrolled' | 'unenrolled' | 'unlocked',
  person: Person,
): Promise<boolean> {
  const id = `${kind}.${randomUUID()}`;
  const actor = { via: 'terminal', user: operatorName() } as const;
  return answers(audit.append([{ id, kind, at: clock.now(), actor, person: personKey(person) }]));
}

/** Whether the trail answers at all; whether it takes an entry is known only then. */
export const isTraceable = ({ audit }: MfaDesk): Promise<boolean> => answers(audit.head());

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    (error: unknown) => {
      if (error instanceof StoreUnavailable) return false;
      throw error;
    },
  );

/** Names come from Slack, where anybody can write one: nothing in them may move the cursor or turn the line around. */
export const printable = (name: string): string =>
  [...name.replaceAll(/\p{C}/gu, '').trim()].slice(0, LONGEST_NAME).join('');
const LONGEST_NAME = 40;
