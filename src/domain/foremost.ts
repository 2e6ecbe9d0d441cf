/** The first few of many, in bounded memory: what a list shows when nobody can read it to its end. */

export interface Foremost<T> {
  readonly rows: readonly T[];
  /** How many there are, shown or not. */
  readonly total: number;
}

export interface Gathering<T> {
  add(item: T): void;
  gathered(): Foremost<T>;
}

/**
 * Keeps the first `most` by `order` (negative: the first one stands first). Of several with the same `identity` one row is kept, the
 * first by order; all of them are counted.
 */
export function foremost<T>(
  most: number,
  order: (one: T, other: T) => number,
  identity: (item: T) => string,
): Gathering<T> {
  const rows: T[] = [];
  let total = 0;
  return {
    add(item) {
      total += 1;
      const name = identity(item);
      const known = rows.findIndex((row) => identity(row) === name);
      if (known !== -1) {
        const row = rows[known];
        if (row !== undefined && order(row, item) <= 0) return;
        rows.splice(known, 1);
      }
      const place = rows.findIndex((row) => order(item, row) < 0);
      rows.splice(place === -1 ? rows.length : place, 0, item);
      if (rows.length > most) rows.pop();
    },
    gathered: () => ({ rows: [...rows], total }),
  };
}
