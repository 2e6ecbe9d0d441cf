/** `check-config`: what `npm start` would refuse, without starting. */
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
  print('The configuration is in order.');
  return 0;
};
