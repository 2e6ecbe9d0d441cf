/**
 * A world in which many keys are endangered, rescued and endangered again while several processes gather, draw and remind: the real
 * flows on the real Redis, with a Slack and keys of the test's own. Every call to a port waits for its turn, and any process may die
 * between two of its calls. Above 300 lines, because it is one world.
 */
import { createHash } from 'node:crypto';
import { noChat, noHomes, noShapes } from '../../src/adapters/memory/memory.ts';
import { connectRedis, type Store } from '../../src/adapters/redis/connect.ts';
import { redisGatherings } from '../../src/adapters/redis/gatherings.ts';
import { redisInbox } from '../../src/adapters/redis/inbox.ts';
import { redisIncidents } from '../../src/adapters/redis/incidents.ts';
import { redisLanes } from '../../src/adapters/redis/lanes.ts';
import type { Fact } from '../../src/domain/fact.ts';
import { type Gathering, openErrands } from '../../src/domain/gathering.ts';
import {
  type ActionId,
  type ChannelId,
  type EffectId,
  type IncidentId,
  type KeyRef,
  type MessageTs,
  parseKeyArn,
} from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { type KeyRead, type KeyState, known, unknown } from '../../src/domain/key.ts';
import { alertEverybody } from '../../src/flows/alert.ts';
import { change, incidentIdOf } from '../../src/flows/commit.ts';
import { comeDue } from '../../src/flows/due.ts';
import { pressGathering, runErrand } from '../../src/flows/errand.ts';
import type { House } from '../../src/flows/house.ts';
import { look } from '../../src/flows/look.ts';
import { openingsNow } from '../../src/flows/openings.ts';
import { receiveFact } from '../../src/flows/receive-fact.ts';
import { COME_TOGETHER } from '../../src/flows/remind-together.ts';
import { drainLane } from '../../src/flows/send.ts';
import { recordOf } from '../../src/flows/shared-card.ts';
import type { Chat } from '../../src/ports.ts';
import { movedClock } from '../clock.ts';
import { DAY, HOUR, MILESTONES, MINUTE } from '../domain/samples.ts';
import type { TestRedis } from '../redis.ts';

export const CHANNEL = 'C0INCIDENT' as ChannelId;
const FALLBACK = 'C0OPS' as ChannelId;
const APPROVER = 'U0BOB';
const ALICE = { enterprise: '', team: 'T1', user: 'U0ALICE' };
/** Effects that are no part of this world. */
const LEFT_ALONE = ['learn', 'investigate', 'page', 'audit', 'report'];
const START = Date.UTC(2026, 2, 12, 10);

export interface Said {
  readonly ts: MessageTs;
  readonly channel: ChannelId;
  /** Of an incident or a gathering. */
  readonly about: string;
  readonly effect: string;
  /** The last entry of a note. */
  readonly upTo?: number;
  readonly round?: number;
  readonly threadTs?: MessageTs;
  closed: boolean;
  deleted: boolean;
  /** `incident milestone` of each reminder it says. */
  readonly reminds: readonly string[];
}

interface Actor {
  readonly name: string;
  state: 'running' | 'dead' | 'done';
  /** Calls it still makes. */
  lives: number;
  failure?: unknown;
}

/** Eight keys and a family of two. */
const keyNamed = (name: string, region = 'us-west-2'): KeyRef =>
  parseKeyArn(`arn:aws:kms:${region}:111122223333:key/${name}`) as KeyRef;
const PRIMARY = keyNamed('mrk-twins');
const REPLICA = keyNamed('mrk-twins', 'eu-west-1');
export const ALL_KEYS: readonly KeyRef[] = [
  ...Array.from({ length: 8 }, (_none, index) => keyNamed(`key-${index}`)),
  PRIMARY,
  REPLICA,
];

export type World = Awaited<ReturnType<typeof openWorld>>;

export async function openWorld(server: TestRedis, store: Store) {
  await server.wipe();
  const clock = movedClock(START);
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const incidents = redisIncidents(store, () => undefined);
  const gatherings = redisGatherings(store, () => undefined);
  const lanes = redisLanes(store);
  const inbox = redisInbox(store);

  /* Turns. */
  const actors: Actor[] = [];
  const waiting: { readonly actor: Actor; readonly go: () => Promise<void> }[] = [];
  const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const port =
    <A extends readonly unknown[], R>(actor: Actor, work: (...given: A) => R | Promise<R>) =>
    (...given: A): Promise<R> =>
      new Promise<R>((resolve, reject) => {
        const go = async (): Promise<void> => {
          actor.lives -= 1;
          // Half of those who die do so before their last call, the others after it, with its answer lost.
          if (actor.lives < 0) {
            actor.state = 'dead';
            if (actor.lives % 2 === 0) await Promise.resolve(work(...given)).catch(() => undefined);
            return;
          }
          await Promise.resolve(work(...given)).then(resolve, reject);
        };
        waiting.push({ actor, go });
      });
  async function step(choice: number): Promise<boolean> {
    await quiet();
    const able = waiting.filter(({ actor }) => actor.state === 'running');
    const next = able[choice % Math.max(1, able.length)];
    if (next === undefined) return false;
    waiting.splice(waiting.indexOf(next), 1);
    await next.go();
    await quiet();
    return true;
  }
  function begin(name: string, flow: (house: House) => Promise<unknown>, lives = Number.MAX_SAFE_INTEGER): void {
    if (actors.some((one) => one.name === name && one.state === 'running')) return;
    const actor: Actor = { name, state: 'running', lives };
    actors.push(actor);
    const end = (failure?: unknown): void => {
      if (actor.state === 'dead') return;
      actor.state = 'done';
      if (failure !== undefined) actor.failure = failure;
    };
    flow(houseOf(actor)).then(() => end(), end);
  }

  /* Keys. */
  const states = new Map<string, { readonly state: KeyState; readonly date?: number }>();
  for (const key of ALL_KEYS) states.set(key.arn, { state: 'Enabled' });
  function readOf(key: KeyRef): KeyRead {
    const now = states.get(key.arn);
    if (now === undefined) return { kind: 'gone', key, readAt: clock.now() };
    const family = key.keyId.startsWith('mrk-');
    return {
      kind: 'read',
      snapshot: {
        key,
        readAt: clock.now(),
        state: now.state,
        manager: 'CUSTOMER',
        origin: 'AWS_KMS',
        spec: 'SYMMETRIC_DEFAULT',
        usage: 'ENCRYPT_DECRYPT',
        ...(now.date === undefined ? {} : { deletionDate: now.date }),
        ...(family
          ? {
              multiRegion: {
                role: key.region === PRIMARY.region ? ('PRIMARY' as const) : ('REPLICA' as const),
                primary: PRIMARY,
                replicas: [REPLICA],
              },
            }
          : {}),
      },
    };
  }

  /* Slack. */
  const said: Said[] = [];
  const mood = { lost: 0, refused: 0 };
  let posts = 0;
  type Delivery = Awaited<ReturnType<Chat['send']>>;
  function put(message: Omit<Said, 'ts' | 'deleted'>, ts: MessageTs | undefined): Delivery {
    if (mood.refused > 0) {
      mood.refused -= 1;
      return { kind: 'rateLimited', retryAfter: 1_000 };
    }
    const isThere = (one: Said): boolean => !one.deleted && one.channel === message.channel;
    if (ts !== undefined) {
      const standing = said.find((one) => one.ts === ts && isThere(one));
      if (standing === undefined) return { kind: 'messageGone', error: 'message_not_found' };
      standing.closed = message.closed;
      return { kind: 'delivered', ts };
    }
    if (message.threadTs !== undefined && !said.some((one) => one.ts === message.threadTs && isThere(one)))
      return { kind: 'messageGone', error: 'thread_not_found' };
    posts += 1;
    const fresh: Said = { ...message, ts: `${posts}.0` as MessageTs, deleted: false };
    said.push(fresh);
    if (mood.lost > 0) {
      mood.lost -= 1;
      return { kind: 'ambiguous', message: 'the answer was lost' };
    }
    return { kind: 'delivered', ts: fresh.ts };
  }
  const nameOf = (effect: Parameters<Chat['send']>[1] & { kind: 'reminder' }): string => {
    const { effect: remind } = effect.effect;
    if (remind.kind !== 'remind') return '';
    const { reminder } = remind;
    return reminder.kind === 'milestone'
      ? `${remind.incident} ${reminder.milestone}`
      : `${remind.incident} ${reminder.kind}`;
  };
  const chat: Chat = {
    ...noChat,
    send: (channel, post, { ts, threadTs }) =>
      Promise.resolve(
        put(
          {
            channel,
            about: post.incident.id,
            effect: post.kind === 'reminder' ? post.effect.id : post.kind === 'note' ? `note-${post.from}` : post.kind,
            ...(post.kind === 'note' ? { upTo: post.incident.nextSeq - 1 } : {}),
            round: post.incident.round,
            closed: post.incident.phase.kind === 'closed',
            reminds: post.kind === 'reminder' ? [nameOf(post)] : [],
            ...(threadTs === undefined ? {} : { threadTs }),
          },
          ts,
        ),
      ),
    sendShared: (channel, card, _plain, ts) => {
      const { gathering } = card;
      const about = card.kind === 'wave' ? card.rows : card.members.map(({ id, version }) => ({ id, version }));
      const shown = hash(JSON.stringify([gathering.page, gathering.errands, about])).slice(0, 32);
      if (ts !== undefined && ts === gathering.card.ts && shown === gathering.card.shown)
        return Promise.resolve('same');
      const closed =
        card.kind === 'wave'
          ? card.rows.every(({ progress }) => progress === 'restored' || progress === 'over')
          : card.members.every(({ phase }) => phase.kind === 'closed');
      const delivery = put({ channel, about: gathering.id, effect: 'card', closed, reminds: [] }, ts);
      return Promise.resolve({ delivery, shown });
    },
    remindTogether: (channel, { gathering, reminders }, _plain, { threadTs, mark }) =>
      Promise.resolve(
        put(
          {
            channel,
            about: gathering.id,
            effect: mark,
            closed: false,
            reminds: reminders.map(({ incident, effect }) =>
              nameOf({ kind: 'reminder', incident, effect, plain: false }),
            ),
            ...(threadTs === undefined ? {} : { threadTs }),
          },
          undefined,
        ),
      ),
    find: (channel, wanted) => {
      const found = said.findLast(
        (one) =>
          !one.deleted &&
          one.channel === channel &&
          one.about === wanted.incident &&
          one.effect === wanted.effect &&
          (wanted.threadTs === undefined || one.threadTs === wanted.threadTs),
      );
      return Promise.resolve(
        found === undefined
          ? { kind: 'none' }
          : {
              kind: 'found',
              ts: found.ts,
              closed: found.closed,
              ...(found.upTo === undefined ? {} : { upTo: found.upTo }),
            },
      );
    },
  };

  function houseOf(actor: Actor): House {
    const ported = <T extends object>(whole: T): T =>
      Object.fromEntries(
        Object.entries(whole).map(([name, work]) => [name, typeof work === 'function' ? port(actor, work) : work]),
      ) as T;
    const none = { policyText: () => Promise.resolve(unknown('denied: kms:GetKeyPolicy')) };
    return {
      clock,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      counters: { count: () => undefined },
      hash,
      keys: {
        ...none,
        read: port(actor, (key: KeyRef) => readOf(key)),
        aliases: () => Promise.resolve(known([])),
        lastUse: () => Promise.resolve(unknown('not asked')),
        means: () => ({ kind: 'none' }),
        assumable: () => Promise.resolve({ kind: 'yes' }),
        has: () => true,
        covers: () => true,
        isOurs: () => false,
        places: () => [PRIMARY, REPLICA],
      },
      incidents: ported(incidents),
      gatherings: ported(gatherings),
      lanes: ported(lanes),
      drains: { wake: () => undefined },
      openings: openingsNow(),
      inbox: ported(inbox),
      index: {
        get: () =>
          Promise.resolve({
            state: 'Enabled',
            readAt: START - HOUR,
            aliases: [],
            origin: 'AWS_KMS',
            manager: 'CUSTOMER',
            calm: { state: 'Enabled', at: START - HOUR },
          }),
        sweepState: () => Promise.resolve({ slot: 0, startedAt: 0, failures: 0, completedAt: START }),
      },
      trail: {
        search: () => Promise.resolve({ kind: 'found', facts: [], complete: true }),
        deeds: () => Promise.resolve({ kind: 'found', deeds: [], complete: true }),
      },
      shapes: noShapes,
      homes: noHomes,
      queue: { add: () => Promise.resolve(), ensure: () => Promise.resolve() },
      people: {
        standing: (person: typeof ALICE) =>
          Promise.resolve({
            person,
            name: person.user,
            account: 'member',
            held: [{ role: person.user === APPROVER ? 'approver' : 'responder', confirmedAt: clock.now(), live: true }],
          }),
        holders: () => Promise.resolve({ people: [{ ...ALICE, user: APPROVER }] }),
      },
      tally: { note: () => Promise.resolve(0), count: () => Promise.resolve(0) },
      audit: { append: () => Promise.resolve() },
      chat: ported(chat),
      settings: {
        rules: {
          milestones: MILESTONES,
          loudWithin: DAY,
          acknowledgeFor: 12 * HOUR,
          timezone: 'UTC',
          selfKeys: new Set(),
          channelOf: () => CHANNEL,
        },
        destructive: false,
        approvals: { quorum: 1, expires: 30 * MINUTE, breakGlass: false },
        sweep: { every: 15 * MINUTE, full: 6 * HOUR },
        channelPace: { every: 1_000, burst: 3 },
        defaultChannel: CHANNEL,
        fallbackChannel: FALLBACK,
        firstReadWithin: 1_500,
        reminderTolerance: 5 * MINUTE,
        digests: [],
        identities: [],
        accountNames: new Map(),
      },
    } as unknown as House;
  }
  // Looks without taking a turn.
  const bare = { hash, incidents, gatherings, clock } as unknown as House;
  const idOf = (key: KeyRef): IncidentId => incidentIdOf(bare, { kind: 'key', key });
  const load = (key: KeyRef): Promise<Incident | undefined> => incidents.load(idOf(key));

  let facts = 0;
  async function schedule(key: KeyRef, lives?: number): Promise<void> {
    if (states.get(key.arn)?.state !== 'Enabled') return;
    const waits = key.arn === PRIMARY.arn && states.get(REPLICA.arn) !== undefined;
    states.set(
      key.arn,
      waits ? { state: 'PendingReplicaDeletion' } : { state: 'PendingDeletion', date: clock.now() + 7 * DAY },
    );
    facts += 1;
    const actor = { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/mallory', account: '111122223333' };
    const fact = {
      id: `fact-${facts}`,
      source: 'eventbridge',
      at: clock.now(),
      seenAt: clock.now(),
      body: { kind: 'deletionScheduled', key, windowDays: 7, call: { operation: 'ScheduleKeyDeletion', actor } },
    } as unknown as Fact;
    await inbox.accept(fact);
    begin(`fact ${fact.id}`, (house) => receiveFact(house, fact), lives);
  }
  const rescueByHand = (key: KeyRef): void => void states.set(key.arn, { state: 'Enabled' });

  /** Whatever the pulse and the queue would begin now; each job runs once at a time. */
  async function pulse(lives?: number): Promise<void> {
    const now = clock.now();
    for (const factId of await inbox.left(now - 3_000, 100)) {
      const fact = await inbox.get(factId);
      if (fact !== undefined) begin(`fact ${factId}`, (house) => receiveFact(house, fact));
    }
    for (const { id, dueAt } of await incidents.due(now, 100))
      begin(`due ${id}`, (house) => comeDue(house, { incident: id, dueAt, signal: new AbortController().signal }));
    for (const { id, effect } of await incidents.pending(now - 5_000, 500)) {
      if (effect.kind === 'alert')
        begin(`alert ${id}`, (house) => alertEverybody(house, { incident: effect.incident, effect: id }));
      if (effect.kind === 'carryOut') begin(`rescue ${id}`, (house) => carriedOut(house, effect, id));
    }
    for (const id of await gatherings.owing(now - COME_TOGETHER)) {
      const gathering = await recordOf(bare, id);
      if (gathering !== undefined)
        await lanes.put(gathering.card.channel, { kind: 'gatheringReminders', gathering: id }, 'deadline');
    }
    for (const id of await gatherings.working())
      for (const errand of openErrands((await gatherings.load(id)) as Gathering))
        begin(`errand ${errand.id}`, (house) =>
          runErrand(house, { gathering: id, errand: errand.id, signal: new AbortController().signal }),
        );
    for (const channel of await lanes.waiting())
      begin(`lane ${channel}`, (house) => drainLane(house, channel, new AbortController().signal), lives);
  }

  /** KMS does at once what was asked for. */
  async function carriedOut(
    house: House,
    { incident: id, action }: { readonly incident: IncidentId; readonly action: ActionId },
    effect: EffectId,
  ): Promise<void> {
    const incident = await house.incidents.load(id);
    const key = incident?.subject.kind === 'key' ? incident.subject.key : undefined;
    if (key === undefined) return;
    states.set(key.arn, { state: 'Enabled' });
    const ending = { kind: 'verified', state: 'Enabled', confirmedByRead: false } as const;
    await change(house, id, { kind: 'ended', action, ending, read: readOf(key) });
    await house.incidents.forget(effect);
  }

  /** Until nothing is left to be done at this moment. */
  async function rest(choose: () => number): Promise<void> {
    for (let round = 0; round < 400; round += 1) {
      await pulse();
      while (await step(choose()));
      const now = clock.now();
      const owed = (await incidents.pending(now + 1, 500)).filter(({ effect }) => !LEFT_ALONE.includes(effect.kind));
      const idle =
        owed.length === 0 &&
        (await lanes.waiting()).length === 0 &&
        (await incidents.due(now, 1)).length === 0 &&
        (await gatherings.working()).length === 0 &&
        (await inbox.left(now + 1, 1)).length === 0 &&
        actors.every(({ state }) => state !== 'running');
      if (idle) return;
      await clock.advance(500);
    }
    const left = {
      owed: (await incidents.pending(clock.now() + 1, 500)).filter(({ effect }) => !LEFT_ALONE.includes(effect.kind)),
      lanes: await lanes.waiting(),
      due: await incidents.due(clock.now(), 10),
      working: await gatherings.working(),
      inbox: await inbox.left(clock.now() + 1, 10),
      running: actors.filter(({ state }) => state === 'running').map(({ name }) => name),
      failures: actors
        .flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${String(failure)}`]))
        .slice(-5),
    };
    throw new Error(`it never came to rest: ${JSON.stringify(left)}`);
  }

  return {
    clock,
    said,
    mood,
    actors,
    states,
    idOf,
    load,
    loadGathering: gatherings.load,
    rows: gatherings.rows,
    step,
    schedule,
    rescueByHand,
    pulse,
    rest,
    look: (key: KeyRef): void =>
      begin(`look ${key.arn}`, async (house) => {
        const incident = await house.incidents.load(idOf(key));
        if (incident !== undefined) await change(house, incident.id, { kind: 'read', read: await look(house, key) });
      }),
    /** Somebody presses a button of the newest shared card. */
    press(what: 'all' | 'acknowledge', nonce: string): void {
      const card = said.findLast((one) => one.about.startsWith('g') && one.effect === 'card' && !one.deleted);
      if (card === undefined) return;
      const press = { person: ALICE, channel: CHANNEL, gathering: card.about as Gathering['id'], nonce, what } as const;
      begin(`press ${nonce}`, async (house) => {
        const answer = await pressGathering(house, press);
        if (answer.kind === 'written') await answer.follow();
      });
    },
    /** Somebody deletes the newest card in Slack. */
    deleteCard(): void {
      const card = said.findLast((one) => one.effect === 'card' && !one.deleted && one.threadTs === undefined);
      if (card !== undefined) card.deleted = true;
    },
  };
}

export async function openStore(server: TestRedis): Promise<Store> {
  const store = connectRedis(server.url);
  await store.whenReady(5_000);
  return store;
}
