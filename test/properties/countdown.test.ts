/**
 * Whatever happens to a key and whoever says what, in any order: the countdown never falls silent. Played on the rules alone, by a
 * clock that comes by whenever something is due, or too late, as after an outage.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { Effect, Reminder, Volume } from '../../src/domain/effect.ts';
import type { Happening } from '../../src/domain/happening.ts';
import type { Person } from '../../src/domain/ids.ts';
import { type Incident, isOpen } from '../../src/domain/incident.ts';
import type { KeyState } from '../../src/domain/key.ts';
import { pagesOf } from '../../src/domain/page.ts';
import { dueOf } from '../../src/domain/reading.ts';
import type { Service } from '../../src/domain/services.ts';
import { by, DAY, fact, HOUR, key, MINUTE, opening, rules, snapshot, T0 } from '../domain/samples.ts';

const person = (user: string): Person => ({ enterprise: '', team: 'T1', user });
/** How much longer than its date KMS takes. */
const HELD_UP = 20 * HOUR;

const WHO = [person('UALICE'), person('UBOB')] as const;

type Turn =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'outage'; readonly ms: number }
  | { readonly kind: 'key'; readonly state: KeyState; readonly days: number }
  | { readonly kind: 'attend'; readonly what: 'acknowledged' | 'snoozed'; readonly who: 0 | 1 }
  | { readonly kind: 'plan'; readonly who: 0 | 1 }
  | { readonly kind: 'decide'; readonly who: 0 | 1; readonly agreed: boolean }
  | { readonly kind: 'use' }
  | { readonly kind: 'learn'; readonly services: readonly Service[] };

const turn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: MINUTE, max: 3 * DAY }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('outage' as const), ms: fc.integer({ min: HOUR, max: 4 * DAY }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('key' as const),
      state: fc.constantFrom<KeyState>('PendingDeletion', 'PendingDeletion', 'Disabled', 'Enabled', 'PendingImport'),
      days: fc.integer({ min: 7, max: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('attend' as const),
      what: fc.constantFrom('acknowledged' as const, 'snoozed' as const),
      who: fc.constantFrom(0 as const, 1 as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('plan' as const), who: fc.constantFrom(0 as const, 1 as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      who: fc.constantFrom(0 as const, 1 as const),
      agreed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'use' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('learn' as const),
      services: fc.subarray(['rds', 'dynamodb', 'dynamodbReplica', 's3'] as const),
    }),
  },
);

class Play {
  now = T0;
  state: KeyState = 'PendingDeletion';
  date = T0 + 7 * DAY;
  incident: Incident | undefined;
  /** Of the present deletion date: loud reminders, by their milestone. */
  loud: number[] = [];
  /** Of the present loss: what was told of it. */
  lost: number[] = [];
  /** Pages the pager believes to be so. */
  open = new Set<string>();
  /** Calls about a loss, so far. */
  lossCalls = 0;
  uses = 0;

  read() {
    // KMS takes up to a day longer than its date.
    if (this.state === 'PendingDeletion' && this.now > this.date + HELD_UP)
      return { kind: 'gone', key, readAt: this.now } as const;
    const deletionDate = this.state === 'PendingDeletion' ? { deletionDate: this.date } : {};
    return { kind: 'read', snapshot: { ...snapshot(this.state, { readAt: this.now }), ...deletionDate } } as const;
  }

  happens(happening: Happening): void {
    const before = this.incident;
    const verdict = decide(before, happening, { now: this.now, rules });
    if (verdict.kind !== 'decided') return;
    const { incident, effects } = verdict.decision;
    this.incident = { ...incident, version: incident.version + 1 };
    for (const effect of effects) this.hear(effect);
    this.check(before, this.incident);
  }

  hear(effect: Effect): void {
    if (effect.kind === 'page') {
      // Begun once, and over once: told twice would wake somebody twice.
      expect(this.open.has(effect.page)).toBe(effect.over);
      if (effect.over) this.open.delete(effect.page);
      else this.open.add(effect.page);
      if (effect.page === 'lossDay' && !effect.over) this.lossCalls += 1;
    }
    if (effect.kind === 'remind' && effect.reminder.kind === 'loss') this.hearLoss(effect.reminder, effect.volume);
    if (effect.kind !== 'remind' || effect.reminder.kind !== 'milestone') return;
    const { milestone, deletionDate } = effect.reminder;
    expect(deletionDate).toBe(this.incident?.countdown?.deletionDate);
    expect(this.now).toBeLessThanOrEqual(deletionDate);
    // Within the last day it is loud, whatever anybody has said or planned.
    if (deletionDate - this.now <= rules.loudWithin) {
      expect(effect.volume).toBe('everyone');
      this.loud.push(milestone);
    }
  }

  /** Never of what is past, nor of a loss that the deletion itself speaks for; on its last day as loud as can be. */
  hearLoss({ lossAt, milestone, collapsed }: Extract<Reminder, { kind: 'loss' }>, volume: Volume | undefined): void {
    const { losses, countdown } = this.incident ?? {};
    expect(lossAt).toBe(losses?.deletionDate);
    expect(this.now).toBeLessThanOrEqual(lossAt);
    expect(lossAt).toBeLessThan((countdown?.deletionDate ?? Infinity) - HOUR);
    if (lossAt - this.now <= rules.loudWithin) expect(volume).toBe('everyone');
    this.lost.push(milestone);
    expect(collapsed).toBeGreaterThan(0);
  }

  /** What passed of a loss's marks was told, or was so when the loss became known: nothing in between is left out. */
  checkLosses({ losses, attention }: Incident): void {
    if (losses === undefined) return;
    expect(losses.deletionDate).toBeGreaterThan(this.now);
    expect(dueOf(this.incident as Incident, rules, this.now)).toBeLessThanOrEqual(losses.deletionDate + 1);
    const next = rules.milestones
      .filter((mark) => !losses.told.includes(mark))
      .map((mark) => losses.deletionDate - mark)
      .sort((one, other) => one - other)[0];
    if (next !== undefined)
      expect(dueOf(this.incident as Incident, rules, this.now)).toBeLessThanOrEqual(Math.max(next, this.now));
    if (attention === undefined) return;
    const marks = [rules.loudWithin, 6 * HOUR, HOUR, 0].map((mark) => losses.deletionDate - mark);
    expect(attention.until).toBeLessThanOrEqual(marks.find((mark) => mark > this.now) ?? Infinity);
  }

  check(before: Incident | undefined, incident: Incident): void {
    if (isOpen(incident)) this.checkLosses(incident);
    expect([...this.open].sort()).toEqual([...pagesOf(incident, rules, this.now)].sort());
    if (before?.plan?.status.kind === 'void') expect(incident.plan?.status.kind).not.toBe('agreed');
    if (!isOpen(incident)) return;
    const due = dueOf(incident, rules, this.now);
    const { countdown, attention, read } = incident;
    if (countdown !== undefined && this.now < countdown.deletionDate)
      expect(due).toBeLessThanOrEqual(countdown.deletionDate + 1);
    // Nobody can use it, and no date ends it: it asks again within four days whatever happens.
    const unusable = read?.kind === 'read' && ['Disabled', 'PendingImport'].includes(read.snapshot.state);
    if (unusable && countdown === undefined) expect(due).toBeLessThanOrEqual(this.now + 8 * rules.acknowledgeFor);
    if (attention === undefined) return;
    expect(attention.until - attention.at).toBeLessThanOrEqual(rules.acknowledgeFor);
    if (countdown === undefined) return;
    const marks = [rules.loudWithin, 6 * HOUR, HOUR, 0].map((mark) => countdown.deletionDate - mark);
    const next = marks.find((mark) => mark > attention.at) ?? Number.POSITIVE_INFINITY;
    if (attention.at >= countdown.since) expect(attention.until).toBeLessThanOrEqual(next);
  }

  /** Time passes, and each due moment is looked at when it comes. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (let looks = 0; looks < 500; looks += 1) {
      const due = this.incident === undefined ? undefined : dueOf(this.incident, rules, this.now);
      if (due === undefined || due > until) break;
      const version = this.incident?.version;
      this.now = Math.max(this.now, due);
      this.happens({ kind: 'due', read: this.read(), late: 5 * MINUTE });
      // A look that leaves its moment due would be looked at for ever, and stand before others.
      expect(this.incident?.version).not.toBe(version);
      if (this.incident !== undefined)
        expect(dueOf(this.incident, rules, this.now) ?? Infinity).toBeGreaterThan(this.now);
      expect(looks).toBeLessThan(499);
    }
    this.now = until;
  }

  play(next: Turn): void {
    switch (next.kind) {
      case 'wait':
        this.wait(next.ms);
        return;
      case 'outage':
        this.now += next.ms;
        this.wait(1);
        return;
      case 'key':
        if (this.now > this.date + HELD_UP && this.state === 'PendingDeletion') return;
        this.state = next.state;
        this.date = this.now + next.days * DAY;
        if (next.state === 'PendingDeletion') this.loud = [];
        this.happens(
          next.state === 'Enabled' || (this.incident !== undefined && isOpen(this.incident))
            ? { kind: 'read', read: this.read() }
            : { kind: 'swept', danger: 'keyDisabled', opening, read: this.read() },
        );
        return;
      case 'attend':
        this.happens({ kind: 'attended', attention: { kind: next.what, by: WHO[next.who] } });
        return;
      case 'plan': {
        const read = this.read();
        if (read.kind !== 'read') return;
        const fingerprint = {
          state: this.state,
          ...(this.state === 'PendingDeletion' ? { deletionDate: this.date } : {}),
        };
        const plan = {
          ticket: 'CHG-1',
          by: WHO[next.who],
          at: this.now,
          fingerprint,
          status: { kind: 'proposed' },
        } as const;
        this.happens({ kind: 'planned', plan, opening, read });
        return;
      }
      case 'decide': {
        const { plan } = this.incident ?? {};
        if (plan === undefined) return;
        const who = WHO[next.who];
        this.happens({
          kind: 'planDecided',
          planAt: plan.at,
          agreed: next.agreed,
          by: who,
          names: [],
          read: this.read(),
        });
        const status = this.incident?.plan?.status;
        // Never by who asked for it.
        if (status?.kind === 'agreed') expect(status.by.user).not.toBe(this.incident?.plan?.by.user);
        return;
      }
      case 'learn': {
        if (this.incident === undefined) return;
        const listed = next.services.map((service) => ({ service, seen: ['grant'] as const }));
        const knowledge = { victims: { listed, more: 0, unread: [] } };
        this.happens({ kind: 'learnt', knowledge, round: this.incident.round });
        return;
      }
      case 'use': {
        this.uses += 1;
        const body = { kind: 'useRefused', key, refusal: 'pendingDeletion', call: by('Decrypt') } as const;
        this.happens({
          kind: 'fact',
          fact: fact(body, { id: `use ${this.uses}`, at: this.now, seenAt: this.now }),
          opening,
          ours: false,
          read: this.read(),
        });
        // Of a key that is gone there is nothing left to plan.
        if (this.state !== 'Enabled' && this.incident !== undefined && isOpen(this.incident))
          expect(this.incident.plan?.status.kind).not.toBe('agreed');
        return;
      }
    }
  }
}

test('whatever happens: loud on the last day, asked again, paged once, never silent', () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 40 }), (turns) => {
      const play = new Play();
      play.happens({ kind: 'swept', danger: 'deletionScheduled', opening, read: play.read() });
      for (const next of turns) play.play(next);
    }),
    { numRuns: 3_000 },
  );
}, 120_000);

test('left alone, every mark of the last day is told once and loudly, and then the end', () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
      const play = new Play();
      play.happens({ kind: 'swept', danger: 'deletionScheduled', opening, read: play.read() });
      for (const next of turns) play.play(next);
      if (play.state !== 'PendingDeletion' || play.incident?.countdown === undefined || play.date - play.now < DAY)
        return;
      play.loud = [];
      play.wait(play.date - play.now + HELD_UP + 2 * HOUR);
      expect(play.loud.filter((mark) => [DAY, 6 * HOUR, HOUR].includes(mark))).toEqual([DAY, 6 * HOUR, HOUR]);
      expect(play.incident).toMatchObject({ phase: { kind: 'closed', outcome: 'deleted' } });
      expect([...play.open]).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
}, 120_000);

test('left alone, every mark of what may be lost is told, the last ones loudly, and then the next loss counts', () => {
  fc.assert(
    fc.property(
      fc.array(turn, { maxLength: 12 }),
      fc.subarray(['rds', 'dynamodb', 'dynamodbReplica'] as const, { minLength: 1 }),
      (turns, services) => {
        const play = new Play();
        play.happens({ kind: 'swept', danger: 'deletionScheduled', opening, read: play.read() });
        for (const next of turns) play.play(next);
        play.play({ kind: 'key', state: 'Enabled', days: 7 });
        play.wait(MINUTE);
        play.play({ kind: 'key', state: 'Disabled', days: 7 });
        // KMS has deleted it before.
        if (play.state !== 'Disabled') return;
        play.play({ kind: 'learn', services });
        const replicated = services.includes('dynamodbReplica');
        play.lost = [];
        play.lossCalls = 0;
        const meant = play.incident?.plan?.status.kind === 'agreed';
        const since = play.now;
        play.wait(8 * DAY);
        const wanted = replicated
          ? [DAY, 6 * HOUR, HOUR, 3 * DAY, DAY, 6 * HOUR, HOUR]
          : [3 * DAY, DAY, 6 * HOUR, HOUR];
        // Marks of nights and weekends are said on the afternoon before as well.
        expect(play.lost.filter((mark) => rules.milestones.includes(mark))).toEqual(wanted);
        expect(play.now).toBe(since + 8 * DAY);
        expect(play.incident?.losses).toBeUndefined();
        // Somebody is called on the last day before each of them, unless it is meant, and told when its moment has passed.
        expect(play.lossCalls).toBe(meant ? 0 : replicated ? 2 : 1);
        expect([...play.open]).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
}, 120_000);
