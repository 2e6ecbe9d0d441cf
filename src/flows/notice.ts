/** A message about no incident: to the fallback channel, or where that cannot take it, to the default one. */
import type { ChannelId, Duration, IncidentId } from '../domain/ids.ts';
import { type Notice, noticeName } from '../domain/notice.ts';
import type { House } from './house.ts';

/** Its message is found again by this mark. */
const MARK = 'notice' as IncidentId;
const LOOK_BACK: Duration = 86_400_000;

/** Posts it, unless it stands there already from a try whose answer was lost. Answers what was wrong, or nothing. */
export async function postNotice(house: House, notice: Notice): Promise<string | undefined> {
  const { fallbackChannel, defaultChannel } = house.settings;
  const channels = [...new Set([fallbackChannel ?? defaultChannel, defaultChannel])] as ChannelId[];
  let problem = 'nowhere to post it';
  for (const channel of channels) {
    const wanted = { incident: MARK, effect: noticeName(notice), oldest: house.clock.now() - LOOK_BACK };
    const found = await house.chat.find(channel, wanted);
    if (found.kind === 'found') return undefined;
    const delivery = await house.chat.notice(channel, notice);
    if (delivery.kind === 'delivered') return undefined;
    problem = delivery.kind;
    // Whether it arrived is looked up with the next try: the other channel might hear of it twice.
    if (delivery.kind !== 'channelGone' && delivery.kind !== 'refused') break;
  }
  return problem;
}
