/** Every way Slack answers a post, over real HTTP. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createChat } from '../../../src/adapters/slack/send.ts';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import type { ChannelId, EffectId, IncidentId, MessageTs } from '../../../src/domain/ids.ts';
import type { Chat, Delivery, Post } from '../../../src/ports.ts';
import { movedClock } from '../../clock.ts';
import { auditTrail } from '../../domain/audit-trails.ts';
import { approval, bob } from '../../domain/proofs.ts';
import { incident, incidentId, read, T0 } from '../../domain/samples.ts';
import { expectTaken, expectWithinLimits } from './drawn.ts';
import { memberHome } from './homes.ts';
import { type Answer, clientOf, hang, hangUp, type SlackStandIn, silentLog, slackStandIn, status } from './stand-in.ts';

const channel = 'C0INCIDENT' as ChannelId;
const card: Post = { kind: 'card', incident: incident({ read: read('PendingDeletion') }), plain: false };
let slack: SlackStandIn;
let chat: Chat;

const chatAt = (url: string, now = T0): Chat =>
  createChat(clientOf(url, 300), {
    clock: movedClock(now),
    log: silentLog,
    accountName: () => 'payments-prod',
    has: () => true,
    assumes: () => true,
    destructive: true,
    botUser: () => 'UBOT',
    approverMentions: () => '<!subteam^S0SECLEADS>',
  });
beforeEach(async () => {
  slack = await slackStandIn();
  chat = chatAt(slack.url);
});
afterEach(() => slack.close());

describe('what goes out', () => {
  test('a card: blocks, text and mark, no unfurling, no parsing', async () => {
    slack.script('chat.postMessage', { ok: true, ts: '1.000100' });
    expect(await chat.send(channel, card, {})).toEqual({ kind: 'delivered', ts: '1.000100' });
    const fields = slack.calls[0]?.fields ?? {};
    expect(fields).toMatchObject({ channel, parse: 'none', unfurl_links: 'false', unfurl_media: 'false' });
    expect(fields).not.toHaveProperty('thread_ts');
    expect(JSON.parse(fields.metadata ?? '')).toEqual({
      event_type: 'keywarden',
      event_payload: { incident: incidentId, effect: 'card', closed: false },
    });
    expect(fields.text).toContain('Key scheduled for deletion');
    expect(JSON.parse(fields.blocks ?? '[]')[0].type).toBe('header');
  });
  test('an update says when the incident is over', async () => {
    slack.script('chat.update', { ok: true, ts: '1.000100' });
    const over = incident({ read: read('Enabled'), phase: { kind: 'closed', at: T0, outcome: 'restored' } });
    await chat.send(channel, { ...card, incident: over }, { ts: '1.000100' as MessageTs });
    expect(slack.calls[0]).toMatchObject({ method: 'chat.update', fields: { ts: '1.000100' } });
    expect(slack.calls[0]?.fields.metadata).toContain('"closed":true');
  });
  test('a note goes into the thread; a reminder also to the channel', async () => {
    slack.script('chat.postMessage', { ok: true, ts: '2.0' });
    const at = { threadTs: '1.000100' as MessageTs };
    await chat.send(channel, { kind: 'note', incident: card.incident, from: 7, plain: false }, at);
    const remind = {
      kind: 'remind',
      incident: incidentId,
      reminder: { kind: 'milestone', milestone: 60_000, deletionDate: T0 + 60_000, collapsed: 1 },
    } as const;
    const effect = { id: 'e1' as EffectId, since: T0, effect: remind };
    await chat.send(channel, { kind: 'reminder', incident: card.incident, effect, plain: false }, at);
    expect(slack.calls[0]?.fields).not.toHaveProperty('reply_broadcast');
    expect(JSON.parse(slack.calls[0]?.fields.metadata ?? '')).toMatchObject({
      event_payload: { effect: 'note-7', upTo: card.incident.nextSeq - 1 },
    });
    expect(slack.calls[1]?.fields).toMatchObject({ thread_ts: '1.000100', reply_broadcast: 'true' });
    expect(slack.calls[1]?.fields.metadata).toContain('"e1"');
    expect(slack.calls[1]?.fields.text).toContain('Reminder');
  });
  const mark = () => JSON.parse(slack.calls.at(-1)?.fields.metadata ?? '{}');
  test('a request for approval goes into the thread, marked by its own id, and is updated in place', async () => {
    slack.script('chat.postMessage', { ok: true, ts: '2.0' });
    slack.script('chat.update', { ok: true, ts: '2.0' });
    const request: Post = { kind: 'approval', incident: card.incident, approval: approval('disable'), plain: false };
    expect(await chat.send(channel, request, { threadTs: '1.000100' as MessageTs })).toMatchObject({ ts: '2.0' });
    expect(slack.calls[0]?.fields).toMatchObject({ thread_ts: '1.000100', parse: 'none', unfurl_links: 'false' });
    expect(slack.calls[0]?.fields).not.toHaveProperty('reply_broadcast');
    expect(slack.calls[0]?.fields.text).toContain('Approval needed: Disable of');
    expect(slack.calls[0]?.fields.blocks).toContain('<!subteam^S0SECLEADS>');
    expect(mark()).toEqual({
      event_type: 'keywarden',
      event_payload: { incident: incidentId, effect: `approval-${request.approval.id}`, closed: false },
    });
    const rejected = approval('disable', { status: { kind: 'rejected', at: T0, by: bob } });
    await chat.send(channel, { ...request, approval: rejected }, { ts: '2.0' as MessageTs });
    expect(slack.calls[1]).toMatchObject({ method: 'chat.update', fields: { ts: '2.0' } });
    expect(slack.calls[1]?.fields.blocks).not.toContain('"actions"');
  });
  test('a broken glass is told in the channel, too', async () => {
    slack.script('chat.postMessage', { ok: true, ts: '2.0' });
    const broken = approval('disable', { breakGlass: true });
    const post: Post = { kind: 'approval', incident: card.incident, approval: broken, plain: false };
    await chat.send(channel, post, { threadTs: '1.000100' as MessageTs });
    expect(slack.calls[0]?.fields).toMatchObject({ thread_ts: '1.000100', reply_broadcast: 'true' });
    expect(slack.calls[0]?.fields.text).toContain('🚨 Break-glass');
  });
  test('the head of the audit trail, as it is typed into a verification', async () => {
    slack.script('chat.postMessage', { ok: true, ts: '3.0' });
    const head = { seq: 41, hash: 'ab'.repeat(32) };
    expect(await chat.auditHead(channel, head, 20_000)).toEqual({ kind: 'delivered', ts: '3.0' });
    expect(slack.calls[0]?.fields.text).toContain(`41 entries, head 41:${head.hash}`);
    expect(slack.calls[0]?.fields.blocks).toContain(`audit verify --head 41:${head.hash}`);
    expect(mark().event_payload).toEqual({ incident: 'audit', effect: 'head-20000', closed: false });
    expectWithinLimits({
      text: slack.calls[0]?.fields.text ?? '',
      blocks: JSON.parse(slack.calls[0]?.fields.blocks ?? '[]'),
    });
    slack.script('chat.postMessage', { ok: false, error: 'is_archived' });
    expect(await chat.auditHead(channel, head, 20_000)).toEqual({ kind: 'channelGone', error: 'is_archived' });
  });
  test.each<[string, unknown, string]>([
    ['as it was written', { name: '{kw}:audit:set-aside:20261103T040506Z', entries: 3 }, '`{kw}:audit:set-aside:2026'],
    ['forged', { name: '`<!channel>' }, 'was set aside. Heads'],
    ['none', undefined, 'was set aside. Heads'],
  ])('a head says that the former trail was set aside; its name: %s', async (_title, former, words) => {
    slack.script('chat.postMessage', { ok: true, ts: '3.0' });
    const setAside = { ...auditTrail(1)[0], kind: 'setAside', former } as AuditEntry;
    await chat.auditHead(channel, { seq: 41, hash: 'ab'.repeat(32) }, 20_000, setAside);
    expect(slack.calls[0]?.fields.text).toContain('The trail before it was set aside');
    expect(slack.calls[0]?.fields.blocks).toContain(words);
    expect(slack.calls[0]?.fields.blocks).not.toContain('channel');
    expectWithinLimits({
      text: slack.calls[0]?.fields.text ?? '',
      blocks: JSON.parse(slack.calls[0]?.fields.blocks ?? '[]'),
    });
  });
  test('a Home tab is published for one person; a Slack that refuses it is no failure', async () => {
    slack.script('views.publish', { ok: true }, { ok: false, error: 'not_enabled' });
    const person = { enterprise: '', team: 'T1', user: 'U1' };
    const waiting = { incident: card.incident, approval: approval('disable'), mine: false };
    for (let tries = 0; tries < 2; tries += 1) await chat.home(person, memberHome({ requests: [waiting] }));
    expect(slack.calls).toHaveLength(2);
    expect(slack.calls[0]).toMatchObject({ method: 'views.publish', fields: { user_id: 'U1' } });
    expectTaken(JSON.parse(slack.calls[0]?.fields.view ?? '{}'));
    expect(slack.calls[0]?.fields.view).toContain('Waiting for your approval');
  });
  test('a Home tab that would say the same is not sent again, whenever that is', async () => {
    slack.script('views.publish', { ok: true });
    const person = { enterprise: '', team: 'T1', user: 'U1' };
    const first = await chat.home(person, memberHome());
    if (first.kind !== 'shown') throw new Error(first.kind);
    const later = chatAt(slack.url, T0 + 1_000);
    expect(await later.home(person, memberHome(), first.digest)).toEqual({ kind: 'same', digest: first.digest });
    expect(slack.calls).toHaveLength(1);
    expect(await later.home(person, memberHome({ codes: 'missing' }), first.digest)).toMatchObject({ kind: 'shown' });
    expect(slack.calls).toHaveLength(2);
  });
  test.each<readonly [Answer, object]>([
    [{ ok: false, error: 'not_enabled' }, { kind: 'refused' }],
    [{ ok: false, error: 'fatal_error' }, { kind: 'silent' }],
    [hangUp, { kind: 'silent', retryAfter: 5_000 }],
    [
      { ok: false, error: 'token_revoked' },
      { kind: 'silent', retryAfter: 30_000 },
    ],
    [status(429, { 'retry-after': '7' }), { kind: 'silent', retryAfter: 7_000 }],
  ])('what became of a Home tab: %#', async (answer, drawn) => {
    slack.script('views.publish', answer);
    expect(await chat.home({ enterprise: '', team: 'T1', user: 'U1' }, memberHome())).toMatchObject(drawn);
  });
  test('a whisper that fails is no failure', async () => {
    const person = { enterprise: '', team: 'T1', user: 'U1' };
    slack.script('chat.postEphemeral', { ok: false, error: 'user_not_in_channel' });
    await chat.whisper(channel, person, { kind: 'notRecorded' });
    expect(slack.calls[0]?.fields).toMatchObject({ user: 'U1', channel });
    expect(slack.calls[0]?.fields.text).toContain('Not recorded, try again');
  });
});

const failed = (error: string): Answer => ({ ok: false, error });
const HTML = status(200, { 'content-type': 'text/html' }, '<html><body>maintenance</body></html>');

describe('what comes back', () => {
  test.each<[string, Answer, Partial<Delivery>]>([
    ['429 with Retry-After', status(429, { 'retry-after': '30' }), { kind: 'rateLimited', retryAfter: 30_000 }],
    ['429 without', status(429), { kind: 'rateLimited', retryAfter: 5_000 }],
    ['429 with nonsense', status(429, { 'retry-after': 'soon' }), { kind: 'rateLimited', retryAfter: 5_000 }],
    ['ratelimited in a 200', failed('ratelimited'), { kind: 'rateLimited', retryAfter: 5_000 }],
    ['500', status(500), { kind: 'ambiguous', message: 'http 500' }],
    ['503', status(503), { kind: 'ambiguous' }],
    ['403 of a proxy', status(403), { kind: 'ambiguous' }],
    ['413', status(413), { kind: 'unshowable' }],
    ['HTML with 200', HTML, { kind: 'ambiguous' }],
    ['null', status(200, {}, 'null'), { kind: 'ambiguous' }],
    ['an empty 200', status(200), { kind: 'ambiguous' }],
    ['ok without a message', { ok: true }, { kind: 'ambiguous' }],
    ['a redirect', status(302, { location: 'https://evil.example/' }), { kind: 'ambiguous' }],
    ['silence', hang, { kind: 'ambiguous' }],
    ['a dropped connection', hangUp, { kind: 'ambiguous' }],
    ['fatal_error', failed('fatal_error'), { kind: 'ambiguous', message: 'fatal_error' }],
    ['internal_error', failed('internal_error'), { kind: 'ambiguous' }],
    ['service_unavailable', failed('service_unavailable'), { kind: 'ambiguous' }],
  ])('%s', async (_name, answer, kind) => {
    slack.script('chat.postMessage', answer);
    expect(await chat.send(channel, card, {})).toMatchObject(kind);
    expect(slack.calls).toHaveLength(1);
  });

  test.each<[Delivery['kind'], readonly string[]]>([
    ['channelGone', ['channel_not_found', 'not_in_channel', 'is_archived', 'restricted_action']],
    ['messageGone', ['message_not_found', 'cant_update_message', 'edit_window_closed']],
    [
      'unshowable',
      ['msg_too_long', 'msg_blocks_too_long', 'invalid_blocks', 'metadata_too_large', 'invalid_arguments'],
    ],
    ['tokenDead', ['token_revoked', 'invalid_auth', 'account_inactive', 'not_authed', 'token_expired']],
    [
      'refused',
      [
        'missing_scope',
        'plan_upgrade_required',
        'hash_conflict',
        'no_such_subteam',
        'user_not_in_channel',
        'time_too_far',
      ],
    ],
  ])('%s', async (kind, errors) => {
    for (const error of errors) {
      slack.script('chat.update', failed(error));
      expect(await chat.send(channel, card, { ts: '1.0' as MessageTs })).toEqual({ kind, error });
    }
  });

  test('nobody listens: surely not sent', async () => {
    const { url } = slack;
    await slack.close();
    expect(await chatAt(url).send(channel, card, {})).toEqual({ kind: 'notSent', message: 'ECONNREFUSED' });
    slack = await slackStandIn();
  });
});

describe('finding our message again', () => {
  const mark = (effect: string, closed = false, incident: string = incidentId) => ({
    event_type: 'keywarden',
    event_payload: { incident, effect, closed },
  });
  const wanted = { incident: incidentId, effect: 'card', oldest: T0 };
  const find = (more: object = {}) => chat.find(channel, { ...wanted, ...more });

  test('the newest of ours in the channel', async () => {
    slack.script('conversations.history', {
      ok: true,
      messages: [
        { ts: '5.000000', user: 'UEVIL', metadata: mark('card') },
        { ts: '4.000000', user: 'UBOT', metadata: mark('card', false, 'i-other') },
        { ts: '3.000000', user: 'UBOT', metadata: mark('card', true) },
        { ts: '2.000000', user: 'UBOT', metadata: mark('card') },
        { ts: '1.000000', user: 'UBOT', metadata: { event_type: 'other', event_payload: {} } },
      ],
    });
    expect(await find()).toEqual({ kind: 'found', ts: '3.000000', closed: true });
    expect(slack.calls[0]?.fields).toMatchObject({
      channel,
      include_all_metadata: 'true',
      oldest: `${T0 / 1000}.000000`,
    });
  });
  test('in a thread the newest comes last, over pages', async () => {
    const page = (ts: string, next: string) => ({
      ok: true,
      messages: [{ ts, user: 'UBOT', metadata: mark('note-3') }],
      response_metadata: { next_cursor: next },
    });
    slack.script('conversations.replies', page('1.000000', 'more'), page('2.000000', ''));
    const found = await find({ effect: 'note-3', threadTs: '0.5' as MessageTs });
    expect(found).toEqual({ kind: 'found', ts: '2.000000', closed: false });
    expect(slack.calls.map((call) => call.fields.cursor)).toEqual([undefined, 'more']);
  });
  test.each([
    ['a note says how far it goes', { upTo: 9 }],
    ['one of an older version does not', {}],
  ])('%s', async (_what, upTo) => {
    const { event_type, event_payload } = mark('note-3');
    slack.script('conversations.replies', {
      ok: true,
      messages: [
        { ts: '1.000000', user: 'UBOT', metadata: { event_type, event_payload: { ...event_payload, ...upTo } } },
      ],
    });
    const found = await find({ effect: 'note-3', threadTs: '0.5' as MessageTs });
    expect(found).toEqual({ kind: 'found', ts: '1.000000', closed: false, ...upTo });
  });
  test('none, when the history ends', async () => {
    slack.script('conversations.history', { ok: true, messages: [] });
    expect(await find()).toEqual({ kind: 'none' });
  });
  test.each(['missing_scope', 'unknown_method', 'channel_not_found'])('unknown: %s', async (error) => {
    slack.script('conversations.history', failed(error));
    expect(await find()).toEqual({ kind: 'unknown', message: error });
  });
  test('unknown: silence, 429, and a history without end', async () => {
    slack.script('conversations.history', hang, status(429), {
      ok: true,
      messages: [],
      response_metadata: { next_cursor: 'again' },
    });
    expect(await find()).toEqual({ kind: 'unknown', message: 'ambiguous' });
    expect(await find()).toEqual({ kind: 'unknown', message: 'rateLimited' });
    slack.calls.length = 0;
    expect(await find()).toMatchObject({ kind: 'unknown' });
    expect(slack.calls).toHaveLength(20);
  });
  test('a forged id in the mark is not ours', async () => {
    slack.script('conversations.history', {
      ok: true,
      messages: [{ ts: '1.0', metadata: mark('card', false, 'i'.repeat(32)) }],
    });
    expect(await find({ incident: incidentId as IncidentId })).toEqual({ kind: 'none' });
  });
});
