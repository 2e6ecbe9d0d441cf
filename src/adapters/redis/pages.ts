/** The `Pages` port: a hash of small records. Each is changed only by whoever read its newest text, so no change is lost. */
import type { KeptPage } from '../../domain/paging.ts';
import type { Pages } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, tolerant } from './record.ts';

/** ARGV: page id, the text it was decided on or '', the new text or '' to take it out. */
const SWAP = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
`;

/** As with incidents: what many write at once settles within a few rounds. */
const MOST_RACES = 50;

/** A record that cannot be read is told to `onUnreadable` and counts as none: the page is then told anew. */
export function redisPages(store: Store, onUnreadable: OnUnreadable): Pages {
  const swap = store.script('kwSwapPage', SWAP);
  const tolerate = tolerant(onUnreadable);
  const parse = (id: string, text: string | null | undefined): KeptPage | undefined =>
    typeof text === 'string'
      ? tolerate(() => parseRecord<KeptPage>(`page ${id}`, text, ['page', 'status', 'since', 'sinks', 'version']))
      : undefined;
  const textOf = (id: string): Promise<string | null> => store.run((redis) => redis.hget(KEYS.pages, id));

  return {
    async all() {
      const texts = await store.run((redis) => redis.hgetall(KEYS.pages));
      return Object.entries(texts)
        .map(([id, text]) => parse(id, text))
        .filter((kept) => kept !== undefined);
    },

    get: async (id) => parse(id, await textOf(id)),

    async change(id, edit) {
      for (let race = 0; race < MOST_RACES; race += 1) {
        const text = await textOf(id);
        const kept = parse(id, text);
        const next = edit(kept);
        if (next === kept) return { changed: false, kept };
        const written = next === undefined ? '' : JSON.stringify(next);
        if ((await swap([KEYS.pages], [id, text ?? '', written])) === 1) return { changed: true, kept: next };
      }
      throw new Error('the page kept changing under every attempt to change it');
    },
  };
}
