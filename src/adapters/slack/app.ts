/**
 * Bolt behind one door: signature, replay and form are judged here, then plain data goes to the flows. In HTTP mode the
 * receiver's listener is mounted by the process's own server; in Socket Mode Bolt connects out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, type BlockAction, HTTPReceiver, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Incident } from '../../domain/incident.ts';
import type { Clock, Doors, Hash, Log, Seen } from '../../ports.ts';
import { webClientOptions } from './client.ts';
import { createIdentity, type SlackIdentity } from './identity.ts';
import { onCommand, onHome, onSent } from './interactions.ts';
import { slackLogger } from './logger.ts';
import { onPress } from './presses.ts';
import type { Stage } from './stage.ts';
import { ASK_FORM, CLOSE_FORM, REVIEW_FORM } from './words/forms.ts';
import type { View } from './words/view.ts';

export interface SlackAppOptions {
  readonly client: WebClient;
  readonly mode:
    | { readonly kind: 'http'; readonly signingSecret: string }
    | { readonly kind: 'socket'; readonly appToken: string };
  readonly token: string;
  readonly apiUrl?: string;
  readonly seen: Seen;
  readonly clock: Clock;
  readonly log: Log;
  readonly hash: Hash;
  readonly view: (incident: Incident | undefined) => View;
  /** Whether people of other companies read this channel. */
  readonly isShared: (channel: string) => boolean;
}

export interface SlackApp {
  /** HTTP mode: what `POST /slack/events` is handed to. */
  readonly requestListener: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Wires the doors; before this every press is answered with nothing. */
  connect(doors: Doors): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  home(): Promise<SlackIdentity | undefined>;
  botUser(): string | undefined;
  /** The workspace's address, once Slack has told it. */
  workspaceUrl(): string | undefined;
  /** For readiness. */
  auth(): Promise<{ readonly ok: boolean; readonly reason: string }>;
}

/** Bolt refuses old stamps only (5.1.0, verify-request): a stamp from the future would stay valid for as long. */
const MOST_AHEAD = 300_000;
/** A signed body is good for five minutes; the mark outlives it in both directions. */
const REPLAY_MARK = 900_000;
const MARK_WITHIN = 600;
const CONNECT_PAUSE = 5_000;

/** Builds the Slack side; nothing is asked of Slack before `start`. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { client, clock, log } = options;
  const identity = createIdentity(client, clock, log);
  const connection = webClientOptions({ log, ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }) });
  const http = options.mode.kind === 'http' ? httpReceiver(options.mode.signingSecret, log) : undefined;
  const receiver: Receiver =
    http ??
    new SocketModeReceiver({
      appToken: options.mode.kind === 'socket' ? options.mode.appToken : '',
      logger: slackLogger(log),
      // Connecting may and must be retried by the library, unlike posting.
      installerOptions: { clientOptions: { ...connection, retryConfig: { retries: 100, factor: 1.3 } } },
    });
  const app = new App({
    receiver,
    // No call at start-up: a missing Slack must not keep the bot from listening.
    authorize: () => {
      const botUserId = identity.known()?.botUser;
      return Promise.resolve({ botToken: options.token, ...(botUserId === undefined ? {} : { botUserId }) });
    },
    clientOptions: connection,
    logger: slackLogger(log),
    tokenVerificationEnabled: false,
    // Nothing is remembered of conversations, and nobody's function tokens are taken over.
    convoStore: false,
    attachFunctionToken: false,
  });
  app.error((error) => {
    log.error({ error }, 'a Slack interaction failed');
    return Promise.resolve();
  });
  /**
   * A slow Redis must leave the flow time for its own "not recorded" within Slack's three seconds. A replay that slips
   * through meets the action's own identity: the same press is the same action.
   */
  async function isFirst(mark: string): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), MARK_WITHIN);
    });
    try {
      return await Promise.race([options.seen.first(mark, REPLAY_MARK).catch(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }
  app.use(async ({ context, next, ...rest }) => {
    const { signature } = context as { readonly signature?: string };
    const acknowledge = 'ack' in rest && typeof rest.ack === 'function' ? (rest.ack as () => Promise<void>) : undefined;
    // The same signed bytes again are a replay. Where Redis is away the flow itself answers "not recorded".
    if (signature !== undefined && !(await isFirst(`slack ${options.hash(signature)}`))) {
      log.warn({ reason: 'replayed' }, 'a Slack request was set aside');
      return acknowledge?.();
    }
    await next();
  });
  let stopped = false;
  let stage: Stage | undefined;
  const ready = (doors: Doors): void => {
    stage = { doors, client, log, clock, hash: options.hash, view: options.view, isShared: options.isShared };
  };
  // Every press is acknowledged, also of buttons of older versions; what it means is judged by its form.
  app.action<BlockAction>({ type: 'block_actions' }, async ({ body, ack }) => {
    if (stage !== undefined) await onPress(stage, body, ack);
  });
  for (const form of [ASK_FORM, REVIEW_FORM, CLOSE_FORM])
    app.view(form, async ({ body, ack }) => {
      if (stage !== undefined) await onSent(stage, body, ack);
    });
  app.command('/kms', async ({ body, ack }) => {
    if (stage !== undefined) await onCommand(stage, body, ack);
  });
  app.event('app_home_opened', async ({ body }) => {
    if (stage !== undefined) await onHome(stage, body);
  });
  return {
    requestListener: http === undefined ? undefined : (request, response) => listen(http, request, response, options),
    connect: ready,
    async start() {
      void identity.state();
      if (http === undefined) void connectOut(app, options, () => stopped);
    },
    async stop() {
      stopped = true;
      if (http === undefined) await app.stop();
    },
    home: () => identity.get(),
    botUser: () => identity.known()?.botUser,
    workspaceUrl: () => identity.known()?.url,
    auth: () => identity.state(),
  };
}

/** Judges the stamp before Bolt does, by the same measure in the other direction. */
function listen(
  http: HTTPReceiver,
  request: IncomingMessage,
  response: ServerResponse,
  { clock, log }: SlackAppOptions,
) {
  const stamp = Number(request.headers['x-slack-request-timestamp']);
  if (stamp * 1_000 - clock.now() > MOST_AHEAD) {
    log.warn({ reason: 'from the future' }, 'a Slack request was refused');
    response.writeHead(401).end();
    return;
  }
  http.requestListener(request, response);
}

/** Connects in the background until it works: the bot runs without Slack, and readiness tells. */
async function connectOut(app: App, { clock, log }: SlackAppOptions, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    try {
      await app.start();
      return;
    } catch (error) {
      log.warn({ error }, 'Socket Mode could not connect');
      await clock.sleep(CONNECT_PAUSE);
    }
  }
}

const httpReceiver = (signingSecret: string, log: Log): HTTPReceiver =>
  new HTTPReceiver({
    signingSecret,
    endpoints: '/slack/events',
    logger: slackLogger(log),
    bodyLimit: 512 * 1024,
    customPropertiesExtractor: (request) => {
      const signature = request.headers['x-slack-signature'];
      return typeof signature === 'string' ? { signature } : {};
    },
  });
