/** The record of a shared card: what is asked for on it, whom it has woken, and when it is over. */
import { describe, expect, test } from 'vitest';
import type { Reminder } from '../../src/domain/effect.ts';
import {
  begunAnew,
  type Errand,
  type Gathering,
  joined,
  MOST_ERRANDS,
  newGathering,
  openErrands,
  overSince,
  shownElsewhere,
  shownOn,
  speaking,
  spokenBy,
  withErrand,
  wokenBy,
  wokenByOthers,
} from '../../src/domain/gathering.ts';
import type { ChannelId, GatheringId, IncidentId } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { reopened } from '../../src/domain/record.ts';
import { sameFor } from '../../src/domain/same-reminder.ts';
import { DAY, enabledBefore, HOUR, incident, T0 } from './samples.ts';

const WAVE = `g${'1'.repeat(31)}` as GatheringId;
const FAMILY = `g${'2'.repeat(31)}` as GatheringId;
const CHANNEL = 'C0INCIDENT' as ChannelId;
const wave: Gathering = newGathering(WAVE, { kind: 'wave' }, CHANNEL, T0);
const [ONE, OTHER] = ['i1', 'i2'] as unknown as readonly [IncidentId, IncidentId];
const [BOB, OPS] = ['U0BOB', 'C0OPS'] as unknown as readonly [ChannelId, ChannelId];

describe('what is asked for', () => {
  const errand = (id: string, ended = true): Errand => ({
    id,
    deed: 'acknowledge',
    by: { enterprise: '', team: 'T1', user: 'U1' },
    at: T0,
    channel: CHANNEL,
    wanted: 'all',
    ...(ended ? { ended: { at: T0, asked: 1, refused: 0 } } : {}),
  });

  test('is bounded; what is not worked off is never forgotten for it', () => {
    const begun = withErrand(wave, errand('the rescue of five hundred', false));
    let full = begun;
    for (let press = 0; press < 3 * MOST_ERRANDS; press += 1) full = withErrand(full, errand(`press ${press}`));
    expect(full.errands.length).toBe(MOST_ERRANDS);
    expect(openErrands(full).map(({ id }) => id)).toEqual(['the rescue of five hundred']);
    expect(full.errands.at(-1)?.id).toBe(`press ${3 * MOST_ERRANDS - 1}`);
  });

  test('the same press twice is one', () => {
    const once = withErrand(wave, errand('press', false));
    expect(withErrand(once, errand('press', false))).toBe(once);
  });
});

describe('whom it has woken', () => {
  const mark = 'milestone 86400000';
  const woken = speaking(wave, { mark, by: ONE, receivers: [BOB, OPS] }, T0);

  test('each by one member, and nobody by another with the same', () => {
    expect(wokenBy(woken, mark, ONE, T0)).toEqual([BOB, OPS]);
    expect(wokenByOthers(woken, mark, OTHER, T0)).toEqual([BOB, OPS]);
    expect(speaking(woken, { mark, by: OTHER, receivers: [BOB] }, T0)).toBe(woken);
    const further = speaking(woken, { mark, by: OTHER, receivers: [BOB, 'U0DAVE' as ChannelId] }, T0);
    expect(wokenBy(further, mark, OTHER, T0)).toEqual(['U0DAVE']);
    expect(further.woken).toEqual([BOB, OPS, 'U0DAVE']);
  });

  test('again with another mark, and with the same after an hour', () => {
    expect(wokenByOthers(woken, 'milestone 3600000', OTHER, T0)).toEqual([]);
    expect(wokenByOthers(woken, mark, OTHER, T0 + HOUR)).toEqual([]);
  });

  test('another member may say it in the place of the first', () => {
    const handed = spokenBy(woken, mark, BOB, OTHER);
    expect([wokenBy(handed, mark, OTHER, T0), wokenBy(handed, mark, ONE, T0)]).toEqual([[BOB], [OPS]]);
  });

  test('is bounded', () => {
    let many = wave;
    for (let to = 0; to < 1_000; to += 1)
      many = speaking(many, { mark: `m${to}`, by: ONE, receivers: [`U${to}` as ChannelId] }, T0);
    expect(many.spoken?.length).toBe(300);
    expect(many.woken?.length).toBe(100);
  });

  test('hears of the end once; endangered again it begins anew, on a fresh card', () => {
    const over = overSince({ ...woken, card: { ...woken.card, ts: '1.0' as never }, page: 3 }, T0 + HOUR);
    expect(over).toMatchObject({ overAt: T0 + HOUR, owesEnd: [BOB, OPS] });
    expect(overSince(over, T0 + 2 * HOUR)).toBe(over);
    const { owesEnd: _told, ...told } = over;
    const anew = begunAnew(told, CHANNEL, T0 + 3 * HOUR);
    expect(anew).toMatchObject({ begunAt: T0 + 3 * HOUR, page: 0, card: { channel: CHANNEL } });
    expect([anew.overAt, anew.woken, anew.card.ts]).toEqual([undefined, undefined, undefined]);
  });
});

describe('where a member is shown', () => {
  test.each<readonly [string, Partial<Incident>, string]>([
    ['in nothing', {}, 'own'],
    ['in a family', { family: FAMILY }, 'family'],
    ['in a wave', { wave: { id: WAVE, own: false } }, 'wave'],
    ['in a wave, with a card of its own', { wave: { id: WAVE, own: true } }, 'own'],
    ['in a wave and a family', { wave: { id: WAVE, own: false }, family: FAMILY }, 'wave'],
    ['in both, with its family’s card', { wave: { id: WAVE, own: true }, family: FAMILY }, 'family'],
  ])('%s', (_what, more, on) => {
    const about = incident(more);
    expect(shownOn(about).on).toBe(on);
    const saved = shownElsewhere({ ...about, nextSeq: 9 });
    expect(saved.card.shownRevision === saved.revision).toBe(on !== 'own');
    expect(saved.notedSeq).toBe(on === 'wave' ? 8 : 0);
  });

  test.each<readonly [string, Partial<Incident['card']>, boolean]>([
    ['nothing of it stands in Slack', {}, false],
    ['its card stands there', { ts: '1.0' as never }, true],
    ['its card may stand there', { postingSince: T0 }, true],
  ])('joining where %s: it keeps its own: %s', (_what, card, own) => {
    const about = incident({ card: { ...incident().card, ...card } });
    expect(joined(about, WAVE, false).wave).toEqual({ id: WAVE, own });
    expect(joined(about, WAVE, true).wave?.own).toBe(true);
    expect(joined(about, WAVE, false).revision).toBe(about.revision + 1);
  });

  test('endangered again it is in no wave until it is gathered anew', () => {
    const about = incident({ wave: { id: WAVE, own: false }, phase: { kind: 'closed', at: T0, outcome: 'restored' } });
    expect(shownOn(reopened(about, CHANNEL, enabledBefore, T0 + DAY)).on).toBe('own');
  });
});

describe('what is said of one key, said of another', () => {
  const countdown = { deletionDate: T0 + 7 * DAY, since: T0, told: [3 * DAY, DAY], endTold: false };
  const milestone: Reminder = { kind: 'milestone', milestone: DAY, deletionDate: T0 + DAY, collapsed: 1 };
  const cancelling = { answer: 'no' } as never;
  test.each<readonly [string, Partial<Incident>, Reminder, object | undefined]>([
    ['a mark it was told of, too, with its own date', { countdown }, milestone, { deletionDate: T0 + 7 * DAY }],
    ['a mark that is still to come', { countdown }, { ...milestone, milestone: HOUR }, undefined],
    ['a mark, past its date', { countdown: { ...countdown, deletionDate: T0 - 1 } }, milestone, undefined],
    ['a mark, without a date', {}, milestone, undefined],
    [
      'a mark, after its end',
      { countdown, phase: { kind: 'closed', at: T0, outcome: 'restored' } },
      milestone,
      undefined,
    ],
    [
      'that we cannot cancel',
      { countdown, knowledge: { cancelling } },
      { kind: 'cannotCancel' },
      { deletionDate: T0 + 7 * DAY },
    ],
    ['that we cannot cancel, though we can', { countdown }, { kind: 'cannotCancel' }, undefined],
    ['that Keywarden depends on it', { countdown }, { kind: 'ownKey' }, undefined],
    ['how it ended', {}, { kind: 'over', outcome: 'restored' }, undefined],
  ])('%s', (_what, more, reminder, same) => {
    const answer = sameFor(incident(more), reminder, T0);
    if (same === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatchObject({ kind: reminder.kind, ...same });
  });
});
