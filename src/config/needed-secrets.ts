/** What the configuration asks of the environment: neither file alone can tell. */
import type { Config } from './config.ts';
import { ABSENT, type Problem } from './problem.ts';
import type { Secrets } from './secrets.ts';

/** Codes cannot be checked without a key for their secrets: what needs a code would then be open to nobody. */
export function neededSecrets(config: Config, secrets: Secrets): readonly Problem[] {
  const { destructive, breakGlass } = config.approvals;
  if ((!destructive && !breakGlass) || secrets.secretKeys().length > 0) return [];
  const setting = destructive ? 'approvals.destructive' : 'approvals.breakGlass';
  return [
    {
      path: 'KEYWARDEN_SECRET_KEY',
      value: ABSENT,
      expected: `32 random bytes in base64 (\`openssl rand -base64 32\`) while ${setting} is on: it encrypts the secrets of one-time codes`,
    },
  ];
}
