import { afterEach, beforeEach, expect, test } from 'vitest';
import { channelFit } from '../../../src/adapters/slack/channel.ts';
import { type Answer, clientOf, type SlackStandIn, slackStandIn, status } from './stand-in.ts';

let slack: SlackStandIn;
beforeEach(async () => {
  slack = await slackStandIn();
});
afterEach(() => slack.close());

const info = (more: object): Answer => ({ ok: true, channel: { id: 'C1', name: 'kms', ...more } });
test.each<[string, Answer, object]>([
  ['a usual channel', info({ is_member: true }), { kind: 'fit', name: 'kms' }],
  ['a public one nobody joined', info({ is_member: false }), { kind: 'fit' }],
  ['shared with another company', info({ is_ext_shared: true }), { kind: 'unfit', why: 'externallyShared' }],
  ['about to be shared', info({ is_pending_ext_shared: true }), { kind: 'unfit', why: 'externallyShared' }],
  ['archived', info({ is_archived: true }), { kind: 'unfit', why: 'archived' }],
  ['private, and we are not in it', info({ is_private: true, is_member: false }), { kind: 'unfit', why: 'notMember' }],
  ['none', { ok: false, error: 'channel_not_found' }, { kind: 'unfit', why: 'noSuchChannel' }],
  ['a missing scope', { ok: false, error: 'missing_scope' }, { kind: 'unknown', message: 'missing_scope' }],
  ['a missing method', { ok: false, error: 'unknown_method' }, { kind: 'unknown', message: 'unknown_method' }],
  ['a broken Slack', status(500), { kind: 'unknown', message: 'http 500' }],
  ['another shape', { ok: true, channel: 'C1' }, { kind: 'unknown' }],
])('%s', async (_name, answer, fit) => {
  slack.script('conversations.info', answer);
  expect(await channelFit(clientOf(slack.url), 'C1')).toMatchObject(fit);
});
