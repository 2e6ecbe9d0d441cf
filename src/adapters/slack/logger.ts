/** What Slack's libraries log, through our allow-list. Their debug lines hold whole payloads: never written. */
import { type Logger, LogLevel } from '@slack/web-api';
import type { Log } from '../../ports.ts';

/** Adapts our log to the libraries' logger. */
export function slackLogger(log: Log): Logger {
  const reason = (parts: readonly unknown[]): string =>
    parts
      .map((part) => (part instanceof Error ? part.message : typeof part === 'string' ? part : ''))
      .join(' ')
      .slice(0, 200);
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log.warn({ reason: reason(parts) }, 'the Slack library warns'),
    error: (...parts) => log.error({ reason: reason(parts) }, 'the Slack library reports an error'),
    setLevel: () => {},
    getLevel: () => LogLevel.ERROR,
    setName: () => {},
  };
}
