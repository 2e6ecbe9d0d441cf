/** The app over real HTTP: signatures, replays, forms, and what each door answers. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSlackApp, type SlackApp } from '../../../src/adapters/slack/app.ts';
import { viewOf } from '../../../src/adapters/slack/send.ts';
import type { Click, Command, Submission } from '../../../src/domain/interaction.ts';
import { StoreUnavailable } from '../../../src/domain/lost.ts';
import type { Clock, Doors } from '../../../src/ports.ts';
import { imported, incident, incidentId, read } from '../../domain/samples.ts';
import { clientOf, hang, type SlackStandIn, silentLog, slackStandIn } from './stand-in.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
const known = incident({ read: read('PendingDeletion', imported) });

let slack: SlackStandIn;
let server: Server;
let app: SlackApp;
let origin: string;
let heard: { clicks: Click[]; commands: Command[]; submissions: Submission[]; homes: string[]; followed: number };
let doors: Doors;
let seenDown: boolean;

beforeEach(async () => {
  slack = await slackStandIn();
  for (const method of ['chat.postEphemeral', 'views.open', 'views.publish']) slack.script(method, { ok: true });
  heard = { clicks: [], commands: [], submissions: [], homes: [], followed: 0 };
  seenDown = false;
  doors = {
    click: async (click) => {
      heard.clicks.push(click);
      const follow = async (): Promise<void> => {
        heard.followed += 1;
      };
      return { kind: 'written', follow };
    },
    submit: async (submission) => {
      heard.submissions.push(submission);
      return { kind: 'accepted' };
    },
    command: async (command) => {
      heard.commands.push(command);
      return { kind: 'help' };
    },
    incident: async (id) => (id === incidentId ? known : undefined),
    home: async (person) => {
      heard.homes.push(person.user);
      return { roles: ['responder'], incidents: [known] };
    },
  };
  const marks = new Set<string>();
  const client = clientOf(slack.url);
  app = createSlackApp({
    client,
    mode: { kind: 'http', signingSecret: SECRET },
    token: 'xoxb-test',
    apiUrl: slack.url,
    seen: {
      first: async (mark) => {
        if (seenDown) throw new StoreUnavailable('away');
        const first = !marks.has(mark);
        marks.add(mark);
        return first;
      },
    },
    clock,
    log: silentLog,
    hash: (text) => createHmac('sha256', 'test').update(text).digest('hex'),
    view: (about) =>
      viewOf(about ?? known, { clock, accountName: () => 'payments-prod', has: () => true, destructive: true }),
  });
  app.connect({
    click: (click) => doors.click(click),
    submit: (submission) => doors.submit(submission),
    command: (command) => doors.command(command),
    incident: (id) => doors.incident(id),
    home: (person) => doors.home(person),
  });
  server = createServer((request, response) => app.requestListener?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await slack.close();
});

interface Sending {
  readonly at?: number;
  readonly secret?: string;
  readonly type?: string;
}
async function send(
  body: string,
  { at = Date.now(), secret = SECRET, type = 'application/x-www-form-urlencoded' }: Sending = {},
) {
  const stamp = Math.floor(at / 1_000);
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${stamp}:${body}`).digest('hex')}`;
  const response = await fetch(`${origin}/slack/events`, {
    method: 'POST',
    headers: { 'content-type': type, 'x-slack-request-timestamp': String(stamp), 'x-slack-signature': signature },
    body,
  });
  return { status: response.status, text: await response.text() };
}
const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();
const payload = (data: object): string => form({ payload: JSON.stringify(data) });
const who = { user: { id: 'U1234567', name: 'jt', team_id: 'T1234567' }, enterprise: null, trigger_id: '1.2.3' };

const press = (action: object, more: object = {}): object => ({
  type: 'block_actions',
  ...who,
  team: { id: 'T1234567', domain: 'example' },
  channel: { id: 'C123ABC456', name: 'kms' },
  message: {
    ts: '1773479861.000200',
    metadata: { event_type: 'keywarden', event_payload: { incident: incidentId, effect: 'card' } },
  },
  actions: [{ type: 'button', block_id: 'b', action_ts: '1773479890.840180', ...action }],
  ...more,
});
const rescue = press({ action_id: 'rescue', value: incidentId });
const command = (text: string) =>
  form({
    command: '/kms',
    text,
    team_id: 'T1234567',
    enterprise_id: 'E0001',
    channel_id: 'C123ABC456',
    user_id: 'U1234567',
    trigger_id: '13345224609.738474920.8088930838d88f008e0',
  });
const sent = (values: Readonly<Record<string, string | null>>, metadata: string = incidentId): object => ({
  type: 'view_submission',
  ...who,
  team: null,
  view: {
    id: 'V1',
    type: 'modal',
    callback_id: 'delete_material',
    private_metadata: metadata,
    state: {
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { [name]: { type: 'plain_text_input', value } }]),
      ),
    },
  },
});
const soon = async (done: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 200 && !done(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
};
const whispers = (): readonly string[] =>
  slack.calls.filter((call) => call.method === 'chat.postEphemeral').map((call) => call.fields.text ?? '');

describe('no door without a lock', () => {
  test.each<[string, Sending]>([
    ['another secret', { secret: 'wrong' }],
    ['six minutes old', { at: Date.now() - 360_000 }],
    ['six minutes ahead', { at: Date.now() + 360_000 }],
  ])('%s', async (_name, sending) => {
    expect((await send(payload(rescue), sending)).status).toBe(401);
    expect(heard.clicks).toEqual([]);
  });
  test('no headers at all', async () => {
    const response = await fetch(`${origin}/slack/events`, { method: 'POST', body: payload(rescue) });
    expect(response.status).toBe(401);
  });
  test('a replayed body answers 200 and does nothing', async () => {
    const [body, at] = [payload(rescue), Date.now()];
    expect((await send(body, { at })).status).toBe(200);
    expect((await send(body, { at })).status).toBe(200);
    const typed = command('rescue alias/x');
    await send(typed, { at });
    expect(await send(typed, { at })).toEqual({ status: 200, text: '' });
    expect(heard.clicks).toHaveLength(1);
    expect(heard.commands).toHaveLength(1);
  });
  test('ssl_check runs no handler, whatever it smuggles', async () => {
    const body = form({ ssl_check: '1', payload: JSON.stringify(rescue), command: '/kms', text: 'rescue x' });
    const response = await fetch(`${origin}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    expect(response.status).toBe(200);
    expect((await send(body)).status).toBe(200);
    expect(heard).toMatchObject({ clicks: [], commands: [] });
  });
  test('a body of more than 512 KiB', async () => {
    expect((await send(form({ text: 'x'.repeat(600_000) }))).status).toBe(413);
  });
  test('broken JSON, and forms that are not what they say', async () => {
    expect((await send(form({ payload: '{' }))).status).toBe(400);
    expect((await send(payload({ ...rescue, message: { ts: 7 } }))).status).toBe(200);
    expect((await send(payload({ ...rescue, channel: 'C1' }))).status).toBe(200);
    expect(heard.clicks).toEqual([]);
  });
  test('a press that names its place in the container only', async () => {
    const { message: _message, channel: _channel, ...bare } = rescue as Record<string, unknown>;
    expect(
      (await send(payload({ ...bare, container: { type: 'message', channel_id: 'C1', message_ts: '1.1' } }))).status,
    ).toBe(200);
    expect(heard.clicks).toMatchObject([{ channel: 'C1', action: 'rescue' }]);
  });
  test('the challenge of a new request URL', async () => {
    const { text } = await send(JSON.stringify({ type: 'url_verification', challenge: 'abc' }), {
      type: 'application/json',
    });
    expect(JSON.parse(text)).toEqual({ challenge: 'abc' });
  });
});

describe('clicks', () => {
  test('become plain data; the work follows the acknowledgement', async () => {
    expect(await send(payload(rescue))).toEqual({ status: 200, text: '' });
    expect(heard.clicks).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: 'U1234567' },
        channel: 'C123ABC456',
        incident: incidentId,
        action: 'rescue',
        nonce: '1773479861.000200 1773479890.840180 U1234567 rescue',
      },
    ]);
    await soon(() => heard.followed === 1);
    expect(heard.followed).toBe(1);
  });
  test.each([
    ['cancel_deletion', 'cancelDeletion'],
    ['enable', 'enable'],
    ['disable', 'disable'],
    ['delete_material', 'deleteMaterial'],
  ])('%s is %s', async (id, action) => {
    await send(payload(press({ action_id: id, value: incidentId })));
    expect(heard.clicks[0]?.action).toBe(action);
  });
  test('the person’s own team counts, also where the payload names none', async () => {
    await send(payload({ ...rescue, team: null, enterprise: { id: 'E1' } }));
    expect(heard.clicks[0]?.person).toEqual({ enterprise: 'E1', team: 'T1234567', user: 'U1234567' });
  });
  test('an id that cannot be ours is looked up as nobody’s', async () => {
    await send(payload(press({ action_id: 'rescue', value: '{"key":"arn:aws:kms"}' })));
    expect(heard.clicks[0]?.incident).toBe(`i${'0'.repeat(31)}`);
  });
  test('buttons nobody knows, and links, are acknowledged and mean nothing', async () => {
    expect((await send(payload(press({ action_id: 'kms_cancel_deletion', value: 'x' })))).status).toBe(200);
    const link = { action_id: 'more', selected_option: { value: `link:${incidentId}` } };
    expect((await send(payload(press(link)))).status).toBe(200);
    expect(heard.clicks).toEqual([]);
  });
  test('the menu whispers the CLI commands', async () => {
    await send(payload(press({ action_id: 'more', selected_option: { value: `cli:${incidentId}` } })));
    await soon(() => whispers().length > 0);
    expect(whispers()[0]).toContain('aws kms cancel-key-deletion --region us-west-2');
    await send(payload(press({ action_id: 'more', selected_option: { value: 'cli:i-unknown' } })));
    await soon(() => whispers().length > 1);
    expect(whispers()[1]).toContain('nothing the bot knows');
  });
  test('a lost memory: the person reads that nothing may have been recorded', async () => {
    doors = { ...doors, click: () => Promise.reject(new StoreUnavailable('away')) };
    seenDown = true;
    expect((await send(payload(rescue))).status).toBe(200);
    await soon(() => whispers().length > 0);
    expect(whispers()[0]).toContain('Not recorded, try again');
  });
  test('a refusal is whispered', async () => {
    doors = { ...doors, click: async () => ({ kind: 'whisper', words: { kind: 'noSuchButton' } }) };
    await send(payload(rescue));
    await soon(() => whispers().length > 0);
    expect(slack.calls[0]?.fields).toMatchObject({ channel: 'C123ABC456', user: 'U1234567' });
  });
  test('Delete Material opens its form', async () => {
    doors = { ...doors, click: async () => ({ kind: 'modal', incident: known }) };
    await send(payload(press({ action_id: 'delete_material', value: incidentId })));
    await soon(() => slack.calls.length > 0);
    expect(slack.calls[0]).toMatchObject({ method: 'views.open', fields: { trigger_id: '1.2.3' } });
    const view = JSON.parse(slack.calls[0]?.fields.view ?? '{}');
    expect(view).toMatchObject({ type: 'modal', callback_id: 'delete_material' });
    expect(view.private_metadata).toMatch(/^i1{31}\.[0-9a-f]{32}$/);
  });
});

describe('commands', () => {
  test('are answered in the acknowledgement, to one person', async () => {
    const { text } = await send(command('help'));
    expect(JSON.parse(text)).toMatchObject({
      response_type: 'ephemeral',
      text: expect.stringContaining('/kms rescue'),
    });
    expect(heard.commands[0]).toMatchObject({
      person: { enterprise: 'E0001', team: 'T1234567', user: 'U1234567' },
      channel: 'C123ABC456',
      text: 'help',
    });
  });
  test('a lost memory says so', async () => {
    doors = { ...doors, command: () => Promise.reject(new StoreUnavailable('away')) };
    const { text } = await send(command('rescue alias/x'));
    expect(JSON.parse(text).text).toContain('Not recorded, try again');
  });
  test('what takes longer than Slack waits follows as a message', async () => {
    doors = { ...doors, command: () => new Promise((resolve) => setTimeout(() => resolve({ kind: 'help' }), 2_700)) };
    const { text } = await send(command('list all'));
    expect(JSON.parse(text).text).toContain('follows');
    await soon(() => whispers().length > 0);
    expect(whispers()[0]).toContain('/kms rescue');
  });
});

describe('forms', () => {
  test('an accepted one closes', async () => {
    const body = payload(sent({ reason: 'gone', key_name: 'orders', ticket: null }, `${incidentId}.abc`));
    expect(await send(body)).toEqual({ status: 200, text: '' });
    expect(heard.submissions).toEqual([
      {
        person: { enterprise: '', team: 'T1234567', user: 'U1234567' },
        incident: incidentId,
        action: 'deleteMaterial',
        shown: 'abc',
        reason: 'gone',
        keyName: 'orders',
        nonce: 'V1',
      },
    ]);
  });
  test('errors stand under their field', async () => {
    doors = { ...doors, submit: async () => ({ kind: 'errors', errors: { key_name: 'Type orders.' } }) };
    const { text } = await send(payload(sent({ reason: 'gone', key_name: 'x' })));
    expect(JSON.parse(text)).toEqual({ response_action: 'errors', errors: { key_name: 'Type orders.' } });
  });
  test('a lost memory: nothing was done', async () => {
    doors = { ...doors, submit: () => Promise.reject(new StoreUnavailable('away')) };
    const { text } = await send(payload(sent({ reason: 'gone', key_name: 'x' })));
    expect(JSON.parse(text).errors.reason).toContain('Not recorded');
  });
  test('a late answer does not claim that nothing was done', async () => {
    doors = { ...doors, submit: () => new Promise(() => {}) };
    const { text } = await send(payload(sent({ reason: 'gone', key_name: 'x' })));
    expect(JSON.parse(text).errors.reason).toContain('Still checking');
  });
  test('a form that is not ours runs nothing', async () => {
    const other = {
      ...sent({}),
      view: { id: 'V1', type: 'modal', callback_id: 'kms_destroy_confirm', state: { values: {} } },
    };
    await Promise.race([send(payload(other)), new Promise((resolve) => setTimeout(resolve, 200))]);
    expect(heard.submissions).toEqual([]);
  });
});

describe('the Home tab', () => {
  const opened = (tab: string) =>
    JSON.stringify({
      type: 'event_callback',
      team_id: 'T1234567',
      event: { type: 'app_home_opened', user: 'U1234567', channel: 'D1', tab, event_ts: '1' },
      authorizations: [
        { team_id: 'T1234567', enterprise_id: null, user_id: 'UBOT', is_bot: true, is_enterprise_install: false },
      ],
    });
  test('is drawn when it is opened, the Messages tab is not', async () => {
    await send(opened('messages'), { type: 'application/json' });
    await send(opened('home'), { type: 'application/json' });
    await soon(() => slack.calls.length > 0);
    expect(heard.homes).toEqual(['U1234567']);
    expect(slack.calls).toHaveLength(1);
    expect(slack.calls[0]).toMatchObject({ method: 'views.publish', fields: { user_id: 'U1234567' } });
    expect(slack.calls[0]?.fields.view).toContain('responder');
  });
});

describe('who we are', () => {
  test('is asked in the background, and told by readiness', async () => {
    slack.script('auth.test', { ok: true, team_id: 'T1', user_id: 'UBOT', url: 'https://example.slack.com/' });
    await app.start();
    expect(await app.auth()).toMatchObject({ ok: true });
    expect(app.botUser()).toBe('UBOT');
    expect(await app.home()).toMatchObject({ team: 'T1', enterprise: '' });
    await app.stop();
  });
  test('a Slack that is away, or a dead token, does not keep the bot from starting', async () => {
    slack.script('auth.test', hang);
    await app.start();
    slack.script('auth.test', { ok: false, error: 'token_revoked' });
    expect((await app.auth()).ok).toBe(false);
    expect(app.botUser()).toBeUndefined();
  });
});
