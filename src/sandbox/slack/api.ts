import { type Answer, refuse } from './answer.ts';
import type { CallArguments } from './arguments.ts';
import { chatMethods, postTarget } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import { fileMethods } from './methods/files.ts';
import { type Method, missingScope } from './methods/method.ts';
import { peopleMethods } from './methods/people.ts';
import { viewMethods } from './methods/views.ts';
import type { PostLimit } from './rate-limit.ts';
import type { Workspace } from './workspace.ts';

/**
 * The Web API. Its own methods rather than emulate 0.12's Slack, which was tried as the base and stood in the way: it
 * gives channels ids of its own where the bot's configuration needs the seeded ones, cannot be told of guests, shared
 * channels, archived channels or revoked tokens from outside, shows metadata unasked, checks no blocks, and knows
 * neither user groups nor interactions nor rate limits (its README says so itself).
 */
const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...chatMethods, ...conversationMethods, ...peopleMethods, ...viewMethods, ...fileMethods }),
);

/** What the bot's token may do: the scopes of the manifest. */
export const grantedScopes: readonly string[] = [
  'chat:write',
  'commands',
  'usergroups:read',
  'users:read',
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
  'files:write',
  'im:write',
];

/** One call as it came in. */
export interface IncomingCall {
  readonly method: string;
  readonly args: CallArguments;
  readonly token: string | undefined;
  readonly stale: boolean;
}

/** Who may call and how often. */
export interface ApiRules {
  readonly botToken: string;
  readonly scopes: ReadonlySet<string>;
  readonly postLimit: PostLimit;
}

/** Answers a call as Slack would: with the method's answer, or with the seconds to wait. */
export function answerCall(
  workspace: Workspace,
  rules: ApiRules,
  { method: name, args, token, stale }: IncomingCall,
): Answer | { readonly retryAfterSeconds: number } {
  const method = methods.get(name);
  if (method === undefined) return refuse('unknown_method');
  if (token === undefined || token === '') return refuse('not_authed');
  if (token !== rules.botToken) return refuse('invalid_auth');
  if (workspace.tokenRevoked) return refuse('token_revoked');
  if (method.scope !== undefined && !rules.scopes.has(method.scope)) return missingScope(method.scope, rules.scopes);
  if (name === 'chat.postMessage') {
    const target = postTarget(workspace, args.text('channel') ?? '');
    const wait = target === undefined ? undefined : rules.postLimit.take(target.id);
    if (wait !== undefined) return wait;
  }
  return method.run({ workspace, args, scopes: rules.scopes, stale });
}
