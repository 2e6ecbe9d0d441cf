/** Processes that die, freeze or are told to stop, at the worst moment. The emulated KMS counts what really reached it. */
import { afterEach, describe, expect, test } from 'vitest';
import { type BotProcess, deliverTo, end, startBotProcess } from '../crash-processes.ts';
import { ACCOUNT, CHANNEL, eventually, openWorld, REGION, type World } from '../harness.ts';
import { expectInvariants } from '../invariants.ts';

let world: World;
let first: BotProcess | undefined;
afterEach(async () => {
  await end(first);
  if (world.bots().length > 0) {
    await eventually('its Redis', () => world.bot.redisWithin(1_000));
    await expectInvariants(world);
  }
  await world.close();
});

const calls = (operation: string): number => world.aws.calls().get(`kms ${operation} ${ACCOUNT} ${REGION}`) ?? 0;
const card = () => world.cards('alias/payments-prod')[0];
/** Calls of an operation that changed this key, as the emulated CloudTrail saw them. */
const changes = (arn: string, operation: string): number =>
  world.aws.events().filter(({ source, detail }) => {
    const record = detail as { eventName?: string; errorCode?: string; resources?: { ARN?: string }[] };
    return (
      source === 'cloudtrail' &&
      record.eventName === operation &&
      record.errorCode === undefined &&
      record.resources?.[0]?.ARN === arn
    );
  }).length;

/** A pending key whose card stands, posted by a bot in a process of its own. */
async function pendingKey(): Promise<string> {
  world = await openWorld({ withoutBot: true });
  const arn = await world.makeKey('payments-prod');
  first = await startBotProcess(world);
  await eventually('the first sweep', () => calls('DescribeKey') > 0);
  deliverTo(world, first);
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  await eventually('the card', card);
  return arn;
}
const click = (action: string) => world.slack.click({ channel: CHANNEL, ts: card()?.ts ?? '', user: 'alice', action });
const rescued = (arn: string, within = 25_000) =>
  eventually('the rescued key', () => world.stateOf(arn) === 'Enabled', within);
const green = () => eventually('the green card', () => world.words(card()).includes('🟢'), 25_000);

describe('kill -9', () => {
  test('1: before the KMS call: another process carries on within 15 s, one call', async () => {
    const arn = await pendingKey();
    world.aws.addFault({ service: 'sts', operation: 'AssumeRole', mode: 'hang', count: 1 });
    await click('Rescue');
    await eventually(
      'the call that hangs',
      () => (world.aws.calls().get(`sts AssumeRole ${ACCOUNT} ${REGION}`) ?? 0) > 1,
    );
    first?.child.kill('SIGKILL');
    const died = Date.now();
    await world.addBot();
    await rescued(arn);
    expect(Date.now() - died).toBeLessThan(25_000);
    await green();
    expect(changes(arn, 'CancelKeyDeletion')).toBe(1);
  }, 60_000);

  test('2: after KMS did it, before the answer: confirmed by read, no second call', async () => {
    const arn = await pendingKey();
    world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'failAfter', count: 1 });
    await click('Rescue');
    await eventually('the cancelled key', () => world.stateOf(arn) !== 'PendingDeletion');
    first?.child.kill('SIGKILL');
    await world.addBot();
    await rescued(arn);
    await green();
    expect(changes(arn, 'CancelKeyDeletion')).toBe(1);
    expect(changes(arn, 'EnableKey')).toBe(1);
  }, 60_000);

  test('3: twice in a row, once before and once during the call: not lost', async () => {
    const arn = await pendingKey();
    const reads = calls('DescribeKey');
    world.aws.addFault({ service: 'kms', operation: 'DescribeKey', mode: 'hang', count: 1 });
    await click('Rescue');
    await eventually('the read before the call', () => calls('DescribeKey') > reads);
    first?.child.kill('SIGKILL');
    await first?.exited;
    world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'hang', count: 1 });
    first = await startBotProcess(world);
    await eventually('the call', () => calls('CancelKeyDeletion') === 1, 30_000);
    first.child.kill('SIGKILL');
    await world.addBot();
    await rescued(arn, 40_000);
    expect(changes(arn, 'CancelKeyDeletion')).toBe(1);
  }, 120_000);

  test('right after the webhook’s 200 and right after the click’s acknowledgement nothing is lost', async () => {
    world = await openWorld({ withoutBot: true });
    const arn = await world.makeKey('payments-prod');
    first = await startBotProcess(world);
    // The survey behind the first sweep reads the key as well: what is read after it is read for the event.
    await eventually('the first sweep and its survey', () => calls('ListGrants') > 0);
    const before = calls('DescribeKey');
    world.aws.addFault({ service: 'kms', operation: 'DescribeKey', mode: 'hang', count: 1 });
    deliverTo(world, first);
    await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    await eventually('the event kept', () => calls('DescribeKey') > before);
    first.child.kill('SIGKILL');
    await first.exited;
    first = await startBotProcess(world);
    await eventually('the card', card, 20_000);
    deliverTo(world, first);
    world.slack.addFault({ service: 'slack', operation: 'users.info', mode: 'hang', count: 1 });
    expect(await click('Rescue')).toMatchObject({ ok: true });
    first.child.kill('SIGKILL');
    await world.addBot();
    await rescued(arn);
    expect(changes(arn, 'CancelKeyDeletion')).toBe(1);
  }, 90_000);
});

test('4: a frozen process: another one acts, and the thawed one adds nothing', async () => {
  const arn = await pendingKey();
  world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'slow', count: 1 });
  await click('Rescue');
  await eventually('the call', () => calls('CancelKeyDeletion') === 1);
  first?.child.kill('SIGSTOP');
  await world.addBot();
  await rescued(arn);
  first?.child.kill('SIGCONT');
  await green();
  await eventually(
    'the action ended',
    async () => (await world.incident(arn))?.actions[0]?.ending?.kind === 'verified',
  );
  expect(changes(arn, 'CancelKeyDeletion')).toBe(1);
  expect(changes(arn, 'EnableKey')).toBe(1);
}, 60_000);

test('47: SIGTERM mid-call: drained within 25 s, 503 to what is new, exit 0', async () => {
  const arn = await pendingKey();
  world.aws.addFault({ service: 'kms', operation: 'CancelKeyDeletion', mode: 'slow', count: 1 });
  await click('Rescue');
  await eventually('the call', () => calls('CancelKeyDeletion') === 1);
  const asked = Date.now();
  first?.child.kill('SIGTERM');
  await eventually(
    '503 to what is new',
    async () => (await fetch(`${first?.url}/webhooks/eventbridge`, { method: 'POST', body: '{}' })).status === 503,
  );
  expect(await first?.exited).toBe(0);
  expect(Date.now() - asked).toBeLessThan(25_000);
  await world.addBot();
  await rescued(arn);
  expect(changes(arn, 'CancelKeyDeletion')).toBe(1);
}, 60_000);
