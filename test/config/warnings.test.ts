/** What starts, and would wake nobody. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, parseConfig, validateConfig } from '../../src/config/config.ts';
import { configWarnings, formatWarnings } from '../../src/config/warnings.ts';

/** A configuration with nothing to say about it. */
const sound = {
  publicUrl: 'https://keywarden.shop.test',
  channels: { default: 'C0REAL', fallback: 'C0SECOND' } as Record<string, unknown>,
  accounts: [{ id: '999988887777', regions: ['us-west-2'] }] as Record<string, unknown>[],
  roles: { responder: { users: ['U0REAL'] } } as Record<string, unknown>,
  reminders: { mention: 'S0REAL' } as Record<string, unknown>,
  digests: [{ channel: 'C0REAL', cron: '0 9 * * 1-5' }],
  pager: { webhook: 'https://pager.shop.test/hook' },
  heartbeat: 'https://beat.shop.test/keywarden',
};
const configOf = (raw: unknown): Config => {
  const read = validateConfig(raw);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.config;
};
const changed = (keys: Readonly<Record<string, unknown>>): Config => configOf({ ...sound, ...keys });
const { channels, reminders } = sound;

test('nothing to say', () => expect(configWarnings(configOf(sound))).toEqual([]));

const CASES: readonly (readonly [string, Config, string, string])[] = [
  ['nobody to mention', changed({ reminders: {} }), 'reminders.mention', 'mention nobody'],
  ['no second channel', changed({ channels: { default: 'C0REAL' } }), 'channels.fallback', 'no second channel'],
  ['no pager', changed({ pager: undefined }), 'pager', 'nobody is called'],
  ['no heartbeat', changed({ heartbeat: undefined }), 'heartbeat', 'nobody notices'],
  ['no digests', changed({ digests: undefined }), 'digests', 'which keys die next'],
  ['an empty list of digests', changed({ digests: [] }), 'digests', 'which keys die next'],
  [
    'acknowledged for longer than anybody sees it',
    changed({ reminders: { ...reminders, loudWithin: '1d', acknowledgeFor: '8d' } }),
    'reminders.acknowledgeFor',
    '8d is more than 7 x loudWithin (7d)',
  ],
  ['an address of the example', changed({ publicUrl: 'https://keywarden.example.com' }), 'publicUrl', 'address'],
  ['its pager', changed({ pager: { webhook: 'https://pager.example.com/token' } }), 'pager.webhook', 'address'],
  ['a channel of it', changed({ channels: { ...channels, default: 'C0INCIDENT' } }), 'channels.default', 'C0INCIDENT'],
  [
    'an account of it',
    changed({ accounts: [{ id: '111122223333', regions: ['us-west-2'] }] }),
    'accounts[0].id',
    '1111',
  ],
  ['its topic', changed({ pager: { snsTopic: 'arn:aws:sns:us-west-2:111122223333:pager' } }), 'pager.snsTopic', '1111'],
  ['people of it', changed({ roles: { responder: { users: ['U0AAAAAAA'] } } }), 'roles.responder', 'U0AAAAAAA'],
];
describe.each(CASES)('%s', (_name, config, path, said) => {
  test('is warned of, and nothing else is', () => {
    expect(configWarnings(config)).toEqual([{ path, message: expect.stringContaining(said) as string }]);
    expect(formatWarnings(configWarnings(config))[0]).toMatch(
      new RegExp(`^warning: ${path.replace(/[[\].]/g, '\\$&')}: `),
    );
  });
});

test.each([
  ['7d', '1d'],
  ['12h', '2h'],
])('acknowledged for %s, loud within %s: nothing to say', (acknowledgeFor, loudWithin) => {
  expect(configWarnings(changed({ reminders: { ...reminders, acknowledgeFor, loudWithin } }))).toEqual([]);
});

test('no id of the example goes unnoticed, and no address is repeated', () => {
  const read = parseConfig(readFileSync(join(import.meta.dirname, '../../keywarden.example.yaml'), 'utf8'));
  if (!read.ok) throw new Error('the example does not parse');
  const { channels, accounts, roles, reminders, digests } = read.config;
  const ids = [
    channels.default,
    channels.fallback,
    ...channels.routes.map(({ channel }) => channel),
    ...accounts.map(({ id }) => id),
    ...roles.flatMap(({ users, usergroups }) => [...users, ...usergroups]),
    reminders.mention,
    ...digests.map(({ channel }) => channel),
  ];
  const lines = formatWarnings(configWarnings(read.config));
  for (const id of ids) expect(lines.some((line) => line.includes(`${id} is still`))).toBe(true);
  for (const path of ['publicUrl', 'pager.webhook', 'heartbeat'])
    expect(lines).toContain(`warning: ${path}: is still an address of keywarden.example.yaml`);
  expect(lines.join('\n')).not.toContain('https://');
});
