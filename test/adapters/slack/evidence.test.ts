/** The two files of an incident's evidence: what an auditor reads, and what texts from outside cannot do to it. */
import { describe, expect, test } from 'vitest';
import { evidenceMarkdown, evidenceName } from '../../../src/adapters/slack/words/evidence.ts';
import { drawEvidence, evidenceJson } from '../../../src/adapters/slack/words/evidence-files.ts';
import { at, code, newest, table } from '../../../src/adapters/slack/words/markdown.ts';
import { type UploadProblem, uploadProblemWords } from '../../../src/adapters/slack/words/upload-problems.ts';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import { type Evidence, evidenceOf } from '../../../src/domain/evidence.ts';
import type { Incident, Subject } from '../../../src/domain/incident.ts';
import { unknown } from '../../../src/domain/key.ts';
import { bare, head, NOW, rich, trail } from '../../domain/evidence-sample.ts';
import { incident, key, MINUTE, T0 } from '../../domain/samples.ts';

const evidence = evidenceOf(rich, { entries: trail, head, now: NOW });
const of = (record: Incident): Evidence => evidenceOf(record, { entries: [], now: NOW });

describe('as an auditor gets them', () => {
  test('Markdown', () => expect(evidenceMarkdown(evidence)).toMatchFileSnapshot('evidence/orders.md'));
  // Not named .json: the formatter would lay it out anew.
  test('JSON', () => expect(evidenceJson(evidence)).toMatchFileSnapshot('evidence/orders.json.txt'));
  test('Markdown of what nothing is known about', () =>
    expect(evidenceMarkdown(of(bare))).toMatchFileSnapshot('evidence/nothing-known.md'));
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['a link', '[click](https://evil.example)'],
  ['a bare address', 'https://evil.example and www.evil.example'],
  ['a mail address', 'mallory@evil.example'],
  ['a reference', '[x]: https://evil.example'],
  ['an image', '![x](https://evil.example/pixel.png)'],
  ['HTML', '<img src=x onerror=alert(1)><script>alert(1)</script><!--'],
  ['a heading', '\n# All is well\n'],
  ['a rule', '\n\n---\n\n'],
  ['a list', '\n- verified\n1. verified'],
  ['a quote', '\n> verified'],
  ['pipes', 'a | b || c \\| d \\\\| e'],
  ['a table', '\n| a | b |\n| --- | --- |\n| verified | yes |'],
  ['backticks', '` `` ``` ~~~ `'],
  ['a fence', '\n```\nnot code\n```\n'],
  ['a backslash at the end', 'C:\\'],
  ['emphasis', '**bold** __bold__ ~~gone~~ *x* _y_'],
  ['an entity', '&lt;b&gt; &#96; &#x60; &NewLine;'],
  ['direction signs', 'safe\u202etxt.exe\u202c\u2066x\u2069'],
  ['zero-width signs', 'ver\u200bi\u200dfied\ufeff'],
  ['tags', `x${String.fromCodePoint(0xe0041, 0xe0042)}y`],
  ['line separators', 'a\u2028b\u2029c\u0085d\u000be\u000cf'],
  ['controls', 'a\u0000b\u001b[31mred\u0007'],
  ['a lone surrogate', 'a\ud83d'],
  ['mathematics', '$\\href{https://evil.example}{x}$'],
  ['a mention', '<!channel> @everyone <@U0ALICE>'],
  ['nothing visible', '\u200b\u200b'],
  ['nothing', ''],
];

/**
 * Puts the text behind everything that came from outside, wherever it stands. Left alone: what the words choose by, and a
 * key's id, which was checked when it was parsed.
 */
function poisoned(text: string): Evidence {
  const own = new Set(['kind', 'format', 'did', 'part', 'via', 'outcome', 'keyId']);
  const isOurs = (name: string, within: unknown): boolean =>
    own.has(name) || (name === 'why' && typeof within === 'object' && within !== null && 'quorum' in within);
  const walk = (node: unknown, name: string, within: unknown): unknown => {
    if (typeof node === 'string') return isOurs(name, within) || isMoment(node) ? node : `EVIL${text}`;
    if (Array.isArray(node)) return node.map((item) => walk(item, name, node));
    if (typeof node === 'object' && node !== null)
      return Object.fromEntries(Object.entries(node).map(([field, value]) => [field, walk(value, field, node)]));
    return node;
  };
  return walk(evidence, '', undefined) as Evidence;
}
const isMoment = (text: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text);

/** What is left when everything in code spans is taken out: our own words. */
const ours = (markdown: string): string => markdown.replace(/`[^`\n]+`/g, '§');

const shapeOf = (markdown: string): readonly string[] =>
  ours(markdown)
    .split('\n')
    .map((line) => (line.startsWith('|') ? `|${line.split('|').length}` : /^(#+|-| {2}-|)/.exec(line)?.[0] || ''));

describe.each(HOSTILE)('%s in every text from outside', (_name, text) => {
  const markdown = evidenceMarkdown(poisoned(text));
  test('stands in code spans and nowhere else', () => {
    expect(markdown).toContain('EVIL');
    expect(ours(markdown)).not.toMatch(/EVIL|evil\.example|verified\||<|`/);
  });
  test('changes neither lines nor headings nor cells', () =>
    expect(shapeOf(markdown)).toEqual(shapeOf(evidenceMarkdown(poisoned('')))));
  test('leaves nothing invisible', () => {
    const visible = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]*$/u;
    expect(markdown.split('\n').filter((line) => !visible.test(line))).toEqual([]);
    const json = evidenceJson(poisoned(text));
    expect(json.split('\n').filter((line) => !visible.test(line))).toEqual([]);
  });
  test('is in the JSON unchanged', () => {
    const wanted = poisoned(text);
    expect(JSON.parse(evidenceJson(wanted))).toEqual(wanted);
    expect(evidenceJson(wanted).split('\n').length).toBe(evidenceJson(poisoned('')).split('\n').length);
  });
  test('does nothing in Slack: name, title and sentence', () => {
    const { text: sentence, files } = drawEvidence(poisoned(text));
    expect(sentence.replace(/<!date\^\d+\^[^>]*>/, '')).not.toMatch(/[<>`\n]|@(channel|here|everyone)/);
    for (const { name, title } of files) {
      expect(name).toMatch(/^keywarden-evidence-[A-Za-z0-9-]+\.(md|json)$/);
      expect(title).not.toMatch(/[<>\n\u202e\u200b]/);
      expect(title.length).toBeLessThan(250);
    }
  });
});

describe('names', () => {
  const place = { account: key.account, region: key.region };
  test.each<[string, Partial<Incident>, string]>([
    ['a key by its first alias', rich, 'alias/orders'],
    ['a key without a known alias by its id', bare, key.keyId],
    [
      'an alarm by its name',
      { subject: { kind: 'alarm', alarmArn: 'arn:alarm', name: 'kms-deletion', place, partition: 'aws' } },
      'kms-deletion',
    ],
    ['a place', { subject: { kind: 'place', place } }, '111122223333 us-west-2'],
    ['a topic', { subject: { kind: 'topic', topicArn: 'arn:topic' } }, 'arn:topic'],
  ])('%s', (_name, record, name) => {
    const about = of(incident(record));
    expect(evidenceName(about)).toBe(name);
    expect(evidenceMarkdown(about)).toContain(`# Evidence: \`${name}\``);
  });
  test('of the files: ids and the moment only', () => {
    const names = drawEvidence(evidence).files.map(({ name }) => name);
    const stem = `keywarden-evidence-${key.keyId}-20260314T161200Z`;
    expect(names).toEqual([`${stem}.md`, `${stem}.json`]);
    const subject: Subject = { kind: 'topic', topicArn: '../../etc/passwd' };
    expect(drawEvidence(of(incident({ subject }))).files[0].name).toBe(
      `keywarden-evidence-${bare.id}-20260314T161200Z.md`,
    );
  });
});

describe('what is not known is not shown as fine', () => {
  const line = (record: Incident, name: string): string =>
    evidenceMarkdown(of(record))
      .split('\n')
      .find((row) => row.startsWith(`| ${name} |`)) ?? '';
  const why = { kind: 'denied', operation: 'kms:DescribeKey', message: 'not authorized' } as const;
  test.each<[string, Incident, string, RegExp]>([
    ['nothing read', bare, 'Last read', /not known: `it has not been read yet`/],
    [
      'unreadable',
      incident({ read: { kind: 'unreadable', key, readAt: T0, why } }),
      'Last read',
      /nothing is known to be fine.*kms:DescribeKey/,
    ],
    [
      'gone',
      incident({ read: { kind: 'gone', key, readAt: T0 } }),
      'Last read',
      /does not exist, read 2026-03-14T09:12:00Z, 7 h before/,
    ],
    ['no state before', bare, 'State before', /not known: `no sweep has seen it before`/],
    [
      'no use seen',
      incident({
        details: {
          aliases: unknown('x'),
          tags: unknown('x'),
          lastUse: { kind: 'known', value: { kind: 'neverSeen' } },
        },
      }),
      'Last successful use',
      /none seen by KMS; caches/,
    ],
    [
      'last use denied',
      incident({
        details: { aliases: unknown('x'), tags: unknown('x'), lastUse: unknown('kms:GetKeyLastUsage is denied') },
      }),
      'Last successful use',
      /not known: `kms:GetKeyLastUsage is denied`/,
    ],
    ['no refused use', bare, 'Refused uses', /none reported/],
  ])('%s', (_name, record, name, wanted) => expect(line(record, name)).toMatch(wanted));

  test('a closed incident says how it ended', () => {
    const closed = incident({ phase: { kind: 'closed', at: T0 + 4 * MINUTE, outcome: 'restored' } });
    expect(line(closed, 'Outcome')).toMatch(/restored to what it was before, and verified/);
    expect(line(closed, 'Open for')).toBe('| Open for | 4 min |');
    expect(line(closed, 'Closed')).toContain('2026-03-14T09:16:00Z');
  });
  test('a trail that could not be read to its end', () => {
    const markdown = evidenceMarkdown(evidenceOf(rich, { entries: trail, trailProblem: 'LOADING', now: NOW }));
    expect(markdown).toContain('entries may be missing here: `LOADING`');
    expect(markdown).toContain('| Audit entries | 5 read; the others are not known |');
  });
  test('a request whose time ran out unnoticed does not wait', () => {
    const late = evidenceMarkdown(evidenceOf(rich, { entries: [], now: NOW + 48 * 60 * MINUTE }));
    expect(late).toContain('- Ended: not written down, but its time has run out');
    expect(late).not.toContain('not yet, it waits');
  });
});

describe('how to verify it', () => {
  test('against the head of then', () =>
    expect(evidenceMarkdown(evidence)).toContain(`\`npm run keywarden -- audit verify --head 23:${'9f'.repeat(32)}\``));
  test('without a head it says what is missing', () => {
    const markdown = evidenceMarkdown(of(rich));
    expect(markdown).not.toContain('--head');
    expect(markdown).toContain('The head of the trail was not known');
  });
  test('a head that is none is no command to paste', () => {
    const odd = evidenceOf(rich, { entries: [], head: { seq: 1, hash: '$(rm -rf /)' }, now: NOW });
    expect(evidenceMarkdown(odd)).not.toContain('rm -rf');
  });
});

describe('bounds', () => {
  const long = evidenceOf(
    {
      ...rich,
      timeline: Array.from({ length: 500 }, (_, index) => ({
        seq: index + 1,
        at: T0 + index,
        body: { kind: 'rebuilt' },
      })),
      actions: Array.from({ length: 100 }, () => ({
        ...(rich.actions[0] as Incident['actions'][number]),
        calls: Array.from(
          { length: 60 },
          () => rich.actions[0]?.calls[0] as Incident['actions'][number]['calls'][number],
        ),
        reason: 'x'.repeat(50_000),
      })),
      nextSeq: 501,
    },
    { entries: Array.from({ length: 2_500 }, (_, seq) => ({ ...(trail[0] as AuditEntry), seq })), head, now: NOW },
  );
  const markdown = evidenceMarkdown(long);
  test.each([
    ['timeline', '300 older ones are left out here; the JSON file has them.'],
    ['actions', '60 older ones are left out here; the JSON file has them.'],
    ['calls', '40 older ones are left out here; the JSON file has them.'],
    ['audit entries', '1700 older ones are left out here; the JSON file has them.'],
    ['audit entries of the record', '500 older ones stand in the trail only.'],
  ])('%s', (_what, note) => expect(markdown).toContain(note));
  test('together', () => expect(markdown.length).toBeLessThan(1_000_000));
  test('the newest are kept', () => expect(newest([1, 2, 3], 2)).toEqual({ shown: [2, 3], note: expect.any(String) }));
});

describe('Markdown', () => {
  test.each([
    ['plain', 'alias/orders', '`alias/orders`'],
    ['signs that end something', 'a`b|c', '`aˋb∣c`'],
    ['several lines', ' a\n\tb ', '`a b`'],
    ['empty', '', '(empty)'],
    ['long', 'x'.repeat(400), `\`${'x'.repeat(299)}…\``],
  ])('code: %s', (_name, text, wanted) => expect(code(text)).toBe(wanted));
  test('moments to the second, and what is none', () => {
    expect(at('2026-03-14T09:12:00.999Z')).toBe('2026-03-14T09:12:00Z');
    expect(at('no moment: NaN')).toBe('`no moment: NaN`');
  });
  test('a table', () => expect(table(['a', 'b'], [['1', '2']])).toEqual(['| a | b |', '| --- | --- |', '| 1 | 2 |']));
});

describe('why an upload failed', () => {
  test.each<[UploadProblem, RegExp]>([
    [{ kind: 'rateLimited', retryAfter: 29_500 }, /try again in 30 s/],
    [{ kind: 'ambiguous', message: 'http 500' }, /http 500.*Look in the channel/],
    [{ kind: 'notSent', message: 'ECONNREFUSED' }, /ECONNREFUSED.*Try again/],
    [{ kind: 'channelGone', error: 'not_in_channel' }, /not_in_channel.*Invite it/],
    [{ kind: 'missingScope', scope: 'files:write' }, /files:write is missing.*installs the app again/],
    [{ kind: 'tokenDead', error: 'token_revoked' }, /token_revoked.*SLACK_BOT_TOKEN/],
    [{ kind: 'strangeAddress', host: 'evil.example' }, /evil\.example.*nothing was sent.*SLACK_API_URL/],
    [{ kind: 'refused', error: 'file_uploads_disabled' }, /does not allow file uploads.*admin/],
    [{ kind: 'refused', error: 'file_upload_size_restricted' }, /of this size.*admin/],
    [{ kind: 'refused', error: 'something_new' }, /something_new/],
  ])('%j', (problem, words) => expect(uploadProblemWords(problem)).toMatch(words));
});
