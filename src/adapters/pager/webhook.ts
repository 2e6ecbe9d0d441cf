/** The pager's web address. It may hold a token: no problem, log line or error ever names it. */
import type { Answer } from '../../domain/paging.ts';
import type { Clock, PageCall } from '../../ports.ts';
import { bodyOf } from './words.ts';

const TIMEOUT = 5_000;

/**
 * Posts a call as JSON (`WebhookBody`), once. 2xx is told; 408, 429, 5xx and silence are `again`; redirects are not followed and
 * are refused like every other status. Never rejects.
 */
export async function postCall(url: string, call: PageCall, clock: Clock, signal?: AbortSignal): Promise<Answer> {
  const timeout = AbortSignal.timeout(TIMEOUT);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'keywarden' },
      body: JSON.stringify(bodyOf(call)),
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    await response.body?.cancel();
    return answerOf(response, clock);
  } catch (error) {
    return { kind: 'again', problem: timeout.aborted ? 'no answer within 5 s' : problemOf(error) };
  }
}

function answerOf(response: Response, clock: Clock): Answer {
  const { status } = response;
  if (response.ok) return { kind: 'told' };
  const problem = `HTTP ${status}`;
  if (status === 408 || status === 429 || status >= 500) {
    const after = retryAfter(response.headers.get('retry-after'), clock);
    return { kind: 'again', problem, ...(after === undefined ? {} : { after }) };
  }
  return {
    kind: 'refused',
    problem: status >= 300 && status < 400 ? `${problem}: redirects are not followed` : problem,
  };
}

/** Seconds or a date (RFC 9110, 10.2.3), in ms. */
function retryAfter(text: string | null, clock: Clock): number | undefined {
  if (text === null) return undefined;
  const after = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - clock.now();
  return Number.isFinite(after) && after >= 0 ? after : undefined;
}

/** Only the code of the failure: its words may hold the address. */
function problemOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? `no connection (${code})` : 'no connection';
}
