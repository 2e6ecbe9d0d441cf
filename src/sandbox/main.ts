/** `npm run sandbox`: the whole bot on an embedded Slack, AWS and Redis, until Ctrl-C. */
import { formatProblems } from '../config/config.ts';
import { readSandboxEnvironment } from '../config/env.ts';
import { startSandbox } from './sandbox.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

const read = readSandboxEnvironment();
if (!read.ok) {
  complain(formatProblems(read.problems));
  process.exit(1);
}
const giveUp = new AbortController();
const starting = startSandbox({ ...read.environment, say, complain, signal: giveUp.signal });

let stopping = false;
const end = async (): Promise<void> => {
  // A second Ctrl-C is from somebody who will not wait.
  if (stopping) process.exit(130);
  stopping = true;
  giveUp.abort(new Error('interrupted'));
  const sandbox = await starting.catch(() => undefined);
  await sandbox?.stop();
  process.exit(0);
};
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());

try {
  const { url, redisUrl } = await starting;
  if (!stopping) {
    // A Redis that was given stands in the terminal's variables already, and its URL may hold a password.
    const redis = read.environment.redisUrl === undefined ? `REDIS_URL=${redisUrl} ` : '';
    // One write: who waits for a line gets both.
    say(`sandbox ready: ${url}/\nTerminal commands on this sandbox: ${redis}npm run keywarden -- audit verify`);
  }
} catch (error) {
  if (stopping) process.exit(0);
  complain(`The sandbox cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
