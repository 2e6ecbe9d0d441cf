/** What the countdown's stories share: a dying key, its reminders as Slack shows them, and moments of its window. */
import type { SlackAnswer, SlackMessage } from '../../src/sandbox/world.ts';
import { cardOf, pass, scheduled, settled } from '../faults/given.ts';
import { CHANNEL, eventually, FALLBACK, type World, type WorldOptions } from '../harness.ts';

export const HOUR = 3_600_000;
export const MENTION = '<!subteam^S0ONCALL>';

/** Own credentials: a clock moved by days would end a role's session in the middle of a call, as no real clock does. */
export const loud: WorldOptions = {
  withRoles: false,
  config: {
    reminders: { mention: 'S0ONCALL' },
    roles: {
      responder: { users: ['U0ALICE'] },
      approver: { users: ['U0BOB', 'U0DAVE'] },
      admin: { users: ['U0CAROL'] },
    },
  },
  userGroups: [{ id: 'S0ONCALL', handle: 'oncall', users: ['U0ALICE'] }],
};

export interface Dying {
  readonly arn: string;
  readonly date: number;
}

/** A key whose deletion was scheduled, its card posted and its countdown begun. */
export async function dying(world: World, alias: string, days = 7): Promise<Dying> {
  const arn = await scheduled(world, alias, days);
  await cardOf(world, alias);
  const date = await eventually('the countdown', async () => (await world.incident(arn))?.countdown?.deletionDate);
  await settled(world);
  return { arn, date };
}

/** Moves to a moment of the world's own clock. */
export const passTo = (world: World, moment: number): void => pass(world, moment - world.clock.now());

export interface Heard {
  readonly text: string;
  /** Shown in the channel, not only in the thread. */
  readonly inChannel: boolean;
  readonly message: SlackMessage;
}

/** Every reminder of a channel, oldest first: replies of threads, and messages of their own. */
export const heard = (world: World, channel = CHANNEL): readonly Heard[] =>
  world
    .messages(channel)
    .flatMap((message): readonly Heard[] => [
      { text: String(message.text), inChannel: true, message },
      ...(message.replies ?? []).map((reply) => ({
        text: String(reply.text),
        inChannel: reply.subtype === 'thread_broadcast',
        message: reply,
      })),
    ])
    .filter(({ text }) => text.includes('Reminder'))
    .sort((one, other) => Number(one.message.ts) - Number(other.message.ts));

/** The newest reminder, once there are so many. */
export const heardTimes = async (world: World, times: number, channel = CHANNEL): Promise<Heard> => {
  const all = await eventually(`${times} reminders in ${channel}`, () => {
    const found = heard(world, channel);
    return found.length >= times ? found : undefined;
  });
  const last = all[times - 1];
  if (all.length !== times || last === undefined) throw new Error(`${all.length} reminders: ${JSON.stringify(all)}`);
  return last;
};

export const inFallback = (world: World): readonly Heard[] => heard(world, FALLBACK);

/** What one person was sent, each on their own. */
export const sentTo = (world: World, handle: string): readonly SlackMessage[] =>
  world.slack.channels().find(({ name }) => name === `@${handle}`)?.messages ?? [];

export const press = (
  world: World,
  user: string,
  message: SlackMessage,
  action: string,
  channel = CHANNEL,
): Promise<SlackAnswer> => world.slack.click({ channel, ts: message.ts, user, action });

/** What only one person was told. */
export const whispersTo = (world: World, user: string): readonly string[] =>
  world.slack
    .ephemerals()
    .filter((one) => one.user === user)
    .map(({ text }) => text);
