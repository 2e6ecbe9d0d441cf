/**
 * `check-config`: what `npm start` would refuse of the file and the variables, without asking Slack, AWS or Redis; and what it would
 * take, although nobody would be woken.
 */
import { formatProblems } from '../config/config.ts';
import { readEnvironment } from '../config/env.ts';
import { neededSecrets } from '../config/needed-secrets.ts';
import { configWarnings, formatWarnings } from '../config/warnings.ts';
import { readConfig } from './config-file.ts';
import { print, type RunCommand, refuse } from './terminal.ts';

export const run: RunCommand = async (_args, variables) => {
  const environment = readEnvironment(variables);
  const config = readConfig(
    environment.ok ? environment.environment.configPath : (variables.KEYWARDEN_CONFIG ?? 'keywarden.yaml'),
  );
  const problems = [
    ...(environment.ok ? [] : environment.problems),
    ...(config.ok ? [] : config.problems),
    ...(environment.ok && config.ok ? neededSecrets(config.config, environment.secrets) : []),
  ];
  if (problems.length > 0) return refuse(formatProblems(problems));
  const warnings = config.ok ? formatWarnings(configWarnings(config.config)) : [];
  for (const warning of warnings) print(warning);
  print(
    `${warnings.length === 0 ? 'The configuration is in order' : `It would start, with ${warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`}. Otherwise the configuration is in order`}: the file, and the form of the variables. This was checked offline. Only a start finds out whether Slack takes the token, the channels exist and the bot is in them, the AWS roles can be assumed, and Redis answers: run npm start, and look at its log and GET /readyz.`,
  );
  return 0;
};
