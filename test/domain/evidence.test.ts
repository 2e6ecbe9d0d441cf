/** The record an auditor gets: complete, plain, and silent about nothing it does not know. */
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.ts';
import { evidenceOf, isAbout } from '../../src/domain/evidence.ts';
import type { IncidentId } from '../../src/domain/ids.ts';
import type { Entry, Incident, Subject } from '../../src/domain/incident.ts';
import { unknown } from '../../src/domain/key.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { actionId, approvalId, bare, head, NOW, otherKey, rich, trail } from './evidence-sample.ts';
import { by, DAY, fact, HOUR, incident, key, MINUTE, read, T0 } from './samples.ts';

const iso = (at: number): string => new Date(at).toISOString();
const evidence = evidenceOf(rich, { entries: trail, head, now: NOW });
const of = (record: Incident, entries: readonly AuditEntry[] = []) => evidenceOf(record, { entries, now: NOW });

describe('a plain record', () => {
  test('survives JSON as it is', () => expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence));
  test('names its format', () => expect(evidence.format).toBe(1));
  test('tells every moment as text, outside the audit entries', () => {
    const numbers: number[] = [];
    const walk = (node: unknown): void => {
      if (typeof node === 'number') numbers.push(node);
      else if (typeof node === 'object' && node !== null) Object.values(node).forEach(walk);
    };
    walk({ ...evidence, audit: undefined });
    expect(numbers.filter((number) => number > Date.UTC(2001, 0))).toEqual([]);
    expect(numbers.length).toBeGreaterThan(20);
  });
  test('has nothing of our own machinery', () =>
    expect(JSON.stringify(evidence)).not.toMatch(/runner|revision|postingSince|notedSeq|"card"/));
  test('a moment that is none does not break it', () => {
    expect(momentOf(Number.NaN)).toBe('no moment: NaN');
    expect(of(incident({ openedAt: 9e15 })).incident.openedAt).toBe('no moment: 9000000000000000');
  });
});

describe('the incident', () => {
  test('open: until now', () =>
    expect(evidence.incident).toEqual({
      id: rich.id,
      round: 2,
      openedAt: iso(T0 + HOUR),
      status: { kind: 'open' },
      openFor: 6 * HOUR,
    }));
  test('closed: until then', () => {
    const closed = of(incident({ phase: { kind: 'closed', at: T0 + 4 * MINUTE, outcome: 'restored' } }));
    expect(closed.incident).toMatchObject({
      status: { kind: 'closed', at: iso(T0 + 4 * MINUTE), outcome: 'restored' },
      openFor: 4 * MINUTE,
    });
  });
  test.each<[Subject['kind'], Subject, object]>([
    ['key', { kind: 'key', key }, { kind: 'key', arn: key.arn, account: '111122223333', region: 'us-west-2' }],
    [
      'alarm',
      { kind: 'alarm', alarmArn: 'arn:alarm', name: 'kms', place: key, partition: 'aws' },
      { kind: 'alarm', arn: 'arn:alarm', name: 'kms', account: '111122223333', region: 'us-west-2' },
    ],
    ['place', { kind: 'place', place: key }, { kind: 'place', account: '111122223333', region: 'us-west-2' }],
    ['topic', { kind: 'topic', topicArn: 'arn:topic' }, { kind: 'topic', arn: 'arn:topic' }],
  ])('about a %s', (_kind, subject, told) => {
    const about = of(incident({ subject, problem: 'kms:ListKeys: AccessDenied' }));
    expect(about.subject).toMatchObject(told);
    expect(about.subject).not.toHaveProperty('partition');
    expect(about.incident.problem).toBe('kms:ListKeys: AccessDenied');
  });
});

describe('what is not known says why', () => {
  const empty = of(bare);
  test.each([
    ['the read', empty.read, 'it has not been read yet'],
    ['the aliases', empty.aliases, 'it was not looked up'],
    ['the tags', empty.tags, 'it was not looked up'],
    ['the last use', empty.lastUse, 'it was not looked up'],
    ['the state before', empty.prior, 'no sweep has seen it before'],
    ['the countdown', empty.countdown, 'no countdown runs'],
    ['the head', empty.audit.head, 'the trail is empty, or could not be read'],
    [
      'the countdown of a key that is not pending',
      of(incident({ read: read('Enabled') })).countdown,
      'the last read shows no deletion date',
    ],
    ['the last refused use', empty.refusedUses.lastAt, 'none was reported'],
  ])('%s', (_name, learned, why) => expect(learned).toEqual(unknown(why)));

  test('each part of the details on its own', () => {
    const aliases = unknown('kms:ListAliases is denied');
    const details = { aliases, tags: unknown('throttled'), lastUse: unknown('no such API here') };
    expect(of(incident({ details }))).toMatchObject({ ...details });
  });
  test('a key that is gone or unreadable', () => {
    const why = { kind: 'denied', operation: 'kms:DescribeKey', message: 'no' } as const;
    expect(of(incident({ read: { kind: 'gone', key, readAt: T0 } })).read).toEqual({
      kind: 'known',
      value: { kind: 'gone', at: iso(T0) },
    });
    expect(of(incident({ read: { kind: 'unreadable', key, readAt: T0, why } })).read).toEqual({
      kind: 'known',
      value: { kind: 'unreadable', at: iso(T0), why },
    });
  });
  test('a call without an answer, by whether its action is over', () => {
    const outcomes = evidence.actions.map(({ calls }) => calls.at(-1)?.outcome);
    expect(outcomes[2]).toEqual(unknown('its answer was never written down'));
    expect(outcomes[4]).toEqual(unknown('it may still be under way: no answer is written down'));
    expect(evidence.actions[4]?.ending).toEqual(unknown('it has not ended yet'));
  });
  test('a trail that could not be read keeps what was read, and says so', () => {
    const partly = evidenceOf(rich, { entries: trail, trailProblem: 'LOADING Redis', now: NOW }).audit;
    expect(partly).toMatchObject({ problem: 'LOADING Redis', head: { kind: 'unknown' } });
    expect(partly.entries).toHaveLength(trail.length);
    expect(evidence.audit).not.toHaveProperty('problem');
  });
  test('what the record and the lists have let go of', () =>
    expect(evidence.leftOut).toEqual({
      timeline: 40,
      audit: 0,
      actions: [actionId(99)],
      approvals: [approvalId(77)],
    }));
});

describe('the key', () => {
  test('its read, dated', () =>
    expect(evidence.read).toMatchObject({
      value: {
        kind: 'read',
        state: 'PendingDeletion',
        at: iso(NOW - 40_000),
        deletionDate: iso(T0 + 30 * DAY),
        createdAt: '2024-01-02T00:00:00.000Z',
        multiRegion: { role: 'PRIMARY', primary: key.arn, replicas: [] },
      },
    }));
  test('the state before, and the last use', () => {
    expect(evidence.prior).toEqual({
      kind: 'known',
      value: { state: 'Enabled', from: 'sweep', at: iso(T0 - HOUR) },
    });
    expect(evidence.lastUse).toMatchObject({ value: { kind: 'used', operation: 'Decrypt', at: iso(T0 - 90_000) } });
    expect(of(incident({ read: read('Enabled') })).read).toMatchObject({ value: { state: 'Enabled' } });
  });
});

describe('the story', () => {
  test('dangers with who, where, when, event and request', () => {
    const [first, , third] = evidence.dangers;
    expect(first).toMatchObject({
      kind: 'deletionScheduled',
      firstAt: iso(T0),
      fact: {
        value: {
          at: iso(T0),
          seenAt: iso(T0 + 2_000),
          told: { windowDays: 7 },
          call: {
            value: {
              operation: 'ScheduleKeyDeletion',
              eventId: 'event-schedule',
              requestId: 'request-schedule',
              actor: { sourceAddress: '203.0.113.7', sessionName: 'mallory' },
            },
          },
        },
      },
    });
    expect(third?.fact.kind).toBe('unknown');
  });
  test('a source that names no call', () => {
    const [danger] = of(
      incident({
        dangers: [
          {
            kind: 'nonCompliant',
            firstAt: T0,
            lastAt: T0,
            count: 1,
            fact: fact({ kind: 'keyNonCompliant', key, rule: 'r' }),
          },
        ],
      }),
    ).dangers;
    expect(danger?.fact).toMatchObject({ value: { call: unknown('the source names no call'), told: { rule: 'r' } } });
  });
  test('in the order in which things happened, not in which they were learnt', () => {
    const at = evidence.timeline.map((entry) => entry.at);
    expect(at).toEqual(at.toSorted());
    const late = evidence.timeline.findIndex((entry) => entry.kind === 'fact' && entry.fact.id === 'ct:decrypt');
    expect(evidence.timeline[late]).toMatchObject({ seq: 49, at: iso(T0 + MINUTE) });
    expect(late).toBe(3);
  });
  test('two entries of one moment stand as they were written', () => {
    const entries: readonly Entry[] = [1, 2, 3].map((seq) => ({ seq, at: T0, body: { kind: 'rebuilt' } }));
    expect(of(incident({ timeline: entries, nextSeq: 4 })).timeline.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
  test('every kind of entry', () => {
    const kinds = new Set(evidence.timeline.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(
      [
        'approval',
        'asked',
        'called',
        'candidates',
        'closed',
        'delivery',
        'ended',
        'fact',
        'linked',
        'rebuilt',
        'reminded',
        'reopened',
        'rescheduled',
        'state',
      ].sort(),
    );
    expect(evidence.timeline).toContainEqual(expect.objectContaining({ kind: 'linked', key: key.arn }));
    expect(evidence.timeline).toContainEqual(
      expect.objectContaining({ kind: 'rescheduled', from: iso(T0 + 7 * DAY), to: iso(T0 + 30 * DAY) }),
    );
  });
  test('reminders that were sent', () =>
    expect(evidence.reminders).toEqual([
      { at: iso(T0 + 5.5 * HOUR), before: DAY },
      { at: iso(T0 + 5.6 * HOUR), before: 6 * HOUR, late: 12 * MINUTE },
    ]));
});

describe('deeds', () => {
  test('every call: intent, answer, request, session', () => {
    const [lost, done, read] = evidence.actions[0]?.calls ?? [];
    expect(lost).toEqual({
      operation: 'CancelKeyDeletion',
      intendedAt: iso(T0 + 5 * MINUTE),
      outcome: {
        kind: 'known',
        value: {
          kind: 'ambiguous',
          message: 'ETIMEDOUT',
          at: iso(T0 + 5 * MINUTE + 900),
          requestId: unknown('the answer was lost'),
          attribution: unknown('no session of it was written down'),
        },
      },
    });
    expect(done?.outcome).toMatchObject({
      value: {
        kind: 'succeeded',
        requestId: { value: 'request-cancel' },
        attribution: { value: { kind: 'person', sourceIdentity: 'U0ALICE' } },
      },
    });
    expect(read?.outcome).toMatchObject({ value: { kind: 'confirmedByRead' } });
  });
  test('an approval: who, why, on which key, who agreed, how it ended', () =>
    expect(evidence.approvals[0]).toMatchObject({
      by: { user: 'U0ALICE' },
      why: 'destructive',
      reason: 'the service is retired',
      ticket: 'SEC-4711',
      fingerprint: { state: 'Enabled', policy: { value: 'cd'.repeat(32) }, line: { kind: 'known' } },
      agreements: [
        { by: { user: 'U0BOB' }, at: iso(T0 + 2.5 * HOUR), comment: 'checked with the owner', steppedUp: true },
        { by: { user: 'U0CAROL' }, steppedUp: true },
      ],
      status: { kind: 'granted', at: iso(T0 + 3 * HOUR), action: actionId(3) },
    }));
  test('a request that an admin broke the glass over: by whom, and what they asked for instead', () => {
    const [over, alone] = evidence.approvals.slice(6);
    expect(over).toMatchObject({
      why: 'destructive',
      breakGlass: false,
      status: { kind: 'superseded', at: iso(T0 + 6.6 * HOUR), by: { user: 'U0CAROL' } },
    });
    expect(alone).toMatchObject({
      by: { user: 'U0CAROL' },
      breakGlass: true,
      agreements: [],
      status: { kind: 'granted', at: iso(T0 + 6.6 * HOUR), action: actionId(6) },
    });
    expect(alone).not.toHaveProperty('why');
  });
  test('every end of a request', () =>
    expect(evidence.approvals.map(({ status }) => status.kind).toSorted()).toEqual(
      ['granted', 'granted', 'expired', 'rejected', 'superseded', 'voided', 'waiting', 'withdrawn'].toSorted(),
    ));
  test('changes of a key are told as moments where they are moments', () => {
    expect(evidence.actions[3]?.ending).toMatchObject({
      value: {
        why: {
          changes: [
            { part: 'deletionDate', is: iso(T0 + 30 * DAY) },
            { part: 'state', was: 'Enabled' },
          ],
        },
      },
    });
    expect(evidence.approvals[1]?.status).toMatchObject({ kind: 'voided', changes: [{ part: 'policy' }] });
  });
  test('an approval that ran out by the time it was wanted', () => {
    const action = { ...rich.actions[1], ending: { kind: 'failed', why: { kind: 'approvalExpired', at: T0 }, at: T0 } };
    const [ended] = of(incident({ actions: [action as Incident['actions'][number]] })).actions;
    expect(ended?.ending).toMatchObject({ value: { why: { kind: 'approvalExpired', at: iso(T0) } } });
  });
});

describe('people', () => {
  test('each once, by what they did, oldest first', () => {
    const told = evidence.people.map(({ who, deeds }) => [
      who.via === 'slack' ? who.person.user : who.user,
      deeds.map(({ did, what }) => `${did} ${what}`),
    ]);
    expect(told).toEqual([
      [
        'U0ALICE',
        [
          'askedForAction rescue',
          'askedForApproval scheduleDeletion',
          'askedForAction scheduleDeletion',
          'askedForAction enable',
        ],
      ],
      ['ops', ['askedForAction disable', 'wasRefused not named']],
      [
        'U0BOB',
        [
          'askedForApproval deleteMaterial',
          'askedForApproval disable',
          'agreed scheduleDeletion',
          'askedForAction deleteMaterial',
        ],
      ],
      [
        'U0DAVE',
        [
          'askedForApproval scheduleDeletion',
          'askedForApproval enable',
          'wasRefused approve',
          'withdrew scheduleDeletion',
          'askedForApproval disable',
          'askedForApproval deleteMaterial',
        ],
      ],
      [
        'U0CAROL',
        [
          'agreed scheduleDeletion',
          'rejected disable',
          'superseded deleteMaterial',
          'brokeGlass disable',
          'askedForAction disable',
        ],
      ],
    ]);
  });
  test('AWS callers: one per name, facts counted once, our own marked', () => {
    expect(evidence.callers.map(({ who, calls }) => [who, calls.map(({ operation }) => operation)])).toEqual([
      ['arn:aws:sts::111122223333:assumed-role/Admins/mallory', ['ScheduleKeyDeletion']],
      ['s3.amazonaws.com', ['Decrypt']],
      ['arn:aws:sts::111122223333:assumed-role/KeywardenRescue/U0ALICE-rescue', ['CancelKeyDeletion']],
    ]);
    expect(evidence.callers[2]?.calls[0]).toMatchObject({ echoOf: actionId(1), sourceAddress: '198.51.100.4' });
  });
  test('a danger whose entry the timeline has let go of still names its caller', () => {
    const danger = fact({ kind: 'keyDisabled', key, call: by('DisableKey') });
    const { callers } = of(
      incident({ dangers: [{ kind: 'keyDisabled', firstAt: T0, lastAt: T0, count: 1, fact: danger }] }),
    );
    expect(callers).toMatchObject([{ calls: [{ operation: 'DisableKey' }] }]);
  });
});

describe('the audit trail', () => {
  test('stands as it is kept, by number', () => {
    expect(evidence.audit.entries.map(({ seq }) => seq)).toEqual([11, 12, 14, 20, 21]);
    expect(evidence.audit.entries[1]).toBe(trail[0]);
    expect(evidence.audit.head).toEqual({ kind: 'known', value: head });
  });
  test('the newest two thousand, and how many more there were', () => {
    const entries = Array.from({ length: 2_200 }, (_, index) => ({ ...trail[0], seq: index + 1 }) as AuditEntry);
    const long = of(rich, entries);
    expect(long.audit.entries).toHaveLength(2_000);
    expect(long.audit.entries[0]?.seq).toBe(201);
    expect(long.leftOut.audit).toBe(200);
  });
  test.each([
    ['this incident', { incident: rich.id }, true],
    ['its key alone, from the terminal', { key: key.arn }, true],
    ['another incident', { incident: `i${'9'.repeat(31)}` as IncidentId }, false],
    ['another key', { key: otherKey }, false],
    ['neither', {}, false],
  ])('is about %s', (_name, about, wanted) => {
    const { incident: _incident, key: _key, ...entry } = trail[0] as AuditEntry;
    expect(isAbout(rich, { ...entry, ...about })).toBe(wanted);
  });
  test('an alarm without a key has no entries by key', () => {
    const subject: Subject = { kind: 'topic', topicArn: 'arn:topic' };
    const { key: _key, ...entry } = trail[0] as AuditEntry;
    expect(isAbout(incident({ subject, id: `i${'3'.repeat(31)}` as IncidentId }), entry)).toBe(false);
  });
});
