/** `check-config`: what `npm start` would refuse of the file and the variables, without asking Slack, AWS or Redis. */
import { formatProblems } from '../config/config.ts';
import { readEnvironment } from '../config/env.ts';
import { neededSecrets } from '../config/needed-secrets.ts';
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
  print(
    'The configuration is in order: the file, and the form of the variables. This was checked offline. Only a start finds out whether Slack takes the token, the channels exist and the bot is in them, the AWS roles can be assumed, and Redis answers: run npm start, and look at its log and GET /readyz.',
  );
  return 0;
};
