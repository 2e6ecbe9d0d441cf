/** The countdown of a digest as a picture; a digest never waits for one that does not come. */
import { altTextOf } from '../domain/countdown-chart.ts';
import type { Digest } from '../domain/digest.ts';
import { countdownOf } from '../domain/digest-countdown.ts';
import { type ChannelId, type Duration, type Person, personKey } from '../domain/ids.ts';
import { momentOf } from '../domain/moment.ts';
import type { DigestPost } from '../ports.ts';
import type { House } from './house.ts';

/** Each picture takes a process of its own and a second of work. */
const DRAW_AGAIN: Duration = 10_000;

/** `undefined`: nothing ends, and there is nothing to draw. */
export async function drawCountdown(
  house: House,
  digest: Digest,
  signal?: AbortSignal,
): Promise<DigestPost['picture'] | undefined> {
  const chart = countdownOf(digest, (account) => house.settings.accountNames.get(account) ?? account);
  if (chart === undefined) return undefined;
  const drawn = await house.charts.draw(chart, signal);
  if (drawn.kind === 'failed') {
    house.log.warn({ reason: drawn.message }, 'the picture of a digest could not be drawn');
    return drawn;
  }
  const name = `keywarden-countdown-${momentOf(digest.at)
    .slice(0, 16)
    .replace(/[^0-9T]/g, '')}Z.png`;
  return { kind: 'drawn', png: drawn.png, name, altText: altTextOf(chart) };
}

/** To whoever asked for the digest, after its words; to whoever asks again and again, only now and then. */
export async function showCountdown(house: House, person: Person, digest: Digest, channel: ChannelId): Promise<void> {
  if (!(await house.seen.first(`digest picture ${personKey(person)}`, DRAW_AGAIN))) return;
  const picture = await drawCountdown(house, digest);
  if (picture?.kind === 'drawn') await house.chat.showPicture(channel, person, picture);
}
