/** What the words are drawn with beside the record: names, roles, the time, and where cards stand. */
import type { AccountId, Place } from '../../domain/ids.ts';
import { accountOf, type Incident } from '../../domain/incident.ts';
import type { Clock, Duty } from '../../ports.ts';
import type { View } from './words/view.ts';

/** What the words need of the configuration. */
export interface Sight {
  readonly clock: Clock;
  /** The account's name in the configuration. */
  readonly accountName: (account: AccountId) => string | undefined;
  /** `Keys.has`. */
  readonly has: (duty: Duty, place: Place) => boolean;
  /** `Keys.assumes`. */
  readonly assumes: (duty: Duty, place: Place) => boolean;
  /** `approvals.destructive`. */
  readonly destructive: boolean;
  /** Mentions of those who could agree to something about an incident's key. */
  readonly approverMentions?: (incident: Incident) => string;
  /** Mentions of those who may rescue an incident's key. */
  readonly responderMentions?: (incident: Incident) => string;
  /** `reminders.mention`. */
  readonly mention?: string;
  /** The workspace's address, once Slack has told it. */
  readonly workspaceUrl?: () => string | undefined;
}

/** What the words need beside the incident. */
export function viewOf(incident: Incident, settings: Sight): View {
  const { subject } = incident;
  const place = subject.kind === 'key' ? subject.key : subject.kind === 'topic' ? undefined : subject.place;
  return {
    now: settings.clock.now(),
    accountName: settings.accountName,
    can: (duty) => place !== undefined && accountOf(subject) !== undefined && settings.has(duty, place),
    assumes: (duty) => place !== undefined && settings.assumes(duty, place),
    ...(settings.approverMentions === undefined ? {} : { approverMentions: settings.approverMentions }),
    ...(settings.responderMentions === undefined ? {} : { responderMentions: settings.responderMentions }),
    destructive: settings.destructive,
    ...(settings.mention === undefined ? {} : { mention: settings.mention }),
    cardUrl: cardUrlOf(settings),
  };
}

/** Where an incident's card stands, as Slack's own links to messages look; `undefined`: it is not posted, or Slack has not said who we are. */
const cardUrlOf =
  ({ workspaceUrl }: Sight) =>
  ({ card }: Incident): string | undefined => {
    const url = workspaceUrl?.();
    if (url === undefined || card.ts === undefined) return undefined;
    return `${url}archives/${card.channel}/p${card.ts.replace('.', '')}`;
  };

/** Where there is no incident, nothing is offered. */
export const nowhere = (sight: Sight): View => ({
  now: sight.clock.now(),
  accountName: sight.accountName,
  can: () => false,
  assumes: () => false,
  destructive: false,
  cardUrl: cardUrlOf(sight),
});
