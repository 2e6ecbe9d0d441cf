/**
 * What people, other people's hands on the key, and bad luck do to a world; and how a world is brought to rest. Above 300
 * lines: the one list of all moves, how they are chosen and how they are made.
 */
import fc from 'fast-check';
import type { ActionKind } from '../../src/domain/action.ts';
import type { ActionId, EffectId } from '../../src/domain/ids.ts';
import { shownDigest } from '../../src/flows/answer-click.ts';
import { showToApprovers } from '../../src/flows/approvers.ts';
import { answerAsk } from '../../src/flows/ask.ts';
import { carryOut } from '../../src/flows/carry-out.ts';
import { change } from '../../src/flows/commit.ts';
import { comeDue } from '../../src/flows/due.ts';
import { openingOfKey } from '../../src/flows/look.ts';
import { askFor } from '../../src/flows/receive-click.ts';
import { settleAudit } from '../../src/flows/record-audit.ts';
import { answerReview } from '../../src/flows/review.ts';
import { DAY, key, MINUTE } from '../domain/samples.ts';
import { type Account, type Given, type KmsMood, openWorld, PEOPLE, personOf, type World } from './model.ts';
import type { Actor, How } from './turns.ts';

const USERS = Object.keys(PEOPLE);
type Code = 'right' | 'wrong' | 'used' | 'another' | 'none';
export type Foreign =
  | 'disable'
  | 'enable'
  | 'schedule'
  | 'cancel'
  | 'reschedule'
  | 'policy'
  | 'material'
  | 'validTo'
  | 'delete';

export type Move =
  | {
      readonly kind: 'ask';
      readonly user: string;
      readonly team: string;
      readonly act: ActionKind;
      readonly code: Code;
      readonly breakGlass: boolean;
      readonly nonce: number;
    }
  | {
      readonly kind: 'review';
      readonly user: string;
      readonly team: string;
      readonly decision: 'approve' | 'reject';
      readonly code: Code;
      /** Which of the requests, the newest first. */
      readonly which: number;
      readonly nonce: number;
    }
  | { readonly kind: 'rescue'; readonly user: string }
  /** A runner of whatever is written down and not done. */
  | { readonly kind: 'work' }
  | { readonly kind: 'due' }
  | { readonly kind: 'foreign'; readonly what: Foreign }
  | { readonly kind: 'person'; readonly user: string; readonly account: Account }
  | { readonly kind: 'slack'; readonly silent: boolean }
  | { readonly kind: 'audit'; readonly down: boolean }
  | { readonly kind: 'kms'; readonly mood: KmsMood }
  | { readonly kind: 'unreadable'; readonly reads: number }
  | { readonly kind: 'policyDenied'; readonly denied: boolean }
  | { readonly kind: 'switched'; readonly what: 'destructive' | 'breakGlass'; readonly on: boolean }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'fault'; readonly whom: number; readonly after: number; readonly how: How }
  | { readonly kind: 'freeze'; readonly whom: number }
  | { readonly kind: 'thaw' };

/** A move, and how many steps of whoever is under way follow it; each names who takes it. */
export interface Turn {
  readonly move: Move;
  readonly steps: readonly number[];
  /** Afterwards nobody is interrupted until all wait for the time to pass. */
  readonly rest: boolean;
}

export interface Play {
  readonly given: Given;
  readonly turns: readonly Turn[];
}

const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const sometimes = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: oneOf(...others) });
const user = oneOf(...USERS);
const team = sometimes('T1', 'T9');
const code = sometimes<Code>('right', 'wrong', 'used', 'another', 'none');
const nonce = fc.nat(2);

function asking(
  act: fc.Arbitrary<ActionKind>,
  by: fc.Arbitrary<string>,
  alone: fc.Arbitrary<boolean>,
): fc.Arbitrary<Move> {
  return fc.record({ kind: fc.constant('ask' as const), user: by, team, act, code, breakGlass: alone, nonce });
}
function reviewing(by: fc.Arbitrary<string>, decision: fc.Arbitrary<'approve' | 'reject'>): fc.Arbitrary<Move> {
  return fc.record({
    kind: fc.constant('review' as const),
    user: by,
    team,
    decision,
    code,
    which: sometimes(0, 1),
    nonce,
  });
}
const account: fc.Arbitrary<Account> = fc.oneof(
  oneOf<Account>(
    { account: 'deactivated', roles: ['responder', 'approver', 'admin'] },
    { account: 'guest', roles: ['responder', 'approver'] },
    { account: 'member', roles: [] },
  ),
  fc.record({
    account: fc.constant('member' as const),
    roles: fc.subarray(['responder', 'approver', 'admin'] as const),
  }),
);
const acts = fc.oneof(
  { weight: 3, arbitrary: oneOf<ActionKind>('scheduleDeletion', 'deleteMaterial') },
  { weight: 2, arbitrary: oneOf<ActionKind>('disable', 'enable') },
  { weight: 1, arbitrary: oneOf<ActionKind>('rescue', 'cancelDeletion') },
);
const foreign = oneOf<Foreign>(
  'disable',
  'enable',
  'schedule',
  'cancel',
  'reschedule',
  'policy',
  'material',
  'validTo',
);
const work: fc.Arbitrary<Move> = fc.constant({ kind: 'work' });
const pass = (...ms: readonly number[]): fc.Arbitrary<Move> =>
  fc.record({ kind: fc.constant('pass' as const), ms: oneOf(...ms) });

/** Anything that may happen at any time. */
const anything: fc.Arbitrary<Move> = fc.oneof(
  { weight: 2, arbitrary: asking(acts, user, fc.boolean()) },
  { weight: 3, arbitrary: reviewing(user, sometimes('approve', 'reject')) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rescue' as const), user }) },
  { weight: 4, arbitrary: work },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'due' }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('foreign' as const), what: foreign }) },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'foreign', what: 'delete' }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('person' as const), user, account }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('slack' as const), silent: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('audit' as const), down: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('kms' as const),
      mood: oneOf<KmsMood>('throttled', 'denied', 'notSent', 'lostDone', 'lostUndone'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('unreadable' as const), reads: oneOf(1, 2, 4, 60) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('policyDenied' as const), denied: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('switched' as const),
      what: oneOf('destructive' as const, 'breakGlass' as const),
      on: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: pass(1, 500, 3_000, 4_999, 6_000, 10_000, 30_000, 5 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      whom: fc.nat(2),
      after: fc.nat(24),
      how: oneOf<How>('dieBefore', 'dieAfter', 'storeBefore', 'storeAfter', 'stop'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('freeze' as const), whom: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.constant<Move>({ kind: 'thaw' }) },
);

const turnOf = (move: fc.Arbitrary<Move>, resting: fc.Arbitrary<boolean>): fc.Arbitrary<Turn> =>
  fc.record({ move, steps: fc.array(fc.nat(5), { maxLength: 24, size: 'max' }), rest: resting });
const noise = fc.array(turnOf(anything, fc.boolean()), { maxLength: 3 });

/** The usual way of a wish, and anything in between: most plays would otherwise end before anything was agreed to. */
const usual: fc.Arbitrary<readonly Turn[]> = fc
  .tuple(
    noise,
    turnOf(
      fc.oneof(
        { weight: 8, arbitrary: asking(acts, sometimes('UALICE', 'UDAVE'), fc.constant(false)) },
        { weight: 1, arbitrary: asking(acts, fc.constant('UERIN'), fc.constant(true)) },
      ),
      sometimes(true, false),
    ),
    noise,
    turnOf(reviewing(sometimes('UBOB', 'UDAVE', 'UCAROL'), fc.constant('approve')), sometimes(true, false)),
    turnOf(reviewing(sometimes('UCAROL', 'UDAVE', 'UBOB'), fc.constant('approve')), sometimes(true, false)),
    turnOf(work, fc.constant(false)),
    noise,
    turnOf(work, fc.boolean()),
    noise,
  )
  .map((parts) => parts.flat());

export const plays: fc.Arbitrary<Play> = fc.record({
  given: fc.record({
    state: sometimes<Given['state']>('Enabled', 'Disabled', 'PendingDeletion'),
    dies: sometimes(7 * DAY, 20 * MINUTE),
    imported: sometimes(true, false),
    lag: sometimes(0, 2_000),
    quorum: sometimes(1, 2),
    used: fc.boolean(),
  }),
  turns: fc.tuple(usual, fc.oneof(fc.constant([]), usual)).map((parts) => parts.flat()),
});

/** A world with a record of the key, as after the first form was opened. */
export async function opened(given: Given): Promise<World> {
  const world = openWorld(given);
  begin(world, 'considering', async (actor) => {
    const house = world.house(actor);
    const opening = openingOfKey(house, key, await house.index.get(key));
    const { state, ...rest } = world.live();
    if (state === 'gone') return;
    const read = { kind: 'read', snapshot: world.snapshotOf({ ...rest, state }) } as const;
    await change(house, opening.id, { kind: 'considered', opening, read });
  });
  await rest(world);
  return world;
}

function begin(world: World, name: string, flow: (actor: Actor) => Promise<unknown>): Actor {
  return world.turns.begin(`${name}-${world.turns.actors.length}`, flow);
}

/** Everybody in the directory is who they were, and somebody rescues the key from whoever schedules it now. */
export async function rescued(world: World): Promise<void> {
  // Longer than any answer of Slack's is kept.
  await world.turns.pass(2 * MINUTE);
  for (const [who, account] of Object.entries(PEOPLE)) world.become(who, account);
  meddle(world, 'schedule');
  await make(world, { kind: 'rescue', user: 'UALICE' });
  await rest(world);
}

export const wish = (user: string, act: ActionKind): Extract<Move, { kind: 'ask' }> => ({
  kind: 'ask',
  user,
  team: 'T1',
  act,
  code: 'right',
  breakGlass: false,
  nonce: 0,
});
export const consent = (user: string): Extract<Move, { kind: 'review' }> => ({
  kind: 'review',
  user,
  team: 'T1',
  decision: 'approve',
  code: 'right',
  which: 0,
  nonce: 0,
});

/** Plays all turns. What is under way at the end stays so. */
export async function play(world: World, turns: readonly Turn[]): Promise<void> {
  for (const turn of turns) {
    await make(world, turn.move);
    for (const choice of turn.steps) {
      world.setLag(choice * 500);
      if (!(await world.turns.step(choice))) break;
    }
    if (turn.rest) await rest(world);
  }
}

/** Everybody goes on, in the order in which they wait, until all sleep or are done. */
export async function rest(world: World): Promise<void> {
  while (await world.turns.step(0));
}

export async function make(world: World, move: Move): Promise<void> {
  switch (move.kind) {
    case 'ask':
      return void ask(world, move);
    case 'review':
      return void review(world, move);
    case 'rescue': {
      const by = { via: 'slack', person: personOf(move.user) } as const;
      const nonce = String(world.turns.actors.length);
      return void begin(world, 'rescue', (actor) => askFor(world.house(actor), key, { kind: 'rescue', by, nonce }));
    }
    case 'work':
      return startWork(world);
    case 'due': {
      const dueAt = world.turns.clock.now();
      return void begin(world, 'due', (actor) =>
        comeDue(world.house(actor), { incident: world.id, dueAt, signal: actor.stop.signal }),
      );
    }
    case 'foreign':
      return meddle(world, move.what);
    case 'person':
      return world.become(move.user, move.account);
    case 'slack':
      world.mood.slackSilent = move.silent;
      return;
    case 'audit':
      world.mood.auditDown = move.down;
      return;
    case 'kms':
      return void world.mood.kms.push(move.mood);
    case 'unreadable':
      world.mood.unreadable = move.reads;
      return;
    case 'policyDenied':
      world.mood.policyDenied = move.denied;
      return;
    case 'switched':
      world.mood[move.what] = move.on;
      return;
    case 'pass':
      return world.turns.pass(move.ms);
    case 'fault': {
      const whom = pick(world, move.whom);
      if (whom !== undefined) whom.fault = { after: move.after, how: move.how };
      return;
    }
    case 'freeze': {
      const whom = pick(world, move.whom);
      if (whom !== undefined) whom.state = 'frozen';
      return;
    }
    case 'thaw':
      return thaw(world);
  }
}

/** Somebody under way, the newest first. */
const pick = (world: World, whom: number): Actor | undefined =>
  world.turns.actors.filter(({ state }) => state === 'running').at(-1 - whom);

function thaw(world: World): void {
  for (const actor of world.turns.actors) if (actor.state === 'frozen') actor.state = 'running';
}

function typed(world: World, who: string, how: Code): string | undefined {
  switch (how) {
    case 'right':
      return world.codeOf(who);
    case 'wrong':
      return '000000';
    case 'used':
      return world.usedCodeOf(who) ?? '000000';
    case 'another':
      return world.codeOf('UZED');
    case 'none':
      return undefined;
  }
}

function ask(world: World, move: Extract<Move, { kind: 'ask' }>): void {
  const { act, breakGlass } = move;
  const shown = world.shown();
  const { state, ...parts } = shown;
  const said = typed(world, move.user, move.code);
  world.forms.push({ user: move.user, what: `ask ${act} ${breakGlass}` });
  begin(world, 'ask', (actor) => {
    const house = world.house(actor);
    return answerAsk(house, {
      person: personOf(move.user, move.team),
      incident: world.id,
      act,
      reason: 'because',
      keyName: 'orders',
      breakGlass,
      ...(act === 'scheduleDeletion' ? { windowDays: 7 } : {}),
      ...(said === undefined ? {} : { code: said }),
      shown: state === 'gone' ? '' : shownDigest(house, world.snapshotOf({ ...parts, state })),
      nonce: `${move.user} ${move.nonce}`,
    });
  });
}

function review(world: World, move: Extract<Move, { kind: 'review' }>): void {
  const approval = world.stored()?.approvals.at(-1 - move.which);
  if (approval === undefined) return;
  const said = typed(world, move.user, move.code);
  world.forms.push({ user: move.user, what: `${move.decision} ${approval.id}` });
  begin(world, 'review', (actor) =>
    answerReview(world.house(actor), {
      person: personOf(move.user, move.team),
      incident: world.id,
      approval: approval.id,
      decision: move.decision,
      comment: 'seen',
      ...(said === undefined ? {} : { code: said }),
      nonce: `${move.user} ${move.nonce}`,
    }),
  );
}

/** Starts a runner for everything that is written down, also for what another runner is busy with. */
function startWork(world: World): void {
  const { id: incident } = world;
  for (const { id: effect, effect: what } of world.effects.values()) {
    switch (what.kind) {
      case 'carryOut':
        begin(world, 'runner', (actor) => {
          const errand = { incident, action: what.action as ActionId, effect: effect as EffectId };
          return carryOut(world.house(actor), { ...errand, runner: actor.name, signal: actor.stop.signal });
        });
        break;
      case 'audit':
        begin(world, 'audit', (actor) => settleAudit(world.house(actor), { incident, effect }));
        break;
      case 'approvers':
        begin(world, 'approvers', (actor) =>
          showToApprovers(world.house(actor), { incident, approval: what.approval, effect }),
        );
        break;
      case 'learn':
      case 'investigate':
      case 'click':
      case 'remind':
      case 'alert':
      case 'page':
      case 'report':
        world.effects.delete(effect);
    }
  }
}

/** Somebody else's hands on the key; what KMS would refuse them does nothing. */
function meddle(world: World, what: Foreign): void {
  const { state, deletionDate } = world.live();
  const { imported } = world.given;
  const now = world.turns.clock.now();
  const isCalm = state === 'Enabled' || state === 'Disabled';
  if (what === 'disable' && isCalm) world.change({ state: 'Disabled' });
  if (what === 'enable' && isCalm) world.change({ state: 'Enabled' });
  if (what === 'schedule' && (isCalm || state === 'PendingImport'))
    world.change({ state: 'PendingDeletion', deletionDate: now + 30 * DAY });
  if (what === 'cancel' && state === 'PendingDeletion') world.cancel();
  if (what === 'reschedule' && deletionDate !== undefined) world.change({ deletionDate: now + 14 * DAY });
  if (what === 'policy') world.change({ policy: `policy-${world.turns.actors.length}-${now}` });
  if (what === 'material' && imported) world.change({ materialId: world.newMaterial() });
  if (what === 'validTo' && imported) world.change({ validTo: now + DAY });
  if (what === 'delete') world.change({ state: 'gone' });
}

/** Everything is well again, and goes on until nothing is left to do; requests run out. */
export async function settle(world: World, keep: Partial<World['mood']> = {}): Promise<void> {
  const { mood } = world;
  Object.assign(mood, { auditDown: false, slackSilent: false, policyDenied: false, unreadable: 0, kms: [], ...keep });
  world.setLag(0);
  thaw(world);
  for (const actor of world.turns.actors) actor.fault = undefined;
  for (let round = 0; round < 100; round += 1) {
    await calm(world);
    if (world.effects.size === 0 || (keep.auditDown === true && onlyTraces(world))) {
      if (!waits(world)) return;
      await world.turns.pass(Math.max(0, (world.stored()?.approvals.at(-1)?.expiresAt ?? 0) - world.turns.clock.now()));
      await make(world, { kind: 'due' });
    } else startWork(world);
  }
  throw new Error(`nothing comes to rest: ${JSON.stringify([...world.effects.values()])}`);
}

const onlyTraces = (world: World): boolean =>
  [...world.effects.values()].every(({ effect }) => effect.kind === 'audit' || effect.kind === 'approvers');
const waits = (world: World): boolean =>
  world.stored()?.approvals.some(({ status }) => status.kind === 'waiting') ?? false;

/** Everybody who is not frozen goes on, and time with them, as long as somebody sleeps. */
export async function calm(world: World): Promise<void> {
  for (let turns = 0; turns < 20_000; turns += 1) {
    if (await world.turns.step(0)) continue;
    if (!world.turns.actors.some(({ state }) => state === 'running')) return;
    if (!(await world.turns.wake())) return;
  }
  throw new Error('somebody goes on for ever');
}
