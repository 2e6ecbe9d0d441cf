/** Lengths of time in words: the two largest units, cut off, so that a countdown never promises more than is left. */
import type { Duration } from './ids.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `2 d 4 h`, `1 h`, `59 s`, `less than 1 s`. Negative lengths count as none. */
export function inWords(duration: Duration): string {
  const first = UNITS.findIndex(([, size]) => duration >= size);
  if (first === -1) return 'less than 1 s';
  let rest = duration;
  return UNITS.slice(first, first + 2)
    .map(([name, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? '' : `${count} ${name}`;
    })
    .filter((part) => part !== '')
    .join(' ');
}
