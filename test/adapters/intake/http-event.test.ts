import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import { readCase } from './cases.ts';
import { openDoor } from './door.ts';

const deletion = readCase('fixtures/eventbridge-kms-cmk-deletion.json') as object;
const refused = readCase('fixtures/eventbridge-aws-api-call-Decrypt-failed-pending-deletion.json') as {
  readonly detail: object;
};
const ofKeyIn = (account: string) => ({
  ...deletion,
  resources: [`arn:aws:kms:us-west-2:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`],
});

describe('POST /webhooks/eventbridge', () => {
  it('keeps an event, and knows its copy', async () => {
    await using door = await openDoor();
    expect((await door.event(refused)).body).toEqual({ ok: true, reason: 'kept' });
    expect((await door.event(refused)).body).toEqual({ ok: true, reason: 'duplicate' });
    expect([...door.kept.keys()]).toEqual(['ct:abcde202-ba1a-467c-b4ba-f729d45ae523']);
  });

  it('takes either live token and no other', async () => {
    await using door = await openDoor();
    const status = async (token: string) => (await door.event(deletion, { 'x-keywarden-token': token })).status;
    expect(await status('an-older-token')).toBe(200);
    for (const token of ['', 'a-toke', 'a-token ,an-older-token', 'A-TOKEN']) expect(await status(token)).toBe(403);
    expect(door.counted.at(-1)).toBe('intake eventbridge refused token');
  });

  it.each([[[]], [['']]])('is shut when the tokens are %j', async (tokens) => {
    await using door = await openDoor({ tokens });
    expect((await door.event(deletion, { 'x-keywarden-token': '' })).status).toBe(403);
    expect(door.kept.size).toBe(0);
  });

  it('judges the token before the body', async () => {
    await using door = await openDoor();
    expect((await door.event('no JSON', { 'x-keywarden-token': 'wrong' })).status).toBe(403);
  });

  it('refuses an account that may not speak, and a key of nobody we know', async () => {
    await using door = await openDoor();
    const unknown = { status: 403, body: { ok: false, reason: 'unknown account' } };
    expect(await door.event({ ...deletion, account: '999988887777' })).toEqual(unknown);
    // Ours, but its EventBridge is not allowed to speak.
    expect(await door.event({ ...deletion, account: '444455556666' })).toEqual(unknown);
    expect(await door.event(ofKeyIn('999988887777'))).toEqual(unknown);
    expect(door.kept.size).toBe(0);
    expect((await door.event(ofKeyIn('444455556666'))).status).toBe(200);
  });

  it.each([
    ['a foreign source', { source: 'my.app' }],
    ['an unknown detail-type', { 'detail-type': 'KMS News' }],
  ])('sets %s aside', async (_what, changes) => {
    await using door = await openDoor();
    expect((await door.event({ ...deletion, ...changes })).body).toEqual({ ok: true, reason: 'another service' });
  });

  it.each([[{}], [[]], ['"text"'], [{ ...deletion, time: 'yesterday' }], [{ ...refused, detail: {} }]])(
    'calls %j malformed',
    async (event) => {
      await using door = await openDoor();
      expect((await door.event(event)).status).toBe(400);
    },
  );
});

describe('a store that fails', () => {
  it('makes the answer 503, and the next attempt is kept', async () => {
    let attempts = 0;
    await using door = await openDoor({
      receive: async () => {
        attempts += 1;
        if (attempts === 1) throw new StoreUnavailable('Redis is gone');
        return 'kept';
      },
    });
    expect(await door.event(deletion)).toEqual({ status: 503, body: { ok: false, reason: 'store' } });
    expect(door.counted).toEqual(['intake eventbridge unavailable store']);
    expect((await door.event(deletion)).status).toBe(200);
  });

  it('by not answering makes it 503 within two seconds', async () => {
    await using door = await openDoor({ receive: () => new Promise(() => {}) });
    const began = performance.now();
    expect((await door.event(deletion)).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('after its time was up harms nobody', async () => {
    await using door = await openDoor({
      receive: () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 1_900)),
    });
    expect((await door.event(deletion)).status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await door.event({})).status).toBe(400);
  });
});
