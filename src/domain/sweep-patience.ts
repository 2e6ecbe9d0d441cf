/** How long a place may go without a complete sweep before nobody can say any more how its keys are. */
import type { Duration } from './ids.ts';

/** However often it sweeps: a sweep of many keys takes its time. */
const LEAST: Duration = 120_000;
const SLOTS_MISSED = 3;

/** `every`: the configured pause between two sweeps, ms. */
export const sweepPatience = (every: Duration): Duration => Math.max(LEAST, SLOTS_MISSED * every);
