/** What a digest tells, to whom, and what happens where Slack will not take it as it is. */
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/domain/audit.ts';
import { KeyDeeds } from '../../src/sandbox/key-deeds.ts';
import type { SlackMessage } from '../../src/sandbox/world.ts';
import { keyNamed } from '../domain/digest-samples.ts';
import { cardOf, count, openFront, refusal } from '../faults/given.ts';
import { drained } from '../gathering/given.ts';
import { ACCOUNT, CHANNEL, DAY, eventually, FALLBACK, MALLORY, type World } from '../harness.ts';
import {
  at,
  beat,
  beatUntil,
  byHand,
  daily,
  digestsIn,
  idle,
  inDigestWorld,
  moveTo,
  slotsIn,
  sweepAll,
  withDyingKey,
} from './given.ts';

/** Slack's stamps are judged by the machine's clock, too: no press comes from its past. */
const YEAR = new Date().getUTCFullYear() + 1;
const BEFORE = `${YEAR}-06-01T06:00Z`;
const NINE = `${YEAR}-06-01T07:00Z`;
const REGIONS = ['us-west-2', 'eu-west-1'];
const account = { id: ACCOUNT, name: 'payments-prod', regions: REGIONS };
const builder = { ...MALLORY, principal: 'builder' };

async function imported(world: World, alias: string, expiresAt: number): Promise<string> {
  const arn = await world.makeKey(alias, { Origin: 'EXTERNAL' });
  const deeds = new KeyDeeds(world.aws);
  deeds.keepMaterial(arn, randomBytes(32));
  const answer = await deeds.importMaterial(arn, builder, expiresAt);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return arn;
}

const blocksOf = (message: SlackMessage | undefined) => (message?.blocks ?? []) as readonly Record<string, unknown>[];
const kindsOf = (message: SlackMessage | undefined) => blocksOf(message).map(({ type }) => type);
/** The section that begins so, dates by their fallback. */
const sectionOf = (message: SlackMessage | undefined, title: string): string =>
  blocksOf(message)
    .map(({ text }) => String((text as { text?: string } | undefined)?.text))
    .find((text) => text.includes(title))
    ?.replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1') ?? '';

test('everything there is to tell, with its picture', () =>
  inDigestWorld(
    BEFORE,
    { digests: [daily()], accounts: [account] },
    async (world, bot) => {
      const dying = await world.makeKey('payments-prod');
      const family = await world.makeKey('ledger', { MultiRegion: true });
      await world.call('ReplicateKey', { KeyId: family, ReplicaRegion: 'eu-west-1' });
      const off = await world.makeKey('legacy-billing');
      const rescued = await world.makeKey('rescued');
      await imported(world, 'orders-archive', at(`${YEAR}-06-09T12:00Z`));
      await sweepAll(world, bot);
      await world.call('ScheduleKeyDeletion', { KeyId: dying, PendingWindowInDays: 7 });
      await world.call('ScheduleKeyDeletion', { KeyId: rescued, PendingWindowInDays: 7 });
      // Before the others come, and one card takes in all of them.
      const [card, other] = [await cardOf(world, 'payments-prod'), await cardOf(world, 'rescued')];
      await world.call('ScheduleKeyDeletion', { KeyId: family, PendingWindowInDays: 30 });
      const replica = { KeyId: family.replace('us-west-2', 'eu-west-1'), PendingWindowInDays: 10 };
      await world.aws.call('ScheduleKeyDeletion', replica, { ...MALLORY, region: 'eu-west-1' });
      await world.call('DisableKey', { KeyId: off });
      await drained(world, bot);
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Acknowledge' });
      await eventually('the acknowledgement', async () => (await world.incident(dying))?.attention);
      await world.slack.click({ channel: CHANNEL, ts: other.ts, user: 'alice', action: 'Rescue' });
      await eventually('the rescue', async () => (await world.incident(rescued))?.phase.kind === 'closed');
      await sweepAll(world, bot);
      await drained(world, bot);
      moveTo(world, NINE);
      await beatUntil(world, bot, 1);
      const [message] = digestsIn(world);
      expect(kindsOf(message).slice(0, 2)).toEqual(['header', 'image']);
      const image = blocksOf(message)[1] as { slack_file: { id: string }; alt_text: string; image_width: number };
      expect(image.image_width).toBe(1_200);
      expect(image.alt_text).toContain('alias/payments-prod');
      expect(world.slack.file(image.slack_file.id)?.name).toMatch(/^keywarden-countdown-\d{8}T\d{4}Z\.png$/);
      const pending = sectionOf(message, 'Pending deletion');
      expect(pending).toContain('3 keys');
      // Each name leads to its card.
      const listed = pending.replace(/<https:[^|]+\/p\d+\|([^>]+)>/g, '$1');
      expect(listed).toContain(
        `*alias/payments-prod*  ·  payments-prod ${ACCOUNT} us-west-2  ·  deleted after ${YEAR}-06-08`,
      );
      expect(pending).toMatch(
        /\*<https:\/\/sandbox\.slack\.com\/archives\/C0INCIDENT\/p\d{16}\|alias\/payments-prod>\*/,
      );
      expect(pending).toContain('👀 <@U0ALICE>');
      expect(listed).toMatch(
        /\*alias\/ledger\*.*eu-west-1 \(replica\) deleted after .*us-west-2 \(primary\) waits for its replicas/,
      );
      const unattended = sectionOf(message, 'Acknowledged by nobody');
      expect(unattended).toContain('3 open incidents');
      expect(unattended).toContain('alias/legacy-billing');
      expect(unattended).not.toContain('alias/payments-prod');
      expect(sectionOf(message, 'Imported material')).toContain(`expires ${YEAR}-06-09 12:00 UTC`);
      expect(sectionOf(message, 'Disabled')).toContain('at least 1 USD a month');
      expect(sectionOf(message, 'Disabled')).toContain(`disabled since ${YEAR}-06-01`);
      const done = sectionOf(message, 'Done since');
      expect(done).toContain('Rescue: 1 done');
      expect(done).toContain('Rescue of *alias/rescued* by <@U0ALICE>: done');
      expect(done).toContain('<@U0ALICE> acknowledged *alias/payments-prod*');
      // The next one tells only what came after this one.
      moveTo(world, at(NINE) + DAY);
      await beatUntil(world, bot, 2);
      expect(sectionOf(digestsIn(world)[1], 'Done since')).toBe('');
    },
    { overrides: {} },
  ));

test('nothing to report is one line', () =>
  inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
    await world.makeKey('calm');
    moveTo(world, NINE);
    await sweepAll(world, bot);
    await beatUntil(world, bot, 1);
    const [message] = digestsIn(world);
    expect(blocksOf(message)).toHaveLength(1);
    expect(world.words(message)).toContain('Nothing to report.* Of 1 key none is pending deletion');
  }));

test('what cannot be read is told, and is not fine', () =>
  inDigestWorld(BEFORE, { digests: [daily()], accounts: [account] }, async (world, bot) => {
    await world.makeKey('hidden');
    await sweepAll(world, bot);
    world.aws.addFault({ service: 'kms', operation: 'DescribeKey', mode: 'failBefore', count: 1_000 });
    await sweepAll(world, bot);
    world.aws.addFault({ service: 'kms', operation: 'ListKeys', mode: 'failBefore', count: 1_000 });
    await sweepAll(world, bot);
    moveTo(world, NINE);
    await beatUntil(world, bot, 1);
    const [message] = digestsIn(world);
    expect(message?.text).toContain('3 not readable');
    const unread = sectionOf(message, 'Could not be read');
    for (const region of REGIONS) expect(unread).toContain(`payments-prod ${ACCOUNT} ${region}: kms:ListKeys`);
    expect(unread).toContain(`*alias/hidden*  ·  payments-prod ${ACCOUNT} us-west-2  ·  last read ${YEAR}-06-01`);
  }));

test('what was last swept long ago is not fine, whatever it said then', () =>
  inDigestWorld(BEFORE, { digests: [daily()], accounts: [account] }, async (world, bot) => {
    await sweepAll(world, bot);
    // Neither answered nor refused: the sweeps go on and on.
    world.aws.addFault({ service: 'kms', operation: 'ListAliases', mode: 'hang', count: 1_000 });
    moveTo(world, at(NINE) + 3 * DAY);
    const [message] = await eventually(
      'a digest',
      async () => {
        await bot.pulse();
        return digestsIn(world).length > 0 ? digestsIn(world) : undefined;
      },
      25_000,
    );
    expect(world.words(message)).not.toContain('Nothing to report');
    const unread = sectionOf(message, 'Could not be read');
    for (const region of REGIONS)
      expect(unread).toContain(`payments-prod ${ACCOUNT} ${region}: last swept ${YEAR}-06-01 06:00 UTC, not since`);
  }));

describe('what was done is told once, and none of it is left out', () => {
  const acknowledged = (id: string, when: number): AuditEvent => ({
    id,
    kind: 'acknowledged',
    at: when,
    actor: { via: 'slack', enterprise: '', team: 'T1', user: 'U0ALICE' },
  });
  const tellsOfIt = (world: World): readonly boolean[] =>
    digestsIn(world).map((message) => world.words(message).includes('1 incident acknowledged'));

  test('it happened before a digest and was written down after it', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      moveTo(world, NINE);
      await beatUntil(world, bot, 1);
      await bot.house.audit.append([acknowledged('late', at(NINE) - 5_000)]);
      moveTo(world, at(NINE) + DAY);
      await beatUntil(world, bot, 2);
      moveTo(world, at(NINE) + 2 * DAY);
      await beatUntil(world, bot, 3);
      expect(tellsOfIt(world)).toEqual([false, true, false]);
    }));

  test('the trail could not be read: the next one tells it', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      await bot.house.audit.append([acknowledged('done', world.clock.now())]);
      const redis = new Redis(world.redis.url);
      await redis.rename('{kw}:audit', '{kw}:away');
      await redis.set('{kw}:audit', 'no stream');
      moveTo(world, NINE);
      await beatUntil(world, bot, 1);
      expect(world.words(digestsIn(world)[0])).toContain('could not be read to its end');
      await redis.del('{kw}:audit');
      await redis.rename('{kw}:away', '{kw}:audit');
      redis.disconnect();
      moveTo(world, at(NINE) + DAY);
      await beatUntil(world, bot, 2);
      expect(tellsOfIt(world)).toEqual([false, true]);
    }));

  test('a key that KMS has deleted', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      const arn = await withDyingKey(world, bot);
      moveTo(world, at(BEFORE) + 7 * DAY + 1_800_000);
      await eventually('its end', async () => {
        await bot.pulse();
        return (await world.incident(arn))?.phase.kind === 'closed';
      });
      // Yesterday's digest was due, too.
      await beatUntil(world, bot, 1);
      for (const [days, sent] of [
        [7, 2],
        [8, 3],
      ] as const) {
        moveTo(world, at(NINE) + days * DAY);
        await beatUntil(world, bot, sent);
      }
      const told = digestsIn(world).map((message) => sectionOf(message, 'Deleted since the last one'));
      const [only = '', ...others] = told.filter((words) => words !== '');
      expect(only).toContain('1 key, newest first');
      expect(only).toMatch(/alias\/dying.*us-west-2 {2}· {2}found deleted/);
      expect(others).toEqual([]);
    }));
});

describe('who hears of what', () => {
  const second = { id: '444455556666', name: 'elsewhere', regions: ['us-west-2'] };
  test('a routed channel hears of its accounts, any other of all', () =>
    inDigestWorld(
      BEFORE,
      {
        channels: { default: CHANNEL, routes: [{ account: second.id, channel: FALLBACK }] },
        accounts: [{ id: ACCOUNT, name: 'payments-prod', regions: ['us-west-2'] }, second],
        digests: [daily(), { ...daily(), channel: FALLBACK }],
      },
      async (world, bot) => {
        await withDyingKey(world, bot);
        moveTo(world, NINE);
        await beatUntil(world, bot, 1);
        await beatUntil(world, bot, 1, FALLBACK);
        const [[here], [there]] = [digestsIn(world), digestsIn(world, FALLBACK)];
        expect(world.words(here)).toContain('alias/dying');
        expect(world.words(here)).not.toContain(second.id);
        expect(world.words(there)).not.toContain('alias/dying');
        // Nobody's credentials fit it in this world.
        expect(sectionOf(there, 'Could not be read')).toContain(`elsewhere ${second.id} us-west-2`);
      },
    ));
});

describe('channels', () => {
  test('14: archived: the fallback channel takes it, and it says so', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      world.slack.change({ kind: 'archiveChannel', channel: CHANNEL });
      moveTo(world, NINE);
      await beatUntil(world, bot, 1, FALLBACK);
      expect(world.words(digestsIn(world, FALLBACK)[0])).toContain(`Posted here because <#${CHANNEL}> refused it.`);
      expect(digestsIn(world)).toEqual([]);
      await beat(bot);
      await idle(world);
      expect(slotsIn(world, FALLBACK)).toHaveLength(1);
    }));

  test('no channel takes it: tried again, until one does', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      for (const channel of [CHANNEL, FALLBACK]) world.slack.change({ kind: 'archiveChannel', channel });
      moveTo(world, NINE);
      await beat(bot);
      await idle(world);
      expect(count(world, 'chat.postMessage')).toBeGreaterThan(0);
      world.slack.change({ kind: 'unarchiveChannel', channel: CHANNEL });
      moveTo(world, at(NINE) + 60_000);
      await beatUntil(world, bot, 1);
      expect(slotsIn(world)).toHaveLength(1);
      expect(slotsIn(world, FALLBACK)).toEqual([]);
    }));

  test('one that another company reads gets none', () =>
    inDigestWorld(BEFORE, { digests: [{ ...daily(), channel: 'C0SHARED' }] }, async (world, bot) => {
      moveTo(world, NINE);
      await beatUntil(world, bot, 1, FALLBACK);
      expect(digestsIn(world, 'C0SHARED')).toEqual([]);
    }));
});

describe('the picture', () => {
  test('one that cannot be drawn: the words go without, and say so', () =>
    inDigestWorld(
      BEFORE,
      { digests: [daily()] },
      async (world, bot) => {
        await withDyingKey(world, bot);
        moveTo(world, NINE);
        await beatUntil(world, bot, 1);
        expect(kindsOf(digestsIn(world)[0])).not.toContain('image');
        expect(world.words(digestsIn(world)[0])).toContain('no ink');
      },
      { overrides: { ...byHand, charts: { draw: async () => ({ kind: 'failed', message: 'no ink' }) } } },
    ));

  test('Slack is still looking through it: shown a moment later', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      await withDyingKey(world, bot);
      world.slack.change({ kind: 'delayPictures', ms: 1_200 });
      moveTo(world, NINE);
      await beatUntil(world, bot, 1);
      expect(kindsOf(digestsIn(world)[0])).toContain('image');
      expect(digestsIn(world)).toHaveLength(1);
    }));

  test('Slack does not come to an end with it: it follows in the thread', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      await withDyingKey(world, bot);
      world.slack.change({ kind: 'delayPictures', ms: DAY });
      moveTo(world, NINE);
      await beatUntil(world, bot, 1);
      const [message] = digestsIn(world);
      expect(kindsOf(message)).not.toContain('image');
      expect(world.words(message)).toContain('it follows in the thread');
      const replies = await eventually('the picture', () => digestsIn(world)[0]?.replies);
      expect(JSON.stringify(replies)).toContain('keywarden-countdown-');
    }));

  test('no permission to upload: the digest names it', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      await using front = await openFront(world, ({ method }) =>
        method === 'files.getUploadURLExternal' ? refusal('missing_scope') : undefined,
      );
      const other = await world.addBot({ ...byHand, slackApiUrl: front.url });
      await withDyingKey(world, bot);
      await bot.stop();
      moveTo(world, NINE);
      await beatUntil(world, other, 1);
      expect(world.words(digestsIn(world)[0])).toContain('files:write');
    }));
});

describe('16: the token', () => {
  test('16: refused for an hour: the digest comes late', () =>
    inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
      world.slack.change({ kind: 'revokeToken' });
      moveTo(world, NINE);
      await beat(bot);
      await idle(world);
      expect(digestsIn(world)).toEqual([]);
      world.slack.change({ kind: 'restoreToken' });
      moveTo(world, at(NINE) + 3_600_000);
      await beatUntil(world, bot, 1);
      expect(world.words(digestsIn(world)[0])).toContain('Late by 1 h');
    }));

  test('16: refused for longer than a day: the next one', () =>
    inDigestWorld(BEFORE, { digests: [daily('Europe/Berlin', '0 9 1,3 * *')] }, async (world, bot) => {
      world.slack.change({ kind: 'revokeToken' });
      moveTo(world, NINE);
      await beat(bot);
      await idle(world);
      world.slack.change({ kind: 'restoreToken' });
      moveTo(world, at(NINE) + DAY + 60_000);
      await beat(bot);
      await idle(world);
      expect(digestsIn(world)).toEqual([]);
      moveTo(world, at(NINE) + 2 * DAY);
      await beatUntil(world, bot, 1);
      expect(slotsIn(world)).toEqual([`${YEAR}-06-03T09:00`]);
    }));
});

test('15: blocks that Slack refuses: once more without any', () =>
  inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
    await using front = await openFront(world, ({ method, body }) =>
      method === 'chat.postMessage' && JSON.parse(body.get('blocks') ?? '[]').length > 0
        ? refusal('invalid_blocks')
        : undefined,
    );
    const other = await world.addBot({ ...byHand, slackApiUrl: front.url });
    await withDyingKey(world, bot);
    await bot.stop();
    moveTo(world, NINE);
    await beatUntil(world, other, 1);
    const [message] = digestsIn(world);
    expect(message?.text).toContain('alias/dying');
    expect(message?.text).toContain('Slack refused the full digest');
    expect(slotsIn(world)).toHaveLength(1);
  }));

test('what the sweep remembers: ages, expiries and families, also from before they were kept', () =>
  inDigestWorld(BEFORE, { digests: [daily()], accounts: [account] }, async (world, bot) => {
    const off = await world.makeKey('off');
    const family = await world.makeKey('family', { MultiRegion: true });
    const archive = await imported(world, 'archive', at(`${YEAR}-08-01T00:00Z`));
    await world.call('DisableKey', { KeyId: off });
    await sweepAll(world, bot);
    const memoryOf = async (arn: string) => {
      for (const place of bot.house.keys.places())
        for await (const page of bot.house.index.scan(place))
          for (const { key, memory } of page) if (key.arn === arn) return { key, memory };
      throw new Error(`${arn} is not remembered`);
    };
    const seen = await memoryOf(off);
    expect(seen.memory.stateSince).toEqual({ at: seen.memory.readAt, exact: false });
    expect((await memoryOf(family)).memory.multiRegion).toBe('PRIMARY');
    expect((await memoryOf(archive)).memory.validTo).toBe(at(`${YEAR}-08-01T00:00Z`));
    const { stateSince: _stateSince, ...old } = seen.memory;
    await bot.house.index.put([{ key: seen.key, memory: old }]);
    moveTo(world, NINE);
    await sweepAll(world, bot);
    expect((await memoryOf(off)).memory.stateSince).toEqual({ at: seen.memory.readAt, exact: false });
    await world.call('EnableKey', { KeyId: off });
    await sweepAll(world, bot);
    const { memory } = await memoryOf(off);
    expect(memory.stateSince).toEqual({ at: memory.readAt, exact: true });
  }));

test('thousands of keys: the first few, all counted, and a message that Slack takes', () =>
  inDigestWorld(BEFORE, { digests: [daily()] }, async (world, bot) => {
    const [place] = bot.house.keys.places();
    if (place === undefined) throw new Error('one place is configured');
    // Nothing is listed any more, so that no sweep takes away what was never there.
    world.aws.addFault({ service: 'kms', operation: 'ListKeys', mode: 'failBefore', count: 1_000 });
    const soon = at(NINE) + 7 * DAY;
    const keys = Array.from({ length: 12_000 }, (_, index) => ({
      key: keyNamed(`key-${index}`, place.region, place.account),
      memory: {
        state: index % 2 === 0 ? 'PendingDeletion' : 'Disabled',
        readAt: at(BEFORE),
        aliases: [`alias/of-${index}`],
        origin: 'AWS_KMS',
        manager: 'CUSTOMER',
        ...(index % 2 === 0 ? { deletionDate: soon + ((index * 7) % 12_000) * 1_000 } : {}),
      } as const,
    }));
    await bot.house.index.put(keys);
    moveTo(world, NINE);
    await beatUntil(world, bot, 1);
    const [message] = digestsIn(world);
    expect(message?.text).toContain('6000 pending deletion');
    const pending = sectionOf(message, 'Pending deletion');
    expect(pending).toMatch(/soonest first\n• {2}\*alias\/of-0\*/);
    expect(pending).toMatch(/and 59\d\d more: `\/kms list pending`/);
    expect(sectionOf(message, 'Disabled')).toContain('6000 keys, longest first; together at least 6000 USD a month');
  }));
