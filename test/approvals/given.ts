/** What the stories of approvals share: a key, a form, a request in the thread, and who says what to it. */
import { expect } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import type { SlackAnswer, SlackMessage } from '../../src/sandbox/world.ts';
import { sweepNow } from '../faults/given.ts';
import { CHANNEL, eventually, type World, type WorldOptions } from '../harness.ts';

/** Two approvers, an admin who is nothing else, and everybody may give codes. */
export const options = (approvals: object = {}, roles: object = {}): WorldOptions => ({
  config: {
    roles: {
      responder: { users: ['U0ALICE'] },
      approver: { users: ['U0BOB', 'U0DAVE'] },
      admin: { users: ['U0CAROL'] },
      ...roles,
    },
    approvals: { destructive: 'on', ...approvals },
  },
});

export const enrolAll = (world: World): Promise<void> => world.enrol('U0ALICE', 'U0BOB', 'U0CAROL', 'U0DAVE');

/** A key the sweep has seen enabled. */
export async function steadyKey(world: World, alias: string): Promise<string> {
  const arn = await world.makeKey(alias);
  await sweepNow(world);
  return arn;
}

const userId = (handle: string): string => `U0${handle.toUpperCase()}`;

/** The newest form of a person that was not there before. */
async function newForm(world: World, user: string, open: () => Promise<SlackAnswer>): Promise<string> {
  const before = new Set(world.slack.views().map(({ id }) => id));
  const answer = await open();
  expect(answer, JSON.stringify(answer)).toMatchObject({ ok: true });
  const view = await eventually(`a form for ${user}`, () =>
    world.slack
      .views()
      .find(({ id, user: whose, view: one }) => whose === userId(user) && one.type === 'modal' && !before.has(id)),
  );
  return view.id;
}

/** The form that a command opens. */
export const commandForm = (world: World, user: string, text: string): Promise<string> =>
  newForm(world, user, () => world.slack.command({ channel: CHANNEL, user, text }));

/** The form that a button of a message opens. */
export const pressForm = (world: World, user: string, ts: string, action: string): Promise<string> =>
  newForm(world, user, () => world.slack.click({ channel: CHANNEL, ts, user, action }));

export const send = (
  world: World,
  user: string,
  viewId: string,
  values: Readonly<Record<string, unknown>>,
): Promise<SlackAnswer> => world.slack.submit({ viewId, user, values });

/** What stands under a form's fields after it was refused. */
export const errorsOf = (answer: SlackAnswer): string => {
  const { response_action: action, errors } = (answer.response ?? {}) as { response_action?: string; errors?: object };
  return action === 'errors' ? JSON.stringify(errors) : '';
};

/** Asks, as alice, for the deletion of a key. */
export async function askDeletion(
  world: World,
  alias: string,
  more: { readonly user?: string; readonly days?: number; readonly values?: object } = {},
): Promise<SlackAnswer> {
  const user = more.user ?? 'alice';
  const viewId = await commandForm(
    world,
    user,
    `schedule-deletion ${alias}${more.days === undefined ? '' : ` ${more.days}`}`,
  );
  const values = { reason: 'no longer used, CHG-7', key_name: alias, code: world.code(userId(user)), ...more.values };
  return send(world, user, viewId, values);
}

/** The request's message in the thread of the key's card. */
export const requestOf = (world: World, alias: string, words = 'Approval needed'): Promise<SlackMessage> =>
  eventually(`the request "${words}" about ${alias}`, () =>
    world
      .cards(`alias/${alias}`)
      .flatMap((card) => card.replies ?? [])
      .findLast((reply) => String(reply.text).includes(words) && String(reply.text).includes(alias)),
  );

/** Presses Approve or Reject on the request, and sends the form. */
export async function review(
  world: World,
  user: string,
  alias: string,
  action: 'Approve' | 'Reject',
  values: Readonly<Record<string, unknown>> = {},
): Promise<SlackAnswer> {
  const { ts } = await requestOf(world, alias);
  const viewId = await pressForm(world, user, ts, action);
  const view = world.slack.views().find(({ id }) => id === viewId);
  const code = JSON.stringify(view).includes('"code"') ? { code: world.code(userId(user)) } : {};
  return send(world, user, viewId, { comment: 'seen', ...code, ...values });
}

/** What somebody was told, alone. */
export const told = (world: World, user: string, words: string): Promise<true> =>
  eventually(
    `"${words}" told to ${user}`,
    () =>
      world.slack.ephemerals().some((one) => one.user === userId(user) && JSON.stringify(one).includes(words)) ||
      undefined,
  );

export const record = async (world: World, arn: string): Promise<Incident> =>
  eventually('the record', () => world.incident(arn));

/** Calls of a KMS operation that changed this key, by the emulated CloudTrail. */
export const changes = (world: World, arn: string, operation: string): number =>
  world.aws
    .events()
    .filter(({ source, detail }) => source === 'cloudtrail' && detail.eventName === operation)
    .filter(({ detail }) => detail.errorCode === undefined && JSON.stringify(detail.resources ?? []).includes(arn))
    .length;

/** The whole audit trail. */
export async function trail(world: World) {
  const entries = [];
  for await (const page of world.bot.house.audit.entries()) entries.push(...page);
  return entries;
}

/** Holds every call at the door to its KMS lane, as a long line there would, until it is let go. */
export function holdTurn(bot: World['bot']): { readonly release: () => void } {
  const { keys } = bot.house;
  const { slot } = keys;
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.assign(keys, { slot: (...args: Parameters<typeof slot>) => promise.then(() => slot(...args)) });
  return {
    release: () => {
      Object.assign(keys, { slot });
      resolve();
    },
  };
}
