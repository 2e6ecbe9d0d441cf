/**
 * A world in which approvals are asked for, given and carried out: the real flows on a key, a directory of people, codes, a
 * trail and a memory that are as true as the test says. What KMS is asked to do is judged here, from this truth alone and
 * without the rules of the product, at the moment it is asked. Above 300 lines, because it is one world.
 */
import { createHash } from 'node:crypto';
import { memoryIncidents, noChat, noGatherings, noHomes, noLanes, noShapes } from '../../src/adapters/memory/memory.ts';
import type { CallOutcome } from '../../src/domain/action.ts';
import { isGenuine, type Proof, type Right } from '../../src/domain/approval.ts';
import type { AuditEvent } from '../../src/domain/audit.ts';
import type { PendingEffect } from '../../src/domain/effect.ts';
import type { IncidentId, Person } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { type KeyRead, type KeySnapshot, type KeyState, known, unknown } from '../../src/domain/key.ts';
import type { Barred, Held, Role, Standing } from '../../src/domain/policy.ts';
import { incidentIdOf } from '../../src/flows/commit.ts';
import type { House } from '../../src/flows/house.ts';
import { openingsNow } from '../../src/flows/openings.ts';
import type { Save, StepUpAnswer } from '../../src/ports.ts';
import { DAY, HOUR, key, MILESTONES, MINUTE, T0 } from '../domain/samples.ts';
import { type Actor, createTurns, unavailable } from './turns.ts';

/** The key as it is, whatever KMS answers. */
export interface LiveKey {
  readonly state: KeyState | 'gone';
  readonly deletionDate?: number;
  readonly materialId?: string;
  readonly validTo?: number;
  readonly policy: string;
}

export interface Account {
  readonly account: 'member' | Barred;
  readonly roles: readonly Role[];
}

export interface Given {
  readonly state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  /** A pending key goes so soon, ms. */
  readonly dies: number;
  readonly imported: boolean;
  /** A read may show the key as it was so many ms ago. */
  readonly lag: number;
  readonly quorum: number;
  /** The key was used an hour ago: disabling it takes an approver. */
  readonly used: boolean;
}

/** How the next calls to KMS go. `lost`: no answer, and it was done or not. */
export type KmsMood = 'throttled' | 'denied' | 'notSent' | 'lostDone' | 'lostUndone';

const EXPIRES = 30 * MINUTE;
const CODE_STEP = 30_000;
/** Nothing a right is based on may have been looked at longer ago than this when the call leaves: 20 s to look, 5 s to send. */
const FRESH = 25_000;
export const PEOPLE: Readonly<Record<string, Account>> = {
  UALICE: { account: 'member', roles: ['responder'] },
  UBOB: { account: 'member', roles: ['approver'] },
  UCAROL: { account: 'member', roles: ['approver'] },
  UDAVE: { account: 'member', roles: ['responder', 'approver'] },
  UERIN: { account: 'member', roles: ['admin'] },
  UGINA: { account: 'guest', roles: ['responder', 'approver', 'admin'] },
  UZED: { account: 'member', roles: [] },
};

export interface Submitted {
  readonly user: string;
  readonly what: string;
}

/** What one actor was last told, and when. */
interface Seen {
  key?: { readonly at: number; readonly value: LiveKey };
  policy?: { readonly at: number; readonly value: string };
  destructive?: { readonly at: number; readonly value: boolean };
  breakGlass?: { readonly at: number; readonly value: boolean };
  readonly people: Map<string, { readonly at: number; readonly value: Account }>;
}

export interface Sent {
  readonly right: Right;
  /** Which call of the action it is; -1: the record has none. */
  readonly index: number;
  readonly effective: boolean;
}

export type World = ReturnType<typeof openWorld>;

export function openWorld(given: Given) {
  const turns = createTurns(T0);
  const { clock } = turns;
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

  /* What is so. */
  const past: { readonly at: number; readonly value: LiveKey }[] = [];
  const change = (more: Partial<LiveKey>): void => void past.push({ at: clock.now(), value: { ...live(), ...more } });
  const live = (): LiveKey => past.at(-1)?.value ?? { state: 'gone', policy: '' };
  const directory = new Map<string, Account>();
  const everResponders = new Set<string>();
  function become(user: string, account: Account): void {
    directory.set(user, account);
    if (account.account === 'member' && account.roles.includes('responder')) everResponders.add(user);
  }
  for (const [user, account] of Object.entries(PEOPLE)) become(user, account);
  const mood = {
    auditDown: false,
    slackSilent: false,
    policyDenied: false,
    unreadable: 0,
    destructive: true,
    breakGlass: true,
    kms: [] as KmsMood[],
  };

  /* What was done. */
  const violations: string[] = [];
  const sent: Sent[] = [];
  const trail: AuditEvent[] = [];
  const forms: Submitted[] = [];
  const usedCodes = new Map<string, string[]>();
  const wrongCodes = new Map<string, { count: number; until: number }>();
  const confirmed = new Map<string, { readonly at: number; readonly value: Account }>();
  const wishes = new Map<string, { readonly user: string; readonly at: number }>();
  const usedProofs = new WeakSet<Proof>();
  const effects = new Map<string, PendingEffect>();
  const seenBy = new Map<Actor, Seen>();
  let dueAt: number | undefined;
  let materials = 0;
  /** Which lag the next read has; the test chooses. */
  let nextLag = 0;

  const newMaterial = (): string => {
    materials += 1;
    return String(materials).repeat(64).slice(0, 64);
  };
  past.push({
    at: T0 - DAY,
    value: {
      state: given.state,
      policy: 'policy-1',
      ...(given.imported ? { materialId: newMaterial() } : {}),
      ...(given.state === 'PendingDeletion' ? { deletionDate: T0 + given.dies } : {}),
    },
  });

  /* ── The memory ──────────────────────────────────────────────────────────────────────────────────────────── */

  const memory = memoryIncidents();
  const id: IncidentId = incidentIdOf({ hash } as House, { kind: 'key', key });
  let stored: Incident | undefined;

  async function save(wanted: Save): Promise<boolean> {
    const before = stored;
    const done = memory.save(wanted);
    if ((before?.version ?? 0) !== wanted.incident.version - 1) return done;
    stored = wanted.incident;
    dueAt = wanted.dueAt;
    for (const effect of wanted.add) effects.set(effect.id, effect);
    for (const one of wanted.remove) effects.delete(one);
    violations.push(...brokenHistory(before, wanted.incident));
    return done;
  }

  /* ── People ──────────────────────────────────────────────────────────────────────────────────────────────── */

  const nobody: Account = { account: 'noSuchUser', roles: [] };
  const accountOf = (user: string): Account => directory.get(user) ?? nobody;
  const heldOf = ({ roles }: Account, at: number, isLive: boolean): readonly Held[] =>
    roles.map((role) => ({ role, confirmedAt: at, live: isLive }));

  function standing(actor: Actor, person: Person, freshness: 'cached' | 'live'): Standing {
    const { user } = person;
    const before = confirmed.get(user);
    const now = clock.now();
    if (mood.slackSilent) {
      const held = before?.value.account === 'member' ? heldOf(before.value, before.at, false) : [];
      return { person, name: user, account: 'unknown', held, unsure: { message: 'Slack is silent', passing: true } };
    }
    const isCached = freshness === 'cached' && before !== undefined && now - before.at < MINUTE;
    const value = isCached ? before.value : accountOf(user);
    if (!isCached) confirmed.set(user, { at: now, value });
    if (!isCached) seenOf(actor).people.set(user, { at: now, value });
    const held = value.account === 'member' ? heldOf(value, now, true) : [];
    return { person, name: user, account: value.account, held };
  }

  function verify({ user }: Person, code: string): StepUpAnswer {
    const now = clock.now();
    const wrong = wrongCodes.get(user) ?? { count: 0, until: 0 };
    if (now < wrong.until) return { kind: 'locked', until: wrong.until, fresh: false };
    const used = usedCodes.get(user) ?? [];
    if (used.includes(code)) return { kind: 'used' };
    if (code === codeOf(user)) {
      usedCodes.set(user, [...used, code]);
      wrongCodes.delete(user);
      return { kind: 'right' };
    }
    const count = wrong.count + 1;
    const until = count >= 5 ? now + 15 * MINUTE : 0;
    wrongCodes.set(user, { count: count >= 5 ? 0 : count, until });
    return count >= 5 ? { kind: 'locked', until, fresh: true } : { kind: 'wrong', left: 5 - count };
  }
  const codeOf = (user: string): string => `${user} ${Math.floor(clock.now() / CODE_STEP)}`;

  /* ── KMS ─────────────────────────────────────────────────────────────────────────────────────────────────── */

  function snapshotOf({ state, policy: _policy, ...rest }: LiveKey & { readonly state: KeyState }): KeySnapshot {
    const { materialId, ...dates } = rest;
    return {
      key,
      readAt: clock.now(),
      state,
      manager: 'CUSTOMER',
      origin: given.imported ? 'EXTERNAL' : 'AWS_KMS',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      ...dates,
      ...(materialId === undefined ? {} : { currentMaterialId: materialId }),
    };
  }

  /** The key as KMS shows it: perhaps as it was a moment ago. */
  function shown(): LiveKey {
    const until = clock.now() - Math.min(nextLag, given.lag);
    return past.findLast(({ at }) => at <= until)?.value ?? live();
  }

  function read(actor: Actor): KeyRead {
    const at = clock.now();
    if (mood.unreadable > 0) {
      mood.unreadable -= 1;
      return { kind: 'unreadable', key, readAt: at, why: { kind: 'throttled', message: 'slow down' } };
    }
    const value = shown();
    seenOf(actor).key = { at, value };
    const { state, ...rest } = value;
    return state === 'gone'
      ? { kind: 'gone', key, readAt: at }
      : { kind: 'read', snapshot: snapshotOf({ ...rest, state }) };
  }

  /** What KMS does, and whether that changed anything. */
  function carryOut({ operation, materialId, windowDays = 30 }: Right): 'changed' | 'unchanged' | 'refused' {
    const now = live();
    const isPending = now.state === 'PendingDeletion';
    switch (operation) {
      case 'CancelKeyDeletion': {
        if (!isPending) return 'refused';
        cancel();
        return 'changed';
      }
      case 'EnableKey':
      case 'DisableKey': {
        if (now.state !== 'Enabled' && now.state !== 'Disabled') return 'refused';
        const state = operation === 'EnableKey' ? 'Enabled' : 'Disabled';
        if (now.state === state) return 'unchanged';
        change({ state });
        return 'changed';
      }
      case 'ScheduleKeyDeletion':
        if (isPending || now.state === 'gone') return 'refused';
        change({ state: 'PendingDeletion', deletionDate: clock.now() + windowDays * DAY });
        return 'changed';
      case 'DeleteImportedKeyMaterial':
        if (!given.imported || now.state === 'gone' || materialId !== now.materialId) return 'refused';
        if (!isPending) change({ state: 'PendingImport' });
        return 'changed';
    }
  }

  function cancel(): void {
    const { deletionDate: _deletionDate, ...rest } = live();
    past.push({ at: clock.now(), value: { ...rest, state: 'Disabled' } });
  }

  function mutate(actor: Actor, proof: Proof): CallOutcome {
    const { right } = proof;
    const action = stored?.actions.find((one) => one.id === right.action);
    const index = action?.calls.findLastIndex(({ runner }) => runner === actor.name) ?? -1;
    const wrong = isGenuine(proof) ? judgeCall(actor, proof, index) : ['what was sent was never proven'];
    violations.push(...wrong.map((one) => `${right.operation} by ${actor.name}: ${one}`));
    usedProofs.add(proof);
    const how = mood.kms.shift();
    const note = (effective: boolean): void => void sent.push({ right, index, effective });
    switch (how) {
      case 'throttled':
        note(false);
        return { kind: 'throttled', message: 'slow down' };
      case 'denied':
        note(false);
        return { kind: 'denied', operation: `kms:${right.operation}`, message: 'no' };
      case 'notSent':
        note(false);
        return { kind: 'notSent', message: 'no route' };
      case 'lostUndone':
        note(false);
        return { kind: 'ambiguous', message: 'the connection was lost' };
      case 'lostDone':
      case undefined: {
        const done = carryOut(right);
        note(done === 'changed');
        if (how === 'lostDone') return { kind: 'ambiguous', message: 'the connection was lost' };
        return done === 'refused'
          ? { kind: 'refused', error: 'KMSInvalidStateException', message: 'no' }
          : { kind: 'succeeded', requestId: `request-${sent.length}` };
      }
    }
  }

  /* ── The judge ───────────────────────────────────────────────────────────────────────────────────────────── */

  /** So now, or so a moment ago when this actor looked. */
  function holds<T>(
    now: T,
    seen: { readonly at: number; readonly value: T } | undefined,
    fits: (one: T) => boolean,
  ): boolean {
    return fits(now) || (seen !== undefined && clock.now() - seen.at <= FRESH && fits(seen.value));
  }

  /** Everything that is wrong with a call at the moment it reaches KMS. */
  function judgeCall(actor: Actor, proof: Proof, index: number): readonly string[] {
    const { right } = proof;
    const wrong: string[] = [];
    const must = (fits: boolean, what: string): void => void (fits || wrong.push(what));
    const seen = seenOf(actor);
    must(!usedProofs.has(proof), 'a proof was used twice');
    const action = stored?.actions.find((one) => one.id === right.action);
    const call = action?.calls[index];
    if (action === undefined || call === undefined) return ['no intent of this runner stands in the record'];
    must(call.operation === right.operation, 'the intent is for another call');
    // It is never too late to cancel a deletion; anything else could undo what people decided since.
    if (right.operation !== 'CancelKeyDeletion' || action.approval !== undefined) {
      must(clock.now() - call.intendedAt < 10_000, 'others have given the intent up');
      must(call.outcome === undefined || call.outcome.kind === 'confirmedByRead', 'it has an outcome already');
      must(action.ending === undefined || call.outcome !== undefined, 'the action was over');
    }
    must(action.by.via === 'slack', 'nobody of Slack asked');
    const user = action.by.via === 'slack' ? action.by.person.user : '';
    const destroys = right.kind === 'deleteMaterial' || right.kind === 'scheduleDeletion';
    const wasDisabled = stored?.prior.kind === 'known' && stored.prior.state === 'Disabled';
    if (destroys) {
      must(!mood.auditDown, 'the trail cannot be written');
      must(
        trail.some((event) => event.id === `${right.action}.${index}.intent`),
        'the trail does not have the intent',
      );
      must(
        holds(mood.destructive, seen.destructive, (on) => on),
        'destroying is switched off',
      );
    }
    const needs =
      destroys || (right.operation === 'DisableKey' && given.used) || (right.operation === 'EnableKey' && wasDisabled);
    if (action.approval === undefined) {
      must(!needs, 'nobody agreed');
      // Whoever held the role a while ago may be remembered, or still be cached.
      must(everResponders.has(user), 'who asked has never been a responder');
      return wrong;
    }
    const approval = stored?.approvals.find((one) => one.id === action.approval);
    if (approval === undefined) return [...wrong, 'there is no such approval'];
    const { status, fingerprint, breakGlass } = approval;
    must(status.kind === 'granted' && status.action === action.id, `it is ${status.kind}`);
    must(approval.kind === right.kind, 'something else was agreed to');
    must(approval.by.user === user, 'somebody else asked for it');
    must(clock.now() < approval.expiresAt, 'its time is up');
    must(approval.expiresAt <= approval.askedAt + EXPIRES, 'its time is too long');
    must(
      right.windowDays === (right.operation === 'ScheduleKeyDeletion' ? approval.windowDays : undefined),
      'other days',
    );
    must(
      right.materialId === (right.operation === 'DeleteImportedKeyMaterial' ? fingerprint.materialId : undefined),
      'other material',
    );
    must(
      holds(
        live(),
        seen.key,
        (one) =>
          one.state === fingerprint.state &&
          one.deletionDate === fingerprint.deletionDate &&
          one.materialId === fingerprint.materialId &&
          one.validTo === fingerprint.validTo,
      ),
      'the key is not the one agreed on',
    );
    if (destroys || breakGlass) must(fingerprint.policy !== undefined, 'it was not bound to the policy');
    if (fingerprint.policy !== undefined)
      must(
        holds(live().policy, seen.policy, (one) => one === fingerprint.policy),
        'the policy is not the one agreed on',
      );
    const isA = (who: string, role: Role): boolean =>
      holds(accountOf(who), seen.people.get(who), (one) => one.account === 'member' && one.roles.includes(role));
    // Whoever asks for less than destroying may be remembered while Slack is silent.
    const isRemembered = !destroys && !breakGlass && everResponders.has(user);
    must(isRemembered || isA(user, breakGlass ? 'admin' : 'responder'), 'who asked may not');
    must(didSubmit(user, `ask ${right.kind} ${breakGlass}`), 'who asked did not ask');
    if (breakGlass) {
      must(
        holds(mood.breakGlass, seen.breakGlass, (on) => on),
        'admins alone are switched off',
      );
      must(approval.steppedUp, 'an admin without a code');
    } else {
      const agreed = new Set(
        approval.agreements
          .filter(({ by, steppedUp }) => by.user !== user && (steppedUp || !destroys))
          .map(({ by }) => by.user)
          .filter((who) => isA(who, 'approver') && didSubmit(who, `approve ${approval.id}`)),
      );
      must(agreed.size >= given.quorum, `${agreed.size} of ${given.quorum} agreed`);
      must(!destroys || approval.steppedUp, 'who asked gave no code');
    }
    wrong.push(...codesGivenTwice());
    return wrong;
  }

  const didSubmit = (user: string, what: string): boolean =>
    forms.some((one) => one.user === user && one.what === what);

  /** Each consent and each request that says so has used up a code of its own. */
  function codesGivenTwice(): readonly string[] {
    const claimed = (stored?.approvals ?? []).flatMap(({ by, steppedUp, agreements }) => [
      ...(steppedUp ? [by.user] : []),
      ...agreements.filter((one) => one.steppedUp).map((one) => one.by.user),
    ]);
    return [...new Set(claimed)]
      .filter((user) => claimed.filter((one) => one === user).length > (usedCodes.get(user)?.length ?? 0))
      .map((user) => `${user} gave fewer codes than the record says`);
  }

  /* ── The house of one actor ──────────────────────────────────────────────────────────────────────────────── */

  function seenOf(actor: Actor): Seen {
    const seen = seenBy.get(actor) ?? { people: new Map() };
    seenBy.set(actor, seen);
    return seen;
  }

  function append(events: readonly AuditEvent[]): void {
    if (mood.auditDown) throw unavailable('the trail cannot be written');
    for (const event of events) if (!trail.some((one) => one.id === event.id)) trail.push(event);
  }

  function house(actor: Actor): House {
    const redis = <A extends readonly unknown[], R>(work: (...args: A) => R | Promise<R>) =>
      turns.port(actor, 'redis', work);
    const outside = <A extends readonly unknown[], R>(work: (...args: A) => R | Promise<R>) =>
      turns.port(actor, 'outside', work);
    const answer = outside((outcome: CallOutcome) => outcome);
    const refuse = (what: string) => (): never => {
      throw new Error(`${what} is no part of this world`);
    };
    const seen = seenOf(actor);
    return {
      clock: turns.clockOf(actor),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      counters: { count: () => undefined },
      hash,
      keys: {
        read: outside(() => read(actor)),
        details: outside(() => ({ aliases: known([]), tags: known({}), lastUse: lastUse() })),
        aliases: outside(() => known([])),
        tags: outside(() => known({})),
        policy: outside(() => {
          if (mood.policyDenied) return unknown('denied: kms:GetKeyPolicy');
          const { policy } = shown();
          seen.policy = { at: clock.now(), value: policy };
          return known(policy);
        }),
        policyText: outside(() => (mood.policyDenied ? unknown('denied: kms:GetKeyPolicy') : known('{}'))),
        means: () => ({ kind: 'role', arn: `arn:aws:iam::${key.account}:role/KeywardenRescue` }),
        assumable: outside(() => ({ kind: 'yes' }) as const),
        lastUse: outside(() => lastUse()),
        shape: outside((snapshot: KeySnapshot) => ({
          takenAt: clock.now(),
          state: snapshot.state,
          policy: mood.policyDenied ? unknown('denied') : known('{}'),
          grants: known({ listed: [], more: 0, digest: '' }),
          aliases: known(['alias/orders']),
          tags: known({}),
        })),
        slot: outside(() => undefined),
        // At once: between the last look at the clock and the call nothing is asked of anybody.
        mutate: ({ proof }) => answer(mutate(actor, proof)),
        discard: () => undefined,
        aliasTarget: refuse('aliasTarget'),
        has: () => true,
        assumes: () => true,
        covers: () => true,
        places: () => [key],
        isOurs: () => false,
        list: refuse('list'),
        listAliases: refuse('listAliases'),
        verifyIdentity: refuse('verifyIdentity'),
      },
      trail: {
        search: outside(() => ({ kind: 'found', facts: [], complete: true }) as const),
        deeds: outside(() => ({ kind: 'found', deeds: [], complete: true }) as const),
      },
      incidents: {
        ...memory,
        load: redis(memory.load),
        loadMany: redis(memory.loadMany),
        save: redis(save),
        open: redis(() => [id]),
        pending: redis(() => [...effects.values()]),
        effect: redis((one) => effects.get(one)),
        forget: redis((one) => void effects.delete(one)),
      },
      inbox: { accept: refuse('inbox'), get: refuse('inbox'), done: refuse('inbox'), left: refuse('inbox') },
      seen: { first: refuse('seen') },
      index: {
        get: redis(() => ({
          state: given.state,
          readAt: T0 - HOUR,
          aliases: ['alias/orders'],
          origin: 'AWS_KMS',
          manager: 'CUSTOMER',
          calm: { state: given.state === 'Disabled' ? 'Disabled' : 'Enabled', at: T0 - HOUR } as const,
        })),
        getMany: refuse('index'),
        put: refuse('index'),
        remove: refuse('index'),
        scan: refuse('index'),
        sweepState: refuse('index'),
        sweepStates: refuse('index'),
        putSweepState: refuse('index'),
      },
      shapes: noShapes,
      gatherings: noGatherings,
      // What is written down is found there by whoever looks: the test starts the jobs.
      queue: { add: () => Promise.resolve(), ensure: () => Promise.resolve() },
      lanes: noLanes,
      drains: { wake: () => undefined },
      openings: openingsNow(),
      people: {
        standing: outside((person, freshness) => standing(actor, person, freshness)),
        holders: outside((role) => ({
          people: [...directory.entries()]
            .filter(([, { roles }]) => roles.includes(role))
            .map(([user]) => ({ enterprise: '', team: 'T1', user })),
        })),
      },
      stepUp: { verify: redis(verify), isEnrolled: redis(({ user }) => user !== 'UZED') },
      tally: {
        note: redis(({ user }, _what, wish, at) => {
          if (!wishes.has(wish)) wishes.set(wish, { user, at });
          return [...wishes.entries()].filter(([one, w]) => one !== wish && w.user === user && at - w.at < HOUR).length;
        }),
        count: redis(
          ({ user }, _what, at) => [...wishes.values()].filter((w) => w.user === user && at - w.at < HOUR).length,
        ),
      },
      audit: {
        append: redis(append),
        head: refuse('audit'),
        lastPosted: refuse('audit'),
        notePosted: refuse('audit'),
        entries: refuse('audit'),
        entriesAfter: refuse('audit'),
      },
      chat: noChat,
      homes: noHomes,
      token: { state: () => ({ kind: 'unknown' }), stateSince: () => ({ kind: 'unknown' }) },
      pages: { all: refuse('pages'), get: refuse('pages'), change: refuse('pages') },
      pager: { sinks: [], tell: refuse('pager') },
      beats: {
        beat: refuse('beats'),
        bury: refuse('beats'),
        leave: refuse('beats'),
        steadySince: () => undefined,
      },
      inspections: { last: refuse('inspections'), keep: refuse('inspections') },
      investigations: {
        get: refuse('investigations'),
        change: refuse('investigations'),
        join: refuse('investigations'),
        incidents: refuse('investigations'),
        due: refuse('investigations'),
        neverDue: refuse('investigations'),
        question: refuse('investigations'),
        changeQuestion: refuse('investigations'),
      },
      digests: {
        get: refuse('digests'),
        firstSeen: refuse('digests'),
        posting: refuse('digests'),
        sent: refuse('digests'),
      },
      charts: { draw: refuse('charts') },
      settings: {
        rules: {
          milestones: MILESTONES,
          loudWithin: 24 * HOUR,
          acknowledgeFor: 12 * HOUR,
          timezone: 'UTC',
          selfKeys: new Set(),
          channelOf: () => 'C0INCIDENT' as never,
        },
        get destructive() {
          seen.destructive = { at: clock.now(), value: mood.destructive };
          return mood.destructive;
        },
        approvals: {
          quorum: given.quorum,
          expires: EXPIRES,
          get breakGlass() {
            seen.breakGlass = { at: clock.now(), value: mood.breakGlass };
            return mood.breakGlass;
          },
        },
        sweep: { every: 15 * MINUTE, full: 6 * HOUR },
        channelPace: { every: 1_000, burst: 3 },
        defaultChannel: 'C0INCIDENT',
        firstReadWithin: 1_500,
        reminderTolerance: MINUTE,
        digests: [],
        identities: [],
        accountNames: new Map(),
      },
    };
  }

  const lastUse = () =>
    known(
      given.used
        ? ({ kind: 'used', usage: { operation: 'Decrypt', at: clock.now() - HOUR } } as const)
        : ({ kind: 'neverSeen' } as const),
    );

  return {
    turns,
    given,
    id,
    house,
    live,
    change,
    cancel,
    newMaterial,
    shown,
    snapshotOf,
    codeOf,
    usedCodeOf: (user: string): string | undefined => usedCodes.get(user)?.at(-1),
    setLag(lag: number): void {
      nextLag = lag;
    },
    become,
    mood,
    forms,
    effects,
    trail,
    sent,
    violations,
    stored: (): Incident | undefined => stored,
    dueAt: (): number | undefined => dueAt,
    codesGivenTwice,
  };
}

/** What may never become of a record, whoever saves it. */
function brokenHistory(before: Incident | undefined, after: Incident): readonly string[] {
  const wrong: string[] = [];
  const must = (fits: boolean, what: string): void => void (fits || wrong.push(`the record: ${what}`));
  const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  must(after.approvals.filter(({ status }) => status.kind === 'waiting').length <= 1, 'two requests wait');
  must(after.actions.filter(({ ending }) => ending === undefined).length <= 1, 'two actions are under way');
  for (const approval of after.approvals) {
    const { status, message: _message, agreements, ...asked } = approval;
    const actions = after.actions.filter((action) => action.approval === approval.id);
    must(actions.length <= 1, 'one approval became two actions');
    const { expiresAt, fingerprint } = approval;
    must(expiresAt <= (fingerprint.deletionDate ?? expiresAt), 'a request outlives its key');
    must(
      actions.every(({ id }) => status.kind === 'granted' && status.action === id),
      'an action without its approval',
    );
    const old = before?.approvals.find(({ id }) => id === approval.id);
    if (old === undefined) continue;
    const { status: oldStatus, message: _oldMessage, agreements: oldAgreements, ...oldAsked } = old;
    must(same(asked, oldAsked), 'a request was rewritten');
    must(oldStatus.kind === 'waiting' || same(status, oldStatus), `what was ${oldStatus.kind} is ${status.kind}`);
    must(same(agreements.slice(0, oldAgreements.length), oldAgreements), 'a consent was rewritten');
  }
  for (const action of after.actions) {
    const old = before?.actions.find(({ id }) => id === action.id);
    if (old === undefined) continue;
    must(old.ending === undefined || same(old.ending, action.ending), 'an end was rewritten');
    must(old.ending === undefined || old.calls.length === action.calls.length, 'a call was intended after the end');
    old.calls.forEach((call, index) => {
      must(call.outcome === undefined || same(call, action.calls[index]), 'a call was rewritten');
    });
    must(
      action.ending === undefined || action.calls.every(({ outcome }) => outcome !== undefined),
      'an end beside an open call',
    );
  }
  return wrong;
}

export const personOf = (user: string, team = 'T1'): Person => ({ enterprise: team === 'T1' ? '' : 'E9', team, user });
