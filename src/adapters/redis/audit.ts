/**
 * The `Audit` port: one stream that is only ever appended to. Redis cannot hash, so an entry is chained here, behind the
 * last one as it was read, and appended by a script that first makes sure that it still is the last one.
 */
import type { AuditEntry, AuditEvent, AuditHead } from '../../domain/audit.ts';
import { chained, readKept } from '../../domain/audit-chain.ts';
import { canonicalText } from '../../domain/canonical-text.ts';
import { StoreUnavailable } from '../../domain/lost.ts';
import type { Audit, Hash } from '../../ports.ts';
import { entryIn, storedTrail, textOf } from './audit-stored.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';

/** Whoever loses a race knows that somebody else has written: among a handful of instances nobody loses this often. */
const ATTEMPTS = 60;

/**
 * KEYS: the stream, then the mark of each entry (where it stands). ARGV: id and text of the last entry as it was read ('' and '': there is
 * none), ms to keep a mark, then id and text of each entry. 0: somebody else has written since.
 */
const APPEND = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local id, text = '', ''
if last then
  id = last[1]
  for field = 1, #last[2], 2 do
    if last[2][field] == 'entry' then text = last[2][field + 1] break end
  end
end
if id ~= ARGV[1] or text ~= ARGV[2] then return 0 end
for mark = 2, #KEYS do
  redis.call('XADD', KEYS[1], ARGV[2 * mark], 'entry', ARGV[2 * mark + 1])
  redis.call('SET', KEYS[mark], ARGV[2 * mark], 'PX', ARGV[3])
end
return 1
`;

export function redisAudit(store: Store, hash: Hash): Audit {
  const append = store.script('kwAudit', APPEND);
  const markOf = ({ id }: AuditEvent): string => KEYS.auditMark(hash(id));

  /**
   * Ids of the events that stand in the trail. A mark is a hint where to look, never a proof: whoever may write to Redis could
   * else keep an entry out by setting its mark.
   */
  async function standingOf(events: readonly AuditEvent[]): Promise<ReadonlySet<string>> {
    const marks = await store.run((redis) => redis.mget(...events.map(markOf)));
    const found = await store.run((redis) =>
      Promise.all(
        marks.map((place) => (place === null || !/^\d+-0$/.test(place) ? [] : redis.xrange(KEYS.audit, place, place))),
      ),
    );
    const ids = found.map(([item]) => (item === undefined ? undefined : entryIn(textOf(item[1]))?.id));
    return new Set(events.map(({ id }) => id).filter((id, index) => ids[index] === id));
  }

  /** False: somebody else has written in between. */
  async function tryAppending(events: readonly AuditEvent[]): Promise<boolean> {
    const [last, standing] = await Promise.all([readLast(store, hash), standingOf(events)]);
    const entries = chained(
      last.head,
      events.filter(({ id }) => !standing.has(id)),
      hash,
    );
    if (entries.length === 0) return true;
    const kept = entries.flatMap((entry) => [`${entry.seq}-0`, canonicalText(entry)]);
    const answer = await append([KEYS.audit, ...entries.map(markOf)], [last.id, last.text, KEPT.auditMark, ...kept]);
    return answer === 1;
  }

  async function appendOnce(events: readonly AuditEvent[]): Promise<void> {
    const once = [...new Map(events.map((event) => [event.id, event])).values()];
    if (once.length === 0) return;
    try {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) if (await tryAppending(once)) return;
      throw new StoreUnavailable(`others wrote to it ${ATTEMPTS} times in a row`);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      throw new StoreUnavailable(`The audit trail cannot be written: ${error.message}`, error);
    }
  }

  /** `after`: id of the one to begin behind. */
  async function* entriesFrom(after?: string): AsyncIterable<readonly AuditEntry[]> {
    const { pages } = await storedTrail(store, KEYS.audit, after);
    for await (const page of pages) yield page.map(({ text }) => entryIn(text)).filter((entry) => entry !== undefined);
  }

  return {
    append: gathered(appendOnce),
    head: async () => (await readLast(store, hash)).head,

    async lastPosted() {
      const day = await store.run((redis) => redis.get(KEYS.auditPosted));
      return day === null ? undefined : Number(day);
    },

    async notePosted(day) {
      await store.run((redis) => redis.set(KEYS.auditPosted, day));
    },

    async *entries(since) {
      for await (const entries of entriesFrom()) {
        yield since === undefined ? entries : entries.filter(({ at }) => at >= since);
      }
    },

    async *entriesAfter({ seq, hash: known }) {
      const place = `${seq}-0`;
      const [item] = await store.run((redis) => redis.xrange(KEYS.audit, place, place));
      const stands = item !== undefined && entryIn(textOf(item[1]))?.hash === known;
      yield* entriesFrom(stands ? place : undefined);
    },
  };
}

interface Last {
  /** '' and '': the trail is empty. */
  readonly id: string;
  readonly text: string;
  readonly head: AuditHead | undefined;
}

/** Behind an entry that is not as it was written nothing is appended: it would look like an honest successor. */
async function readLast(store: Store, hash: Hash): Promise<Last> {
  const [item] = await store.run((redis) => redis.xrevrange(KEYS.audit, '+', '-', 'COUNT', 1));
  if (item === undefined) return { id: '', text: '', head: undefined };
  const [id, fields] = item;
  const text = textOf(fields);
  const kept = readKept(text, hash);
  const broken = (how: string): StoreUnavailable =>
    new StoreUnavailable(`its last entry, ${id}, ${how}. Ask \`npm run keywarden -- audit verify\``);
  if (kept.kind === 'unreadable') throw broken('cannot be read');
  if (!kept.untouched) throw broken('was changed: it does not fit its own hash');
  const { seq } = kept.entry;
  if (id !== `${seq}-0`) throw broken(`calls itself number ${seq}`);
  return { id, text, head: { seq, hash: kept.entry.hash } };
}

interface Waiting {
  readonly events: readonly AuditEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One append at a time per process: what comes meanwhile is gathered, and follows in one step. Otherwise a burst would race
 * against itself, and all but one of it lose, over and over.
 */
function gathered(append: (events: readonly AuditEvent[]) => Promise<void>): Audit['append'] {
  let waiting: Waiting[] = [];
  let isBusy = false;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await append(batch.flatMap(({ events }) => events));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isBusy = false;
  }

  return (events) =>
    new Promise((resolve, reject) => {
      waiting.push({ events, resolve, reject });
      if (isBusy) return;
      isBusy = true;
      void work();
    });
}
