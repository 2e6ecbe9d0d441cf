/**
 * Who goes next. Every call to a port waits for its turn, and the test hands the turns out: so any order of what several
 * processes do can be played, and any of them may fail, freeze or die between any two of its steps.
 */
import { StoreUnavailable } from '../../src/domain/lost.ts';
import type { Clock } from '../../src/ports.ts';
import { type MovedClock, movedClock } from '../clock.ts';

/** How one step of an actor goes wrong. `store`: only a call to Redis can; it was done (`After`) or not (`Before`). */
export type How = 'dieBefore' | 'dieAfter' | 'storeBefore' | 'storeAfter' | 'stop';
export interface Fault {
  /** Steps that still go well. */
  readonly after: number;
  readonly how: How;
}

/** Something under way: a form being answered, a job being run. */
export interface Actor {
  readonly name: string;
  readonly stop: AbortController;
  state: 'running' | 'frozen' | 'dead' | 'done';
  fault: Fault | undefined;
  /** What it answered. */
  answer: unknown;
  /** What it ended with, unless a fault of the test's own explains it. */
  failure: unknown;
}

interface Waiting {
  readonly actor: Actor;
  readonly go: () => void;
}

export interface Turns {
  readonly clock: MovedClock;
  /** As an actor sees it: its sleeps are known, so that time can move on to the next of them; frozen, it does not wake. */
  clockOf(actor: Actor): Clock;
  readonly actors: readonly Actor[];
  begin(name: string, flow: (actor: Actor) => Promise<unknown>): Actor;
  /** A port: waits for its turn, then does its work at once. */
  port<A extends readonly unknown[], R>(
    actor: Actor,
    where: 'redis' | 'outside',
    work: (...given: A) => R | Promise<R>,
  ): (...given: A) => Promise<R>;
  /** Lets one waiting step of somebody who runs go on; false: nobody waits. */
  step(choice: number): Promise<boolean>;
  /** Moves the time to the next sleeper; false: nobody sleeps. */
  wake(): Promise<boolean>;
  pass(ms: number): Promise<void>;
}

/** A store that fails as the test wants it. */
export const failed = new WeakSet<object>();
export function unavailable(message: string): StoreUnavailable {
  const error = new StoreUnavailable(message);
  failed.add(error);
  return error;
}

const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export function createTurns(start: number): Turns {
  const clock = movedClock(start);
  const actors: Actor[] = [];
  const waiting: Waiting[] = [];
  const sleeps = new Set<{ readonly until: number }>();

  const turn = (actor: Actor): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ actor, go: resolve });
    });

  /** What goes wrong with this step, if its time has come. */
  function faultOf(actor: Actor, where: 'redis' | 'outside'): How | undefined {
    const { fault } = actor;
    if (fault === undefined) return undefined;
    const needsRedis = fault.how === 'storeBefore' || fault.how === 'storeAfter';
    if (fault.after > 0 || (needsRedis && where !== 'redis')) {
      actor.fault = { ...fault, after: Math.max(0, fault.after - 1) };
      return undefined;
    }
    actor.fault = undefined;
    return fault.how;
  }

  return {
    clock,
    actors,
    clockOf: (actor) => ({
      now: clock.now,
      async sleep(duration, signal) {
        const sleep = { until: clock.now() + duration };
        sleeps.add(sleep);
        try {
          await clock.sleep(duration, signal);
        } finally {
          sleeps.delete(sleep);
          if (actor.state === 'frozen') await turn(actor);
          if (actor.state === 'dead') await never();
        }
      },
    }),

    begin(name, flow) {
      const actor: Actor = {
        name,
        stop: new AbortController(),
        state: 'running',
        fault: undefined,
        answer: undefined,
        failure: undefined,
      };
      actors.push(actor);
      const end = (error?: unknown): void => {
        if (actor.state === 'dead') return;
        actor.state = 'done';
        const wanted = error === actor.stop.signal.reason || (typeof error === 'object' && failed.has(error as object));
        actor.failure = wanted ? undefined : error;
      };
      flow(actor).then((answer) => {
        actor.answer = answer;
        end();
      }, end);
      return actor;
    },

    port<A extends readonly unknown[], R>(
      actor: Actor,
      where: 'redis' | 'outside',
      work: (...given: A) => R | Promise<R>,
    ) {
      return async (...given: A): Promise<R> => {
        await turn(actor);
        if (actor.state === 'dead') return never();
        const how = faultOf(actor, where);
        switch (how) {
          case 'dieBefore':
            actor.state = 'dead';
            return never();
          case 'storeBefore':
            throw unavailable('no answer, and nothing was done');
          case 'stop':
            actor.stop.abort(new Error('the process wants to stop'));
            return await work(...given);
          case 'dieAfter':
            void work(...given);
            actor.state = 'dead';
            return never();
          case 'storeAfter':
            await work(...given);
            throw unavailable('no answer, and it was done');
          case undefined:
            return await work(...given);
        }
      };
    },

    async step(choice) {
      await quiet();
      const able = waiting.filter(({ actor }) => actor.state !== 'frozen' && actor.state !== 'dead');
      const next = able[choice % Math.max(1, able.length)];
      if (next === undefined) return false;
      waiting.splice(waiting.indexOf(next), 1);
      next.go();
      await quiet();
      return true;
    },

    async wake() {
      await quiet();
      const next = Math.min(...[...sleeps].map(({ until }) => until));
      if (!Number.isFinite(next)) return false;
      await clock.set(Math.max(next, clock.now()));
      await quiet();
      return true;
    },

    async pass(ms) {
      await quiet();
      await clock.advance(ms);
      await quiet();
    },
  };
}
