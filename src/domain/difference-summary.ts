/** What is not as it was, in a few words: `policy: 1 statement gone; grants: 2 gone, not known: …`. */
import type { Comparison, Difference } from './shape-difference.ts';

type Part = Difference['part'];
const NAMES: Readonly<Record<Part, string>> = {
  policy: 'policy',
  grants: 'grants',
  aliases: 'aliases',
  tags: 'tags',
  rotation: 'rotation',
  multiRegion: 'replicas',
  state: 'state',
};

export function differenceSummary({ differences, unsure, more }: Comparison): string {
  const parts = [...new Set(differences.map(({ part }) => part))].map(
    (part) => `${NAMES[part]}: ${countsOf(differences.filter((one) => one.part === part))}`,
  );
  const unknown = unsure.map(({ part, why }) => `${NAMES[part]} not compared: ${why}`);
  return [...parts, ...(more === 0 ? [] : [`and ${more} more`]), ...unknown].join('; ');
}

function countsOf(differences: readonly Difference[]): string {
  const words = Map.groupBy(differences, changeOf);
  return [...words].map(([change, ones]) => `${ones.length} ${change}`).join(', ');
}

function changeOf(difference: Difference): 'gone' | 'new' | 'changed' {
  switch (difference.part) {
    case 'policy':
      return difference.change === 'head' ? 'changed' : difference.change;
    case 'grants':
      return difference.change === 'some' ? 'changed' : difference.change;
    case 'aliases':
      return difference.change;
    case 'tags':
      return difference.now === undefined ? 'gone' : difference.before === undefined ? 'new' : 'changed';
    case 'rotation':
    case 'multiRegion':
    case 'state':
      return 'changed';
  }
}
