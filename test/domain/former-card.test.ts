/** Which message a next round leaves behind in Slack, still to be told that it is over. */
import { describe, expect, test } from 'vitest';
import { takingOver } from '../../src/domain/conclude.ts';
import type { ChannelId, GatheringId, MessageTs } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { reopened } from '../../src/domain/record.ts';
import { enabledBefore, HOUR, incident, opening, T0 } from './samples.ts';

const CHANNEL = 'C0INCIDENT' as ChannelId;
const OTHER = 'C0OTHER' as ChannelId;
const ts = '1.0' as MessageTs;
const WAVE = 'g1' as GatheringId;
const former = { channel: CHANNEL, ts: '0.5' as MessageTs, at: T0 - HOUR, outcome: 'recovered' } as const;
const own = { channel: CHANNEL, ts, shownRevision: 4, adopt: false };
const over = (more: Partial<Incident> = {}): Incident =>
  incident({ phase: { kind: 'closed', at: T0, outcome: 'restored' }, revision: 5, card: own, ...more });

describe('what the next round leaves behind', () => {
  const left = { channel: CHANNEL, ts, at: T0, outcome: 'restored' };
  test.each<readonly [string, Incident, object | undefined]>([
    ['its end was not drawn', over(), left],
    ['its end was drawn', over({ card: { ...own, shownRevision: 5 } }), undefined],
    ['it was never posted', over({ card: { channel: CHANNEL, shownRevision: 0, adopt: false } }), undefined],
    ['a wave shows it', over({ wave: { id: WAVE, own: false } }), undefined],
    ['a wave lists it, and it has its own card', over({ wave: { id: WAVE, own: true } }), left],
    ['a family shows it', over({ family: WAVE }), undefined],
    [
      'it was never posted, and the one before is still owed its end',
      over({ card: { channel: CHANNEL, shownRevision: 0, adopt: false, former } }),
      former,
    ],
    ['its end was not drawn, nor that of the one before: one is kept', over({ card: { ...own, former } }), left],
  ])('%s', (_name, before, expected) => {
    const next = reopened(before, OTHER, enabledBefore, T0 + HOUR);
    expect(next.card.former).toEqual(expected);
    expect(next.card).toMatchObject({ channel: OTHER, shownRevision: 0 });
    expect(next.card.ts).toBeUndefined();
    // The card of the alarm that led here becomes this round's card.
    const taken = takingOver(next, { ...opening, card: { channel: CHANNEL, ts: '2.0' as MessageTs } });
    expect(taken.card.former).toEqual(expected);
    expect(taken.card.ts).toBe('2.0');
  });
});
