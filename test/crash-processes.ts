/** Bots in processes of their own, around a world that was opened without one. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { BotSettings } from './crash-process.ts';
import { BOT_TOKEN, SECRET_KEY, SIGNING_SECRET, TOKEN, TOPIC, testConfig, type World } from './harness.ts';

export interface BotProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves with the exit code, or `null` when a signal ended it. */
  readonly exited: Promise<number | null>;
}

export async function startBotProcess(
  world: World,
  config: Readonly<Record<string, unknown>> = {},
): Promise<BotProcess> {
  const child = fork(join(import.meta.dirname, 'crash-process.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const started = new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url));
    void exited.then((code) => reject(new Error(`the bot process ended with ${code} before it was ready`)));
  });
  const settings: BotSettings = {
    config: testConfig({ config }),
    environment: {
      PORT: '0',
      HOST: '127.0.0.1',
      SLACK_BOT_TOKEN: BOT_TOKEN,
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      KEYWARDEN_EVENTBRIDGE_TOKENS: TOKEN,
      KEYWARDEN_SECRET_KEY: SECRET_KEY,
      REDIS_URL: world.redis.url,
    },
    aws: world.aws.urls,
    slackApiUrl: world.slack.apiUrl,
  };
  child.send(settings);
  return { url: await started, child, exited };
}

/** Slack and AWS speak to this bot from now on. */
export function deliverTo(world: World, bot: { readonly url: string }): void {
  world.slack.deliverTo(`${bot.url}/slack/events`);
  world.aws.deliverTo({
    snsUrl: `${bot.url}/webhooks/sns`,
    topicArn: TOPIC,
    eventBridgeUrl: `${bot.url}/webhooks/eventbridge`,
    eventBridgeToken: TOKEN,
  });
}

export async function end(bot: BotProcess | undefined): Promise<void> {
  if (bot === undefined || bot.child.exitCode !== null || bot.child.signalCode !== null) return;
  bot.child.kill('SIGCONT');
  bot.child.kill('SIGKILL');
  await bot.exited;
}
