/** What the stories of the Home tab share: whose tab shows what, and presses in it. */
import { expect } from 'vitest';
import type { Bot } from '../../src/compose.ts';
import type { ChannelId, IncidentId, KeyRef } from '../../src/domain/ids.ts';
import { parseKeyArn } from '../../src/domain/ids.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { newIncident } from '../../src/domain/record.ts';
import type { Save } from '../../src/ports.ts';
import type { SlackAnswer } from '../../src/sandbox/world.ts';
import { scheduled } from '../faults/given.ts';
import { ACCOUNT, DAY, eventually, REGION, type World } from '../harness.ts';

type View = ReturnType<World['slack']['views']>[number];

/** What stands in front of somebody, as text with dates by their fallback. */
export const homeOf = (world: World, user: string): View | undefined =>
  world.slack.views().find((one) => one.user === user && one.view.type === 'home');

export const wordsAt = (world: World, user: string): string =>
  JSON.stringify(homeOf(world, user)?.view.blocks ?? '').replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1');

/** Waits until somebody's tab says something. */
export const says = (world: World, user: string, words: string, within?: number): Promise<string> =>
  eventually(
    `"${words}" in the Home tab of ${user}`,
    () => (wordsAt(world, user).includes(words) ? wordsAt(world, user) : undefined),
    within,
  );

export const saysNo = (world: World, user: string, words: string, within?: number): Promise<true> =>
  eventually(
    `a Home tab of ${user} without "${words}"`,
    () => homeOf(world, user) !== undefined && !wordsAt(world, user).includes(words),
    within,
  ) as Promise<true>;

/** Opens the tab, and waits until it was drawn for that. */
export async function open(world: World, user: string): Promise<string> {
  const before = published(world);
  const person = { enterprise: '', team: 'T0HOME', user };
  const { homes } = (world.bots().at(-1) ?? world.bot).house;
  const since = world.clock.now();
  expect(await world.slack.openHome(user)).toMatchObject({ ok: true });
  await eventually(`the Home tab of ${user}`, async () => {
    if (published(world) <= before) return false;
    // Drawn for this, and for nothing before: of whoever sees nothing, nothing is kept.
    const kept = await homes.get(person);
    return kept === undefined || ((kept.drawnAt ?? 0) >= since && kept.digest !== undefined);
  });
  return wordsAt(world, user);
}

export const published = (world: World): number => world.slack.calls().get('slack views.publish') ?? 0;

/** Presses something in somebody's tab. `value` tells several buttons of that name apart, or chooses an entry. */
export async function press(world: World, user: string, action: string, value?: string): Promise<SlackAnswer> {
  const viewId = homeOf(world, user)?.id ?? '';
  const answer = await world.slack.click({ viewId, user, action, ...(value === undefined ? {} : { value }) });
  expect(answer, JSON.stringify(answer)).toMatchObject({ ok: true });
  return answer;
}

/** A press in somebody's tab as Slack sends it, also of a button that is not drawn there any more. */
export const pressedAtHome = (user: string, actionId: string, value: string): string =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      team: { id: 'T0HOME', domain: 'home' },
      user: { id: user, username: user, name: user, team_id: 'T0HOME' },
      api_app_id: 'A0KEYWARDEN',
      token: 'token',
      trigger_id: '1.2.3',
      container: { type: 'view', view_id: 'V0HOME' },
      view: { id: 'V0HOME', type: 'home', state: { values: {} } },
      actions: [{ type: 'button', action_id: actionId, block_id: 'b', value, action_ts: '1.1' }],
    }),
  }).toString();

/** An incident about a key, once it has its date. */
export async function dying(world: World, alias: string, days: number, bot: Bot = world.bot): Promise<string> {
  const arn = await scheduled(world, alias, days, bot);
  await eventually(`the countdown of ${alias}`, async () => {
    const { incidents } = bot.house;
    return (await incidents.load(incidentIdOf(bot, arn)))?.countdown !== undefined;
  });
  return arn;
}

/** The names in the order in which they stand. */
export const inOrder = (words: string, names: readonly string[]): readonly string[] =>
  names.filter((name) => words.includes(name)).sort((a, b) => words.indexOf(a) - words.indexOf(b));

export const incidentIdOf = ({ house }: Bot, arn: string): IncidentId =>
  `i${house.hash(`key ${arn}`).slice(0, 31)}` as IncidentId;

/** The menu's entry about an incident: it carries the date that was decided on. */
export async function entryAbout(bot: Bot, arn: string, entry: 'acknowledge' | 'snooze'): Promise<string> {
  const id = incidentIdOf(bot, arn);
  const date = (await bot.house.incidents.load(id))?.countdown?.deletionDate;
  return [entry, id, ...(date === undefined ? [] : [date])].join(':');
}

/** A key of the account that nobody made: its incident stands in the memory alone. */
export const keyNumber = (number: number, account = ACCOUNT): KeyRef =>
  parseKeyArn(
    `arn:aws:kms:${REGION}:${account}:key/${number.toString(16).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`,
  ) as KeyRef;

/** An incident about such a key; `days`: until it is deleted, none for a disabled one. */
export function incidentAbout(world: World, key: KeyRef, days: number | undefined): Incident {
  const now = world.clock.now();
  const dying = days === undefined ? {} : { deletionDate: now + days * DAY };
  return {
    ...newIncident({
      id: incidentIdOf(world.bot, key.arn),
      subject: { kind: 'key', key },
      channel: 'C0INCIDENT' as ChannelId,
      prior: { kind: 'known', state: 'Enabled', from: 'sweep', at: now },
      now,
      adopt: false,
    }),
    version: 1,
    read: {
      kind: 'read',
      snapshot: {
        key,
        readAt: now,
        state: days === undefined ? 'Disabled' : 'PendingDeletion',
        manager: 'CUSTOMER',
        origin: 'AWS_KMS',
        spec: 'SYMMETRIC_DEFAULT',
        usage: 'ENCRYPT_DECRYPT',
        ...dying,
      },
    },
    ...(days === undefined
      ? {}
      : { countdown: { deletionDate: now + days * DAY, since: now, told: [], endTold: false } }),
  };
}

/** A save that asks for nothing: no card, no look at the key. */
export const saving = (incident: Incident): Save => ({ incident, add: [], remove: [], lanes: [], facts: [] });
