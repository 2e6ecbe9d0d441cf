/** The audit trail as it lies in Redis: whatever is kept there, entry or not, in the order in which it is kept. */
import type { AuditEntry } from '../../domain/audit.ts';
import type { StoredEntry } from '../../domain/audit-verification.ts';
import type { Store } from './connect.ts';
import { parseRecord, tolerant } from './record.ts';

/** Entries are some 1 KB: a page answers far within the command timeout. */
const PAGE = 500;
/** What is no entry is told by the verification, by its number. */
const tolerate = tolerant(() => undefined);

export interface StoredTrail {
  /** The highest number ever given away, also when its entry is gone; `undefined`: there is no trail. */
  readonly lastStored: number | undefined;
  /** Up to that number, so that what is appended meanwhile changes nothing. */
  readonly pages: AsyncIterable<readonly StoredEntry[]>;
}

/** `key`: of the trail, or of one that was set aside; `after`: id of the item to begin behind. Rejects with `StoreUnavailable`, also when what stands there is no stream. */
export async function storedTrail(store: Store, key: string, after?: string): Promise<StoredTrail> {
  if ((await store.run((redis) => redis.exists(key))) === 0) return { lastStored: undefined, pages: nothing() };
  const told = await store.run((redis) => redis.xinfo('STREAM', key));
  const lastId = lastGeneratedId(told);
  return { lastStored: Number.parseInt(lastId, 10), pages: pagesUpTo(store, key, lastId, after) };
}

/** How a stream's items come over the wire: id, then names and values in turn. */
export type StreamItem = readonly [id: string, fields: readonly string[]];

export const storedEntry = ([id, fields]: StreamItem): StoredEntry => ({
  number: /^\d+-0$/.test(id) ? Number.parseInt(id, 10) : undefined,
  text: textOf(fields),
});

export function textOf(fields: readonly string[]): string {
  const name = fields.findIndex((field, index) => index % 2 === 0 && field === 'entry');
  return name === -1 ? '' : (fields[name + 1] ?? '');
}

/** Reads a kept text as an entry, without asking whether it is genuine; `undefined`: it is none. */
export const entryIn = (text: string): AuditEntry | undefined =>
  tolerate(() => parseRecord<AuditEntry>('audit entry', text, ['id', 'kind', 'at', 'actor', 'seq', 'prev', 'hash']));

async function* pagesUpTo(
  store: Store,
  key: string,
  lastId: string,
  after: string | undefined,
): AsyncIterable<readonly StoredEntry[]> {
  let from = after === undefined ? '-' : `(${after}`;
  for (;;) {
    const items = await store.run((redis) => redis.xrange(key, from, lastId, 'COUNT', PAGE));
    const last = items.at(-1);
    if (last === undefined) return;
    yield items.map(storedEntry);
    from = `(${last[0]}`;
  }
}

async function* nothing(): AsyncIterable<readonly StoredEntry[]> {}

/** XINFO answers names and values in turn. */
function lastGeneratedId(told: unknown): string {
  const words = Array.isArray(told) ? (told as readonly unknown[]) : [];
  return String(words[words.indexOf('last-generated-id') + 1]);
}
