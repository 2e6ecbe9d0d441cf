import { describe, expect, it } from 'vitest';
import { cardOf, inWorld, pass, settled, sweepNow } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, REGION, type World } from '../harness.ts';
import { BLIND, ELSEWHERE, lookups, mallory, OTHER, threeAccounts } from './given.ts';

const MINUTE = 60_000;
const builder = (account: string, region: string) => ({ principal: 'builder', account, region });

const intruderOf = async (world: World, arn: string) =>
  eventually(`what else was done, on ${arn}`, async () => (await world.incident(arn))?.knowledge?.intruder, 20_000);

const seen = async (world: World, arn: string, what: string): Promise<string> =>
  eventually(`${what} on the card`, async () => {
    const incident = await world.incident(arn);
    const card = world.messages().find(({ ts }) => ts === incident?.card.ts);
    const words = JSON.stringify(card?.blocks ?? []);
    return words.includes(what) ? words : undefined;
  });

describe('what else did they do', () => {
  it('the other calls are found in the other account and Region, what was refused with them; a place that cannot be searched is named', async () => {
    await inWorld(threeAccounts, async (world) => {
      const dying = await world.makeKey('payments');
      const near = await world.makeKey('near', {}, builder(ACCOUNT, ELSEWHERE));
      const far = await world.makeKey('far', {}, builder(OTHER, REGION));
      await sweepNow(world);
      await world.call('GetKeyPolicy', { KeyId: dying, PolicyName: 'default' }, mallory());
      await world.call('GetKeyPolicy', { KeyId: dying, PolicyName: 'default' }, mallory());
      await world.call('ListKeys', {}, mallory({ region: ELSEWHERE }));
      await world.call(
        'PutKeyPolicy',
        { KeyId: far, PolicyName: 'default', Policy: await policyOf(world, far) },
        mallory({ account: OTHER }),
      );
      await world.aws.call('CancelKeyDeletion', { KeyId: near }, mallory({ region: ELSEWHERE }));
      // Somebody else's calls are not theirs.
      await world.call('GetKeyPolicy', { KeyId: dying, PolicyName: 'default' }, builder(ACCOUNT, REGION));
      await world.call('ScheduleKeyDeletion', { KeyId: dying, PendingWindowInDays: 7 }, mallory());

      const intruder = await intruderOf(world, dying);
      const byOperation = new Map(intruder.groups.map((group) => [group.operation, group]));
      expect([...byOperation.keys()].sort()).toEqual([
        'CancelKeyDeletion',
        'GetKeyPolicy',
        'ListKeys',
        'PutKeyPolicy',
        'ScheduleKeyDeletion',
      ]);
      expect(byOperation.get('GetKeyPolicy')).toMatchObject({ count: 2, refused: 0, readOnly: true, keys: [dying] });
      expect(byOperation.get('CancelKeyDeletion')).toMatchObject({
        count: 1,
        refused: 1,
        errors: ['KMSInvalidStateException'],
      });
      expect(byOperation.get('PutKeyPolicy')).toMatchObject({ count: 1, keys: [far] });
      // In another account nothing but the name is the same.
      expect(intruder.byName).toBe(1);
      expect(intruder).toMatchObject({ placesSearched: 3, unsearchedCount: 1 });
      expect(intruder.unsearched[0]).toMatchObject({ place: { account: BLIND, region: REGION } });
      expect(intruder.unsearched[0]?.why).toContain('cloudtrail:LookupEvents');
      expect(intruder.uncovered.map(({ key }) => key).sort()).toEqual([far, near].sort());

      const words = await seen(world, dying, 'What else did they do');
      expect(words).toContain('GetKeyPolicy ×2');
      expect(words).toContain('CancelKeyDeletion ×1, refused');
      expect(words).toContain('Also touched, without an incident');
      expect(words).toContain(`Not searched, so not known: blind ${BLIND} ${REGION}`);
      expect(words).toContain('CloudTrail lags; looked at ');
    });
  });

  it('many keys of the same person are one search, and each of them says what it found', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arns: string[] = [];
      for (let index = 0; index < 12; index += 1) arns.push(await world.makeKey(`wave-${index}`));
      await sweepNow(world);
      const before = lookups(world);
      for (const arn of arns) await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      const [first = ''] = arns;
      await Promise.all(arns.map((arn) => intruderOf(world, arn)));
      expect((await intruderOf(world, first)).groups[0]).toMatchObject({ operation: 'ScheduleKeyDeletion' });
      expect(await namesSearched(world)).toBe(1);
      // Once by the access key, once by the name of the session, in the only place there is.
      expect(lookups(world) - before).toBe(2);
    });
  });

  it('it looks again after a quarter of an hour, one and two hours, finds what the history showed late, and then stops', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await world.makeKey('late');
      const other = await world.makeKey('late-too');
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      const { count: atFirst } = await intruderOf(world, arn);
      await world.call('TagResource', { KeyId: other, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
      const [later = 0] = [atFirst + 1];
      pass(world, 16 * MINUTE);
      await eventually(
        'the second look',
        async () => {
          await world.bot.pulse();
          return (await world.incident(arn))?.knowledge?.intruder?.count === later;
        },
        20_000,
      );
      expect((await world.incident(arn))?.knowledge?.intruder?.nextLookAt).toBeDefined();
      for (const minutes of [46, 61]) {
        const before = lookups(world);
        pass(world, minutes * MINUTE);
        await eventually(
          'another look',
          async () => {
            await world.bot.pulse();
            return lookups(world) > before;
          },
          20_000,
        );
        await investigationsAtRest(world);
      }
      await eventually(
        'the last look',
        async () => (await world.incident(arn))?.knowledge?.intruder?.nextLookAt === undefined,
      );
      await seen(world, arn, 'for the last time');
      const before = lookups(world);
      pass(world, 10 * 60 * MINUTE);
      await world.bot.pulse();
      await investigationsAtRest(world);
      expect(lookups(world)).toBe(before);
    });
  });

  it('a service that only uses a dying key is not searched for', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await world.makeKey('used');
      await sweepNow(world);
      await world.call('DisableKey', { KeyId: arn }, { principal: 'alice', account: ACCOUNT, region: REGION });
      await intruderOf(world, arn);
      await world.aws.call(
        'Encrypt',
        { KeyId: arn, Plaintext: 'aGk=' },
        { principal: 'orders-api', account: ACCOUNT, region: REGION },
      );
      await cardOf(world, 'used');
      await eventually('the refused use', async () => (await world.incident(arn))?.refused?.count === 1);
      await settled(world);
      expect((await intruderOf(world, arn)).actor.sessionName).toBe('alice');
    });
  });

  it('the commands that revoke their sessions stand beside the rescue without the bot', async () => {
    await inWorld({ withRoles: false }, async (world) => {
      const arn = await world.makeKey('revoke');
      await sweepNow(world);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 30 });
      const card = await cardOf(world, 'revoke');
      await world.slack.click({ channel: CHANNEL, ts: card.ts, user: 'alice', action: 'Show AWS CLI commands' });
      const whisper = await eventually('the commands', () =>
        world.slack
          .ephemerals()
          .map(({ text }) => String(text))
          .find((text) => text.includes('put-role-policy')),
      );
      expect(whisper).toContain(`# in account ${ACCOUNT}`);
      expect(whisper).toContain("aws iam put-role-policy --role-name 'Admins' --policy-name AWSRevokeOlderSessions");
      expect(whisper).toMatch(/"DateLessThan":\{"aws:TokenIssueTime":"\d{4}-\d\d-\d\dT/);
    });
  });
});

async function policyOf(world: World, arn: string): Promise<string> {
  const account = arn.split(':')[4] ?? '';
  const { body } = await world.aws.call(
    'GetKeyPolicy',
    { KeyId: arn, PolicyName: 'default' },
    builder(account, REGION),
  );
  return (body as { Policy: string }).Policy;
}

/** How many investigations there are: one for each principal. */
async function namesSearched(world: World): Promise<number> {
  const { investigations, incidents } = world.bot.house;
  const open = await incidents.loadMany(await incidents.open());
  const ids = new Set(open.map(({ knowledge }) => knowledge?.intruder?.actor.arn));
  expect(await investigations.due(world.clock.now(), 10)).toEqual([]);
  return ids.size;
}

const investigationsAtRest = (world: World): Promise<true> =>
  eventually(
    'no look under way',
    async () => ((await world.bot.house.investigations.due(world.clock.now(), 10)).length === 0 ? true : undefined),
    20_000,
  );
