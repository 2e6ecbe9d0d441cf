/** The `Pager` port: an SNS topic, a web address, both or neither. */
import type { Sink } from '../../domain/paging.ts';
import type { Clock, Pager } from '../../ports.ts';
import { type Publish, tellTopic } from './topic.ts';
import { postCall } from './webhook.ts';

export interface PagerOptions {
  readonly snsTopic?: string;
  readonly webhook?: string;
  readonly publish: Publish;
  readonly clock: Clock;
}

/** Builds the pager; nothing is called before `tell`. */
export function createPager({ snsTopic, webhook, publish, clock }: PagerOptions): Pager {
  const sinks: Sink[] = [];
  if (snsTopic !== undefined) sinks.push('sns');
  if (webhook !== undefined) sinks.push('webhook');
  return {
    sinks,
    async tell(sink, call, signal) {
      if (sink === 'sns' && snsTopic !== undefined) return tellTopic(publish, snsTopic, call, signal);
      if (sink === 'webhook' && webhook !== undefined) return postCall(webhook, call, clock, signal);
      return { kind: 'refused', problem: 'not configured' };
    },
  };
}
