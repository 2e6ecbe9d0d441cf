import { expect, test } from 'vitest';
import { createMetrics } from '../../src/adapters/http/metrics.ts';
import { createAdminServer, listen } from '../../src/adapters/http/server.ts';

test('GET /metrics: counts by label, in Prometheus’s text format', async () => {
  const metrics = createMetrics();
  metrics.count('facts', { source: 'sns', kind: 'alarm' });
  metrics.count('facts', { kind: 'alarm', source: 'sns' });
  metrics.count('facts', { kind: 'alarm', source: 'sns', surprise: 'never a reason to throw' });
  const admin = createAdminServer(() => metrics.render());
  const url = await listen(admin, '127.0.0.1', 0);
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  expect(await response.text()).toMatch(/keywarden_facts_total\{(?=[^}]*kind="alarm")(?=[^}]*source="sns")[^}]*\} 3/);
  expect(metrics.total('facts')).toBe(3);
  await admin.close();
});
