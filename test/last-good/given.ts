/** What the stories of last good share: a surveyed key with a grant, and ways to look at its card and its record. */

import { parseKeyArn } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { KeyShape } from '../../src/domain/shape.ts';
import { cardOf, sweepNow } from '../faults/given.ts';
import { ACCOUNT, CHANNEL, eventually, type World } from '../harness.ts';

export const GRANTEE = `arn:aws:iam::${ACCOUNT}:role/orders-api`;

export function keyOf(arn: string) {
  const key = parseKeyArn(arn);
  if (key === undefined) throw new Error(`no key: ${arn}`);
  return key;
}

export const good = (world: World, arn: string): Promise<KeyShape | undefined> =>
  world.bot.house.shapes.good(keyOf(arn));

/** A full sweep, and the survey behind it. */
export async function surveyed(world: World, arn: string): Promise<KeyShape> {
  const since = world.clock.now();
  await sweepNow(world);
  return eventually('last good', async () => {
    const shape = await good(world, arn);
    return shape !== undefined && shape.takenAt >= since ? shape : undefined;
  });
}

/** Makes a grant, and answers its id. */
export async function grant(world: World, arn: string, operations: readonly string[] = ['Decrypt']): Promise<string> {
  const { body, status } = await world.aws.call(
    'CreateGrant',
    { KeyId: arn, GranteePrincipal: GRANTEE, Operations: operations, Name: 'orders' },
    { principal: 'builder', account: ACCOUNT, region: keyOf(arn).region },
  );
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String((body as { GrantId: string }).GrantId);
}

/** A key with an alias, a tag and a grant, surveyed, then scheduled for deletion; its card stands. */
export async function endangered(
  world: World,
  alias: string,
): Promise<{ readonly arn: string; readonly grantId: string }> {
  const arn = await world.makeKey(alias, { Tags: [{ TagKey: 'team', TagValue: 'pay' }] });
  const grantId = await grant(world, arn);
  await surveyed(world, arn);
  await world.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  await cardOf(world, alias);
  await known(world, arn, (incident) => incident.knowledge?.comparison !== undefined);
  return { arn, grantId };
}

/** Waits for the record to be so. */
export const known = (
  world: World,
  arn: string,
  so: (incident: Incident) => boolean,
  within?: number,
): Promise<Incident> =>
  eventually(
    'the record',
    async () => {
      const incident = await world.incident(arn);
      return incident !== undefined && so(incident) ? incident : undefined;
    },
    within,
  );

export const shows = (world: World, alias: string, words: string, within = 15_000): Promise<true> =>
  eventually(
    `${words} on the card of ${alias}`,
    () => (world.words(world.cards(`alias/${alias}`)[0]).includes(words) ? true : undefined),
    within,
  );

export async function press(world: World, alias: string, user: string, action: string): Promise<void> {
  const { ts } = await cardOf(world, alias);
  const answer = await world.slack.click({ channel: CHANNEL, ts, user, action });
  if (!answer.ok) throw new Error(`${action}: ${JSON.stringify(answer)}`);
}

export const isClosed = ({ phase }: Incident): boolean => phase.kind === 'closed';
