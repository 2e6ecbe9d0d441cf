/**
 * The lanes this process drains right now: one drain per channel, begun by whatever put something in, and each second by every
 * process's pulse for what stands there. Nothing is written down about a drain: an item stands in its lane until it is sent, a lease keeps two
 * processes off the same one, and both share the channel's pace. A queue between would cost a round trip on the way to the first card.
 */
import type { ChannelId, Duration } from '../domain/ids.ts';
import type { Clock, Log } from '../ports.ts';

/** Channels that are drained at once; nearly all of them wait for Slack. */
const MOST = 50;

export interface Drains {
  /** Drains the channel's lane soon; once more where that is being done. Before `open` and after `close` nothing happens: the pulse comes. */
  wake(channel: ChannelId): void;
}

export interface OwnDrains extends Drains {
  open(): void;
  /** Ends each drain after what it is sending. Answers false when one was still sending after `within` ms: its lease runs out. */
  close(within: Duration): Promise<boolean>;
}

/** `drain` may reject; what it left is drained with the next pulse. */
export function ownDrains(
  drain: (channel: ChannelId, signal: AbortSignal) => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OwnDrains {
  const running = new Map<ChannelId, { again: boolean; readonly over: Promise<void> }>();
  const closing = new AbortController();
  let isOpen = false;

  const run = async (channel: ChannelId): Promise<void> => {
    try {
      await drain(channel, closing.signal);
    } catch (error) {
      if (!closing.signal.aborted) log.warn({ channel, error }, 'a lane was not drained to its end, the pulse will');
    }
    const again = running.get(channel)?.again === true;
    running.delete(channel);
    if (again) wake(channel);
  };

  function wake(channel: ChannelId): void {
    if (!isOpen) return;
    const drained = running.get(channel);
    // What is put in while the last item is on its way out must not be left standing.
    if (drained !== undefined) drained.again = true;
    else if (running.size < MOST) running.set(channel, { again: false, over: Promise.resolve(channel).then(run) });
  }

  return {
    wake,
    open() {
      isOpen = true;
    },
    async close(within) {
      isOpen = false;
      closing.abort(new Error('closing'));
      const over = new AbortController();
      const late = clock.sleep(within, over.signal).then(
        () => false,
        () => true,
      );
      void Promise.all([...running.values()].map((one) => one.over)).then(() => over.abort());
      return late;
    },
  };
}
