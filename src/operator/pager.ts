/** `pager test`: whether it rings, tried before it must. Through the bot's own pager, so that what works here works there. */
import { compose } from '../compose.ts';
import { formatProblems } from '../config/config.ts';
import { readEnvironment } from '../config/env.ts';
import type { Answer, Sink } from '../domain/paging.ts';
import { readConfig } from './config-file.ts';
import { operatorName, print, type RunCommand, refuse } from './terminal.ts';

/** Neither is needed to call somebody. */
const NO_SLACK = { SLACK_BOT_TOKEN: 'xoxb-not-used-by-the-terminal', SLACK_SIGNING_SECRET: 'not-used-by-the-terminal' };

export const run: RunCommand = async ([command], variables) => {
  if (command !== 'test')
    return refuse(
      `pager takes: test; it was ${command === undefined ? 'missing' : `"${command}"`}. Nobody was called.`,
    );
  const environment = readEnvironment({ ...NO_SLACK, ...variables });
  if (!environment.ok) return refuse(formatProblems(environment.problems));
  const config = readConfig(environment.environment.configPath);
  if (!config.ok) return refuse(formatProblems(config.problems));
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const bot = compose(config.config, environment.environment, environment.secrets, { log: quiet });
  const { pager, clock } = bot.house;
  try {
    if (pager.sinks.length === 0)
      return refuse(
        'There is no pager in keywarden.yaml: give it pager.snsTopic, pager.webhook or both. Nobody was called.',
      );
    const at = clock.now();
    const id = `test:${new Date(at).toISOString()}`;
    const page = { id, kind: 'test', at, detail: `asked for by ${operatorName()} at a terminal` } as const;
    const answers = await Promise.all(
      pager.sinks.map(async (sink) => ({ sink, answer: await pager.tell(sink, { page, status: 'open', since: at }) })),
    );
    for (const { sink, answer } of answers) print(`${NAMES[sink]}: ${words(answer)}`);
    const taken = answers.filter(({ answer }) => answer.kind === 'told').length;
    if (taken > 0) print(`Look whether it rang, and close it there: it is called ${id}, and nothing else ends it.`);
    return taken === answers.length ? 0 : 2;
  } finally {
    await bot.stop(1_000);
  }
};

const NAMES: Readonly<Record<Sink, string>> = { sns: 'SNS topic', webhook: 'web address', channel: 'fallback channel' };

function words(answer: Answer): string {
  switch (answer.kind) {
    case 'told':
      return 'has taken the test page.';
    case 'again':
      return `did not take it just now (${answer.problem}). The bot would try again; look whether it is reached from here.`;
    case 'refused':
      return `refuses it (${answer.problem}). Look at the address or topic, and at the permission to publish (sns:Publish).`;
  }
}
