/**
 * The `Homes` port: a small hash per person, and who opened their tab when. By the user's id alone: what Slack calls somebody's team
 * depends on the payload. Whatever is lost here is asked for again.
 */
import { FORGOTTEN_AFTER, type KeptHome, type Said } from '../../domain/home.ts';
import type { AccountId, Duration, Instant, Person } from '../../domain/ids.ts';
import type { Homes } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEYS } from './keys.ts';
import { redisPace } from './pace.ts';

/** More people than this do not look at the board in one day; whoever opened it longest ago is forgotten. */
const MOST_HOMES = 1_000;
/** Drawings that nobody asked for: far below what `views.publish` takes (100 a minute), so that presses always find room. */
const EVERY: Duration = 1_000;
const LANE = 'homes';

const OPEN = `
redis.call('HSET', KEYS[1], 'openedAt', ARGV[2], 'person', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[5])
`;
/**
 * KEYS: home, homes. ARGV: user, openedAt, person, ms to keep, most, page or '', account or 'all' or '', before when what was said is
 * over or ''. Only what is named is written: whoever says or chooses something else meanwhile keeps it.
 */
const CHANGE = `${OPEN}
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'page', ARGV[6]) end
if ARGV[7] == 'all' then redis.call('HDEL', KEYS[1], 'account')
elseif ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'account', ARGV[7]) end
if ARGV[8] ~= '' then
  local said = redis.call('HGET', KEYS[1], 'said')
  if said and (said == '' or cjson.decode(said).at < tonumber(ARGV[8])) then redis.call('HDEL', KEYS[1], 'said') end
end
`;
/** KEYS and ARGV up to the fifth: as above; then said. */
const SAY = `
if redis.call('EXISTS', KEYS[1]) == 0 then ${OPEN} end
redis.call('HSET', KEYS[1], 'said', ARGV[6])
`;

/** KEYS: home, board:changes. ARGV: now. Nothing is kept of a tab that nobody has open. */
const BEGIN = `
local changes = redis.call('GET', KEYS[2]) or '0'
if redis.call('EXISTS', KEYS[1]) == 0 then return {changes, 0, {}} end
redis.call('HSET', KEYS[1], 'drawnAt', ARGV[1])
return {changes, redis.call('HINCRBY', KEYS[1], 'draw', 1), redis.call('HGETALL', KEYS[1])}
`;

/** KEYS: home, homes:owed. ARGV: user, draw, changes, digest or ''. */
const DRAWN = `
if redis.call('EXISTS', KEYS[1]) == 0 then return end
if ARGV[4] ~= '' and redis.call('HGET', KEYS[1], 'draw') == ARGV[2] then
  redis.call('HSET', KEYS[1], 'changes', ARGV[3], 'digest', ARGV[4])
  redis.call('SREM', KEYS[2], ARGV[1])
else
  redis.call('HDEL', KEYS[1], 'changes', 'digest')
  redis.call('SADD', KEYS[2], ARGV[1])
end
`;

/** KEYS: home, homes:owed. ARGV: user. */
const OWE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return end
redis.call('HDEL', KEYS[1], 'changes')
redis.call('SADD', KEYS[2], ARGV[1])
`;

export function redisHomes(store: Store): Homes {
  const change = store.script('kwHomeChange', CHANGE);
  const say = store.script('kwHomeSay', SAY);
  const begin = store.script('kwHomeBegin', BEGIN);
  const drawn = store.script('kwHomeDrawn', DRAWN);
  const owe = store.script('kwHomeOwe', OWE);
  const pace = redisPace(store);

  return {
    get: async ({ user }) => homeOf(await store.run((redis) => redis.hgetall(KEYS.home(user)))),

    async change(person, { openedAt, page, account, saidBefore }) {
      await change(
        [KEYS.home(person.user), KEYS.homes],
        [...openArgs(person, openedAt), page ?? '', account ?? '', saidBefore ?? ''],
      );
    },

    async say(person, said) {
      await say([KEYS.home(person.user), KEYS.homes], [...openArgs(person, said.at), JSON.stringify(said)]);
    },

    async begin({ user }, now) {
      const answer = await begin([KEYS.home(user), KEYS.boardChanges], [now]);
      const [changes, draw, flat] = answer as [string, number, string[]];
      const fields = Object.fromEntries(
        Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]),
      ) as Record<string, string>;
      return { home: homeOf(fields), draw, changes: Number(changes) };
    },

    async drawn({ user }, { draw, changes, digest }) {
      await drawn([KEYS.home(user), KEYS.homesOwed], [user, draw, changes, digest ?? '']);
    },

    async owe({ user }) {
      await owe([KEYS.home(user), KEYS.homesOwed], [user]);
    },

    async forget({ user }) {
      await store.run((redis) =>
        redis.multi().del(KEYS.home(user)).zrem(KEYS.homes, user).srem(KEYS.homesOwed, user).exec(),
      );
    },

    async anyOld() {
      const [open, owed, [changes, settled]] = await store.run((redis) =>
        Promise.all([
          redis.zcard(KEYS.homes),
          redis.scard(KEYS.homesOwed),
          redis.mget(KEYS.boardChanges, KEYS.homesSettled),
        ]),
      );
      return open > 0 && (owed > 0 || (changes ?? '0') !== settled);
    },

    async list(now) {
      // First the counter: what changes after it makes the tabs old again.
      const [changes, , users, owed] = await store.run((redis) =>
        Promise.all([
          redis.get(KEYS.boardChanges),
          redis.zremrangebyscore(KEYS.homes, '-inf', now - FORGOTTEN_AFTER),
          redis.zrange(KEYS.homes, '0', '-1'),
          redis.smembers(KEYS.homesOwed),
        ]),
      );
      const gone = owed.filter((user) => !users.includes(user));
      if (gone.length > 0) await store.run((redis) => redis.srem(KEYS.homesOwed, ...gone));
      const rows = await store.run((redis) => Promise.all(users.map((user) => redis.hgetall(KEYS.home(user)))));
      const homes = rows.map(homeOf);
      return { changes: Number(changes ?? 0), homes: homes.filter((home) => home !== undefined) };
    },

    async settle(changes) {
      await store.run((redis) => redis.set(KEYS.homesSettled, changes));
    },

    reserve: () => pace.reserve(LANE, EVERY, 1),
    pause: (duration) => pace.pause(LANE, duration),
  };
}

const openArgs = (person: Person, openedAt: Instant): readonly (string | number)[] => [
  person.user,
  openedAt,
  JSON.stringify(person),
  FORGOTTEN_AFTER,
  MOST_HOMES,
];

function homeOf(fields: Readonly<Record<string, string>>): KeptHome | undefined {
  const { person, openedAt, page, account, said, drawnAt, changes, digest } = fields;
  if (person === undefined) return undefined;
  return {
    person: JSON.parse(person) as Person,
    openedAt: Number(openedAt),
    page: Number(page ?? 0),
    ...(account === undefined || account === '' ? {} : { account: account as AccountId }),
    ...(said === undefined || said === '' ? {} : { said: JSON.parse(said) as Said }),
    ...(drawnAt === undefined ? {} : { drawnAt: Number(drawnAt) }),
    ...(changes === undefined ? {} : { changes: Number(changes) }),
    ...(digest === undefined ? {} : { digest }),
  };
}
