/** The bot as a process of its own: told by IPC what to be, ends when its parent does. */
import { compose } from '../../src/compose.ts';
import { formatProblems, validateConfig } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/env.ts';

export interface BotOrder {
  readonly config: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly certificate: string;
  readonly awsUrl: string;
  readonly accessKeyId: string;
}
export type BotQuestion = { readonly ask: 'swept' } | { readonly ask: 'memory'; readonly tidy: boolean };
export type BotAnswer =
  | { readonly kind: 'listens'; readonly url: string }
  | { readonly kind: 'swept' }
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
    else {
      if (asked.tidy) globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      tell({ kind: 'memory', rss, heap: heapUsed });
    }
  });
  await bot.start();
  tell({ kind: 'listens', url: bot.url });
}

const tell = (answer: BotAnswer): void => void process.send?.(answer);
