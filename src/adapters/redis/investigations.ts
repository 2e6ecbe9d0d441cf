/** The `Investigations` port: one small record per principal, the incidents it is for, and when it wants to look; one per question. */
import type { IncidentId, Instant } from '../../domain/ids.ts';
import type { Investigation } from '../../domain/investigation.ts';
import type { Question } from '../../domain/question.ts';
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

  /** Records of one kind, each changed in one step with when it is due. */
  function kept<T extends { readonly nextAt?: Instant }>(
    what: string,
    keyOf: (id: string) => string,
    fields: readonly (keyof T & string)[],
  ) {
    const textOf = (id: string): Promise<string | null> => store.run((redis) => redis.get(keyOf(id)));
    const parse = (id: string, text: string | null): T | undefined =>
      text === null ? undefined : tolerate(() => parseRecord<T>(`${what} ${id}`, text, fields));
    return {
      get: async (id: string) => parse(id, await textOf(id)),
      async change(id: string, edit: (before: T | undefined) => T): Promise<T> {
        for (let race = 0; race < MOST_RACES; race += 1) {
          const text = await textOf(id);
          const before = parse(id, text);
          const next = edit(before);
          if (next === before) return next;
          const written = [text ?? '', JSON.stringify(next), id, next.nextAt ?? '', KEPT.investigation];
          if ((await swap([keyOf(id), KEYS.investigations], written)) === 1) return next;
        }
        throw new Error(`the ${what} kept changing under every attempt to change it`);
      },
    };
  }

  const searches = kept<Investigation>('investigation', KEYS.investigation, ['id', 'actor', 'startedAt', 'uncovered']);
  const questions = kept<Question>('question', KEYS.question, ['id', 'owner', 'name', 'askedAt', 'investigations']);

  return {
    get: searches.get,
    change: searches.change,
    question: questions.get,
    changeQuestion: questions.change,

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
