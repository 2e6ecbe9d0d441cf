/** A Redis of the test's own, with a way to look inside. */
import { Redis } from 'ioredis';
import { type PrivateRedis, startPrivateRedis } from '../src/sandbox/redis.ts';

export interface TestRedis extends PrivateRedis {
  /** Runs one command over a connection of its own. */
  command(...words: string[]): Promise<unknown>;
  /** Empties it. */
  wipe(): Promise<void>;
}

/** `started: false`: only its port is known; `restart()` brings it up. */
export async function startTestRedis(options: { readonly started?: boolean } = {}): Promise<TestRedis> {
  const server = await startPrivateRedis();
  if (options.started === false) await server.kill();
  const command = (...words: string[]): Promise<unknown> => ask(server.url, words);
  return Object.defineProperties(
    { command, wipe: async () => void (await command('FLUSHALL')) },
    Object.getOwnPropertyDescriptors(server),
  ) as TestRedis;
}

async function ask(url: string, words: readonly string[]): Promise<unknown> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(words[0] as string, ...words.slice(1));
  } finally {
    client.disconnect();
  }
}
