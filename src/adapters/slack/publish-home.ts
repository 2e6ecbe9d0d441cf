/** Publishing a Home tab: not sent when it would say what stands there already. */
import { createHash } from 'node:crypto';
import type { HomeView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Duration } from '../../domain/ids.ts';
import type { HomeTab } from '../../domain/interaction.ts';
import type { HomeDrawn, Log } from '../../ports.ts';
import { classify } from './classify.ts';
import { AS_OF, drawHome, type ViewOf } from './words/home.ts';

/** After an answer that was lost, ms. */
const AGAIN: Duration = 5_000;

/** Somebody has to mend a token, and until then Slack refuses every tab. */
const TOKEN_DEAD: Duration = 30_000;

/** @param shown digest of what was published last */
export async function publishHome(
  { client, log, view }: { readonly client: WebClient; readonly log: Log; readonly view: ViewOf },
  user: string,
  tab: HomeTab,
  shown: string | undefined,
): Promise<HomeDrawn> {
  const drawn = drawHome(tab, view);
  const digest = digestOf(drawn);
  if (digest === shown) return { kind: 'same', digest };
  try {
    await client.views.publish({ user_id: user, view: drawn });
    return { kind: 'shown', digest };
  } catch (error) {
    const failure = classify(error);
    switch (failure.kind) {
      case 'rateLimited':
        return { kind: 'silent', retryAfter: failure.retryAfter };
      case 'ambiguous':
      case 'notSent':
      case 'tokenDead':
        log.info(
          { reason: 'error' in failure ? failure.error : failure.message },
          'a Home tab may not have been drawn',
        );
        return { kind: 'silent', retryAfter: failure.kind === 'tokenDead' ? TOKEN_DEAD : AGAIN };
      case 'channelGone':
      case 'messageGone':
      case 'unshowable':
      case 'refused':
        log.warn({ reason: failure.error }, 'Slack refuses a Home tab');
        return { kind: 'refused', digest };
    }
  }
}

/** Of all it says, but not of when: a tab in which nothing is new keeps its time. */
const digestOf = ({ blocks }: HomeView): string =>
  createHash('sha256')
    .update(JSON.stringify(blocks.filter((block) => block.block_id !== AS_OF)))
    .digest('base64url')
    .slice(0, 22);
