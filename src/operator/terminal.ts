/** What a command is, and how it speaks: answers to standard output, everything else to standard error. */
import type { Variables } from '../config/variables.ts';

/** Answers the exit code. `variables`: the environment, which only the entry reads. */
export type RunCommand = (args: readonly string[], variables: Variables) => Promise<number>;

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Says on standard error why nothing was done; 1, the exit code of that. */
export const refuse = (line: string): number => {
  process.stderr.write(`${line}\n`);
  return 1;
};
