/** Home tabs follow the board: whatever changes on it is drawn again for whoever has it open, at a pace that Slack takes. */
import { nextToDraw } from '../domain/home.ts';
import type { Duration } from '../domain/ids.ts';
import { showHome } from './home.ts';
import type { House } from './house.ts';

/** How often tabs are looked through; also the longest a job goes on drawing, and waits for its turn to draw. */
const SLOT: Duration = 5_000;

/** Once in a slot, however many processes pulse. */
export async function wakeHomes(house: House, now: number): Promise<void> {
  if (!(await house.homes.anyOld())) return;
  const slot = Math.floor(now / SLOT) * SLOT;
  await house.queue.ensure('homes', `homes-${slot}`, { slot });
}

/** Draws again what shows something old, one a second over all processes. What is left is for the next slot. */
export async function redrawHomes(house: House, signal: AbortSignal): Promise<void> {
  const end = house.clock.now() + SLOT;
  while (house.clock.now() < end) {
    const { changes, next } = await look(house);
    if (next === undefined) return house.homes.settle(changes);
    if (next.from >= end) return;
    const now = house.clock.now();
    if (next.from > now) {
      await house.clock.sleep(next.from - now, signal);
      continue;
    }
    const wait = await house.homes.reserve();
    if (wait > SLOT) return;
    await house.clock.sleep(wait, signal);
    // Another process may have drawn it while this one waited for its turn.
    const { next: still } = await look(house);
    if (still === undefined || still.from > house.clock.now()) continue;
    const drawn = await showHome(house, still.home.person, true);
    if (drawn.kind === 'silent') return house.homes.pause(drawn.retryAfter);
  }
}

async function look(house: House) {
  const now = house.clock.now();
  const { changes, homes } = await house.homes.list(now);
  return { changes, next: nextToDraw(homes, changes, now) };
}
