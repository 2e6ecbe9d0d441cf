/** KMS's lists, page by page. A list cut short would look like keys, aliases or tags that are gone. */
import { UnusableAnswer } from './failures.ts';

interface Page {
  readonly Truncated?: boolean | undefined;
  readonly NextMarker?: string | undefined;
}

/** Every page in turn. Rejects with what `ask` rejects with, or with `UnusableAnswer` when a page does not lead on. */
export async function* pagesOf<A extends Page>(
  ask: (marker: string | undefined) => Promise<A>,
): AsyncGenerator<A, void, undefined> {
  let marker: string | undefined;
  do {
    const answer = await ask(marker);
    yield answer;
    if (answer.Truncated !== true) return;
    if (answer.NextMarker === undefined || answer.NextMarker === marker) {
      throw new UnusableAnswer('KMS said there is more, and not where');
    }
    marker = answer.NextMarker;
  } while (marker !== undefined);
}

/** The page's list. Throws `UnusableAnswer` when there is none: KMS sends an empty one for "nothing". */
export function listOf<T>(list: readonly T[] | undefined, name: string): readonly T[] {
  if (Array.isArray(list)) return list;
  throw new UnusableAnswer(`KMS answered without ${name}`);
}
