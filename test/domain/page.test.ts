/** When somebody is called although everybody in Slack is silent: the last day before the deletion, and before a loss. */
import { describe, expect, test } from 'vitest';
import type { Cancelling } from '../../src/domain/cancelling.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { matterOf, nextPage, pageOf, pagesOf } from '../../src/domain/page.ts';
import { action, DAY, HOUR, incident, read, rules, T0 } from './samples.ts';

const LOSS = T0 + 7 * DAY;
const date = { deletionDate: LOSS, since: T0, told: [], endTold: false };
const by = { enterprise: '', team: 'T1', user: 'U1' };
const losing = (more: Partial<Incident> = {}): Incident =>
  incident({ read: read('Disabled'), losses: { ...date, of: ['rds', 'dynamodb'] }, ...more });
const failed = { kind: 'failed', at: T0, why: { kind: 'auditUnwritable', message: '' } } as never;
const acknowledged = (until: number): Partial<Incident> => ({
  attention: { kind: 'acknowledged', by, at: T0, until },
});

describe('the last day before a loss', () => {
  test.each<[string, Incident, number, readonly string[]]>([
    ['has not begun', losing(), LOSS - DAY - 1, []],
    ['stands for less than an hour', losing(), LOSS - DAY + HOUR - 1, []],
    ['stands for an hour', losing(), LOSS - DAY + HOUR, ['lossDay']],
    ['is nearly over', losing(), LOSS - 1, ['lossDay']],
    ['is over', losing(), LOSS, []],
    ['was called for, and is over', losing({ paged: ['lossDay'] }), LOSS, []],
    ['is in hand', losing(acknowledged(LOSS - 6 * HOUR)), LOSS - 7 * HOUR, []],
    ['was in hand', losing(acknowledged(LOSS - 6 * HOUR)), LOSS - 5 * HOUR, ['lossDay']],
    [
      'was put off',
      losing({ attention: { kind: 'snoozed', by, at: T0, until: LOSS } }),
      LOSS - DAY + HOUR,
      ['lossDay'],
    ],
    ['is meant', losing({ plan: { status: { kind: 'agreed' } } as never }), LOSS - HOUR, []],
    [
      'became known four hours before',
      losing({ losses: { ...date, since: LOSS - 4 * HOUR, of: ['rds'] } }),
      LOSS - 3 * HOUR,
      ['lossDay'],
    ],
    [
      'is another date than the deletion’s: both count',
      losing({ countdown: { ...date, deletionDate: LOSS + 10 * HOUR } }),
      LOSS - HOUR,
      ['lastDay', 'lossDay'],
    ],
    [
      'was called for, and a rescue is half done',
      incident({ read: read('Disabled'), paged: ['lastDay'], actions: [action('rescue')] }),
      LOSS - HOUR,
      ['lastDay'],
    ],
    [
      'was called for, and the rescue has ended half done',
      incident({ read: read('Disabled'), paged: ['lastDay'], actions: [action('rescue', [], { ending: failed })] }),
      LOSS - HOUR,
      [],
    ],
    ['of a closed incident', losing({ phase: { kind: 'closed', at: T0, outcome: 'restored' } }), LOSS - HOUR, []],
  ])('%s', (_name, about, now, wanted) => {
    expect(pagesOf(about, rules, now)).toEqual(wanted);
  });

  test.each<[string, Incident, number | undefined]>([
    ['at its time', losing(), LOSS - DAY + HOUR],
    ['after an acknowledgement', losing(acknowledged(LOSS - 6 * HOUR)), LOSS - 5 * HOUR],
    ['called already', losing({ paged: ['lossDay'] }), undefined],
    ['the sooner of two', losing({ countdown: { ...date, deletionDate: LOSS - 2 * HOUR } }), LOSS - DAY - HOUR],
    [
      'the deletion, once the loss is called for',
      losing({ paged: ['lossDay'], countdown: { ...date, deletionDate: LOSS + 10 * HOUR } }),
      LOSS - 13 * HOUR,
    ],
  ])('is looked at %s', (_name, about, wanted) => {
    expect(nextPage(about, rules, T0)).toBe(wanted);
  });

  test('is called a last day, under a name of its own, and names what may be lost', () => {
    const page = pageOf(losing(), 'lossDay', LOSS - HOUR);
    expect(page).toMatchObject({ kind: 'lastDay', lossAt: LOSS, detail: 'RDS databases and DynamoDB tables' });
    expect(page.id).toMatch(/^lossDay:i/);
    expect(page.deletionDate).toBeUndefined();
    expect(page.expires).toBeUndefined();
    const expiring = losing({ losses: { ...date, deletionDate: LOSS, of: ['material'] } });
    expect(pageOf(expiring, 'lossDay', LOSS - HOUR)).toMatchObject({ kind: 'lastDay', lossAt: LOSS, expires: true });
    expect(matterOf(page)).toBe('lossDay');
    expect(matterOf(pageOf(losing(), 'lastDay', LOSS))).toBe('lastDay');
  });
});

describe('whether our rescue would pass', () => {
  const reasons = [{ kind: 'noRole' }] as const;
  const answered = (answer: Cancelling['answer']): Cancelling => ({ answer, checkedAt: T0, reasons });
  test.each<[string, Cancelling | undefined, Cancelling | undefined]>([
    ['no: goes with the call', answered('no'), answered('no')],
    ['yes: nothing is to be said', answered('yes'), undefined],
    ['unknown: a rescue may work', answered('unknown'), undefined],
    ['not judged yet', undefined, undefined],
  ])('%s', (_name, cancelling, wanted) => {
    const about = losing(cancelling === undefined ? {} : { knowledge: { cancelling } });
    for (const matter of ['lossDay', 'lastDay', 'unposted'] as const)
      expect(pageOf(about, matter, T0).cannotCancel).toEqual(wanted);
  });
});
