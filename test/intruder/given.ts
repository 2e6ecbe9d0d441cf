/** What the stories about intruders share: a second account, one that may not be searched, and somebody mapped to a person. */
import { expect } from 'vitest';
import type { Caller, SlackMessage } from '../../src/sandbox/world.ts';
import { slackPost } from '../faults/given.ts';
import { ACCOUNT, REGION, type World, type WorldOptions } from '../harness.ts';

export const OTHER = '444455556666';
export const BLIND = '777788889999';
export const ELSEWHERE = 'eu-west-1';

const role = (account: string): string => `arn:aws:iam::${account}:role/Keywarden`;

const account = (id: string, name: string, allows: readonly string[]) => ({
  id,
  name,
  regions: [REGION],
  roles: [{ arn: role(id), externalId: 'external', allows, setSourceIdentity: true }],
});

/** Two accounts and two Regions that can be searched, and an account whose role lacks the right to. */
export const threeAccounts: WorldOptions = {
  moreAccounts: [
    account(OTHER, 'orders-prod', ['kms:*', 'cloudtrail:*', 'sts:*']),
    account(BLIND, 'blind', ['kms:*', 'sts:*']),
  ],
  config: {
    accounts: [
      { id: ACCOUNT, name: 'payments-prod', regions: [REGION, ELSEWHERE] },
      { id: OTHER, name: 'orders-prod', regions: [REGION], role: role(OTHER), externalId: 'external' },
      { id: BLIND, name: 'blind', regions: [REGION], role: role(BLIND), externalId: 'external' },
    ],
  },
  withRoles: false,
};

/** Mallory's sessions are Alice's. */
export const mapped: WorldOptions = {
  withRoles: false,
  config: {
    identities: [
      { principal: `arn:aws:iam::${ACCOUNT}:role/Admins`, session: 'mallory*', user: 'U0DAVE' },
      { principal: `arn:aws:iam::${ACCOUNT}:user/bob`, user: 'U0BOB' },
    ],
    roles: {
      responder: { users: ['U0ALICE'] },
      approver: { users: ['U0BOB'] },
    },
  },
};

export const mallory = (place: { readonly account?: string; readonly region?: string } = {}): Caller => ({
  principal: 'mallory',
  account: place.account ?? ACCOUNT,
  region: place.region ?? REGION,
});

/** LookupEvents served so far that searched for somebody: by their access key, or by their name. */
export const lookups = (world: World): number =>
  [...world.aws.calls()]
    .filter(([name]) => /^cloudtrail lookup by (?:AccessKeyId|Username) /.test(name))
    .reduce((sum, [, count]) => sum + count, 0);

/** A press as Slack signs it, by whomever: of a button that stood there once, or in somebody else's conversation. */
export async function pressQuestion(
  world: World,
  user: string,
  conversation: string,
  question: SlackMessage,
  action: string,
): Promise<void> {
  const value = /"action_id":"was_me"[^}]*?"value":"([0-9a-f]{32})"/.exec(JSON.stringify(question.blocks))?.[1];
  if (value === undefined) throw new Error(`no investigation in ${JSON.stringify(question.blocks)}`);
  const channel = { id: conversation, name: 'directmessage' };
  const payload = {
    type: 'block_actions',
    team: { id: 'T0HOME', domain: 'home' },
    user: { id: user, username: user, name: user, team_id: 'T0HOME' },
    api_app_id: 'A0KEYWARDEN',
    token: 'token',
    trigger_id: '1.2.3',
    container: { type: 'message', message_ts: question.ts, channel_id: channel.id, is_ephemeral: false },
    channel,
    message: question,
    response_url: 'https://hooks.slack.com/actions/T0/1/x',
    actions: [
      {
        type: 'button',
        action_id: action,
        block_id: 'b',
        value,
        action_ts: String(world.clock.now()),
        text: { type: 'plain_text', text: action },
      },
    ],
  };
  const answer = await slackPost(
    world,
    world.bot,
    new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
  );
  expect(answer.status).toBe(200);
}
