import { FaultQueue, slowAnswerMs } from '../faults.ts';
import type { SlackMessage, SlackWorld, SlackWorldOptions } from '../world.ts';
import { click } from './acts/click.ts';
import { command } from './acts/command.ts';
import { openHome } from './acts/home.ts';
import type { Stage } from './acts/stage.ts';
import { submit } from './acts/submit.ts';
import { grantedScopes } from './api.ts';
import { applyChange } from './changes.ts';
import { type Conversation, isReply } from './conversation.ts';
import { Delivery } from './delivery.ts';
import { PostLimit } from './rate-limit.ts';
import { startServer } from './server.ts';
import { Workspace } from './workspace.ts';

/** Knobs for tests; what is left out is as Slack has it. */
export interface SlackTuning {
  /** How often one channel may be posted to, and how many posts may come at once. */
  readonly postsPerSecond?: number;
  readonly postBurst?: number;
  /** What the bot's token was granted. */
  readonly scopes?: readonly string[];
  /** How long an app may take to acknowledge. */
  readonly acknowledgeMs?: number;
  /** How late answers are under the fault `slow`. */
  readonly slowMs?: number;
  /** `Retry-After` under the fault `throttle`. */
  readonly throttleSeconds?: number;
}

/**
 * Starts the emulated Slack: a Web API with state and Slack's own refusals, and people who click, type and submit.
 * Loopback only.
 */
export async function startSlack(options: SlackWorldOptions & SlackTuning): Promise<SlackWorld> {
  const workspace = new Workspace(options);
  const faults = new FaultQueue();
  const counts = new Map<string, number>();
  const server = await startServer(
    {
      workspace,
      faults,
      rules: {
        botToken: options.botToken,
        scopes: new Set(options.scopes ?? grantedScopes),
        postLimit: new PostLimit(workspace.now, options.postsPerSecond ?? 1, options.postBurst ?? 10),
      },
      slowMs: options.slowMs ?? slowAnswerMs,
      throttleSeconds: options.throttleSeconds ?? 30,
      count: (method) => counts.set(`slack ${method}`, (counts.get(`slack ${method}`) ?? 0) + 1),
    },
    options.port ?? 0,
  );
  workspace.origin = server.origin;
  const delivery = new Delivery(options.signingSecret, workspace.now, options.acknowledgeMs ?? 3_000);
  delivery.eventsUrl = options.eventsUrl;
  const stage: Stage = { workspace, delivery };
  let closed: Promise<void> | undefined;
  return {
    apiUrl: `${server.origin}/api/`,
    deliverTo: (eventsUrl) => {
      delivery.eventsUrl = eventsUrl;
    },
    channels: () => workspace.opened().map(describeChannel),
    views: () =>
      workspace.views.all().map((view) => ({ id: view.id, user: view.user, view: workspace.views.describe(view) })),
    ephemerals: () => structuredClone(workspace.ephemerals),
    file: (id) => {
      const file = workspace.files.find(id);
      return file?.content === undefined || file.completedAt === undefined
        ? undefined
        : { name: file.name, content: file.content };
    },
    click: (act) => click(stage, act),
    submit: (submission) => submit(stage, submission),
    command: (typed) => command(stage, typed),
    openHome: (user) => openHome(stage, user),
    replayLast: () => delivery.replay(),
    change: (change) => applyChange(workspace, change),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    calls: () => new Map(counts),
    onChange: (listener) => workspace.onChange(listener),
    close: () => {
      delivery.close();
      closed ??= server.close();
      return closed;
    },
  };
}

/** Threads stand inside their first message; a broadcast reply stands there only, so that nothing is counted twice. */
function describeChannel(conversation: Conversation): { id: string; name: string; messages: SlackMessage[] } {
  // One pass over everything, not one for each thread: the page asks often, and a channel may hold thousands.
  const threads = Map.groupBy(conversation.all().filter(isReply), ({ thread_ts }) => thread_ts);
  const heads = conversation.all().filter((message) => !isReply(message));
  const messages = heads.map((message) => {
    const replies = threads.get(message.ts);
    return structuredClone(replies === undefined ? message : { ...message, replies });
  });
  return { id: conversation.id, name: conversation.name, messages };
}
