/** The bot as a process of its own: told by IPC what to be, ends when its parent does. */
import { type Bot, compose } from '../../src/compose.ts';
import { formatProblems, validateConfig } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { gatherDigest } from '../../src/flows/gather-digest.ts';
import { showHome } from '../../src/flows/home.ts';
import { RESPONDER } from './messages.ts';
import { TEAM } from './stand-ins.ts';

export interface BotOrder {
  readonly config: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly certificate: string;
  readonly awsUrl: string;
  readonly accessKeyId: string;
}
/** Parts of the countdown that are timed from inside: what Slack and KMS add is not theirs. */
export type TimedWork = 'due' | 'digest' | 'picture' | 'home';
export type BotQuestion =
  | { readonly ask: 'swept' }
  | { readonly ask: 'memory'; readonly tidy: boolean }
  | { readonly ask: 'time'; readonly what: TimedWork };
export type BotAnswer =
  | { readonly kind: 'listens'; readonly url: string }
  | { readonly kind: 'swept' }
  | { readonly kind: 'timed'; readonly ms: number }
  | { readonly kind: 'memory'; readonly rss: number; readonly heap: number };

process.once('disconnect', () => process.exit(0));
process.once('message', (order) => void open(order as BotOrder));

async function open(order: BotOrder): Promise<void> {
  const config = validateConfig(order.config);
  if (!config.ok) throw new Error(formatProblems(config.problems));
  const environment = readEnvironment(order.variables);
  if (!environment.ok) throw new Error(formatProblems(environment.problems));
  const url = order.awsUrl;
  const bot = compose(config.config, environment.environment, environment.secrets, {
    fetchCertificate: () => Promise.resolve(order.certificate),
    aws: {
      endpoints: { kms: url, sts: url, cloudtrail: url, sns: url },
      credentials: { accessKeyId: order.accessKeyId, secretAccessKey: 'secret-of-the-bench' },
    },
  });
  process.on('message', (question) => {
    const asked = question as BotQuestion;
    if (asked.ask === 'swept') void bot.firstSweepDone().then(() => tell({ kind: 'swept' }));
    else if (asked.ask === 'time') void timed(bot, asked.what).then((ms) => tell({ kind: 'timed', ms }));
    else {
      if (asked.tidy) globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      tell({ kind: 'memory', rss, heap: heapUsed });
    }
  });
  await bot.start();
  tell({ kind: 'listens', url: bot.url });
}

/** One run of a part, ms. */
async function timed({ house }: Bot, what: TimedWork): Promise<number> {
  const now = house.clock.now();
  const started = performance.now();
  switch (what) {
    case 'due':
      await house.incidents.due(now, 200);
      break;
    case 'digest':
      await gatherDigest(house, { timezone: 'UTC' }, { since: now - 86_400_000 });
      break;
    case 'picture': {
      const rows = Array.from({ length: 15 }, (_, index) => ({
        name: `alias/key-${index}`,
        detail: 'payments · us-west-2',
        at: now + (index + 1) * 43_200_000,
        kind: 'deletion' as const,
        keys: 1,
        planned: false,
      }));
      await house.charts.draw({ title: 'Countdown', now, timezone: 'UTC', rows, more: 0 });
      break;
    }
    case 'home':
      await showHome(house, { enterprise: '', team: TEAM, user: RESPONDER });
      break;
  }
  return performance.now() - started;
}

const tell = (answer: BotAnswer): void => void process.send?.(answer);
