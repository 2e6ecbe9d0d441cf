/** Who we are in Slack, from `auth.test`: asked when needed, remembered, and asked again when it failed. */
import type { WebClient } from '@slack/web-api';
import type { Clock, Log } from '../../ports.ts';

/** Our workspace. */
export interface Home {
  readonly team: string;
  readonly enterprise: string;
}
export interface SlackIdentity extends Home {
  readonly botUser: string | undefined;
  /** The workspace's address, ending in `/`, as links to its messages begin. */
  readonly url: string | undefined;
}
export interface Identity {
  /** `undefined` while Slack does not answer. */
  get(): Promise<SlackIdentity | undefined>;
  /** For readiness: the last answer, at most `FRESH` old. */
  state(): Promise<{ readonly ok: boolean; readonly reason: string }>;
  known(): SlackIdentity | undefined;
}

const FRESH = 30_000;
const AGAIN = 3_000;

export function createIdentity(client: WebClient, clock: Clock, log: Log): Identity {
  let identity: SlackIdentity | undefined;
  let reason = 'auth.test was not asked yet';
  let ok = false;
  let askedAt: number | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      const answer = await client.auth.test();
      identity = {
        team: answer.team_id ?? '',
        enterprise: answer.enterprise_id ?? '',
        botUser: answer.user_id,
        // It stands between the signs of a link: nothing but an address.
        url: /^https:\/\/[a-z0-9.-]+\/$/.test(answer.url ?? '') ? answer.url : undefined,
      };
      ok = true;
      reason = 'auth.test agrees';
    } catch (error) {
      ok = false;
      reason = error instanceof Error ? error.message : 'auth.test failed';
      log.warn({ error }, 'Slack does not confirm the bot token');
    } finally {
      askedAt = clock.now();
    }
  }
  const refresh = async (age: number): Promise<void> => {
    if (askedAt !== undefined && Math.abs(clock.now() - askedAt) < age) return;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
  };
  return {
    async get() {
      if (identity === undefined) await refresh(AGAIN);
      return identity;
    },
    async state() {
      await refresh(ok ? FRESH : AGAIN);
      return { ok, reason };
    },
    known: () => identity,
  };
}
