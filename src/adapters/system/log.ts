/** The `Log` port: one JSON line per message, carrying only what the allow-list knows. */
import { type DestinationStream, type Level, pino } from 'pino';
import type { Log, LogFields } from '../../ports.ts';
import { scrubber } from './scrub.ts';

type TextField = Exclude<keyof LogFields, 'error' | 'count' | 'ms'>;

/** A record, so that a field added to `LogFields` is missed here by the compiler. */
const TEXT_FIELDS: Readonly<Record<TextField, true>> = {
  incident: true,
  action: true,
  effect: true,
  job: true,
  key: true,
  account: true,
  region: true,
  operation: true,
  channel: true,
  factId: true,
  reason: true,
  requestId: true,
};

export interface LogOptions {
  readonly level?: Level;
  /** Exact values that must never be printed. */
  readonly secrets?: readonly string[];
  /** Standard output unless told. */
  readonly destination?: DestinationStream;
}

/** Fields outside the allow-list are dropped; texts and errors are scrubbed of credentials. */
export function createLog(options: LogOptions = {}): Log {
  const scrub = scrubber(options.secrets ?? []);
  const settings = {
    level: options.level ?? 'info',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const sink = options.destination === undefined ? pino(settings) : pino(settings, options.destination);
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: LogFields, message: string): void =>
      sink[level](allowed(fields, scrub), message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function allowed(fields: LogFields, scrub: (text: string) => string): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const name of Object.keys(TEXT_FIELDS) as TextField[]) {
    const value: unknown = fields[name];
    if (typeof value === 'string') line[name] = scrub(value);
  }
  for (const name of ['count', 'ms'] as const) {
    const value: unknown = fields[name];
    if (typeof value === 'number') line[name] = value;
  }
  // Not `err`: pino's own serialiser would print the stack and every property.
  if (fields.error !== undefined) line.error = errorFields(fields.error, scrub);
  return line;
}

/** Name, code and message only: stacks and properties carry requests, and requests carry secrets. */
function errorFields(error: unknown, scrub: (text: string) => string): Record<string, string> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: scrub(error.name),
    ...(typeof code === 'string' && { code: scrub(code) }),
    message: scrub(error.message),
  };
}
