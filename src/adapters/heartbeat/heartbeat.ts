/** The `Heartbeat` port: one GET. The address may hold a token: no problem ever names it. */
import type { Heartbeat } from '../../ports.ts';

const TIMEOUT = 5_000;

/** Visits an address; 2xx within five seconds is a ping. Redirects are not followed. */
export const createHeartbeat = (url: string): Heartbeat => ({
  async ping(signal) {
    const timeout = AbortSignal.timeout(TIMEOUT);
    try {
      const response = await fetch(url, {
        headers: { 'user-agent': 'keywarden' },
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      await response.body?.cancel();
      return response.ok ? { kind: 'pinged' } : { kind: 'failed', problem: `HTTP ${response.status}` };
    } catch {
      return { kind: 'failed', problem: timeout.aborted ? 'no answer within 5 s' : 'no connection' };
    }
  },
});
