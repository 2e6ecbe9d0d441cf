import { expect, it } from 'vitest';
import { createLog } from '../../../src/adapters/system/log.ts';
import type { Log, LogFields } from '../../../src/ports.ts';

function listening(secrets: readonly string[] = []): {
  log: Log;
  lines: Record<string, unknown>[];
  text: () => string;
} {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    secrets,
    level: 'debug',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { log, lines, text: () => JSON.stringify(lines) };
}

it('writes one JSON line with the level, an absolute time and the allowed fields', () => {
  const { log, lines } = listening();
  log.warn({ incident: 'i1', count: 2, ms: 3, operation: 'DescribeKey' }, 'it happened');
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      incident: 'i1',
      count: 2,
      ms: 3,
      operation: 'DescribeKey',
      msg: 'it happened',
    },
  ]);
});

it('drops every field that the allow-list does not know', () => {
  const { log, text } = listening();
  log.info({ token: 'canary-1', incident: { deep: 'canary-2' } } as unknown as LogFields, 'static');
  expect(text()).not.toContain('canary');
});

it('tells of an error its name, code and message only', () => {
  const { log, lines, text } = listening();
  const error = Object.assign(new TypeError('went wrong', { cause: new Error('canary-cause') }), {
    code: 'ECONNRESET',
    request: { headers: 'canary-request' },
  });
  log.error({ error }, 'static');
  log.error({ error: 'canary-thrown' }, 'static');
  expect(lines.map((line) => line.error)).toEqual([
    { name: 'TypeError', code: 'ECONNRESET', message: 'went wrong' },
    { name: 'string' },
  ]);
  expect(text()).not.toContain('canary');
});

it.each([
  'xoxb-1234567890-abcdefghij',
  'xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4OTA',
  'xapp-1-A0123456789-1234567890-abcdef',
  'AKIAIOSFODNN7EXAMPLE',
  'ASIAIOSFODNN7EXAMPLE',
  'Bearer abc.def-ghi',
  'redis://user:hunter2hunter2@host:6379',
  'https://sts.amazonaws.com/?X-Amz-Signature=0123abcd&X-Amz-Security-Token=FwoG',
  'https://hooks.slack.com/services/T0/B0/xyz',
])('hides what looks like a credential: %s', (secret) => {
  const { log, text } = listening();
  log.error({ error: new Error(`refused ${secret} here`), reason: `because of ${secret}` }, 'static');
  expect(text()).not.toContain(secret);
  for (const part of ['hunter2', '0123abcd', 'FwoG', 'services/T0', 'abcdefghij', 'Mi0yLTEy'])
    expect(text()).not.toContain(part);
});

it('hides the exact secrets it was told, and cuts long foreign text', () => {
  const { log, text } = listening(['canary/secret+value', '']);
  log.error({ error: new Error(`x canary/secret+value ${'y'.repeat(5_000)}`) }, 'static');
  expect(text()).not.toContain('canary');
  expect(text().length).toBeLessThan(800);
});
