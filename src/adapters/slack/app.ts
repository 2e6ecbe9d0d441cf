/**
 * Bolt behind one door: signature, replay and form are judged here, then plain data goes to the flows. In HTTP mode the
 * receiver's listener is mounted by the process's own server; in Socket Mode Bolt connects out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, type BlockAction, HTTPReceiver, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Incident } from '../../domain/incident.ts';
import type { Doors } from '../../domain/interaction.ts';
import type { Clock, Hash, Log, Seen } from '../../ports.ts';
import { webClientOptions } from './client.ts';
import { createIdentity, type SlackIdentity } from './identity.ts';
import { onCommand, onHome, onPress, onSent, type Stage } from './interactions.ts';
import { slackLogger } from './logger.ts';
import { ACTION_IDS, MENU_ID } from './words/controls.ts';
import { DELETE_MATERIAL_FORM } from './words/modal.ts';
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
  /** For readiness. */
  auth(): Promise<{ readonly ok: boolean; readonly reason: string }>;
}

/** Bolt refuses old stamps only (5.1.0, verify-request): a stamp from the future would stay valid for as long. */
const MOST_AHEAD = 300_000;
/** A signed body is good for five minutes; the mark outlives it in both directions. */
const REPLAY_MARK = 900_000;

export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { client, clock, log } = options;
  const identity = createIdentity(client, clock, log);
  const http = options.mode.kind === 'http' ? httpReceiver(options.mode.signingSecret, log) : undefined;
  const receiver: Receiver =
    http ??
    new SocketModeReceiver({
      appToken: options.mode.kind === 'socket' ? options.mode.appToken : '',
      logger: slackLogger(log),
    });
  const app = new App({
    receiver,
    // No call at start-up: a missing Slack must not keep the bot from listening.
    authorize: () => {
      const botUserId = identity.known()?.botUser;
      return Promise.resolve({ botToken: options.token, ...(botUserId === undefined ? {} : { botUserId }) });
    },
    clientOptions: webClientOptions({ log, ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }) }),
    logger: slackLogger(log),
    tokenVerificationEnabled: false,
  });
  app.error((error) => {
    log.error({ error }, 'a Slack interaction failed');
    return Promise.resolve();
  });
  app.use(async ({ context, next, ...rest }) => {
    const { stamp, signature } = context as { readonly stamp?: string; readonly signature?: string };
    const acknowledge = 'ack' in rest && typeof rest.ack === 'function' ? (rest.ack as () => Promise<void>) : undefined;
    if (stamp !== undefined && Number(stamp) * 1_000 - clock.now() > MOST_AHEAD) {
      log.warn({ reason: 'from the future' }, 'a Slack request was set aside');
      return acknowledge?.();
    }
    // The same signed bytes again are a replay. Where Redis is away the flow itself answers "not recorded".
    if (
      signature !== undefined &&
      !(await options.seen.first(`slack ${options.hash(signature)}`, REPLAY_MARK).catch(() => true))
    ) {
      log.warn({ reason: 'replayed' }, 'a Slack request was set aside');
      return acknowledge?.();
    }
    await next();
  });
  let stage: Stage | undefined;
  const ready = (doors: Doors): void => {
    stage = { doors, client, log, clock, hash: options.hash, view: options.view };
  };
  const actionIds = new RegExp(`^(${[...Object.values(ACTION_IDS), MENU_ID].join('|')})$`);
  app.action<BlockAction>(actionIds, async ({ body, ack }) => {
    if (stage !== undefined) await onPress(stage, body, ack);
  });
  app.view(DELETE_MATERIAL_FORM, async ({ body, ack }) => {
    if (stage !== undefined) await onSent(stage, body, ack);
  });
  app.command('/kms', async ({ body, ack }) => {
    if (stage !== undefined) await onCommand(stage, body, ack);
  });
  app.event('app_home_opened', async ({ body }) => {
    if (stage !== undefined) await onHome(stage, body);
  });
  return {
    requestListener:
      http === undefined ? undefined : (request, response) => void http.requestListener(request, response),
    connect: ready,
    async start() {
      void identity.state();
      if (http === undefined) await app.start();
    },
    async stop() {
      if (http === undefined) await app.stop();
    },
    home: () => identity.get(),
    botUser: () => identity.known()?.botUser,
    auth: () => identity.state(),
  };
}

const header = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const httpReceiver = (signingSecret: string, log: Log): HTTPReceiver =>
  new HTTPReceiver({
    signingSecret,
    endpoints: '/slack/events',
    logger: slackLogger(log),
    bodyLimit: 512 * 1024,
    customPropertiesExtractor: (request) => ({
      stamp: header(request.headers['x-slack-request-timestamp']),
      signature: header(request.headers['x-slack-signature']),
    }),
  });
