/** A rescue is green only when policy, grants and aliases are as they were when the key was last good. */
import { describe, expect, test } from 'vitest';
import { accept } from '../../src/flows/accept.ts';
import { knowShape } from '../../src/flows/know.ts';
import { options } from '../approvals/given.ts';
import { inWorld, pass, settled } from '../faults/given.ts';
import { called, quiet } from '../faults/traces.ts';
import { ACCOUNT, CHANNEL, eventually, MALLORY, REGION } from '../harness.ts';
import { endangered, good, grant, isClosed, keyOf, known, press, shows, surveyed } from './given.ts';

const endingOf = (incident: Awaited<ReturnType<typeof known>>) => incident.actions.at(-1)?.ending;

describe('a rescue held against last good', () => {
  test('as it was: green, and the card says against what', () =>
    inWorld({}, async (world) => {
      const { arn } = await endangered(world, 'as-it-was');
      await press(world, 'as-it-was', 'alice', 'Rescue');
      const incident = await known(world, arn, isClosed);
      expect(endingOf(incident)).toMatchObject({ kind: 'verified', state: 'Enabled' });
      await shows(world, 'as-it-was', 'Policy, grants, aliases, tags as last good (taken');
    }));

  test(
    'a grant is gone: amber with what brings it back, and green by itself once it is there again',
    { timeout: 40_000 },
    () =>
      inWorld({}, async (world) => {
        const { arn, grantId } = await endangered(world, 'grant-gone');
        await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
        await press(world, 'grant-gone', 'alice', 'Rescue');
        const amber = await known(world, arn, (one) => endingOf(one) !== undefined);
        expect(endingOf(amber)).toMatchObject({ kind: 'amber', why: 'notAsBefore', message: 'grants: 1 gone' });
        expect(amber.phase.kind).toBe('open');
        await shows(world, 'grant-gone', '🟠  Key usable again, but not as before');
        await shows(world, 'grant-gone', `aws kms create-grant --region ${REGION} --key-id ${arn} --grantee-principal`);
        await settled(world);
        await grant(world, arn);
        await known(world, arn, isClosed, 20_000);
        await shows(world, 'grant-gone', '🟢  Key restored and verified');
      }),
  );

  test(
    'an alias is gone, and was given to another key: amber, and green at the next look once it is back',
    { timeout: 40_000 },
    () =>
      inWorld({}, async (world) => {
        const { arn } = await endangered(world, 'alias-moved');
        const other = await world.makeKey('another');
        await world.call('UpdateAlias', { AliasName: 'alias/alias-moved', TargetKeyId: other });
        await press(world, 'alias-moved', 'alice', 'Rescue');
        const amber = await known(world, arn, (one) => endingOf(one) !== undefined);
        expect(endingOf(amber)).toMatchObject({ kind: 'amber', why: 'notAsBefore', message: 'aliases: 1 gone' });
        expect(amber.knowledge?.comparison?.differences).toEqual([
          { part: 'aliases', change: 'gone', alias: 'alias/alias-moved', movedTo: other },
        ]);
        await shows(
          world,
          'alias-moved',
          `aws kms update-alias --region ${REGION} --alias-name alias/alias-moved --target-key-id ${arn}`,
        );
        await world.call('UpdateAlias', { AliasName: 'alias/alias-moved', TargetKeyId: arn });
        expect(amber.nextReadAt).toBeDefined();
        pass(world, 60_000);
        await world.bot.pulse();
        await known(world, arn, isClosed, 20_000);
      }),
  );

  test('a younger key is held against how it was when the incident opened, and the card says so', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('young');
      const grantId = await grant(world, arn);
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await known(world, arn, (one) => one.knowledge?.comparison !== undefined);
      expect(await good(world, arn)).toBeUndefined();
      await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
      await press(world, 'young', 'alice', 'Rescue');
      await shows(world, 'young', 'there is no last good: the key is younger than the last full sweep');
      const { knowledge } = await known(world, arn, (one) => endingOf(one)?.kind === 'amber');
      expect(knowledge?.comparison?.against.kind).toBe('opening');
    }));

  test('a permission that was never there: amber, and it is named', () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('no-grants', { Policy: withoutGrants });
      const shape = await surveyed(world, arn);
      expect(shape).toMatchObject({ policy: { kind: 'known' }, grants: { kind: 'unknown' } });
      await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      await known(world, arn, (one) => one.knowledge?.comparison !== undefined);
      await press(world, 'no-grants', 'alice', 'Rescue');
      const incident = await known(world, arn, (one) => endingOf(one) !== undefined);
      expect(endingOf(incident)).toMatchObject({
        kind: 'amber',
        why: 'notAsBefore',
        message: expect.stringContaining('permission kms:ListGrants is missing'),
      });
      expect(incident.phase.kind).toBe('open');
      await shows(world, 'no-grants', '*Grants* could not be compared: permission kms:ListGrants is missing');
    }));

  test(
    'the policy was changed first: back once it is as before that, seen a minute after the change',
    { timeout: 60_000 },
    () =>
      inWorld({}, async (world) => {
        const { body } = await world.aws.call('CreateKey', {}, MALLORY);
        const { Arn: arn } = (body as { KeyMetadata: { Arn: string } }).KeyMetadata;
        await world.call('CreateAlias', { AliasName: 'alias/policy-first', TargetKeyId: arn });
        const before = await surveyed(world, arn);
        const policy = before.policy.kind === 'known' ? before.policy.value : '';
        const extended = JSON.parse(policy) as { Statement: object[] };
        extended.Statement.push({ Sid: 'Mine', Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' });
        pass(world, 60_000);
        await world.call('PutKeyPolicy', { KeyId: arn, PolicyName: 'default', Policy: JSON.stringify(extended) });
        await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
        const opened = await known(world, arn, ({ knowledge }) => (knowledge?.comparison?.differences.length ?? 0) > 0);
        expect(opened.knowledge?.comparison?.differences).toMatchObject([
          { part: 'policy', change: 'new', sid: 'Mine' },
        ]);
        await press(world, 'policy-first', 'alice', 'Rescue');
        await known(world, arn, (one) => endingOf(one)?.kind === 'amber');
        await shows(
          world,
          'policy-first',
          `aws kms put-key-policy --region ${REGION} --key-id ${arn} --policy-name default`,
        );
        await world.call('PutKeyPolicy', { KeyId: arn, PolicyName: 'default', Policy: policy });
        await known(world, arn, ({ knowledge }) => knowledge?.comparison?.differences.length === 0);
        expect((await world.incident(arn))?.phase.kind).toBe('open');
        pass(world, 120_000);
        await world.bot.pulse();
        await known(world, arn, isClosed, 20_000);
      }),
  );
});

const withoutGrants = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Root',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
    { Sid: 'NoGrants', Effect: 'Deny', Principal: '*', Action: 'kms:ListGrants', Resource: '*' },
  ],
});

describe('Accept as it is', () => {
  test(
    'by an approver: what the key is like becomes last good, the incident closes, the audit trail has it',
    { timeout: 40_000 },
    () =>
      inWorld({}, async (world) => {
        const { arn, grantId } = await endangered(world, 'accepted');
        await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
        await press(world, 'accepted', 'alice', 'Rescue');
        await shows(world, 'accepted', 'Accept as it is');
        await settled(world);
        await press(world, 'accepted', 'bob', 'Accept as it is');
        const incident = await known(world, arn, isClosed);
        expect(incident.phase).toMatchObject({ outcome: 'restored' });
        expect(incident.knowledge?.comparison?.accepted?.by.user).toBe('U0BOB');
        // Last good follows the record that says so.
        await expect
          .poll(async () => (await good(world, arn))?.grants)
          .toMatchObject({ value: { listed: [], more: 0 } });
        expect(incident.timeline.map(({ body }) => body.kind)).toContain('accepted');
        await eventually('the audit entry', async () => {
          for await (const page of world.bot.house.audit.entries())
            if (page.some(({ kind, message }) => kind === 'accepted' && message === 'grants: 1 gone')) return true;
          return undefined;
        });
      }),
  );

  test('a policy that was changed, where last good is no older: an approver ends it', { timeout: 40_000 }, () =>
    inWorld({}, async (world) => {
      const arn = await world.makeKey('no-older');
      await world.call('PutKeyPolicy', {
        KeyId: arn,
        PolicyName: 'default',
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
              Action: 'kms:*',
              Resource: '*',
            },
          ],
        }),
        BypassPolicyLockoutSafetyCheck: true,
      });
      await known(world, arn, ({ knowledge }) => knowledge?.comparison !== undefined);
      pass(world, 120_000);
      await world.bot.pulse();
      await shows(world, 'no-older', 'last good is no older than that');
      await settled(world);
      await press(world, 'no-older', 'bob', 'Accept as it is');
      const incident = await known(world, arn, isClosed);
      expect(incident.knowledge?.comparison?.accepted?.by.user).toBe('U0BOB');
      await expect.poll(async () => (await good(world, arn))?.policy.kind).toBe('known');
    }),
  );

  test('nothing becomes last good that was not accepted: the record changed in between', { timeout: 40_000 }, () =>
    inWorld({}, async (world) => {
      const { arn, grantId } = await endangered(world, 'in-between');
      const before = await good(world, arn);
      await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
      await press(world, 'in-between', 'alice', 'Rescue');
      await shows(world, 'in-between', 'Accept as it is');
      // Nobody else writes the record: what is counted below are this press's own looks at it.
      await quiet(world);
      const { house } = world.bot;
      const incident = await known(world, arn, (one) => endingOf(one)?.kind === 'amber');
      const comparedAt = incident.knowledge?.comparison?.comparedAt ?? 0;
      let loads = 0;
      // Another process finds something else between the last read and the record.
      const racing: typeof house = {
        ...house,
        incidents: {
          ...house.incidents,
          load: async (id) => {
            const loaded = await house.incidents.load(id);
            loads += 1;
            const comparison = loaded?.knowledge?.comparison;
            // What was read is written down first, and then that it is accepted.
            if (loads !== 2 || loaded === undefined || comparison === undefined) return loaded;
            return { ...loaded, knowledge: { ...loaded.knowledge, comparison: { ...comparison, comparedAt: 7 } } };
          },
        },
      };
      const person = { enterprise: '', team: 'T0HOME', user: 'U0BOB' };
      const answer = await accept(racing, {
        kind: 'accept',
        person,
        channel: '',
        incident: incident.id,
        comparedAt,
      } as never);
      loads = 0;
      if (answer.kind === 'written') await answer.follow();
      expect([answer.kind, loads]).toEqual(['written', 2]);
      expect((await world.incident(arn))?.knowledge?.comparison?.accepted).toBeUndefined();
      expect(await good(world, arn)).toEqual(before);
    }),
  );

  test(
    'pressed by two at once: it is accepted once and stays so, and the later one hears by whom',
    { timeout: 40_000 },
    () =>
      inWorld(options(), async (world) => {
        const { arn, grantId } = await endangered(world, 'by-two');
        await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
        await press(world, 'by-two', 'alice', 'Rescue');
        await shows(world, 'by-two', 'Accept as it is');
        await quiet(world);
        // Dave's look waits for KMS, while Bob's press overtakes it.
        const before = called(world, 'ListGrants');
        world.aws.addFault({ service: 'kms', operation: 'ListGrants', mode: 'slow', count: 1 });
        await press(world, 'by-two', 'dave', 'Accept as it is');
        await eventually('a look under way', () => (called(world, 'ListGrants') > before ? true : undefined));
        await press(world, 'by-two', 'bob', 'Accept as it is');
        await known(world, arn, isClosed);
        const whisper = await eventually('what Dave hears', () =>
          world.slack.ephemerals().find(({ user }) => user === 'U0DAVE'),
        );
        expect(whisper.text).toContain('<@U0BOB> accepted this key as it is already');
        await quiet(world);
        const { phase, knowledge, timeline } = (await world.incident(arn)) ?? {};
        expect(phase).toMatchObject({ kind: 'closed', outcome: 'restored' });
        expect(knowledge?.comparison?.accepted?.by.user).toBe('U0BOB');
        expect(timeline?.filter(({ body }) => body.kind === 'accepted')).toHaveLength(1);
        await shows(world, 'by-two', '🟢  Key usable, changes accepted');
      }),
  );

  test('a look that was under way meanwhile does not take it back', { timeout: 40_000 }, () =>
    inWorld({}, async (world) => {
      const { arn, grantId } = await endangered(world, 'under-way');
      await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
      await press(world, 'under-way', 'alice', 'Rescue');
      await shows(world, 'under-way', 'Accept as it is');
      await quiet(world);
      const incident = await known(world, arn, (one) => endingOf(one)?.kind === 'amber');
      const { house } = world.bot;
      const looked = Promise.withResolvers<void>();
      const pressed = Promise.withResolvers<void>();
      // What was good before the press is what this look holds the key against.
      const shapes = Object.assign(Object.create(house.shapes) as typeof house.shapes, {
        good: async (key: Parameters<typeof house.shapes.good>[0]) => {
          const shape = await house.shapes.good(key);
          looked.resolve();
          await pressed.promise;
          return shape;
        },
      });
      const look = knowShape({ ...house, shapes }, incident, keyOf(arn));
      await looked.promise;
      await press(world, 'under-way', 'bob', 'Accept as it is');
      await known(world, arn, isClosed);
      pressed.resolve();
      expect((await look).incident.phase.kind).toBe('closed');
      await quiet(world);
      const { comparison } = (await world.incident(arn))?.knowledge ?? {};
      expect(comparison).toMatchObject({ accepted: { by: { user: 'U0BOB' } }, differences: [{ part: 'grants' }] });
      await shows(world, 'under-way', '🟢  Key usable, changes accepted');
      expect(world.words(world.cards('alias/under-way')[0])).not.toContain('create-grant');
    }),
  );

  test('refused to a responder, and nothing changes', () =>
    inWorld({}, async (world) => {
      const { arn, grantId } = await endangered(world, 'not-yours');
      const before = await good(world, arn);
      await world.call('RevokeGrant', { KeyId: arn, GrantId: grantId });
      await press(world, 'not-yours', 'alice', 'Rescue');
      await shows(world, 'not-yours', 'Accept as it is');
      await settled(world);
      await press(world, 'not-yours', 'alice', 'Accept as it is');
      await eventually('the refusal', () =>
        world.slack
          .ephemerals()
          .some(({ channel, text }) => channel === CHANNEL && String(text).includes('Accept as it is')),
      );
      expect((await world.incident(arn))?.phase.kind).toBe('open');
      expect(await good(world, arn)).toEqual(before);
    }));
});
