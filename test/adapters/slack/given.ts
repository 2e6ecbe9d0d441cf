/** The app over real HTTP, before a Slack that answers as told: what its doors heard, what was logged, and how to knock. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createSlackApp, type SlackApp } from '../../../src/adapters/slack/app.ts';
import { viewOf } from '../../../src/adapters/slack/sight.ts';
import type { IncidentId } from '../../../src/domain/ids.ts';
import type {
  AcceptPress,
  Ask,
  AttendPress,
  Click,
  ClosePress,
  Closing,
  Command,
  GatheringPress,
  HomeTurn,
  PlanPress,
  Review,
  ReviewPress,
  SaidPress,
  Whisper,
} from '../../../src/domain/interaction.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import type { ClickAnswer, Clock, Doors, Log } from '../../../src/ports.ts';
import { imported, incident, incidentId, read } from '../../domain/samples.ts';
import { clientOf, type SlackStandIn, slackStandIn } from './stand-in.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
export const known = incident({ read: read('PendingDeletion', imported) });
export const approvalId = `p${'2'.repeat(31)}`;
/** What an id that cannot be ours is looked up as. */
export const nobodysIncident = `i${'0'.repeat(31)}`;
export const nobodysApproval = `p${'0'.repeat(31)}`;

export interface Heard {
  readonly clicks: Click[];
  readonly disables: Click[];
  readonly asks: Ask[];
  readonly presses: ReviewPress[];
  readonly attended: AttendPress[];
  readonly gathered: GatheringPress[];
  readonly accepted: AcceptPress[];
  readonly closePresses: ClosePress[];
  readonly closings: Closing[];
  readonly plans: PlanPress[];
  readonly said: SaidPress[];
  readonly reviews: Review[];
  readonly commands: Command[];
  readonly evidence: { readonly user: string; readonly incident: IncidentId; readonly channel: string }[];
  readonly pictures: { readonly user: string; readonly channel: string }[];
  readonly homes: string[];
  readonly turns: HomeTurn[];
  readonly toldAtHome: Whisper[];
  followed: number;
}

export interface Sending {
  readonly at?: number;
  readonly secret?: string;
  readonly type?: string;
}

export interface AppUnderTest {
  readonly app: SlackApp;
  readonly slack: SlackStandIn;
  readonly origin: string;
  readonly heard: Heard;
  /** Every log line, errors written out whole. */
  readonly logged: readonly string[];
  /** What the app knocks at; a test puts others in their place. */
  doors: Doors;
  /** The memory of replays does not answer. */
  seenDown: boolean;
  /** Channels that people of other companies read. */
  shared: readonly string[];
  send(body: string, sending?: Sending): Promise<{ readonly status: number; readonly text: string }>;
  whispers(): readonly string[];
  /** Views opened or updated, with the call that did it. */
  views(): readonly { readonly method: string; readonly at: string; readonly view: DrawnView }[];
  close(): Promise<void>;
}
export interface DrawnView {
  readonly type: string;
  readonly callback_id?: string;
  readonly private_metadata?: string;
  readonly title: { readonly text: string };
  readonly blocks: readonly object[];
}

/** Nothing is heard by anybody. */
export const silence = (heard: Heard): number =>
  heard.clicks.length +
  heard.disables.length +
  heard.asks.length +
  heard.presses.length +
  heard.attended.length +
  heard.gathered.length +
  heard.accepted.length +
  heard.closePresses.length +
  heard.closings.length +
  heard.plans.length +
  heard.reviews.length +
  heard.commands.length +
  heard.evidence.length +
  heard.pictures.length +
  heard.homes.length +
  heard.toldAtHome.length +
  heard.followed;

/** Starts the app with doors that agree to everything. */
export async function openApp(): Promise<AppUnderTest> {
  const slack = await slackStandIn();
  for (const method of ['chat.postEphemeral', 'views.open', 'views.update']) slack.script(method, { ok: true });
  const heard: Heard = {
    clicks: [],
    disables: [],
    asks: [],
    presses: [],
    attended: [],
    gathered: [],
    accepted: [],
    closePresses: [],
    closings: [],
    plans: [],
    said: [],
    reviews: [],
    commands: [],
    evidence: [],
    pictures: [],
    homes: [],
    turns: [],
    toldAtHome: [],
    followed: 0,
  };
  const logged: string[] = [];
  const marks = new Set<string>();
  const app = createSlackApp({
    client: clientOf(slack.url),
    mode: { kind: 'http', signingSecret: SECRET },
    token: 'xoxb-test',
    apiUrl: slack.url,
    seen: {
      first: async (mark) => {
        if (under.seenDown) throw new StoreUnavailable('away');
        const first = !marks.has(mark);
        marks.add(mark);
        return first;
      },
    },
    clock,
    log: keptLog(logged),
    hash: (text) => createHmac('sha256', 'test').update(text).digest('hex'),
    view: (about) =>
      viewOf(about ?? known, {
        clock,
        accountName: () => 'payments-prod',
        has: () => true,
        assumes: () => true,
        destructive: true,
      }),
    isShared: (channel) => under.shared.includes(channel),
  });
  const server = createServer((request, response) => app.requestListener?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const under: AppUnderTest = {
    app,
    slack,
    origin,
    heard,
    logged,
    doors: agreeableDoors(heard),
    seenDown: false,
    shared: [],
    send: (body, sending = {}) => send(origin, body, sending),
    whispers: () =>
      slack.calls.filter(({ method }) => method === 'chat.postEphemeral').map(({ fields }) => fields.text ?? ''),
    views: () =>
      slack.calls
        .filter(({ method }) => method === 'views.open' || method === 'views.update')
        .map(({ method, fields }) => ({
          method,
          at: fields.trigger_id ?? fields.view_id ?? '',
          view: JSON.parse(fields.view ?? '{}') as DrawnView,
        })),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await slack.close();
    },
  };
  app.connect({
    click: (click) => under.doors.click(click),
    disableFirst: (click) => under.doors.disableFirst(click),
    ask: (ask) => under.doors.ask(ask),
    reviewPressed: (press) => under.doors.reviewPressed(press),
    review: (review) => under.doors.review(review),
    attend: (press) => under.doors.attend(press),
    gathering: (press) => under.doors.gathering(press),
    accept: (press) => under.doors.accept(press),
    closePressed: (press) => under.doors.closePressed(press),
    close: (closing) => under.doors.close(closing),
    wasMe: (press) => under.doors.wasMe(press),
    decidePlan: (press) => under.doors.decidePlan(press),
    command: (command) => under.doors.command(command),
    incident: (id) => under.doors.incident(id),
    evidence: (person, id, channel) => under.doors.evidence(person, id, channel),
    digestPicture: (person, digest, channel) => under.doors.digestPicture(person, digest, channel),
    home: (person, turn) => under.doors.home(person, turn),
    tellAtHome: (person, words) => under.doors.tellAtHome(person, words),
  });
  return under;
}

function agreeableDoors(heard: Heard): Doors {
  const written: ClickAnswer = {
    kind: 'written',
    follow: async () => {
      heard.followed += 1;
    },
  };
  return {
    click: async (click) => {
      heard.clicks.push(click);
      return written;
    },
    disableFirst: async (click) => {
      heard.disables.push(click);
      return written;
    },
    ask: async (ask) => {
      heard.asks.push(ask);
      return { kind: 'accepted' };
    },
    reviewPressed: async (press) => {
      heard.presses.push(press);
      return { kind: 'whisper', words: { kind: 'noSuchButton' } };
    },
    review: async (review) => {
      heard.reviews.push(review);
      return { kind: 'accepted' };
    },
    attend: async (press) => {
      heard.attended.push(press);
      return written;
    },
    gathering: async (press) => {
      heard.gathered.push(press);
      return written;
    },
    accept: async (press) => {
      heard.accepted.push(press);
      return written;
    },
    closePressed: async (press) => {
      heard.closePresses.push(press);
      return written;
    },
    close: async (closing) => {
      heard.closings.push(closing);
      return { kind: 'accepted' };
    },
    wasMe: async (press) => {
      heard.said.push(press);
      return written;
    },
    decidePlan: async (press) => {
      heard.plans.push(press);
      return written;
    },
    command: async (command) => {
      heard.commands.push(command);
      return { kind: 'help' };
    },
    incident: async (id) => (id === incidentId ? known : undefined),
    evidence: async ({ user }, incident, channel) => {
      heard.evidence.push({ user, incident, channel });
      return undefined;
    },
    digestPicture: async ({ user }, _digest, channel) => {
      heard.pictures.push({ user, channel });
    },
    home: async ({ user }, turn) => {
      heard.homes.push(user);
      heard.turns.push(turn);
    },
    tellAtHome: async (_person, words) => {
      heard.toldAtHome.push(words);
    },
  };
}

function keptLog(lines: string[]): Log {
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${inspect(fields, { depth: Number.POSITIVE_INFINITY })}`);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

async function send(
  origin: string,
  body: string,
  { at = Date.now(), secret = SECRET, type = 'application/x-www-form-urlencoded' }: Sending,
): Promise<{ status: number; text: string }> {
  const stamp = Math.floor(at / 1_000);
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${stamp}:${body}`).digest('hex')}`;
  const response = await fetch(`${origin}/slack/events`, {
    method: 'POST',
    headers: { 'content-type': type, 'x-slack-request-timestamp': String(stamp), 'x-slack-signature': signature },
    body,
  });
  return { status: response.status, text: await response.text() };
}

/** Looks often, for a second; what is expected of it stands in the test. */
export const soon = async (done: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 200 && !done(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
};
