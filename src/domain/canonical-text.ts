/**
 * JSON with the names of every object in the order of their UTF-16 units, without spaces, and without what is `undefined`:
 * the same value has one text, whoever built it. Lists keep their order: nothing says that it means nothing.
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((member) => canonicalText(member ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`;
}
