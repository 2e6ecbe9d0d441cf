import type { Row } from '../table.ts';

export interface Size {
  /** A smaller run: the figures are rougher. */
  readonly quick: boolean;
}

/** Measures one path on a world of its own. */
export type Scenario = (size: Size) => Promise<readonly Row[]>;

export const note = (text: string): void => void process.stderr.write(`${text}\n`);
