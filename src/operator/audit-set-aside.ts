/** `audit set-aside`: the way back when the trail no longer verifies. Nothing is lost, and the new trail tells of it. */
import { setTrailAside, typeOfTrail } from '../adapters/redis/audit-set-aside.ts';
import { storedTrail } from '../adapters/redis/audit-stored.ts';
import type { Store } from '../adapters/redis/connect.ts';
import { KEYS } from '../adapters/redis/keys.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { sha256 } from '../adapters/system/hash.ts';
import type { AuditHead } from '../domain/audit.ts';
import { walkTrail } from './audit-trail.ts';
import { operatorName, print, refuse } from './terminal.ts';

export async function setAside(store: Store, reason: string): Promise<number> {
  const type = await typeOfTrail(store);
  const broken = type === 'stream' || type === 'none' ? await faultOf(store) : foreign(type);
  if (broken === undefined)
    return refuse(
      'The audit trail is sound, as "audit verify" says: there is nothing to set aside, nothing was changed.',
    );
  const { message, entries, lastGood } = broken;
  const at = systemClock.now();
  const done = await setTrailAside(store, sha256, {
    verified: { type, length: entries },
    at,
    entry: (name) => ({
      id: `setAside.${name}`,
      kind: 'setAside',
      at,
      actor: { via: 'terminal', user: operatorName() },
      reason,
      message,
      former: { name, entries, ...(lastGood === undefined ? {} : { lastGood }) },
    }),
  });
  if (done === 'changed')
    return refuse('Somebody wrote to the audit trail while it was read: nothing was changed. Run this again.');
  const good = lastGood === undefined ? 'none' : `up to ${lastGood.seq}:${lastGood.hash}`;
  print(`set aside: ${done.name}, entries: ${entries}, good: ${good}. ${message}`);
  print(`The new trail tells of it, head ${done.head.seq}:${done.head.hash}`);
  return 0;
}

interface Broken {
  readonly message: string;
  readonly entries: number;
  readonly lastGood?: AuditHead;
}

async function faultOf(store: Store): Promise<Broken | undefined> {
  const { verdict, count, ...good } = await walkTrail(await storedTrail(store, KEYS.audit));
  if (verdict.kind === 'sound') return undefined;
  const { kind, number, explanation } = verdict.fault;
  return { message: `entry ${number}, ${kind}. ${explanation}`, entries: count, ...good };
}

const foreign = (type: string): Broken => ({
  message: `In the place of the trail stands something that is none: a ${type}.`,
  entries: 0,
});
