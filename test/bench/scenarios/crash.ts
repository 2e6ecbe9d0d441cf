/** `kill -9` of the process whose call KMS is working on, with another process beside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createPoster } from '../load.ts';
import { accountAt, alarmBody, newKey, pressBody } from '../messages.ts';
import { openWorld, type World } from '../world.ts';
import { note, type Scenario } from './scenario.ts';

const WITHIN = 45_000;

const ROUNDS = 3;

export const crash: Scenario = async ({ quick }) => {
  const rounds: Round[] = [];
  for (let round = 1; round <= (quick ? 1 : ROUNDS); round += 1) rounds.push(await killOnce());
  const seconds = rounds.map(({ settled }) =>
    settled === undefined ? `not within ${WITHIN / 1_000} s` : `${(settled / 1_000).toFixed(1)} s`,
  );
  return [
    {
      path: '`kill -9` mid-call, a second process beside: outcome of the lost call settled',
      keywarden: seconds.join(', '),
      goal: '≤ 15 s',
    },
    {
      path: 'the same: effective mutations (calls sent)',
      keywarden: rounds.map(({ effective, sent }) => `${effective} (${sent})`).join(', '),
      goal: '1',
    },
  ];
};

interface Round {
  /** Ms after the kill. */
  readonly settled: number | undefined;
  readonly effective: number;
  readonly sent: number;
}

async function killOnce(): Promise<Round> {
  note('kill -9 mid-call');
  const world = await openWorld(1);
  const poster = createPoster(2);
  try {
    const bots = { A: await world.addBot({ name: 'A' }), B: await world.addBot({ name: 'B' }) };
    const key = newKey(accountAt(0));
    await poster.post(`${bots.A.url}/webhooks/sns`, alarmBody(world.signer, key));
    const card = await world.slack.seen((call) => call.buttons.has('rescue'), WITHIN);
    const incident = card.buttons.get('rescue') ?? '';
    world.kms.hangs.add('CancelKeyDeletion');
    const { body, headers } = pressBody({ channel: card.channel, ts: card.ts, action: 'rescue', value: incident });
    // Either process may take the job: the signature tells which one did.
    const [, call] = await Promise.all([
      poster.post(`${bots.A.url}/slack/events`, body, headers),
      world.kms.seen((one) => one.operation === 'CancelKeyDeletion', WITHIN),
    ]);
    const dead = call.accessKey.endsWith('A') ? 'A' : 'B';
    const at = performance.now();
    await bots[dead].kill();
    world.kms.hangs.clear();
    const settled = await settledAfter(world, incident, at);
    const sent = world.kms.calls.filter((one) => one.key === key && one.operation === 'CancelKeyDeletion');
    return { settled, effective: sent.filter((one) => one.changed).length, sent: sent.length };
  } finally {
    poster.close();
    await world.close();
  }
}

interface Stored {
  readonly actions: readonly {
    readonly ending?: object;
    readonly calls: readonly { readonly outcome?: object }[];
  }[];
}

/** Ms from the kill until the record knows what became of the call, or `undefined`. */
async function settledAfter(world: World, incident: string, killedAt: number): Promise<number | undefined> {
  for (; performance.now() - killedAt < WITHIN; await sleep(20)) {
    const body = await world.redis.hget(`{kw}:incident:${incident}`, 'body');
    const [action] = body === null ? [] : (JSON.parse(body) as Stored).actions;
    if (action?.calls[0]?.outcome !== undefined || action?.ending !== undefined) return performance.now() - killedAt;
  }
  return undefined;
}
