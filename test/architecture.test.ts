/** The rooms and their arrows (docs/decisions.md): who may import whom, who may touch the clock, the environment, the network. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Source {
  readonly path: string;
  readonly text: string;
  /** Imported files (relative to the root) and packages. */
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[];
}

function sources(folder: string): readonly Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const text = readFileSync(absolute, 'utf8');
      const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)';/gms)];
      const imports = found.map((match) => {
        const specifier = match[2] ?? '';
        const target = specifier.startsWith('.')
          ? relative(root, normalize(join(dirname(absolute), specifier)))
          : specifier;
        return { target, typeOnly: match[1] !== undefined };
      });
      return { path: relative(root, absolute), text, imports };
    });
}

const all = [...sources('src'), ...sources('jobs')];
const inRoom = (room: string) => all.filter((source) => source.path.startsWith(room));

/** Every import of the room's files that none of the allowed prefixes covers. */
function strangers(room: string, allowed: readonly string[]): readonly string[] {
  return inRoom(room).flatMap((source) =>
    source.imports
      .filter(({ target }) => !allowed.some((prefix) => target === prefix || target.startsWith(prefix)))
      .map(({ target }) => `${source.path} → ${target}`),
  );
}

const adapterSdks: Readonly<Record<string, readonly string[]>> = {
  aws: ['@aws-sdk/', '@smithy/', 'node:', 'zod'],
  intake: ['fastify', 'node:', 'zod'],
  redis: ['ioredis', 'node:', 'zod'],
  queue: ['bullmq', 'ioredis', 'node:', 'zod'],
  slack: ['@slack/', 'node:', 'zod'],
  'step-up': ['otpauth', 'node:'],
  system: ['pino', 'node:'],
  memory: [],
  chart: ['vega', 'vega-lite', '@resvg/', 'node:'],
  pager: [],
  heartbeat: [],
  http: ['fastify', 'prom-client', 'node:'],
};

describe('the arrows between rooms', () => {
  test('the rooms are there', () => {
    for (const room of ['src/domain/', 'src/flows/', 'src/adapters/', 'src/config/', 'src/sandbox/', 'jobs/'])
      expect(inRoom(room), room).not.toHaveLength(0);
  });
  test('domain/ imports only domain/', () => expect(strangers('src/domain/', ['src/domain/'])).toEqual([]));
  test('ports.ts imports types of the domain only', () => {
    expect(strangers('src/ports.ts', ['src/domain/'])).toEqual([]);
    expect(inRoom('src/ports.ts').flatMap((source) => source.imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  });
  test('flows/ imports domain, ports and flows', () =>
    expect(strangers('src/flows/', ['src/domain/', 'src/ports.ts', 'src/flows/'])).toEqual([]));
  test('jobs/ imports domain, ports and flows', () =>
    expect(strangers('jobs/', ['src/domain/', 'src/ports.ts', 'src/flows/', 'jobs/', 'zod'])).toEqual([]));
  test('config/ imports only itself and the rules', () =>
    expect(strangers('src/config/', ['src/config/', 'src/domain/', 'zod', 'yaml', 'node:'])).toEqual([]));
  test.each(Object.entries(adapterSdks))('adapters/%s imports domain, ports and its own SDK', (name, sdk) => {
    const own = `src/adapters/${name}/`;
    expect(strangers(own, ['src/domain/', 'src/ports.ts', own, ...sdk])).toEqual([]);
  });
  test('there is no adapter without a rule', () => {
    const folders = readdirSync(join(root, 'src/adapters'));
    expect(folders.sort()).toEqual(Object.keys(adapterSdks).sort());
  });
  test('words/ imports only the domain and block types', () => {
    expect(
      strangers('src/adapters/slack/words/', [
        'src/domain/',
        'src/adapters/slack/words/',
        '@slack/types',
        '@slack/web-api',
      ]),
    ).toEqual([]);
  });
  test('the sandbox knows the bot only through compose', () => {
    const bot = ['src/flows/', 'src/adapters/', 'src/ports.ts', 'src/main.ts', 'jobs/'];
    const found = inRoom('src/sandbox/').flatMap((source) =>
      source.imports
        .filter(({ target }) => bot.some((prefix) => target.startsWith(prefix)))
        .map(({ target }) => `${source.path} → ${target}`),
    );
    expect(found).toEqual([]);
  });
  test('production imports no development dependency', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const found = all
      .filter((source) => !source.path.startsWith('src/sandbox/'))
      .flatMap((source) =>
        source.imports
          .filter(({ target }) =>
            Object.keys(devDependencies).some((name) => target === name || target.startsWith(`${name}/`)),
          )
          .map(({ target }) => `${source.path} → ${target}`),
      );
    expect(found).toEqual([]);
  });
  test('nobody imports the sandbox', () => {
    const found = all
      .filter((source) => !source.path.startsWith('src/sandbox/'))
      .flatMap((source) =>
        source.imports
          .filter(({ target }) => target.startsWith('src/sandbox/'))
          .map(({ target }) => `${source.path} → ${target}`),
      );
    expect(found).toEqual([]);
  });
});

describe('what the rules may not touch', () => {
  const uses = (room: string, pattern: RegExp) =>
    inRoom(room)
      .filter((source) => pattern.test(source.text))
      .map((source) => source.path);
  test.each(['src/domain/', 'src/flows/', 'jobs/'])(
    '%s has no clock, chance, environment, timer or network of its own',
    (room) => {
      expect(
        uses(
          room,
          /Date\.now\(|new Date\(\)|Math\.random|process\.(env|exit|on|pid|hrtime)|setTimeout\(|setInterval\(|\bfetch\(|randomUUID/,
        ),
      ).toEqual([]);
    },
  );
  test('domain/ is synchronous', () => expect(uses('src/domain/', /\basync\b|\bawait\b|Promise</)).toEqual([]));
  test('only config/env.ts and the entries read the environment', () => {
    const readers = all.filter((source) => /process\.env/.test(source.text)).map((source) => source.path);
    expect(
      readers.filter(
        (path) =>
          !path.startsWith('src/sandbox/') &&
          path !== 'src/config/env.ts' &&
          path !== 'src/main.ts' &&
          path !== 'src/operator.ts',
      ),
    ).toEqual([]);
  });
  test('no timer is set for longer than a day: setTimeout overflows at 24.8 days', () => {
    const found = all.filter((source) => /setTimeout\([^)]*,\s*\d{8,}/.test(source.text)).map((source) => source.path);
    expect(found).toEqual([]);
  });
});

describe('what stands at the top', () => {
  test('only what the layout names', () => {
    const allowed = [
      'package.json',
      'tsconfig.json',
      'src',
      'jobs',
      'test',
      'manifest.yml',
      'README.md',
      'package-lock.json',
      'LICENSE',
      'CHANGELOG.md',
      'keywarden.example.yaml',
      'biome.json',
      'vitest.config.ts',
      '.gitignore',
      '.ci',
      'docs',
      '.git',
      'node_modules',
    ];
    expect(readdirSync(root).filter((name) => !allowed.includes(name))).toEqual([]);
  });
  test('a file above 300 lines says why at its head', () => {
    const long = all.filter(
      (source) => source.text.split('\n').length > 300 && !/\blines\b/i.test(source.text.slice(0, 1_500)),
    );
    expect(long.map((source) => source.path)).toEqual([]);
  });
});
