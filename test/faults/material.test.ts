/** Delete Material: a reason, the typed name, a code, a second person, the live key as it was shown; and nothing short of that. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KeyDeeds } from '../../src/sandbox/key-deeds.ts';
import { enrolAll, errorsOf, options, pressForm, requestOf, review, send, told } from '../approvals/given.ts';
import { CHANNEL, eventually, MALLORY, type World } from '../harness.ts';
import { inWorld, settled, sweepNow } from './given.ts';

/** A key with imported material, known to the sweep, under watch so that it has a card. */
async function imported(world: World, alias: string, body: object, material: Buffer): Promise<string> {
  await enrolAll(world);
  const arn = await world.makeKey(alias, { Origin: 'EXTERNAL', ...body });
  const deeds = new KeyDeeds(world.aws);
  deeds.keepMaterial(arn, material);
  const answer = await deeds.importMaterial(arn, { ...MALLORY, principal: 'builder' });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  await sweepNow(world);
  await world.slack.command({ channel: CHANNEL, user: 'alice', text: `watch ${alias} may have leaked` });
  await eventually('the button', () => world.words(world.cards(`alias/${alias}`)[0]).includes('"Delete Material"'));
  await settled(world);
  return arn;
}

const openForm = (world: World, alias: string): Promise<string> =>
  pressForm(world, 'alice', world.cards(`alias/${alias}`)[0]?.ts ?? '', 'Delete Material');

const deletions = (world: World): readonly Readonly<Record<string, unknown>>[] =>
  world.aws
    .events()
    .filter(({ source, detail }) => source === 'cloudtrail' && detail.eventName === 'DeleteImportedKeyMaterial')
    .map(({ detail }) => detail);

const symmetric = (): Buffer => randomBytes(32);

describe('Delete Material', () => {
  test('asks for a reason, the right name and a code; agreed to, it deletes exactly the current material', () =>
    inWorld(options(), async (world) => {
      const arn = await imported(world, 'archive', {}, symmetric());
      const viewId = await openForm(world, 'archive');
      const code = world.code('U0ALICE');
      const wrong = await send(world, 'alice', viewId, { reason: 'leaked', key_name: 'archiv', code });
      expect(wrong.response).toMatchObject({ response_action: 'errors', errors: { key_name: expect.any(String) } });
      const blank = await send(world, 'alice', viewId, { reason: '  ', key_name: 'archive', code });
      expect(blank.ok && errorsOf(blank) === '').toBe(false);
      const noCode = await send(world, 'alice', viewId, { reason: 'leaked', key_name: 'archive', code: '000000' });
      expect(errorsOf(noCode)).toContain('not right');
      // What was wrong before has not used the code up.
      const sent = await send(world, 'alice', viewId, { reason: 'leaked', key_name: 'archive', code });
      expect(sent, JSON.stringify(sent)).toEqual({ ok: true });
      await requestOf(world, 'archive');
      expect(world.stateOf(arn)).toBe('Enabled');
      await review(world, 'bob', 'archive', 'Approve');
      await eventually('the key without material', () => world.stateOf(arn) === 'PendingImport');
      await eventually('the ending', async () => (await world.incident(arn))?.actions.at(-1)?.ending);
      const [action] = (await world.incident(arn))?.actions ?? [];
      expect(action).toMatchObject({ kind: 'deleteMaterial', reason: 'leaked', ending: { kind: 'verified' } });
      expect(action?.calls).toHaveLength(1);
      expect(action?.calls[0]?.materialId).toMatch(/^[0-9a-f]{64}$/);
      expect(deletions(world)).toHaveLength(1);
      expect(JSON.stringify(deletions(world)[0]?.requestParameters)).toContain(action?.calls[0]?.materialId);
      await eventually('the red card', () => world.words(world.cards('alias/archive')[0]).includes('🔴'));
      await settled(world);
    }));

  test('of an asymmetric key names no material id, which KMS would refuse', () =>
    inWorld(options(), async (world) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const arn = await imported(
        world,
        'signing',
        { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
        privateKey.export({ type: 'pkcs8', format: 'der' }),
      );
      const viewId = await openForm(world, 'signing');
      const code = world.code('U0ALICE');
      await send(world, 'alice', viewId, { reason: 'leaked', key_name: 'signing', code });
      await review(world, 'bob', 'signing', 'Approve');
      await eventually('the key without material', () => world.stateOf(arn) === 'PendingImport');
      await eventually('the ending', async () => (await world.incident(arn))?.actions.at(-1)?.ending);
      const [action] = (await world.incident(arn))?.actions ?? [];
      expect(action?.calls.map((call) => call.materialId)).toEqual([undefined]);
      expect(action?.ending?.kind).toBe('verified');
    }));

  test('is refused when the key has changed since the form was opened', () =>
    inWorld(options(), async (world) => {
      const arn = await imported(world, 'changed', {}, symmetric());
      const viewId = await openForm(world, 'changed');
      await world.call('DisableKey', { KeyId: arn });
      const code = world.code('U0ALICE');
      const sent = await send(world, 'alice', viewId, { reason: 'leaked', key_name: 'changed', code });
      expect(errorsOf(sent)).toContain('changed since this dialog was opened');
      await settled(world);
      expect(deletions(world)).toEqual([]);
      expect(world.stateOf(arn)).toBe('Disabled');
    }));

  test('is pressed by somebody who may not: told so, nothing is done', () =>
    inWorld(options(), async (world) => {
      const arn = await imported(world, 'not-yours', {}, symmetric());
      const ts = world.cards('alias/not-yours')[0]?.ts ?? '';
      await world.slack.click({ channel: CHANNEL, ts, user: 'gina', action: 'Delete Material' });
      await told(world, 'gina', 'guests of the workspace may not act on keys');
      expect(world.slack.views()).toEqual([]);
      await settled(world);
      expect(deletions(world)).toEqual([]);
      expect(world.stateOf(arn)).toBe('Enabled');
    }));

  test('switched off, there is no button and no form', () =>
    inWorld({ config: { approvals: { destructive: 'off' } } }, async (world) => {
      const arn = await world.makeKey('kept', { Origin: 'EXTERNAL' });
      const deeds = new KeyDeeds(world.aws);
      deeds.keepMaterial(arn, symmetric());
      await deeds.importMaterial(arn, MALLORY);
      await sweepNow(world);
      await world.slack.command({ channel: CHANNEL, user: 'alice', text: 'watch kept may have leaked' });
      await eventually('the card', () => world.cards('alias/kept')[0]);
      await settled(world);
      expect(world.words(world.cards('alias/kept')[0])).not.toContain('"Delete Material"');
      for (const command of ['delete-material kept', 'schedule-deletion kept']) {
        const answer = await world.slack.command({ channel: CHANNEL, user: 'alice', text: command });
        expect(JSON.stringify(answer.response)).toContain('switched off');
      }
      expect(world.slack.views()).toEqual([]);
    }));
});
