import type { Operation } from './call.ts';
import { KmsError } from './errors.ts';
import { type Fields, page } from './fields.ts';

const mostTags = 50;

/** Reads `Tags`, refusing names KMS refuses. */
export function readTags(fields: Fields): ReadonlyMap<string, string> {
  const tags = fields
    .structures('Tags')
    .map((tag) => [tag.text('TagKey', 128), tag.optionalText('TagValue', 256) ?? ''] as const);
  const map = new Map(tags);
  if (map.size < tags.length) throw new KmsError('TagException', 'Duplicate tag keys found in the request');
  for (const name of map.keys())
    if (/^aws:/i.test(name)) throw new KmsError('TagException', 'aws: prefixed tag key names are not allowed');
  return map;
}

export const tagResource: Operation = {
  target: 'key',
  readOnly: false,
  prepare: (fields) => {
    const tags = readTags(fields);
    return (_call, key) => {
      const merged = new Map([...key.tags, ...tags]);
      if (merged.size > mostTags) throw new KmsError('LimitExceededException', 'Too many tags');
      key.tags = merged;
      return {};
    };
  },
};

export const untagResource: Operation = {
  target: 'key',
  readOnly: false,
  prepare: (fields) => {
    const names = fields.texts('TagKeys');
    return (_call, key) => {
      for (const name of names) key.tags.delete(name);
      return {};
    };
  },
};

export const listResourceTags: Operation = {
  target: 'key',
  readOnly: true,
  prepare: (fields) => (_call, key) => {
    const { items, rest } = page(fields, [...key.tags], ([name]) => name, { usual: 50, most: 50 });
    return { Tags: items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...rest };
  },
};
