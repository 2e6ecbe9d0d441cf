/** `npm start`: config → compose → start; signals and exit codes. Refuses to start with a list of every problem. */
import { readFileSync } from 'node:fs';
import { compose } from './compose.ts';
import { formatProblems, type Problem, parseYaml, validateConfig } from './config/config.ts';
import { readEnvironment } from './config/env.ts';
import { neededSecrets } from './config/needed-secrets.ts';
import { checkStart } from './start-checks.ts';

const refuse = (text: string): never => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

const environment = readEnvironment();
const path = environment.ok ? environment.environment.configPath : (process.env.KEYWARDEN_CONFIG ?? 'keywarden.yaml');
const problems: Problem[] = environment.ok ? [] : [...environment.problems];
const yaml = readYaml(path);
const validated = yaml.ok ? validateConfig(yaml.raw) : yaml;
if (!validated.ok) problems.push(...validated.problems);
if (validated.ok && environment.ok) problems.push(...neededSecrets(validated.config, environment.secrets));
if (problems.length > 0 || !validated.ok || !environment.ok) refuse(formatProblems(problems));
else {
  const bot = compose(validated.config, environment.environment, environment.secrets);
  const refusal = await checkStart(bot.house, bot.maxmemoryPolicy, environment.environment.allowEviction);
  if (refusal.length > 0) {
    await bot.stop(1_000);
    refuse(formatProblems(refusal));
  }
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void bot.stop().then((drained) => process.exit(drained ? 0 : 1));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    await bot.start();
  } catch (error) {
    await bot.stop(1_000);
    refuse(`Keywarden cannot start: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readYaml(file: string): ReturnType<typeof parseYaml> {
  try {
    return parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      ok: false,
      problems: [
        {
          path: 'KEYWARDEN_CONFIG',
          value: `${file} (${code})`,
          expected: 'a readable file: copy keywarden.example.yaml',
        },
      ],
    };
  }
}
