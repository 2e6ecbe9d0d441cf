/** A bot as a process of its own, for what only a process can suffer: kill -9, SIGSTOP, SIGTERM. Settings come by IPC. */
import { compose } from '../src/compose.ts';
import { formatProblems, validateConfig } from '../src/config/config.ts';
import { readEnvironment } from '../src/config/env.ts';

export interface BotSettings {
  readonly config: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly aws: { readonly kms: string; readonly cloudtrail: string; readonly sts: string; readonly sns: string };
  readonly slackApiUrl: string;
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

process.once('message', (settings: BotSettings) => {
  void (async () => {
    const config = validateConfig(settings.config);
    const environment = readEnvironment(settings.environment);
    if (!config.ok || !environment.ok)
      throw new Error(
        formatProblems([...(config.ok ? [] : config.problems), ...(environment.ok ? [] : environment.problems)]),
      );
    const bot = compose(config.config, environment.environment, environment.secrets, {
      log: quiet,
      aws: {
        endpoints: settings.aws,
        credentials: { accessKeyId: 'AKIAKEYWARDENTESTS00', secretAccessKey: 'secret-of-the-tests' },
      },
      slackApiUrl: settings.slackApiUrl,
    });
    process.on('SIGTERM', () => void bot.stop().then((drained) => process.exit(drained ? 0 : 1)));
    await bot.start();
    process.send?.({ url: bot.url });
  })();
});
