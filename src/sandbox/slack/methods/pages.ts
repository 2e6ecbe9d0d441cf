import type { CallArguments } from '../arguments.ts';
import type { JsonObject } from '../json.ts';

/** One page of a longer list, with the cursor to the next. */
export interface Page<Item> {
  readonly items: Item[];
  readonly hasMore: boolean;
  readonly metadata: JsonObject;
}

/** Cuts the page that `cursor` and `limit` ask for; `undefined` for a cursor this server never gave. */
export function page<Item>(
  all: readonly Item[],
  args: CallArguments,
  usual: number,
  most: number,
): Page<Item> | undefined {
  const limit = args.count('limit', usual, most);
  const start = args.has('cursor') ? offsetOf(args.text('cursor') ?? '') : 0;
  if (start === undefined) return undefined;
  const hasMore = start + limit < all.length;
  const cursor = hasMore ? Buffer.from(`offset:${start + limit}`).toString('base64') : '';
  return {
    items: all.slice(start, start + limit),
    hasMore,
    metadata: { response_metadata: { next_cursor: cursor } },
  };
}

function offsetOf(cursor: string): number | undefined {
  const match = /^offset:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'));
  return match === null ? undefined : Number(match[1]);
}
