/** `audit set-aside`: the way back when the trail no longer verifies. Nothing is lost, and the new trail tells of it. */
import { setTrailAside, typeOfTrail } from '../adapters/redis/audit-set-aside.ts';
import { storedTrail } from '../adapters/redis/audit-stored.ts';
import type { Store } from '../adapters/redis/connect.ts';
import { KEYS } from '../adapters/redis/keys.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { sha256 } from '../adapters/system/hash.ts';
import type { AuditHead } from '../domain/audit.ts';
import { StoreUnavailable } from '../domain/lost.ts';
import { walkTrail } from './audit-trail.ts';
import { operatorName, print, refuse } from './terminal.ts';

export async function setAside(store: Store, reason: string): Promise<number> {
  const type = await typeOfTrail(store);
  const broken = type === 'stream' || type === 'none' ? await faultOf(store) : foreign(type);
  if (broken === undefined)
    return refuse(
      'The audit trail is sound, as "audit verify" says: there is nothing to set aside, nothing was changed.',
    );
  const { message, entries, lastText, lastGood } = broken;
  const at = systemClock.now();
  const asked = setTrailAside(store, sha256, {
    verified: { type, length: entries, lastText },
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
  const done = await asked.catch((error: unknown) => {
    if (error instanceof StoreUnavailable) return 'unanswered' as const;
    throw error;
  });
  if (done === 'unanswered')
    return refuse(
      'Redis did not answer whether it was done. Run "audit export --format jsonl": where the first entry is of the kind setAside, it was, and names the former trail.',
    );
  if (done === 'changed')
    return refuse(
      'Somebody wrote to the audit trail while it was read: nothing was changed. Run this again; if it comes often, stop the bot for that moment.',
    );
  const good = lastGood === undefined ? 'none' : `up to ${lastGood.seq}:${lastGood.hash}`;
  print(`set aside: ${done.name}, entries: ${entries}, good: ${good}. ${message}`);
  print(`The new trail tells of it, head ${done.head.seq}:${done.head.hash}`);
  return 0;
}

interface Broken {
  readonly message: string;
  readonly entries: number;
  readonly lastText: string;
  readonly lastGood?: AuditHead;
}

async function faultOf(store: Store): Promise<Broken | undefined> {
  const { verdict, count, ...rest } = await walkTrail(await storedTrail(store, KEYS.audit));
  if (verdict.kind === 'sound') return undefined;
  const { kind, number, explanation } = verdict.fault;
  return { message: `entry ${number}, ${kind}. ${explanation}`, entries: count, ...rest };
}

const foreign = (type: string): Broken => ({
  message: `In the place of the trail stands something that is none: a ${type}.`,
  entries: 0,
  lastText: '',
});
