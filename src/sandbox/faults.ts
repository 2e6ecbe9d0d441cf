import type { Fault, FaultMode, FaultService } from './world.ts';

/** How long an emulator waits before it answers a call under the fault `slow`. */
export const slowAnswerMs = 2_000;

/**
 * The faults still to be suffered, shared by all emulators. Oldest first: two faults for one operation are spent one
 * after the other, so a test can ask for a throttled call followed by a hanging one.
 *
 * What an emulator does under each mode:
 * - `slow`: the work at once, the answer after `slowAnswerMs`.
 * - `throttle`: the service's own throttling error, without the work.
 * - `failBefore`: the service's own internal error, without the work.
 * - `failAfter`: the work, then the socket is destroyed without an answer.
 * - `hang`: neither the work nor an answer until the emulator closes.
 * - `stale`: a read answered with what it would have said before the last change.
 */
export class FaultQueue {
  #faults: { fault: Fault; left: number }[] = [];

  /** Queues a fault; a count below one is spent already and changes nothing. */
  add(fault: Fault): void {
    if (fault.count >= 1) this.#faults.push({ fault, left: Math.floor(fault.count) });
  }

  /** Forgets every fault not yet spent. */
  clear(): void {
    this.#faults = [];
  }

  /** The mode this call must suffer, spending one count of the oldest fault that names the operation or `*`. */
  take(service: FaultService, operation: string): FaultMode | undefined {
    const found = this.#faults.find(
      ({ fault }) => fault.service === service && (fault.operation === '*' || fault.operation === operation),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left === 0) this.#faults = this.#faults.filter((entry) => entry !== found);
    return found.fault.mode;
  }
}
