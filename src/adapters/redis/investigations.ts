/** The `Investigations` port: one small record per principal, the incidents it is for, and when it wants to look. */
import type { IncidentId } from '../../domain/ids.ts';
import type { Investigation } from '../../domain/investigation.ts';
import type { Investigations } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';
import { type OnUnreadable, parseRecord, tolerant } from './record.ts';

/** ARGV: the text it was decided on or '', the new text, its id, when it looks next or '', ms to keep. */
const SWAP = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[5])
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[3])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
end
return 1
`;

/** ARGV: incident, most, ms to keep. */
const JOIN = `
if redis.call('SCARD', KEYS[1]) < tonumber(ARGV[2]) then redis.call('SADD', KEYS[1], ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** As with incidents: what many write at once settles within a few rounds. */
const MOST_RACES = 50;
const MOST_INCIDENTS = 10_000;

/** A record that cannot be read is told to `onUnreadable` and counts as none: it begins anew. */
export function redisInvestigations(store: Store, onUnreadable: OnUnreadable): Investigations {
  const swap = store.script('kwSwapInvestigation', SWAP);
  const join = store.script('kwJoinInvestigation', JOIN);
  const tolerate = tolerant(onUnreadable);
  const textOf = (id: string): Promise<string | null> => store.run((redis) => redis.get(KEYS.investigation(id)));
  const parse = (id: string, text: string | null): Investigation | undefined =>
    text === null
      ? undefined
      : tolerate(() =>
          parseRecord<Investigation>(`investigation ${id}`, text, ['id', 'actor', 'startedAt', 'uncovered']),
        );

  return {
    get: async (id) => parse(id, await textOf(id)),

    async change(id, edit) {
      for (let race = 0; race < MOST_RACES; race += 1) {
        const text = await textOf(id);
        const before = parse(id, text);
        const next = edit(before);
        if (next === before) return next;
        const keys = [KEYS.investigation(id), KEYS.investigations];
        const written = [text ?? '', JSON.stringify(next), id, next.nextAt ?? '', KEPT.investigation];
        if ((await swap(keys, written)) === 1) return next;
      }
      throw new Error('the investigation kept changing under every attempt to change it');
    },

    async join(id, incident) {
      await join([KEYS.investigationIncidents(id)], [incident, MOST_INCIDENTS, KEPT.investigation]);
    },

    incidents: async (id) =>
      (await store.run((redis) => redis.smembers(KEYS.investigationIncidents(id)))) as IncidentId[],

    async due(now, limit) {
      const flat = await store.run((redis) =>
        redis.zrangebyscore(KEYS.investigations, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit),
      );
      return flat.flatMap((id, index) => (index % 2 === 0 ? [{ id, at: Number(flat[index + 1]) }] : []));
    },

    async neverDue(id) {
      await store.run((redis) => redis.zrem(KEYS.investigations, id));
    },
  };
}
