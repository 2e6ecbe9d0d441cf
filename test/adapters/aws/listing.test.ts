import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KeyRef } from '../../../src/domain/ids.ts';
import { PlaceUnreadable } from '../../../src/domain/lost.ts';
import { ARN, type Bench, openBench, PLACE } from './bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const listed = async (): Promise<readonly (readonly KeyRef[])[]> => {
  const pages = [];
  for await (const page of bench.aws.keys.list(PLACE)) pages.push(page);
  return pages;
};
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
const OTHER = ARN.replace('1234abcd', '99999999');

test('keys, page by page', async () => {
  bench.standIn.answers.set('ListKeys', (input: { Marker?: string; Limit: number }) =>
    input.Marker === undefined
      ? { Keys: [{ KeyArn: ARN }], Truncated: true, NextMarker: 'two' }
      : { Keys: [{ KeyArn: OTHER }], Truncated: false },
  );
  expect((await listed()).map((page) => page.map(({ arn }) => arn))).toEqual([[ARN], [OTHER]]);
});

test('aliases by key', async () => {
  bench.standIn.answers.set('ListAliases', (input: { Marker?: string }) =>
    input.Marker === undefined
      ? {
          Aliases: [{ AliasName: 'alias/b', TargetKeyId: 'k' }, { AliasName: 'alias/aws/s3' }],
          Truncated: true,
          NextMarker: 'x',
        }
      : { Aliases: [{ AliasName: 'alias/a', TargetKeyId: 'k' }] },
  );
  expect(await bench.aws.keys.listAliases(PLACE)).toEqual(new Map([['k', ['alias/a', 'alias/b']]]));
});

test.each([
  [{ Keys: [{ KeyArn: ARN.replace('us-west-2', 'eu-west-1') }] }, 'foreign'],
  [{ Keys: [{}] }, 'foreign'],
  [{}, 'unreachable'],
  [{ Keys: [], Truncated: true }, 'unreachable'],
  [{ Keys: [], Truncated: true, NextMarker: 'same' }, 'unreachable'],
])('a list that cannot be trusted: %j', async (answer, kind) => {
  bench.standIn.answers.set('ListKeys', answer);
  const error = await failure(listed());
  expect(error).toBeInstanceOf(PlaceUnreadable);
  expect(error).toMatchObject({ kind, place: PLACE, operation: 'kms:ListKeys' });
});

test('a missing permission is named, and keeps its cause', async () => {
  bench.standIn.fault('ListAliases', { error: 'AccessDeniedException', message: 'no identity-based policy' });
  expect(await failure(bench.aws.keys.listAliases(PLACE))).toMatchObject({
    kind: 'denied',
    operation: 'kms:ListAliases',
    message: 'no identity-based policy',
    cause: expect.any(Error),
  });
});
