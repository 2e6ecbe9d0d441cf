/** Messages about no incident: to whoever runs the bot. */
import type { Inspection } from './inspection.ts';
import type { Page } from './page.ts';

export type Notice =
  | { readonly kind: 'inspection'; readonly inspection: Inspection }
  | { readonly kind: 'processStopped'; readonly page: Page };

/** What its message is found again by. */
export const noticeName = (notice: Notice): string =>
  notice.kind === 'inspection' ? `inspection-${notice.inspection.slot}` : notice.page.id;
