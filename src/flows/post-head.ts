/**
 * The head of the audit trail, posted to Slack and written to the log once a day: whoever rewrites the whole trail later
 * cannot rewrite these.
 */
import type { AuditEntry } from '../domain/audit.ts';
import type { ChannelId, Duration, IncidentId, Instant } from '../domain/ids.ts';
import type { House } from './house.ts';

const DAY: Duration = 86_400_000;
/** Its message is found again by this mark. */
const MARK = 'audit' as IncidentId;

export const dayOf = (now: Instant): number => Math.floor(now / DAY);

/** Posts the head of a trail that has entries. Rejects when Slack did not take it: the queue tries again. */
export async function postHead(house: House, day: number): Promise<void> {
  const posted = await house.audit.lastPosted();
  if (posted === day) return;
  const head = await house.audit.head();
  if (head !== undefined) {
    const channel = (house.settings.fallbackChannel ?? house.settings.defaultChannel) as ChannelId;
    const wanted = { incident: MARK, effect: `head-${day}`, oldest: house.clock.now() - DAY };
    const found = await house.chat.find(channel, wanted);
    if (found.kind !== 'found') {
      const delivery = await house.chat.auditHead(channel, head, day, await setAsideEntry(house));
      if (delivery.kind !== 'delivered')
        throw new Error(`the head of the audit trail was not posted: ${delivery.kind}`);
    }
    house.log.info({ count: head.seq, reason: head.hash }, 'the head of the audit trail');
  }
  await house.audit.notePosted(day);
}

/** The entry the trail begins with, where it tells of a former one: every head says so, for those posted before do not fit. */
async function setAsideEntry(house: House): Promise<AuditEntry | undefined> {
  for await (const [first] of house.audit.entries()) return first?.kind === 'setAside' ? first : undefined;
  return undefined;
}
