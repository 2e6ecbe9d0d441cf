/**
 * What the rooms of the sandbox promise one another. The emulators speak the vendors' protocols at their own URLs; the
 * page and the control calls know them only by these shapes.
 */

/** Modes of `POST /sandbox/fault`; `count` calls are affected, then the fault is spent. */
export type FaultMode = 'slow' | 'throttle' | 'failBefore' | 'failAfter' | 'hang' | 'stale';
export type FaultService = 'kms' | 'cloudtrail' | 'sts' | 'sns' | 'slack' | 'eventbridge';
export interface Fault {
  readonly service: FaultService;
  /** The API's own operation name (`CancelKeyDeletion`, `chat.postMessage`), or `*`. */
  readonly operation: string;
  readonly mode: FaultMode;
  readonly count: number;
}

/** Who calls AWS in the sandbox: a name like `mallory`, in an account and Region. */
export interface Caller {
  readonly principal: string;
  readonly account: string;
  readonly region: string;
}

/** A CloudTrail management event as AWS writes it: the shape of `fixtures/cloudtrail-*.json`. */
export type CloudTrailRecord = Readonly<Record<string, unknown>> & {
  readonly eventName: string;
  readonly eventID: string;
  readonly eventTime: string;
  readonly awsRegion: string;
  readonly recipientAccountId: string;
};

/** Something the AWS side sent or noticed, shown in the page's event list; newest last, bounded. */
export interface WorldEvent {
  readonly at: string;
  readonly source: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Time of the emulated world. Real, except that one calendar day lasts `dayMs`. */
export interface WorldClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** How many real milliseconds a calendar day lasts in KMS windows and expiries (86 400 000 outside the sandbox). */
  readonly dayMs: number;
}

/** Identity behind a signed AWS request, as STS issued it. */
export interface CallerIdentity {
  readonly account: string;
  /** `arn:aws:sts::…:assumed-role/Role/session`, or `arn:aws:iam::…:user/name`. */
  readonly arn: string;
  readonly accessKeyId: string;
  readonly roleArn?: string;
  readonly sessionName?: string;
  readonly sourceIdentity?: string;
  /** Parsed session policy document when the session carries one. */
  readonly sessionPolicy?: unknown;
}

export interface AwsWorldOptions {
  readonly clock: WorldClock;
  /** 0 picks a free port; services share nothing but this process. Loopback only. */
  readonly ports?: {
    readonly kms?: number;
    readonly cloudtrail?: number;
    readonly sts?: number;
    readonly sns?: number;
  };
  /** Accounts that exist, with the roles that may be assumed in them. */
  readonly accounts: readonly WorldAccount[];
  /** Static access keys: the bot's own, for instance. */
  readonly accessKeys: readonly {
    readonly accessKeyId: string;
    readonly account: string;
    readonly arn: string;
    /** What a session that stands for a bot on a role of its own (`arn:aws:sts::…:assumed-role/…`) carries along. */
    readonly sourceIdentity?: string;
  }[];
  /** Delay before a CloudTrail record can be found by LookupEvents, ms. */
  readonly lookupDelayMs?: number;
  /** Where AWS sends. Absent: nothing is sent until `deliverTo` is called. */
  readonly deliver?: Delivery;
}

export interface WorldAccount {
  readonly id: string;
  readonly name: string;
  readonly regions: readonly string[];
  readonly roles: readonly {
    readonly arn: string;
    readonly externalId?: string;
    /** IAM actions the role allows, e.g. `kms:DescribeKey`, `kms:*`. */
    readonly allows: readonly string[];
    /** Whether the trust policy allows `sts:SetSourceIdentity`. */
    readonly setSourceIdentity?: boolean;
  }[];
}

export interface Delivery {
  /** `POST /webhooks/sns` of the bot. */
  readonly snsUrl: string;
  readonly topicArn: string;
  /** `POST /webhooks/eventbridge` of the bot and its connection secret. */
  readonly eventBridgeUrl: string;
  readonly eventBridgeToken: string;
  /** Where somebody has set a rule up: rules are a Region's own. Everywhere when left out. */
  readonly ruleRegions?: readonly string[];
}

/** Requests an emulated service has served over the wire to one account, in one Region, for one operation. */
export interface ServedRequests {
  /** `kms`, `cloudtrail`, `sts`, `sns` or `eventbridge`. */
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly count: number;
  /** The most within any one second, from the very first request on. */
  readonly perSecond: number;
  /** When the newest came, ms since the epoch by the world's clock, oldest first; bounded. */
  readonly at: readonly number[];
}

/** The whole emulated AWS, built by `startAws` in `aws/aws.ts`. */
export interface AwsWorld {
  readonly urls: { readonly kms: string; readonly cloudtrail: string; readonly sts: string; readonly sns: string };
  /** Calls a KMS operation as a person at a console would; answers KMS's own status and body, and leaves a CloudTrail record. */
  call(
    operation: string,
    body: Readonly<Record<string, unknown>>,
    caller: Caller,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Every key as `KeyMetadata` on the wire (dates in epoch seconds), plus `aliases`. */
  keys(): readonly (Readonly<Record<string, unknown>> & { readonly aliases: readonly string[] })[];
  events(): readonly WorldEvent[];
  /** Called for each new event; returns how to stop. */
  onEvent(listener: (event: WorldEvent) => void): () => void;
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Calls served, by `service operation account region`: what tests count. */
  calls(): ReadonlyMap<string, number>;
  /** The same one by one, with how many came in the busiest second and when the newest came: what a budget is held against. */
  requests(): readonly ServedRequests[];
  deliverTo(delivery: Delivery): void;
  /** Answers what SNS's certificate host would: the PEM of `SigningCertURL`. For `compose`'s `fetchCertificate`. */
  certificate(url: string): Promise<string>;
  /** Ends servers, timers and deliveries; resolves when nothing is left running. */
  close(): Promise<void>;
}

export interface SlackPerson {
  readonly id: string;
  readonly handle: string;
  readonly guest?: boolean;
  readonly deactivated?: boolean;
  readonly bot?: boolean;
  /** Another workspace's id: a Slack Connect stranger. */
  readonly teamId?: string;
}

export interface SlackWorldOptions {
  readonly clock: WorldClock;
  readonly port?: number;
  readonly teamId: string;
  readonly botToken: string;
  readonly signingSecret: string;
  readonly people: readonly SlackPerson[];
  readonly channels: readonly { readonly id: string; readonly name: string; readonly externallyShared?: boolean }[];
  readonly userGroups: readonly { readonly id: string; readonly handle: string; readonly users: readonly string[] }[];
  /** The bot's `POST /slack/events`; set later by `deliverTo` when its port is not known yet. */
  readonly eventsUrl?: string;
}

/** A message as Slack returns it, with thread replies inside `replies`. */
export type SlackMessage = Readonly<Record<string, unknown>> & {
  readonly ts: string;
  readonly text?: string;
  readonly blocks?: readonly unknown[];
  readonly replies?: readonly SlackMessage[];
};

/** What a click, submission or command got back once the bot has answered. */
export interface SlackAnswer {
  readonly ok: boolean;
  readonly error?: string;
  readonly response?: unknown;
}

/** The emulated Slack, built by `startSlack` in `slack/slack.ts`. */
export interface SlackWorld {
  /** Base of the Web API, ending in `/api/`. */
  readonly apiUrl: string;
  deliverTo(eventsUrl: string): void;
  /** Channels, and direct messages of the bot (`D…`, named like `@bob`) once they were opened. */
  channels(): readonly { readonly id: string; readonly name: string; readonly messages: readonly SlackMessage[] }[];
  /** Open modals and published Home tabs. */
  views(): readonly { readonly id: string; readonly user: string; readonly view: Readonly<Record<string, unknown>> }[];
  ephemerals(): readonly {
    readonly channel: string;
    readonly user: string;
    readonly text: string;
    readonly blocks?: readonly unknown[];
  }[];
  /** An uploaded file, as whoever it is shown to would open it. */
  file(id: string): { readonly name: string; readonly content: Buffer } | undefined;
  /** `action`: an `action_id`, or the visible text of a button or menu entry. Confirmations are answered with yes. */
  click(click: {
    readonly channel?: string;
    readonly ts?: string;
    /** A click inside a modal or a Home tab. */
    readonly viewId?: string;
    readonly user: string;
    readonly action: string;
    /** Of what holds several at once, checkboxes for instance, all that are chosen now. */
    readonly value?: string | readonly string[];
    /** Boxes of the same message that this person has ticked before, by action id: all of them. */
    readonly ticked?: Readonly<Record<string, readonly string[]>>;
  }): Promise<SlackAnswer>;
  /** `values` by `action_id`. */
  submit(submission: {
    readonly viewId: string;
    readonly user: string;
    readonly values: Readonly<Record<string, unknown>>;
  }): Promise<SlackAnswer>;
  command(command: { readonly channel: string; readonly user: string; readonly text: string }): Promise<SlackAnswer>;
  openHome(user: string): Promise<SlackAnswer>;
  /** Sends the very same signed bytes again: what a replay attacker does. Returns the HTTP status. */
  replayLast(): Promise<number>;
  /** Hands on world changes: archive a channel, delete a message, deactivate a person, change a user group, revoke the token. */
  change(
    change:
      | { readonly kind: 'archiveChannel'; readonly channel: string }
      | { readonly kind: 'unarchiveChannel'; readonly channel: string }
      | { readonly kind: 'removeBotFrom'; readonly channel: string }
      | { readonly kind: 'deleteMessage'; readonly channel: string; readonly ts: string }
      | { readonly kind: 'deactivate'; readonly user: string }
      | { readonly kind: 'setUserGroup'; readonly usergroup: string; readonly users: readonly string[] }
      | { readonly kind: 'userGroupsUnavailable' }
      /** The app's Messages tab: while it is off, direct messages are refused. */
      | { readonly kind: 'switchMessagesTab'; readonly on: boolean }
      /** How long after an upload a picture may not stand in a block yet, ms of the world's clock; 0 at first. */
      | { readonly kind: 'delayPictures'; readonly ms: number }
      | { readonly kind: 'revokeToken' }
      | { readonly kind: 'restoreToken' },
  ): void;
  addFault(fault: Fault): void;
  clearFaults(): void;
  calls(): ReadonlyMap<string, number>;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
