import { createInterface } from 'node:readline';

/** Asks one question at the terminal; `undefined`: the person left it with Ctrl-C or Ctrl-D. */
export type Ask = (question: string) => Promise<string | undefined>;

/** `undefined` where nobody sits: standard input is no terminal. */
export const askAtTerminal = (): Ask | undefined => (process.stdin.isTTY ? ask : undefined);

const ask: Ask = (question) =>
  new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const leave = (): void => {
      process.stdout.write('\n');
      resolve(undefined);
    };
    // The promise of `readline/promises` is never settled when the input ends.
    lines.once('close', leave);
    lines.question(question, (answer) => {
      lines.off('close', leave);
      lines.close();
      resolve(answer);
    });
  });
