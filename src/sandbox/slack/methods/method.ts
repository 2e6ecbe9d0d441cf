import type { Answer } from '../answer.ts';
import type { CallArguments } from '../arguments.ts';
import type { Workspace } from '../workspace.ts';

/** One call of a Web API method by the bot, its token already accepted. */
export interface Call {
  readonly workspace: Workspace;
  readonly args: CallArguments;
  /** Scopes the token was granted. */
  readonly scopes: ReadonlySet<string>;
  /** Whether a read must answer what it would have said before the newest message. */
  readonly stale: boolean;
}

/** A Web API method: what it needs, and what it does. */
export interface Method {
  /** The scope without which Slack refuses; absent where none is needed or it depends on the conversation. */
  readonly scope?: string;
  readonly run: (call: Call) => Answer;
}

/** Slack's refusal where the token lacks a scope. */
export function missingScope(needed: string, scopes: ReadonlySet<string>): Answer {
  return { ok: false, error: 'missing_scope', needed, provided: [...scopes].join(',') };
}
