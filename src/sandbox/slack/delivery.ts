import { createHmac } from 'node:crypto';

/** What came back from the app: its answer, or Slack's word for why there was none. */
export type Delivered =
  | { readonly ok: true; readonly contentType: string; readonly body: string }
  | { readonly ok: false; readonly error: string };

interface SignedRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends interactions, commands and events to the app, signed as Slack signs them. */
export class Delivery {
  eventsUrl: string | undefined;
  readonly #signingSecret: string;
  readonly #now: () => number;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();
  #last: SignedRequest | undefined;

  constructor(signingSecret: string, now: () => number, timeoutMs: number) {
    this.#signingSecret = signingSecret;
    this.#now = now;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends a form, as interactions and commands come. */
  async sendForm(fields: Readonly<Record<string, string>>): Promise<Delivered> {
    return await this.#send(new URLSearchParams(fields).toString(), 'application/x-www-form-urlencoded', {});
  }

  /** Sends an event. The first of Slack's three retries comes at once, marked as such; the later ones are left out. */
  async sendEvent(event: unknown): Promise<Delivered> {
    const body = JSON.stringify(event);
    const first = await this.#send(body, 'application/json', {});
    if (first.ok) return first;
    const reason = first.error.startsWith('operation_timeout') ? 'http_timeout' : 'http_error';
    return await this.#send(body, 'application/json', { 'x-slack-retry-num': '1', 'x-slack-retry-reason': reason });
  }

  /** Sends the last signed bytes once more, their old stamp and signature included; answers the HTTP status. */
  async replay(): Promise<number> {
    if (this.#last === undefined) throw new Error('nothing was sent yet that could be replayed');
    return (await this.#post(this.#last)).status;
  }

  /** Gives up on everything under way. */
  close(): void {
    this.#closing.abort();
  }

  async #send(body: string, contentType: string, extra: Record<string, string>): Promise<Delivered> {
    if (this.eventsUrl === undefined) return { ok: false, error: 'dispatch_failed: the app has no events URL yet' };
    const stamp = String(Math.floor(this.#now() / 1000));
    const signature = createHmac('sha256', this.#signingSecret).update(`v0:${stamp}:${body}`).digest('hex');
    this.#last = {
      body,
      headers: {
        'content-type': contentType,
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': stamp,
        'x-slack-signature': `v0=${signature}`,
        ...extra,
      },
    };
    try {
      const { status, contentType: answered, body: answer } = await this.#post(this.#last);
      if (status >= 200 && status < 300) return { ok: true, contentType: answered, body: answer };
      // Slack's own names for what a person then reads beside the button or command.
      return { ok: false, error: `${status >= 500 ? 'http_service_error' : 'http_client_error'}: HTTP ${status}` };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      return { ok: false, error: timedOut ? 'operation_timeout' : 'dispatch_failed' };
    }
  }

  async #post({ body, headers }: SignedRequest): Promise<{ status: number; contentType: string; body: string }> {
    const signal = AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), this.#closing.signal]);
    if (this.eventsUrl === undefined) throw new Error('the app has no events URL');
    const response = await fetch(this.eventsUrl, { method: 'POST', body, headers, redirect: 'manual', signal });
    const answer = await response.text();
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', body: answer };
  }
}
