import { describe, expect, test } from 'vitest';
import { mostMoments, mostWithin, Requests } from '../../../src/sandbox/aws/requests.ts';

const name = 'kms DescribeKey 111122223333 us-west-2';

function at(moments: readonly number[]): Requests {
  let now = 0;
  const requests = new Requests({ now: () => now });
  for (const moment of moments) {
    now = moment;
    requests.count(name);
  }
  return requests;
}

describe('requests served', () => {
  test('are counted by service, operation, account and Region, with the busiest second wherever it lies', () => {
    const [served] = at([0, 100, 900, 1_000, 1_050, 5_000]).list();
    expect(served).toEqual({
      service: 'kms',
      operation: 'DescribeKey',
      account: '111122223333',
      region: 'us-west-2',
      count: 6,
      // From 100 to 1,050; the request at 0 is a second old by then.
      perSecond: 4,
      at: [0, 100, 900, 1_000, 1_050, 5_000],
    });
  });

  test('keep a bounded number of moments, and every count', () => {
    const requests = at(Array.from({ length: mostMoments + 10 }, (_, index) => index * 10));
    const [served] = requests.list();
    expect(served?.count).toBe(mostMoments + 10);
    expect(served?.perSecond).toBe(100);
    expect(served?.at).toHaveLength(mostMoments);
    expect(served?.at[0]).toBe(100);
    expect(requests.calls.get(name)).toBe(mostMoments + 10);
  });

  test.each([
    { ms: 1_000, moments: [], most: 0 },
    { ms: 1_000, moments: [0, 999, 1_000], most: 2 },
    { ms: 10_000, moments: [0, 4_000, 9_999, 10_000, 20_000], most: 3 },
  ])('the most within $ms ms of $moments is $most', ({ ms, moments, most }) => {
    expect(mostWithin(ms, moments)).toBe(most);
  });
});
