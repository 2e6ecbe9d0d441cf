/** What a key was like, in the evidence: moments as text, and the policy to go back to. */
import { describe, expect, test } from 'vitest';
import { drawEvidence } from '../../src/adapters/slack/words/evidence-files.ts';
import { evidenceOf } from '../../src/domain/evidence.ts';
import { known, unknown } from '../../src/domain/key.ts';
import type { KeyShape } from '../../src/domain/shape.ts';
import { compareShapes } from '../../src/domain/shape-difference.ts';
import { incident, read, T0 } from './samples.ts';

const POLICY = '{"Version":"2012-10-17","Statement":[]}';
const good: KeyShape = {
  takenAt: T0 - 60_000,
  partsAt: { tags: T0 - 120_000 },
  state: 'Enabled',
  policy: known(POLICY),
  grants: known({
    listed: [{ id: 'g', grantee: 'arn:aws:iam::111122223333:role/orders', operations: ['Decrypt'], createdAt: T0 }],
    more: 0,
    digest: 'd',
  }),
  aliases: known(['alias/orders']),
  tags: known({}),
};
const opening: KeyShape = { ...good, takenAt: T0, policy: known('{}'), aliases: known([]) };
const comparison = compareShapes({ shape: good, kind: 'lastGood', standIns: [] }, opening);
const of = (shapes: { readonly good?: KeyShape; readonly opening?: KeyShape }) =>
  evidenceOf(incident({ read: read('Enabled'), knowledge: { comparison } }), { entries: [], shapes, now: T0 });

describe('shapes in the evidence', () => {
  test('moments are text, everything else stands as it was taken', () => {
    const { shapes } = of({ good, opening });
    expect(shapes?.lastGood).toMatchObject({
      value: {
        takenAt: '2026-03-14T09:11:00.000Z',
        partsAt: { tags: '2026-03-14T09:10:00.000Z' },
        grants: { value: { listed: [{ createdAt: '2026-03-14T09:12:00.000Z' }] } },
        policy: known(POLICY),
      },
    });
    expect(shapes?.comparison).toMatchObject({ value: { against: { takenAt: '2026-03-14T09:11:00.000Z' } } });
  });

  test('the policy to go back to is a file of its own: last good, else that of the opening', () => {
    const policyOf = (shapes: Parameters<typeof of>[0]) =>
      drawEvidence(of(shapes)).files.find(({ name }) => name === 'policy-last-good.json')?.content;
    expect(policyOf({ good, opening })).toBe(POLICY);
    expect(policyOf({ good: { ...good, policy: unknown('no') }, opening })).toBe('{}');
    expect(policyOf({ opening })).toBe('{}');
    expect(policyOf({})).toBeUndefined();
  });

  test('the report names what differs and what brings it back', () => {
    const [{ content }] = drawEvidence(of({ good, opening })).files;
    expect(content).toContain('## What the key was like');
    expect(content).toContain('`alias/orders`');
    expect(content).toContain('aws kms create-alias --region us-west-2 --alias-name alias/orders');
  });

  test('nothing of it for what is no key', () => {
    const subject = { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:111122223333:t' } as const;
    expect(evidenceOf(incident({ subject }), { entries: [], shapes: {}, now: T0 })).not.toHaveProperty('shapes');
  });
});
