/** Why files did not reach a channel, and what to do about it. */
import { plainForeign } from './text.ts';

/** How an upload failed, classified where it happened. */
export type UploadProblem =
  | { readonly kind: 'rateLimited'; readonly retryAfter: number }
  /** Slack was asked to show the files, and no trustworthy answer came: they may stand there. */
  | { readonly kind: 'ambiguous'; readonly message: string }
  /** Nothing was shown to anybody: asking again is safe. */
  | { readonly kind: 'notSent'; readonly message: string }
  | { readonly kind: 'channelGone'; readonly error: string }
  | { readonly kind: 'missingScope'; readonly scope: 'files:write' }
  | { readonly kind: 'tokenDead'; readonly error: string }
  /** Slack named an address for the bytes that is not its own; they were not sent. */
  | { readonly kind: 'strangeAddress'; readonly host: string }
  | { readonly kind: 'refused'; readonly error: string };

/** One or two sentences of plain text. */
export function uploadProblemWords(problem: UploadProblem): string {
  switch (problem.kind) {
    case 'rateLimited':
      return `Slack asked for patience: try again in ${Math.ceil(problem.retryAfter / 1_000)} s.`;
    case 'ambiguous':
      return `Slack did not say whether it took the files (${plainForeign(problem.message, 120)}). Look in the channel before you ask for them again.`;
    case 'notSent':
      return `The files did not get through to Slack (${plainForeign(problem.message, 120)}), so nothing was shown. Try again.`;
    case 'channelGone':
      return `Slack does not let the bot post files there (${plainForeign(problem.error, 80)}). Invite it to the channel, or ask in another one.`;
    case 'missingScope':
      return `The Slack app may not upload files: the scope ${problem.scope} is missing. An admin adds it (it stands in manifest.yml) and installs the app again.`;
    case 'tokenDead':
      return `Slack does not accept the bot's token any more (${plainForeign(problem.error, 80)}). An admin installs the app again and puts the new token in SLACK_BOT_TOKEN.`;
    case 'strangeAddress':
      return `Slack named an upload address that is not its own (${plainForeign(problem.host, 120)}), so nothing was sent. Check SLACK_API_URL, and what stands between the bot and Slack.`;
    case 'refused':
      return refusedWords(problem.error);
  }
}

function refusedWords(error: string): string {
  switch (error) {
    case 'file_uploads_disabled':
      return 'This workspace does not allow file uploads. An admin of the workspace can allow them.';
    case 'file_upload_size_restricted':
      return 'This workspace does not take files of this size. An admin of the workspace can allow them.';
    default:
      return `Slack refused the files: ${plainForeign(error, 80)}.`;
  }
}
