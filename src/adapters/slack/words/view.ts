/** What the words need beside the incident: names, what is configured, and the time it is drawn. */
import type { Can } from '../../../domain/buttons.ts';
import type { AccountId, Instant } from '../../../domain/ids.ts';
import type { Incident } from '../../../domain/incident.ts';

export interface View {
  readonly now: Instant;
  /** The account's name in the configuration. */
  readonly accountName: (account: AccountId) => string | undefined;
  /** Whether a role is configured for a duty where the incident's key lives. */
  readonly can: Can;
  /** Whether acting there runs under a role, and so under a person's name in CloudTrail. */
  readonly assumes: Can;
  /** `approvals.destructive`. */
  readonly destructive: boolean;
  /** Mentions of those who could agree to something about an incident's key. */
  readonly approverMentions?: (incident: Incident) => string;
  /** Mentions of those who may rescue an incident's key. */
  readonly responderMentions?: (incident: Incident) => string;
  /** `reminders.mention`: whoever is on call, a user group's (S…) or member's id. */
  readonly mention?: string;
  /** Link to an incident's card, when it is posted and the workspace's address is known. */
  readonly cardUrl?: (incident: Incident) => string | undefined;
}
