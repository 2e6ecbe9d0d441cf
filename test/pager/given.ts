/** What the tests of the pager and of the auditor share: sinks that keep what they are told, and time that passes step by step. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookBody } from '../../src/adapters/pager/words.ts';
import type { Bot } from '../../src/compose.ts';
import { pass } from '../faults/given.ts';
import { eventually, PAGER_TOPIC, type World } from '../harness.ts';

/** One call as a sink took it. */
export interface Call {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
}

/** What was published to the pager's topic, oldest first. */
export const published = (world: World): readonly (Call & { readonly summary: string; readonly message: string })[] =>
  world.aws
    .events()
    .filter(({ source }) => source === 'pager')
    .map(({ detail }) => ({
      id: String(detail.id),
      status: String(detail.state),
      kind: String(detail.kind),
      summary: String(detail.summary),
      message: String(detail.message),
    }));

export const callsOf = (calls: readonly Call[], kind: string): readonly string[] =>
  calls.filter((one) => one.kind === kind).map(({ status }) => status);

export const toTopic = { pager: { snsTopic: PAGER_TOPIC } } as const;

/** A web address that keeps what it takes, and answers what the test says. `paths`: every visit, taken or not. */
export async function openSink(answer: (visit: number) => number = () => 200) {
  const taken: WebhookBody[] = [];
  const visits: { readonly method: string; readonly path: string }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    visits.push({ method: request.method ?? '', path: request.url ?? '' });
    const status = answer(visits.length);
    if (status < 300 && text !== '') taken.push(JSON.parse(text) as WebhookBody);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-of-the-address`,
    taken: taken as readonly WebhookBody[],
    visits: visits as readonly { readonly method: string; readonly path: string }[],
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const STEP = 10_000;

/** Time passes as it does for a process that runs: in steps, with a pulse of each bot after each of them. */
export async function live(world: World, seconds: number, bots: readonly Bot[] = world.bots()): Promise<void> {
  for (let left = seconds * 1_000; left > 0; left -= STEP) {
    pass(world, Math.min(STEP, left));
    for (const bot of bots) await bot.pulse();
  }
}

/** Lives on until something is so, by the world's clock at most so many seconds. */
export async function liveUntil<T>(
  world: World,
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 900,
): Promise<T> {
  for (let passed = 0; passed < seconds; passed += STEP / 1_000) {
    const found = await eventually(what, look, 300).catch(() => undefined);
    if (found !== undefined) return found as T;
    await live(world, STEP / 1_000);
  }
  // The clock is there; what it woke may still be on its way on a slow machine.
  return eventually(`${what}, within ${seconds} s of the world's clock`, look) as Promise<T>;
}

/** Whatever is owed has been told: no page waits for a sink. */
export const pagerIdle = (world: World, bot: Bot = world.bot): Promise<boolean> =>
  eventually('an idle pager', async () => {
    const pages = await bot.house.pages.all();
    return pages.every(({ status, sinks }) =>
      bot.house.pager.sinks.every((sink) => (sinks[sink]?.told ?? 'over') === status),
    );
  });
