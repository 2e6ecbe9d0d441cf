/** What differs and what brings it back, in words: readable, bounded, and safe to paste. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { differenceLines } from '../../../src/adapters/slack/words/difference-lines.ts';
import { restoreCommands } from '../../../src/adapters/slack/words/restore-commands.ts';
import type { Comparison, Difference } from '../../../src/domain/shape-difference.ts';
import { incident, key, read, T0 } from '../../domain/samples.ts';

const comparison = (differences: readonly Difference[], more: Partial<Comparison> = {}): Comparison => ({
  comparedAt: T0,
  checkedAt: T0,
  against: { kind: 'lastGood', takenAt: T0 - 60_000 },
  standIns: [],
  differences,
  more: 0,
  unsure: [],
  ...more,
});
const lines = (one: Comparison): string =>
  differenceLines(incident({ read: read('Enabled'), knowledge: { comparison: one } })).join('\n');
const grant = {
  id: 'g1',
  grantee: 'arn:aws:iam::111122223333:role/orders',
  operations: ['Decrypt', 'Encrypt'],
  constraint: { kind: 'subset', pairs: { tenant: 'a' } },
} as const;

const at = `--region us-west-2`;
const of = `--key-id ${key.arn}`;
test.each<[string, Difference, readonly string[]]>([
  [
    'a statement',
    { part: 'policy', change: 'gone', text: '{}' },
    [`aws kms put-key-policy ${at} ${of} --policy-name default --policy file://policy-last-good.json`],
  ],
  [
    'a grant that is gone',
    { part: 'grants', change: 'gone', grant },
    [
      `aws kms create-grant ${at} ${of} --grantee-principal ${grant.grantee} --operations Decrypt Encrypt --constraints '{"EncryptionContextSubset":{"tenant":"a"}}'`,
    ],
  ],
  [
    'a grant of an AWS service: the service makes it',
    { part: 'grants', change: 'gone', grant: { ...grant, grantee: 'rds.us-west-2.amazonaws.com' } },
    [],
  ],
  ['a new grant', { part: 'grants', change: 'new', grant }, [`aws kms revoke-grant ${at} ${of} --grant-id g1`]],
  [
    'an alias that is gone',
    { part: 'aliases', change: 'gone', alias: 'alias/a' },
    [`aws kms create-alias ${at} --alias-name alias/a --target-key-id ${key.arn}`],
  ],
  [
    'an alias of another key now',
    { part: 'aliases', change: 'gone', alias: 'alias/a', movedTo: 'arn:x' },
    [`aws kms update-alias ${at} --alias-name alias/a --target-key-id ${key.arn}`],
  ],
  [
    'a new alias',
    { part: 'aliases', change: 'new', alias: 'alias/a' },
    [`aws kms delete-alias ${at} --alias-name alias/a`],
  ],
  [
    'a tag',
    { part: 'tags', tag: 't', before: 'v', now: 'w' },
    [`aws kms tag-resource ${at} ${of} --tags '[{"TagKey":"t","TagValue":"v"}]'`],
  ],
  ['a new tag', { part: 'tags', tag: 't', now: 'w' }, [`aws kms untag-resource ${at} ${of} --tag-keys '["t"]'`]],
  [
    'rotation',
    { part: 'rotation', before: { enabled: true, periodInDays: 90 }, now: { enabled: false } },
    [`aws kms enable-key-rotation ${at} ${of} --rotation-period-in-days 90`],
  ],
])('what brings back %s', (_name, difference, expected) => {
  expect(restoreCommands(difference, key)).toEqual(expected);
});

test('a deleted key: what differed stays told, and no command pretends to bring it back', () => {
  const differences: readonly Difference[] = [{ part: 'policy', change: 'gone', text: '{}' }];
  const knowledge = { comparison: comparison(differences) };
  const all = differenceLines(incident({ read: { kind: 'gone', key, readAt: T0 }, knowledge })).join('\n');
  expect(all).toContain('*Not as last good');
  expect(all).not.toMatch(/What brings it back|aws kms|policy-last-good/);
  expect(lines(comparison(differences))).toContain('What brings it back');
});

describe('text from outside', () => {
  const EVIL = ['$(id)', '`id`', "'; id; '", '" && id', 'a\nb', '‮', '<!channel>', '\\', '\\u0027', 'ä😀'];

  test.each(EVIL)('in a tag, a shell hands it on as it is, and Slack sees none of its own signs: %j', (text) => {
    const [command = ''] = restoreCommands({ part: 'tags', tag: text, before: text }, key);
    expect(command).toMatch(/^[ -~]+$/);
    expect(command).not.toMatch(/[`<>&]/);
    const tags = execFileSync('sh', ['-c', `printf %s ${command.slice(command.indexOf("'"))}`], { encoding: 'utf8' });
    expect(JSON.parse(tags)).toEqual([{ TagKey: text, TagValue: text }]);
  });

  test.each(EVIL)('where only harmless forms are known, there is no command: %j', (text) => {
    expect(restoreCommands({ part: 'aliases', change: 'gone', alias: `alias/${text}` }, key)).toEqual([]);
    expect(restoreCommands({ part: 'grants', change: 'new', grant: { ...grant, id: text } }, key)).toEqual([]);
    expect(
      restoreCommands({ part: 'grants', change: 'gone', grant: { ...grant, grantee: `arn:${text}` } }, key),
    ).toEqual([]);
  });

  test('is no markup on the card', () => {
    const text = lines(comparison([{ part: 'aliases', change: 'new', alias: 'alias/*bold* <!channel> `code`' }]));
    expect(text).not.toContain('<!channel');
    expect(text).toContain('```\n+ alias/*bold* &lt;!channel&gt; `code`\n```');
  });

  test('is as it came, to be copied, and never ends its block', () => {
    const arn = 'arn:aws:iam::111122223333:role/*';
    const text = lines(
      comparison([{ part: 'policy', change: 'new', text: `{"AWS":"${arn}","Sid":"\`\`\`*x*\u202e\n"}` }]),
    );
    expect(text).toContain(`+ policy {"AWS":"${arn}","Sid":"ˋˋˋ*x* "}`);
    expect(text.split('```')).toHaveLength(5);
  });
});

describe('on the card', () => {
  test('a diff with what it is held against, and what brings it back', () => {
    const text = lines(
      comparison([
        { part: 'policy', change: 'changed', sid: 'Root', before: '{"Effect":"Allow"}', text: '{"Effect":"Deny"}' },
        { part: 'aliases', change: 'gone', alias: 'alias/a' },
      ]),
    );
    expect(text).toMatch(/^\*Not as last good \(taken .*\)\*:/);
    expect(text).toContain('− policy {"Effect":"Allow"}\n+ policy {"Effect":"Deny"}\n− alias/a');
    expect(text).toContain('aws kms put-key-policy');
    expect(text).toContain('policy-last-good.json is among the files of Evidence');
  });

  test('many long statements still fit a section, and say where the rest is', () => {
    const differences = Array.from(
      { length: 20 },
      (_, one): Difference => ({ part: 'policy', change: 'new', sid: `s${one}`, text: 'x'.repeat(1_200) }),
    );
    const text = lines(comparison(differences, { more: 7 }));
    expect(text.length).toBeLessThan(3_000);
    expect(text).toContain('and 21 more: see Evidence');
    expect(text).toContain('aws kms put-key-policy');
  });

  test('nothing differs, and nobody did anything: nothing is said', () => {
    expect(lines(comparison([]))).toBe('');
  });

  test('there is no last good', () => {
    const text = lines(
      comparison([{ part: 'aliases', change: 'gone', alias: 'alias/a' }], {
        against: { kind: 'opening', takenAt: T0 },
      }),
    );
    expect(text).toContain('Not as when this incident opened');
    expect(text).toContain('there is no last good');
  });
});
