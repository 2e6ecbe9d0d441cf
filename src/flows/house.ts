/** What every flow is handed: the ports, and the settings that come from the configuration. */
import type { Cron } from '../domain/cron.ts';
import type { Identity } from '../domain/identity.ts';
import type { ChannelId, Duration } from '../domain/ids.ts';
import type { Rules } from '../domain/incident.ts';
import type {
  Audit,
  Beats,
  Charts,
  Chat,
  Clock,
  Counters,
  Digests,
  Gatherings,
  Hash,
  Heartbeat,
  Homes,
  Inbox,
  Incidents,
  Inspections,
  Investigations,
  KeyIndex,
  Keys,
  Lanes,
  Log,
  Pager,
  Pages,
  People,
  Queue,
  Seen,
  Shapes,
  SlackToken,
  StepUp,
  Tally,
  Trail,
} from '../ports.ts';
import type { Drains } from './drains.ts';
import type { Openings } from './openings.ts';

export interface Settings {
  readonly rules: Rules;
  /** `approvals.destructive`. */
  readonly destructive: boolean;
  readonly approvals: {
    readonly quorum: number;
    /** How long a request waits, ms. */
    readonly expires: Duration;
    /** `approvals.breakGlass`. */
    readonly breakGlass: boolean;
  };
  readonly sweep: { readonly every: Duration; readonly full: Duration };
  /** Pace of one Slack channel: about one message a second, short bursts allowed (rate limits of chat.postMessage). */
  readonly channelPace: { readonly every: Duration; readonly burst: number };
  readonly defaultChannel: string;
  /** The channel that takes what the configured one refuses. */
  readonly fallbackChannel?: string;
  /** How long the first card waits for KMS before it says "reading the key…", ms. */
  readonly firstReadWithin: Duration;
  /** How far behind its moment a reminder or digest may be without saying so, ms. */
  readonly reminderTolerance: Duration;
  /** `digests`, each once. */
  readonly digests: readonly DigestPlan[];
  /** `identities`: which Slack person acts in AWS under which principal. */
  readonly identities: readonly Identity[];
  /** Names of accounts by id, as configured. */
  readonly accountNames: ReadonlyMap<string, string>;
}

/** One digest of the configuration. */
export interface DigestPlan {
  /** Of channel, cron expression and time zone: whichever changes, it is another digest. */
  readonly id: string;
  readonly channel: ChannelId;
  readonly cron: Cron;
  /** IANA name. */
  readonly timezone: string;
}

export interface House {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly hash: Hash;
  readonly keys: Keys;
  readonly trail: Trail;
  readonly incidents: Incidents;
  readonly gatherings: Gatherings;
  readonly homes: Homes;
  readonly inbox: Inbox;
  readonly seen: Seen;
  readonly index: KeyIndex;
  readonly shapes: Shapes;
  readonly queue: Queue;
  readonly lanes: Lanes;
  readonly drains: Drains;
  readonly openings: Openings;
  readonly people: People;
  readonly stepUp: StepUp;
  readonly tally: Tally;
  readonly audit: Audit;
  readonly chat: Chat;
  readonly digests: Digests;
  readonly charts: Charts;
  readonly token: SlackToken;
  readonly pages: Pages;
  readonly pager: Pager;
  readonly beats: Beats;
  readonly inspections: Inspections;
  readonly investigations: Investigations;
  /** `heartbeat`. */
  readonly heartbeat?: Heartbeat;
  readonly settings: Settings;
}
