/**
 * How often one channel may be posted to: about once a second, short bursts allowed
 * (docs.slack.dev/apis/web-api/rate-limits). A bucket of tokens per channel.
 */
export class PostLimit {
  readonly #now: () => number;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(now: () => number, perSecond: number, burst: number) {
    this.#now = now;
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Takes one post from the channel's allowance; answers how many whole seconds to wait where none is left. */
  take(channel: string): { readonly retryAfterSeconds: number } | undefined {
    const now = this.#now();
    const bucket = this.#buckets.get(channel) ?? { tokens: this.#burst, at: now };
    const tokens = Math.min(this.#burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * this.#perSecond);
    if (tokens < 1) {
      this.#buckets.set(channel, { tokens, at: now });
      return { retryAfterSeconds: Math.max(1, Math.ceil((1 - tokens) / this.#perSecond)) };
    }
    this.#buckets.set(channel, { tokens: tokens - 1, at: now });
    return undefined;
  }
}
