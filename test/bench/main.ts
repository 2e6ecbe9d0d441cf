/**
 * `npm run bench [-- --quick] [name…]`: the goals of the design, measured against bare stand-ins and two rulers in the
 * same run. Figures of a busy machine are noisy: the ratios say more than the times.
 */
import { availableParallelism, loadavg } from 'node:os';
import { alarmAndClick } from './scenarios/alarm-and-click.ts';
import { bulk } from './scenarios/bulk.ts';
import { countdown } from './scenarios/countdown.ts';
import { crash } from './scenarios/crash.ts';
import { inspection } from './scenarios/inspection.ts';
import { note, type Scenario } from './scenarios/scenario.ts';
import { starts } from './scenarios/start.ts';
import { storms } from './scenarios/storm.ts';
import { sweep } from './scenarios/sweep.ts';
import { markdown, type Row } from './table.ts';
import { closeWorlds } from './world.ts';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  alarm: alarmAndClick,
  storm: storms,
  bulk,
  crash,
  start: starts,
  sweep,
  inspection,
  countdown,
};

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const names = words.filter((word) => word !== '--quick');
const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown.length > 0) {
  note(`no such scenario: ${unknown.join(', ')}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeWorlds().then(() => process.exit(130)));

const load = (): string =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' ');
const before = load();
const rows: Row[] = [];
let failed = false;
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  try {
    rows.push(...(await scenario({ quick })));
  } catch (error) {
    failed = true;
    note(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    rows.push({ path: name, keywarden: 'failed, see above', goal: '–' });
  }
}
process.stdout.write(
  `\nNode ${process.version}, ${availableParallelism()} cores shared with the load, load average ${before} before, ${load()} after${quick ? ', quick run' : ''}\n\n${markdown(rows)}\n`,
);
process.exit(failed ? 1 : 0);
