/** Slack's answers to a post or an update, classified where they happen: the lanes read kinds, never strings. */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import type { Delivery } from '../../ports.ts';

type Failure = Exclude<Delivery, { kind: 'delivered' }>;
type NamedKind = 'channelGone' | 'messageGone' | 'unshowable' | 'tokenDead';

/** Method errors of chat.postMessage and chat.update (docs.slack.dev); everything unnamed here is `refused`. */
const KINDS: Readonly<Record<NamedKind, readonly string[]>> = {
  channelGone: [
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'channel_is_archived',
    // chat.update's word for an archived channel.
    'is_inactive',
    'is_ext_shared',
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
    'restricted_action_non_threadable_channel',
    'posting_to_general_channel_denied',
    'team_access_not_granted',
    'messages_tab_disabled',
    'no_permission',
  ],
  messageGone: [
    'message_not_found',
    'cant_update_message',
    'edit_window_closed',
    'thread_not_found',
    'cannot_reply_to_message',
    'invalid_ts',
  ],
  unshowable: [
    'msg_too_long',
    'msg_blocks_too_long',
    'invalid_blocks',
    'invalid_blocks_format',
    'block_mismatch',
    'invalid_arguments',
    'invalid_attachments',
    'too_many_attachments',
    'attachment_payload_limit_exceeded',
    'metadata_too_large',
    'invalid_metadata_format',
    'invalid_metadata_schema',
    'no_text',
  ],
  tokenDead: [
    'token_revoked',
    'token_expired',
    'invalid_auth',
    'not_authed',
    'account_inactive',
    'not_allowed_token_type',
  ],
};
/** Slack gave up on its side: the message may stand there all the same. */
const AMBIGUOUS = ['fatal_error', 'internal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'];
const RATE_LIMITED = ['ratelimited', 'rate_limited'];

/** The connection was never made, so nothing can have arrived. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/;

/** How long to wait after a 429 that does not say. */
const DEFAULT_PAUSE = 5_000;

/** What a failed Web API call means for the message. */
export function classify(error: unknown): Failure {
  if (error instanceof WebAPIRateLimitedError) return { kind: 'rateLimited', retryAfter: pause(error.retryAfter) };
  if (error instanceof WebAPIPlatformError) return platformFailure(error);
  if (error instanceof WebAPIHTTPError) {
    if (error.statusCode === 413) return { kind: 'unshowable', error: 'http 413' };
    // Also 4xx of a proxy on the way: whether Slack saw it is not known, and the history can tell.
    return { kind: 'ambiguous', message: `http ${error.statusCode}` };
  }
  if (error instanceof WebAPIRequestError) {
    const code = codeOf(error.original);
    if (NOT_SENT.includes(code) || CERTIFICATE.test(code)) return { kind: 'notSent', message: code };
    return { kind: 'ambiguous', message: code || error.original.name };
  }
  // The library throws an error without a code for a 429 without a Retry-After (web-api 8.2, makeRequest).
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) {
    return { kind: 'rateLimited', retryAfter: DEFAULT_PAUSE };
  }
  return { kind: 'ambiguous', message: error instanceof Error ? error.name : 'unknown error' };
}

/** The error Slack named, for calls that are not posts; `undefined` when it never answered so. */
export const errorNameOf = (error: unknown): string | undefined =>
  error instanceof WebAPIPlatformError && isErrorName(error.data.error) ? error.data.error : undefined;

function platformFailure(failure: WebAPIPlatformError): Failure {
  const { error, response_metadata: metadata } = failure.data;
  // A page of HTML with status 200 becomes an "error" holding the page.
  if (!isErrorName(error)) return { kind: 'ambiguous', message: 'an answer that is not Slack’s' };
  if (RATE_LIMITED.includes(error)) return { kind: 'rateLimited', retryAfter: pause(metadata?.retryAfter) };
  if (AMBIGUOUS.includes(error)) return { kind: 'ambiguous', message: error };
  for (const kind of ['channelGone', 'messageGone', 'unshowable', 'tokenDead'] as const) {
    if (KINDS[kind].includes(error)) return { kind, error };
  }
  return { kind: 'refused', error };
}

const isErrorName = (error: unknown): error is string => typeof error === 'string' && /^[a-z0-9_.-]{1,80}$/.test(error);

const pause = (seconds: number | undefined): number =>
  seconds === undefined || !Number.isFinite(seconds) || seconds < 0 ? DEFAULT_PAUSE : Math.max(1, seconds) * 1_000;

/** fetch hides the socket's error in `cause`, several addresses' errors in an AggregateError. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (own !== '') return own;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner);
}
