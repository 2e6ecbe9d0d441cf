/** Ready, and why not: one reason per dependency; what is inconclusive is a warning, never hidden. */
import type { Instant } from '../domain/ids.ts';
import type { House } from './house.ts';

export interface Vitals {
  /** Rejects while Redis does not answer. */
  readonly redis: () => Promise<unknown>;
  readonly slack: () => Promise<Check>;
  readonly lastBeat: () => Instant | undefined;
  /** Signature versions that verified SNS messages came with. */
  readonly signatureVersions: ReadonlySet<number>;
  readonly channelsGone: () => number;
  readonly sharedChannels: () => readonly string[];
}
interface Check {
  readonly ok: boolean;
  readonly reason: string;
}
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Check>>;
  readonly warnings: readonly string[];
}

/** A pulse this old has stopped: deadlines are not looked at any more. */
const PULSE_STOPPED = 30_000;
const SLACK_PATIENCE = 1_500;

export async function readinessOf(house: House, vitals: Vitals): Promise<Readiness> {
  const redis: Check = await vitals.redis().then(
    () => ({ ok: true, reason: 'answers' }),
    (error: unknown) => ({ ok: false, reason: error instanceof Error ? error.message : 'does not answer' }),
  );
  const [slack, states, countdown] = await Promise.all([
    slackCheck(house, vitals),
    redis.ok ? sweepStates(house) : [],
    redis.ok ? countdownWarnings(house).catch(() => []) : [],
  ]);
  const checks = { redis, slack, sweep: sweepCheck(states), pulse: pulseCheck(house, vitals.lastBeat()) };
  const warnings = states.flatMap(({ place, state }) =>
    state !== undefined && state.failures > 0
      ? [`inconclusive: account ${place.account} in ${place.region}: ${state.problem ?? 'could not be read'}`]
      : [],
  );
  if (vitals.signatureVersions.has(1))
    warnings.push('SNS topics still sign with version 1 (SHA1): set the topic attribute SignatureVersion to 2');
  if (vitals.channelsGone() > 0)
    warnings.push('a channel could not take messages: its cards went to the fallback channel');
  for (const channel of vitals.sharedChannels())
    warnings.push(`channel ${channel} is shared with another organisation: no incident is posted there`);
  warnings.push(...countdown);
  return { ready: Object.values(checks).every((check) => check.ok), checks, warnings };
}

/** What the pager is owed, and what the auditor found last. */
async function countdownWarnings(house: House): Promise<readonly string[]> {
  const [pages, last] = await Promise.all([house.pages.all(), house.inspections.last()]);
  const open = pages.filter(({ status }) => status === 'open').map(({ page }) => page.kind);
  const warnings =
    open.length === 0 ? [] : [`the pager was called and it is not over: ${[...new Set(open)].join(', ')}`];
  for (const sink of house.pager.sinks) {
    const failing = pages.map(({ sinks }) => sinks[sink]).find((memory) => memory !== undefined && memory.failures > 0);
    if (failing !== undefined)
      warnings.push(
        `the pager cannot be reached: ${sink}: ${failing.problem ?? 'no answer'} (${failing.failures} times)`,
      );
  }
  if (last === undefined) return warnings;
  const at = new Date(last.endedAt).toISOString();
  if (last.found > 0)
    warnings.push(
      `the inspection of ${at} found ${last.found} gaps in countdowns, ${last.repaired} of them repaired: see the fallback channel and the log`,
    );
  if (last.heartbeat.kind === 'failed')
    warnings.push(`the heartbeat could not be sent at ${at}: ${last.heartbeat.problem}`);
  if (last.heartbeat.kind === 'withheld') warnings.push(`the heartbeat was withheld at ${at}: ${last.heartbeat.why}`);
  return warnings;
}

/** A silent Slack must not make the probe itself time out. */
const slackCheck = (house: House, vitals: Vitals): Promise<Check> =>
  Promise.race([
    vitals.slack(),
    house.clock.sleep(SLACK_PATIENCE).then(() => ({ ok: false, reason: 'Slack does not answer' })),
  ]);

const sweepStates = (house: House) =>
  Promise.all(
    house.keys
      .places()
      .map(async (place) => ({ place, state: await house.index.sweepState(place).catch(() => undefined) })),
  );

function sweepCheck(states: Awaited<ReturnType<typeof sweepStates>>): Check {
  const started = states.some(({ state }) => state !== undefined);
  return { ok: started, reason: started ? 'the first sweep has started' : 'the first sweep has not started yet' };
}

function pulseCheck(house: House, lastBeat: Instant | undefined): Check {
  if (lastBeat === undefined) return { ok: false, reason: 'no pulse yet' };
  const age = house.clock.now() - lastBeat;
  return age > PULSE_STOPPED
    ? { ok: false, reason: `the last pulse was ${Math.round(age / 1_000)} s ago` }
    : { ok: true, reason: 'beats' };
}
