/** The Web API client, with the settings a queue needs: no retries of its own, no hanging, no foreign hosts. */
import { LogLevel, WebClient } from '@slack/web-api';
import type { Log } from '../../ports.ts';
import { slackLogger } from './logger.ts';

export interface ClientOptions {
  readonly token: string;
  /** `SLACK_API_URL`; Slack's own when absent. */
  readonly apiUrl?: string;
  readonly log: Log;
  /** Milliseconds; tests shorten it. */
  readonly timeout?: number;
}

/**
 * The library's defaults would retry a post whose answer was lost up to ten times, wait for a silent server for ever, and
 * sleep through a 429 inside the call. All of that belongs to the lanes, which can look for the message first.
 */
export const webClientOptions = (options: Omit<ClientOptions, 'token'>) => ({
  retryConfig: { retries: 0 },
  timeout: options.timeout ?? 8_000,
  rejectRateLimitedCalls: true,
  allowAbsoluteUrls: false,
  logger: slackLogger(options.log),
  logLevel: LogLevel.ERROR,
  ...(options.apiUrl === undefined ? {} : { slackApiUrl: withSlash(options.apiUrl) }),
});

/** Builds the one Web API client that chat, people and the app share. */
export const createSlackClient = (options: ClientOptions): WebClient =>
  new WebClient(options.token, webClientOptions(options));

/** Method names are resolved against the base; without the slash its last segment would be replaced. */
const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
