/** The process that draws: one at a time, never for long, and gone afterwards. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createChart } from '../../../src/adapters/chart/chart.ts';
import { chartOf, DAY, HOUR, rowIn } from './given.ts';

const chart = chartOf([rowIn(9 * HOUR), rowIn(4 * DAY)]);
const processes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;

/** A handle closes a moment after its process has ended. */
afterEach(() => expect.poll(processes).toBe(0));

describe('what goes wrong is told in words, and never thrown', () => {
  test('it takes too long', async () => {
    const drawn = await createChart({ timeout: 5 }).draw(chart);
    expect(drawn).toEqual({
      kind: 'failed',
      message:
        'The countdown chart was not drawn: it took longer than 0.005 s. The words say the same, and the next chart is tried anew.',
    });
  });
  test('it needs too much memory', async () => {
    const drawn = await createChart({ memory: 5 }).draw(chart);
    expect(drawn).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/its process ended with (SIG|exit code)/),
    });
  });
  test('it cannot be drawn', async () => {
    const drawn = await createChart().draw({ ...chart, timezone: 'Mars/Olympus' });
    expect(drawn).toMatchObject({ kind: 'failed', message: expect.stringContaining('Mars/Olympus') });
  });
  test('the facts are no facts', async () => {
    const drawn = await createChart().draw(chartOf([rowIn(Number.NaN)]));
    expect(drawn).toMatchObject({ kind: 'failed' });
  });
  test('it cannot travel', async () => {
    const drawn = await createChart().draw(chartOf([{ ...rowIn(HOUR), name: (() => '') as unknown as string }]));
    expect(drawn).toMatchObject({ kind: 'failed', message: expect.stringContaining('could not be cloned') });
  });
  test('it is called off before, or meanwhile', async () => {
    const before = await createChart().draw(chart, AbortSignal.abort());
    const calledOff = new AbortController();
    const drawing = createChart().draw(chart, calledOff.signal);
    await expect.poll(processes).toBe(1);
    calledOff.abort();
    for (const drawn of [before, await drawing])
      expect(drawn).toMatchObject({ kind: 'failed', message: expect.stringContaining('it was called off') });
  });
  test('the next one is drawn all the same', async () => {
    const charts = createChart();
    const [broken, drawn] = await Promise.all([
      charts.draw({ ...chart, timezone: 'Mars/Olympus' }),
      charts.draw(chart),
    ]);
    expect([broken.kind, drawn.kind]).toEqual(['failed', 'drawn']);
  });
});

test('two at once are drawn one after the other', async () => {
  const charts = createChart();
  let most = 0;
  const counting = setInterval(() => {
    most = Math.max(most, processes());
  }, 5);
  const drawn = await Promise.all([charts.draw(chart), charts.draw(chart)]);
  clearInterval(counting);
  expect(drawn.map(({ kind }) => kind)).toEqual(['drawn', 'drawn']);
  expect(drawn[0]).toEqual(drawn[1]);
  expect(most).toBe(1);
});

test('who waits for their turn is called off at once, and holds up nobody behind them', async () => {
  const charts = createChart();
  const calledOff = new AbortController();
  let isFirstDone = false;
  const first = charts.draw(chart).then((drawn) => {
    isFirstDone = true;
    return drawn;
  });
  const waiting = charts.draw(chart, calledOff.signal);
  const behind = charts.draw(chart);
  calledOff.abort();
  expect(await waiting).toMatchObject({ kind: 'failed', message: expect.stringContaining('it was called off') });
  expect(isFirstDone).toBe(false);
  expect([(await first).kind, (await behind).kind]).toEqual(['drawn', 'drawn']);
});

test('waiting counts: nobody waits longer than one may take', async () => {
  const charts = createChart({ timeout: 300 });
  const began = performance.now();
  const drawn = await Promise.all(Array.from({ length: 8 }, () => charts.draw(chart)));
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(drawn.at(-1)).toMatchObject({ message: expect.stringContaining('its turn did not come within 0.3 s') });
});

test('a crowd does not wait for minutes', async () => {
  const charts = createChart({ timeout: 5 });
  const drawn = await Promise.all(Array.from({ length: 12 }, () => charts.draw(chart)));
  const sentAway = drawn.filter((one) => one.kind === 'failed' && one.message.includes('others are waiting'));
  expect(sentAway).toHaveLength(3);
  expect(await createChart().draw(chart)).toMatchObject({ kind: 'drawn' });
});

test('who asks loads nothing of what draws, keeps none of its memory, and can end when it likes', async () => {
  const adapter = join(import.meta.dirname, '../../../src/adapters/chart/chart.ts');
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { createChart } = await import(${JSON.stringify(adapter)});
    const charts = createChart();
    const before = process.memoryUsage().rss;
    const kinds = [];
    for (let count = 0; count < 3; count += 1) kinds.push((await charts.draw(${JSON.stringify(chart)})).kind);
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    process.stdout.write(JSON.stringify({ kinds, grown, loaded }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  const { kinds, grown, loaded } = JSON.parse(stdout) as { kinds: string[]; grown: number; loaded: string[] };
  expect(kinds).toEqual(['drawn', 'drawn', 'drawn']);
  expect(loaded.some((url) => url.endsWith('/chart/chart.ts'))).toBe(true);
  expect(loaded.filter((url) => /vega|resvg|drawing/.test(url))).toEqual([]);
  expect(grown).toBeLessThan(30);
});
