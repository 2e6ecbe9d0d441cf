/** What step-up remembers of each person: one hash, and a set of everybody. Only encrypted secrets ever come here. */
import type { KeptEnrolment, Settled } from '../../domain/enrolment.ts';
import { type Person, personKey } from '../../domain/ids.ts';
import type { StepUpStore } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';

/** ARGV: person, then fields and values. The write that may be refused for lack of memory comes first: then nothing changed. */
const PUT = `
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('HDEL', KEYS[1], 'usedStep', 'failures', 'lockedUntil')
redis.call('SADD', KEYS[2], ARGV[1])
return 1
`;

/** ARGV: person. */
const REMOVE = `
redis.call('SREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
`;

const UNLOCK = `
redis.call('HDEL', KEYS[1], 'failures', 'lockedUntil')
return redis.call('EXISTS', KEYS[1])
`;

/** ARGV: the sealed secret it must still be, the one to put there. */
const RESEAL = `
if redis.call('HGET', KEYS[1], 'sealed') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
return 1
`;

/** ARGV: enrolment, now, step or '', the wrong code that locks, how long the locks last. A lock in force counts nothing. */
const SETTLE = `
local kept = redis.call('HMGET', KEYS[1], 'enrolment', 'lockedUntil', 'usedStep', 'failures')
if kept[1] ~= ARGV[1] then return {'changed'} end
local now = tonumber(ARGV[2])
if tonumber(kept[2] or 0) > now then return {'locked', kept[2]} end
if ARGV[3] ~= '' then
  if tonumber(ARGV[3]) <= tonumber(kept[3] or -1) then return {'used'} end
  redis.call('HSET', KEYS[1], 'usedStep', ARGV[3])
  redis.call('HDEL', KEYS[1], 'failures', 'lockedUntil')
  return {'right'}
end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local over = failures - tonumber(ARGV[4])
if over < 0 then return {'wrong', tostring(-over)} end
local lock = ARGV[math.min(5 + over, #ARGV)]
local ends = string.format('%.0f', now + tonumber(lock))
redis.call('HSET', KEYS[1], 'lockedUntil', ends)
return {'locked', ends, 'fresh'}
`;

export function redisStepUp(store: Store): StepUpStore {
  const put = store.script('kwStepUpPut', PUT);
  const remove = store.script('kwStepUpRemove', REMOVE);
  const unlock = store.script('kwStepUpUnlock', UNLOCK);
  const reseal = store.script('kwStepUpReseal', RESEAL);
  const settle = store.script('kwStepUpSettle', SETTLE);
  const hashOf = (person: Person): string => KEYS.stepUp(personKey(person));
  const get = async (person: Person): Promise<KeptEnrolment | undefined> =>
    enrolmentOf(person, await store.run((redis) => redis.hgetall(hashOf(person))));

  return {
    get,
    async list() {
      const people = (await store.run((redis) => redis.smembers(KEYS.stepUpPeople))).sort();
      const enrolments = await Promise.all(people.map((text) => get(personOf(text))));
      return enrolments.filter((enrolment) => enrolment !== undefined);
    },
    async put({ person, id, name, enrolledAt, sealed }) {
      const fields = ['enrolment', id, 'name', name, 'enrolledAt', enrolledAt, 'sealed', sealed];
      await put([hashOf(person), KEYS.stepUpPeople], [personKey(person), ...fields]);
    },
    remove: async (person) => (await remove([hashOf(person), KEYS.stepUpPeople], [personKey(person)])) === 1,
    unlock: async (person) => (await unlock([hashOf(person)], [])) === 1,
    async reseal(person, from, to) {
      await reseal([hashOf(person)], [from, to]);
    },
    async settle(person, { enrolment, now, step, lockAfter, locks }) {
      return settledOf(await settle([hashOf(person)], [enrolment, now, step ?? '', lockAfter, ...locks]));
    },
  };
}

const personOf = (text: string): Person => {
  const [enterprise = '', team = '', user = ''] = text.split('/');
  return { enterprise, team, user };
};

function enrolmentOf(person: Person, fields: Readonly<Record<string, string>>): KeptEnrolment | undefined {
  const { enrolment, name, enrolledAt, sealed, failures, lockedUntil } = fields;
  if (enrolment === undefined || sealed === undefined) return undefined;
  return {
    person,
    id: enrolment,
    name: name ?? person.user,
    enrolledAt: Number(enrolledAt),
    sealed,
    failures: Number(failures ?? 0),
    ...(lockedUntil === undefined ? {} : { lockedUntil: Number(lockedUntil) }),
  };
}

function settledOf(answer: unknown): Settled {
  const [kind, value, fresh] = answer as readonly [Settled['kind'], string?, string?];
  switch (kind) {
    case 'wrong':
      return { kind, left: Number(value) };
    case 'locked':
      return { kind, until: Number(value), fresh: fresh !== undefined };
    case 'right':
    case 'used':
    case 'changed':
      return { kind };
  }
}
