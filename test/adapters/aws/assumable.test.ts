/** Under which name a rescue would be carried out, and whether STS lets us: asked before anybody needs it. */
import { afterEach, describe, expect, test } from 'vitest';
import { type Bench, openBench, PLACE, ROLES } from './bench.ts';
import { ACCOUNT, type Emulated, openEmulated, REGION, roleOf } from './emulated.ts';

const place = { account: ACCOUNT, region: REGION } as never;

describe('a role', () => {
  let emulated: Emulated;
  afterEach(() => emulated.close());

  test('is asked for once, whoever asks, in a session that may do nothing; and again after minutes', async () => {
    emulated = await openEmulated();
    const { keys } = emulated.aws;
    const answers = await Promise.all(Array.from({ length: 50 }, () => keys.assumable('rescue', place)));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['yes']));
    expect(keys.means('rescue', place)).toEqual({ kind: 'role', arn: roleOf('rescue') });
    const [record, ...more] = emulated.records('AssumeRole');
    expect(more).toEqual([]);
    expect(JSON.stringify(record?.requestParameters)).toContain('"Effect\\":\\"Deny');
    emulated.pass(4 * 60_000);
    await keys.assumable('rescue', place);
    expect(emulated.records('AssumeRole')).toHaveLength(1);
    emulated.pass(2 * 60_000);
    await keys.assumable('rescue', place);
    expect(emulated.records('AssumeRole')).toHaveLength(2);
  });

  test('that STS refuses is a no, with what to change', async () => {
    emulated = await openEmulated({ externalId: 'wrong' });
    const answer = await emulated.aws.keys.assumable('rescue', place);
    expect(answer).toMatchObject({ kind: 'no', why: expect.stringContaining('its trust policy') });
  });

  test('without one in the configuration own credentials do it, under the name that STS gives them', async () => {
    emulated = await openEmulated({ withoutRoles: true });
    const { keys } = emulated.aws;
    expect(keys.means('rescue', place)).toEqual({ kind: 'self' });
    expect(await keys.assumable('rescue', place)).toEqual({ kind: 'yes' });
    expect(keys.means('rescue', place)).toEqual({ kind: 'self', arn: `arn:aws:iam::${ACCOUNT}:user/keywarden` });
  });
});

describe('an STS that does not answer', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  test('is not known, and asked again soon', async () => {
    bench = await openBench({}, { roles: ROLES });
    bench.standIn.fault('AssumeRole', ...Array.from({ length: 3 }, () => ({ html: 503 })));
    expect((await bench.aws.keys.assumable('rescue', PLACE)).kind).toBe('unknown');
    expect((await bench.aws.keys.assumable('rescue', PLACE)).kind).toBe('unknown');
    bench.now += 31_000;
    expect((await bench.aws.keys.assumable('rescue', PLACE)).kind).toBe('yes');
  });

  test('a duty without a role is a no that asks nobody', async () => {
    bench = await openBench({}, { roles: ROLES });
    expect(bench.aws.keys.means('destroy', PLACE)).toEqual({ kind: 'none' });
    expect((await bench.aws.keys.assumable('destroy', PLACE)).kind).toBe('no');
  });
});
