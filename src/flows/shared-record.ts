/** The record of a card that several incidents share: changed by many at once, moved with its channel, posted anew when it is gone. */
import type { Gathering } from '../domain/gathering.ts';
import type { ChannelId, GatheringId, MessageTs } from '../domain/ids.ts';
import type { House } from './house.ts';

const MOST_RACES = 50;

/** Changes a shared card's record, across processes. `undefined` as the edit's answer: leave it. */
export async function amendGathering(
  house: House,
  id: GatheringId,
  edit: (gathering: Gathering) => Gathering | undefined,
): Promise<Gathering | undefined> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const gathering = await house.gatherings.load(id);
    const next = gathering === undefined ? undefined : edit(gathering);
    if (next === undefined) return undefined;
    const saved = { ...next, version: next.version + 1 };
    if (await house.gatherings.save(saved)) return saved;
  }
  throw new Error('a shared card kept changing under every attempt to save it');
}

/** Slack has lost the message, or will not change it any more: another takes its place. */
export const withoutMessage = ({ card, ...gathering }: Gathering, lost: MessageTs | undefined): Gathering => {
  const { ts: _ts, shown: _shown, postingSince: _postingSince, ...rest } = card;
  return { ...gathering, card: { ...rest, ...(lost === undefined ? {} : { replaced: lost }) } };
};

/** One of those it is shown to says that its message is gone; whoever has posted another since is right. */
export async function messageLost(house: House, id: GatheringId, lost: MessageTs | undefined): Promise<void> {
  await amendGathering(house, id, (now) => (now.card.ts === lost ? withoutMessage(now, lost) : undefined));
}

/** The channel cannot take it any more. It stands in the other channel's lane before anything else does. */
export async function moveGathering(house: House, id: GatheringId, from: ChannelId, to: ChannelId): Promise<void> {
  await amendGathering(house, id, (now) => {
    if (now.card.channel !== from) return undefined;
    const { replaced: _replaced, ...card } = withoutMessage(now, undefined).card;
    return { ...now, card: { ...card, channel: to, movedFrom: from } };
  });
  await house.lanes.put(to, { kind: 'gathering', gathering: id }, 'approval');
}
