/** The pager's SNS topic: mail, text messages, or whatever subscribed to it. */
import type { Answer } from '../../domain/paging.ts';
import type { PageCall } from '../../ports.ts';
import { subjectOf } from './headline.ts';
import { messageOf } from './words.ts';

/** Publishes one message. Never rejects; `unreachable` may have been published. */
export type Publish = (
  topicArn: string,
  message: {
    readonly subject: string;
    readonly message: string;
    readonly attributes: Readonly<Record<string, string>>;
  },
  signal?: AbortSignal,
) => Promise<
  | { readonly kind: 'published' }
  | { readonly kind: 'failed'; readonly why: 'denied' | 'refused' | 'unreachable'; readonly message: string }
>;

/** Attributes `id`, `status`, `kind` and, of what is over, `outcome`, so that a subscription can filter, and whoever reads can put two calls together. */
export async function tellTopic(
  publish: Publish,
  topicArn: string,
  call: PageCall,
  signal?: AbortSignal,
): Promise<Answer> {
  const { id, kind } = call.page;
  const { status, outcome } = call;
  const attributes = { id, status, kind, ...(outcome === undefined ? {} : { outcome }) };
  const published = await publish(topicArn, { subject: subjectOf(call), message: messageOf(call), attributes }, signal);
  if (published.kind === 'published') return { kind: 'told' };
  return { kind: published.why === 'unreachable' ? 'again' : 'refused', problem: published.message };
}
