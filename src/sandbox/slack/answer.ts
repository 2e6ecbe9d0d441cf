import type { JsonObject } from './json.ts';

/** What a Web API method answers with HTTP 200, whether it worked or not. */
export type Answer = JsonObject & { ok: boolean };

/** An answer of a method that worked. */
export function done(fields: JsonObject = {}): Answer {
  return { ok: true, ...fields };
}

/** An answer of a method that did not, by Slack's own word for the reason. */
export function refuse(error: string, messages?: readonly string[]): Answer {
  return messages === undefined ? { ok: false, error } : { ok: false, error, response_metadata: { messages } };
}
