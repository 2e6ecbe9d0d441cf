import { expect, test } from 'vitest';
import { roleMentions } from '../../../src/adapters/slack/role-mentions.ts';
import type { AccountId } from '../../../src/domain/ids.ts';
import type { Grant } from '../../../src/domain/policy.ts';
import { incident, key } from '../../domain/samples.ts';

const grant = (more: Partial<Grant>): Grant => ({ role: 'approver', users: [], usergroups: [], ...more });
const approverMentions = (grants: readonly Grant[]) => roleMentions(grants, 'approver');
const elsewhere = { accounts: ['999999999999' as AccountId] };
const here = { accounts: [key.account] };

test.each<[string, readonly Grant[], string]>([
  ['nobody', [], ''],
  ['groups before people', [grant({ users: ['U0BOB'], usergroups: ['S0SEC'] })], '<!subteam^S0SEC> <@U0BOB>'],
  ['approvers only', [grant({ role: 'responder', users: ['U0ALICE'] }), grant({ users: ['U0BOB'] })], '<@U0BOB>'],
  ['each once', [grant({ users: ['U0BOB'] }), grant({ users: ['U0BOB'], limit: here })], '<@U0BOB>'],
  ['of this account only', [grant({ users: ['U0BOB'], limit: elsewhere }), grant({ users: ['U0DAVE'] })], '<@U0DAVE>'],
  ['also by an alias', [grant({ users: ['U0BOB'], limit: { aliases: ['other-*'] } })], '<@U0BOB>'],
])('%s', (_name, grants, mentions) => expect(approverMentions(grants)(incident())).toBe(mentions));

test('never so many that none of them reads it', () => {
  const users = Array.from({ length: 40 }, (_, index) => `U0${index}`);
  expect(approverMentions([grant({ users })])(incident()).split(' ')).toHaveLength(10);
});
test('what is about no key calls every approver', () => {
  const place = incident({ subject: { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:1:t' } });
  expect(approverMentions([grant({ users: ['U0BOB'], limit: elsewhere })])(place)).toBe('<@U0BOB>');
});
test('of another role its own people', () => {
  const grants = [grant({ users: ['U0BOB'] }), grant({ role: 'responder', users: ['U0ALICE'] })];
  expect(roleMentions(grants, 'responder')(incident())).toBe('<@U0ALICE>');
});
