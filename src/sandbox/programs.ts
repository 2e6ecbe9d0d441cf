/** Finds the programs that sandbox and tests need, and installs them where that is allowed and possible. */
import { spawn, spawnSync } from 'node:child_process';
import { mayInstall } from '../config/env.ts';

/** A program under any of its names, and the packages that bring it. */
export interface Program {
  readonly title: string;
  /** Executables, best first; any of them will do. */
  readonly names: readonly string[];
  readonly apt: readonly string[];
  /** Package names to try in turn: distributions moved from Redis to Valkey at different times. */
  readonly apk: readonly string[];
  readonly dnf: readonly string[];
  /** The service that Debian's package enables, which nobody asked for. */
  readonly service?: string;
}

export interface InstallOptions {
  /** Told what is about to happen, in one line. */
  readonly say?: (line: string) => void;
  /** Default: whether `KEYWARDEN_NO_INSTALL` allows it. */
  readonly install?: boolean;
}

/** The absolute path of the first name that is on PATH. */
export function findProgram(names: readonly string[]): string | undefined {
  const script = 'for name; do command -v "$name" && exit 0; done; exit 1';
  const found = spawnSync('sh', ['-c', script, 'sh', ...names], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim().split('\n')[0] : undefined;
}

/**
 * The absolute path of a program; installs it first when it is missing, this is root, and nothing forbids it. Throws an
 * error whose message names the one command that a person should run otherwise.
 */
export async function findOrInstall(program: Program, options: InstallOptions = {}): Promise<string> {
  const present = findProgram(program.names);
  if (present !== undefined) return present;
  const recipe = recipeFor(program);
  if (recipe === undefined) {
    throw new Error(`${program.title} is missing: install it so that one of ${program.names.join(', ')} is on PATH.`);
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !(options.install ?? mayInstall())) {
    throw new Error(`${program.title} is missing. Run: ${isRoot ? '' : 'sudo '}sh -c '${recipe}'`);
  }
  options.say?.(`${program.title} is missing: installing it (${recipe})`);
  await runAsOnly(program, recipe);
  const installed = findProgram(program.names);
  if (installed === undefined) throw new Error(`${program.title} was installed, but none of its programs is on PATH.`);
  return installed;
}

function recipeFor({ apt, apk, dnf }: Program): string | undefined {
  const inTurn = (command: string, packages: readonly string[]): string =>
    packages.map((name) => `${command} ${name}`).join(' || ');
  if (findProgram(['apt-get'])) {
    return `apt-get update -q && apt-get install -q -y --no-install-recommends ${apt.join(' ')}`;
  }
  if (findProgram(['apk'])) return inTurn('apk add', apk);
  if (findProgram(['dnf'])) return inTurn('dnf install -y', dnf);
  return undefined;
}

/**
 * Test workers start together and would install together: one lock, and a second look once it is ours. Debian starts a
 * service as soon as it is installed unless `policy-rc.d` says 101 (invoke-rc.d(8)); ours goes away afterwards, one that
 * was there before stays, and one that an interrupted run left behind is known by its comment.
 */
const INSTALL = `
set -eu
recipe=$1 service=$2
shift 2
exec 9>/run/keywarden-install.lock
if command -v flock >/dev/null; then flock 9; fi
for name; do if command -v "$name" >/dev/null; then exit 0; fi; done
policy=/usr/sbin/policy-rc.d
if command -v apt-get >/dev/null && { [ ! -e $policy ] || grep -q 'keywarden, temporary' $policy; }; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\n# keywarden, temporary\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
sh -c "$recipe" 9>&-
if [ -n "$service" ] && command -v systemctl >/dev/null; then systemctl disable -q "$service" 2>/dev/null || true; fi
`;

function runAsOnly(program: Program, recipe: string): Promise<void> {
  const child = spawn('sh', ['-c', INSTALL, 'install', recipe, program.service ?? '', ...program.names], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Installing ${program.title} failed (${recipe}):\n${lastLines(Buffer.concat(output))}`));
    });
  });
}

const lastLines = (output: Buffer): string => output.toString('utf8').trim().split('\n').slice(-15).join('\n');
