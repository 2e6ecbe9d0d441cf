/** The other ruler: Debian's prometheus-alertmanager, in memory, without waiting before it notifies. Where it is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { close, json, listen, read } from './stand-ins.ts';

const PROGRAM = 'prometheus-alertmanager';
/** Ends the program when this process does, however it does. */
const KEEPER = `${PROGRAM} "$@" >/dev/null 2>&1 & child=$!; cat >/dev/null; kill -9 $child; wait $child 2>/dev/null`;
const READY_WITHIN = 10_000;

export interface Alertmanager {
  readonly url: string;
  /** When the webhook got an alert, by its id. */
  readonly arrived: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const alertBody = (id: string): string =>
  JSON.stringify([
    {
      labels: { alertname: 'KMSKeyPendingDeletionUsed', key: id },
      annotations: { description: `Someone tried to use a KMS key that is pending deletion: ${id}` },
    },
  ]);

/** `undefined` where the program is not on the PATH. */
export async function startAlertmanager(): Promise<Alertmanager | undefined> {
  if (spawnSync(PROGRAM, ['--version'], { stdio: 'ignore' }).error !== undefined) return undefined;
  const arrived = new Map<string, number>();
  const server = createServer((request, response) => {
    const at = performance.now();
    read(request, (text) => {
      const { alerts } = JSON.parse(text) as {
        readonly alerts: readonly { readonly labels: { readonly key: string } }[];
      };
      for (const { labels } of alerts) if (!arrived.has(labels.key)) arrived.set(labels.key, at);
      json(response, {});
    });
  });
  const webhook = await listen(server);
  const directory = await mkdtemp(join(tmpdir(), 'keywarden-bench-'));
  const config = join(directory, 'config.yml');
  await writeFile(
    config,
    `route:\n  receiver: bench\n  group_by: ['...']\n  group_wait: 0s\n  group_interval: 5m\n  repeat_interval: 4h\nreceivers:\n  - name: bench\n    webhook_configs:\n      - url: ${webhook}\n        send_resolved: false\n`,
  );
  const port = await freePort();
  const child = spawn(
    'sh',
    [
      '-c',
      KEEPER,
      'sh',
      `--config.file=${config}`,
      `--storage.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const end = async (): Promise<void> => {
    await ended(child);
    await close(server);
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (const until = performance.now() + READY_WITHIN; performance.now() < until; await sleep(50)) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) return { url: `${url}/api/v2/alerts`, arrived, close: end };
  }
  await end();
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const url = await listen(server);
  await close(server);
  return Number(new URL(url).port);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin?.end();
  await gone;
}
