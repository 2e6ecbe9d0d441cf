/**
 * Digests: when one is due, and that each stands in Slack once. The slot is noted after the post, and its message is looked for
 * before it: whichever process comes second, and whoever tries again after an answer that was lost, finds it there.
 */
import { digestMark } from '../domain/digest.ts';
import type { DeedsMark } from '../domain/digest-deeds.ts';
import type { ChannelId, Duration, IncidentId, Instant } from '../domain/ids.ts';
import { type DueSlot, dueSlot, firstSight, furthestLast, type Slot } from '../domain/schedule.ts';
import type { Delivery, DigestMemory, DigestPost, PostingDigest } from '../ports.ts';
import { DAY, RETRY } from './deliver.ts';
import { drawCountdown } from './digest-picture.ts';
import { type GatheredDigest, gatherDigest, markIn } from './gather-digest.ts';
import type { DigestPlan, House } from './house.ts';

/** Its message is found again by this mark. */
const MARK = 'digest' as IncidentId;
/** Better one message twice than none: so long an answer that was lost is looked for where Slack cannot be searched. */
const NOT_KNOWING: Duration = 300_000;
/** What Slack refuses by what it is will be refused in a second, too. */
const REFUSED_PAUSE: Duration = 30_000;
/** The longer it has failed, the less often it is tried: each time everything is gathered anew. */
const LATE_SHARE = 10;
/** Slack asks for less; what a wrong clock noted is not waited for. */
const LONGEST_PAUSE: Duration = 600_000;

/** The slots that are due become jobs, as long as they are not noted as sent. A digest seen for the first time begins with the next. */
export async function digestSlots(house: House, now: Instant): Promise<void> {
  await Promise.all(
    house.settings.digests.map(async (plan) => {
      const memory = await house.digests.get(plan.id);
      if (memory === undefined) return house.digests.firstSeen(plan.id, firstSight(plan.cron, plan.timezone, now), now);
      const due = dueSlot(plan.cron, plan.timezone, now, memory.last);
      if (due === undefined || isPaused(memory, due.slot, now)) return;
      const id = `digest-${house.hash(`${plan.id} ${due.slot}`).slice(0, 32)}`;
      await house.queue.ensure('digest', id, { digest: plan.id, slot: due.slot });
    }),
  );
}

function isPaused({ posting }: DigestMemory, slot: Slot, now: Instant): boolean {
  if (posting?.slot !== slot || posting.notBefore === undefined) return false;
  return now < posting.notBefore && posting.notBefore <= now + LONGEST_PAUSE;
}

/** Sends one slot of one digest, unless that is settled. What Slack does not take is begun anew by the pulse, until it is a day old. */
export async function sendDigest(
  house: House,
  errand: { readonly digest: string; readonly slot: string; readonly signal: AbortSignal },
): Promise<void> {
  const plan = house.settings.digests.find(({ id }) => id === errand.digest);
  const memory = await house.digests.get(errand.digest);
  // No longer configured, or the memory is lost: the pulse begins anew.
  if (plan === undefined || memory === undefined) return;
  const due = dueSlot(plan.cron, plan.timezone, house.clock.now(), memory.last);
  if (due?.slot !== errand.slot) return;
  const begun = memory.posting?.slot === due.slot ? memory.posting : undefined;
  if (begun !== undefined && (await isSettled(house, plan, begun))) return;
  const gathered = await gatherDigest(house, plan, markIn(memory, house.clock.now()), lateOf(house, due));
  const picture = await drawCountdown(house, gathered.digest, errand.signal);
  const ready = {
    ...gathered,
    ...(picture === undefined ? {} : { picture }),
    ...(begun === undefined ? {} : { begun }),
  };
  await post(house, plan, due, ready, errand.signal);
}

const lateOf = (house: House, { late }: DueSlot): Duration | undefined =>
  late > house.settings.reminderTolerance ? late : undefined;

const find = (house: House, plan: DigestPlan, slot: Slot, channel: ChannelId) =>
  house.chat.find(channel, { incident: MARK, effect: digestMark(plan.id, slot), oldest: house.clock.now() - DAY });

/** Whether an earlier attempt arrived after all, or may have: then it is looked for again, before anything is posted twice. */
async function isSettled(house: House, plan: DigestPlan, begun: PostingDigest): Promise<boolean> {
  const found = await find(house, plan, begun.slot, begun.channel);
  if (found.kind === 'found') await note(house, plan, begun.slot, markOf(begun));
  const isUnsure = begun.unsure && found.kind === 'unknown' && house.clock.now() - begun.at < NOT_KNOWING;
  if (isUnsure) await house.digests.posting(plan.id, { ...begun, notBefore: house.clock.now() + RETRY });
  return found.kind === 'found' || isUnsure;
}

/** What an earlier attempt told, where that one stands in Slack. */
const markOf = ({ mark, at }: PostingDigest): DeedsMark => mark ?? { since: at };

interface Ready extends GatheredDigest {
  readonly picture?: NonNullable<DigestPost['picture']>;
  readonly begun?: PostingDigest;
}

/** To its channel or, where that cannot take it, to the fallback channel. */
async function post(
  house: House,
  plan: DigestPlan,
  { slot, late }: DueSlot,
  { digest, mark, picture, begun }: Ready,
  signal: AbortSignal,
): Promise<void> {
  const { fallbackChannel, defaultChannel } = house.settings;
  const channels = [...new Set([plan.channel, (fallbackChannel ?? defaultChannel) as ChannelId])];
  // What an earlier attempt has told may stand in Slack as of then: rather twice than not at all.
  const begunAt = begun?.at ?? digest.at;
  const toldThen = begun === undefined ? mark : markOf(begun);
  for (const channel of channels) {
    const found = await find(house, plan, slot, channel);
    if (found.kind === 'found') return note(house, plan, slot, toldThen);
    const attempt = { slot, channel, at: begunAt, mark: toldThen, unsure: true };
    await house.digests.posting(plan.id, attempt);
    signal.throwIfAborted();
    const moved = channel === plan.channel ? {} : { movedFrom: plan.channel };
    const delivery = await house.chat.digest(channel, digest, {
      mark: digestMark(plan.id, slot),
      ...(picture === undefined ? {} : { picture }),
      ...moved,
    });
    if (delivery.kind === 'delivered') {
      house.counters.count('slack_messages', { kind: 'digest' });
      return note(house, plan, slot, mark);
    }
    house.counters.count('slack_failures', { kind: delivery.kind });
    house.log.warn({ channel, reason: delivery.kind }, 'Slack did not take a digest');
    if (delivery.kind === 'channelGone') house.counters.count('channel_gone', {});
    if (channel === channels.at(-1) || !mayTakeElsewhere(delivery)) {
      const notBefore = house.clock.now() + Math.max(pauseAfter(delivery), Math.min(LONGEST_PAUSE, late / LATE_SHARE));
      return house.digests.posting(plan.id, { ...attempt, unsure: delivery.kind === 'ambiguous', notBefore });
    }
  }
}

/** An error nobody knows may be about this channel only. Where it may have arrived, another channel might hear of it twice. */
const mayTakeElsewhere = ({ kind }: Delivery): boolean =>
  kind === 'channelGone' || kind === 'refused' || kind === 'unshowable';

function pauseAfter(delivery: Exclude<Delivery, { kind: 'delivered' }>): Duration {
  switch (delivery.kind) {
    case 'rateLimited':
      return Math.min(delivery.retryAfter, LONGEST_PAUSE);
    case 'ambiguous':
    case 'notSent':
      return RETRY;
    case 'tokenDead':
    case 'channelGone':
    case 'messageGone':
    case 'refused':
    case 'unshowable':
      return REFUSED_PAUSE;
  }
}

const note = (house: House, plan: DigestPlan, slot: Slot, mark: DeedsMark): Promise<void> =>
  house.digests.sent(plan.id, slot, mark, furthestLast(plan.timezone, house.clock.now()));
