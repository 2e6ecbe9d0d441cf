/** What a Home tab is set to, and which one is drawn next. */
import { describe, expect, test } from 'vitest';
import { type HomeChange, homeAfter, isSaid, type KeptHome, nextToDraw } from '../../src/domain/home.ts';
import type { AccountId } from '../../src/domain/ids.ts';
import type { HomeTurn } from '../../src/domain/interaction.ts';
import { MINUTE, T0 } from './samples.ts';

const person = { enterprise: '', team: 'T1', user: 'U1' };
const account = '111122223333' as AccountId;
const said = { words: { kind: 'notRecorded' }, at: T0 } as const;
const SECOND = 1_000;
const kept = (more: Partial<KeptHome> = {}): KeptHome => ({ person, page: 2, account, openedAt: T0, said, ...more });

describe('after something was done in it', () => {
  const at = T0 + 15 * MINUTE;
  test.each<readonly [string, KeptHome | undefined, HomeTurn, number, Omit<HomeChange, 'openedAt'>]>([
    ['opened for the first time', undefined, { kind: 'opened' }, T0, { page: 0 }],
    ['opened again soon: the page is kept', kept(), { kind: 'opened' }, at - 1, {}],
    ['opened again later: what dies first', kept(), { kind: 'opened' }, at, { page: 0 }],
    ['another page', kept(), { kind: 'page', page: 5 }, T0, { page: 5 }],
    ['a page before anything was kept', undefined, { kind: 'page', page: 5 }, T0, { page: 5 }],
    ['another account: its first page', kept(), { kind: 'account', account }, T0, { page: 0, account }],
    ['all accounts', kept(), { kind: 'account' }, T0, { page: 0, account: 'all' }],
    ['a press: what an earlier one was told is over', kept(), { kind: 'pressed', at: T0 }, at, { saidBefore: T0 }],
  ])('%s', (_name, before, turn, now, after) =>
    expect(homeAfter(before, turn, now)).toEqual({ openedAt: now, ...after }),
  );

  test('a refusal is said for ten minutes', () => {
    expect(isSaid(said, T0 + 10 * MINUTE - 1)).toBe(true);
    expect(isSaid(said, T0 + 10 * MINUTE)).toBe(false);
  });
});

describe('the next to be drawn', () => {
  const user = (name: string, more: Partial<KeptHome> = {}): KeptHome => ({
    person: { ...person, user: name },
    page: 0,
    openedAt: T0,
    drawnAt: T0 - MINUTE,
    changes: 1,
    ...more,
  });
  const next = (homes: readonly KeptHome[], now = T0) => {
    const found = nextToDraw(homes, 2, now);
    return found === undefined ? undefined : [found.home.person.user, found.from - now];
  };
  const AWAY = T0 - 16 * MINUTE;

  test('none where none is old', () => {
    expect(next([])).toBeUndefined();
    expect(next([user('A', { changes: 2 })])).toBeUndefined();
  });
  test('one that was never drawn, or that Slack did not take', () => {
    const { changes: _changes, drawnAt: _drawnAt, ...never } = user('B');
    expect(next([user('A', { changes: 2 }), never])).toEqual(['B', 0]);
  });
  test('in front of somebody’s eyes before the others, and of them the one not drawn for longest', () => {
    const away = user('A', { openedAt: AWAY, drawnAt: T0 - 60 * MINUTE });
    expect(next([away, user('B'), user('C', { drawnAt: T0 - 2 * MINUTE })])).toEqual(['C', 0]);
    expect(next([away, user('B', { changes: 2 })])).toEqual(['A', 0]);
  });
  test('each at most every five seconds, the others every minute: then, and not before', () => {
    expect(next([user('A', { drawnAt: T0 - 2 * SECOND })])).toEqual(['A', 3 * SECOND]);
    expect(next([user('A', { drawnAt: T0 - 5 * SECOND })])).toEqual(['A', 0]);
    expect(next([user('A', { openedAt: AWAY, drawnAt: T0 - 5 * SECOND })])).toEqual(['A', 55 * SECOND]);
    // Whoever is due now does not wait for somebody who looks at it, and is not yet.
    expect(next([user('A', { drawnAt: T0 }), user('B', { openedAt: AWAY })])).toEqual(['B', 0]);
  });
  test('a clock that was set back makes nobody wait for it', () => {
    expect(next([user('A', { openedAt: T0 + 60 * MINUTE, drawnAt: T0 + 60 * MINUTE })])).toEqual(['A', 0]);
  });
});
