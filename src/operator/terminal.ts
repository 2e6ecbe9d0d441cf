/** What a command is, and how it speaks: answers to standard output, everything else to standard error. */
import { userInfo } from 'node:os';
import type { Variables } from '../config/variables.ts';

/** Answers the exit code. `variables`: the environment, which only the entry reads. */
export type RunCommand = (args: readonly string[], variables: Variables) => Promise<number>;

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Says on standard error why nothing was done; 1, the exit code of that. */
export const refuse = (line: string): number => {
  process.stderr.write(`${line}\n`);
  return 1;
};

/** Who sits there, as far as the system knows. A container's user may have a number and no name. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
