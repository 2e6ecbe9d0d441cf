/** The rescue from a terminal: the same saga as the button's, carried out in this process, told line by line. */

import type { Ending } from '../domain/action.ts';
import type { KeyRef } from '../domain/ids.ts';
import type { Incident } from '../domain/incident.ts';
import { carryOut } from './carry-out.ts';
import type { House } from './house.ts';
import { look } from './look.ts';
import { askFor } from './receive-click.ts';

export interface RescueErrand {
  readonly user: string;
  /** Names this run and this wish among all others. */
  readonly nonce: string;
  readonly signal: AbortSignal;
}

export type RescueAnswer =
  | {
      readonly kind: 'ended';
      readonly ending: Ending;
      readonly incident: Incident;
      readonly requestIds: readonly string[];
    }
  | { readonly kind: 'alreadyRunning' }
  | { readonly kind: 'notNeeded'; readonly state: string };

export async function rescueFromTerminal(house: House, key: KeyRef, errand: RescueErrand): Promise<RescueAnswer> {
  const read = await look(house, key, errand.signal);
  if (read.kind === 'read' && read.snapshot.state === 'Enabled') return { kind: 'notNeeded', state: 'Enabled' };
  const asked = await askFor(house, key, {
    kind: 'rescue',
    by: { via: 'terminal', user: errand.user },
    nonce: errand.nonce,
  });
  if (asked.kind !== 'asked') return { kind: 'alreadyRunning' };
  const { id } = asked.incident;
  const effect = `e${house.hash(`carryOut ${asked.action}`).slice(0, 63)}` as Parameters<typeof carryOut>[1]['effect'];
  await carryOut(house, { incident: id, action: asked.action, effect, runner: errand.nonce, signal: errand.signal });
  // Where Redis is shared, a running bot may have carried it out: wait for whoever did.
  for (;;) {
    const incident = await house.incidents.load(id);
    const action = incident?.actions.find((one) => one.id === asked.action);
    if (incident !== undefined && action?.ending !== undefined) {
      const requestIds = action.calls.map((call) => call.outcome?.requestId).filter((one) => one !== undefined);
      return { kind: 'ended', ending: action.ending, incident, requestIds };
    }
    await house.clock.sleep(500, errand.signal);
  }
}
