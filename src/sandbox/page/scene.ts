import type { AwsWorld, SlackWorld } from '../world.ts';
import type { Names } from './rich-text.ts';
import { home, type Sights } from './sight.ts';

/** Everything the page shows, and what it remembers on its own. */
export interface Scene {
  readonly aws: AwsWorld;
  readonly slack: SlackWorld;
  /** The time of this world, milliseconds since the epoch. */
  readonly now: () => number;
  readonly dayMs: number;
  readonly people: readonly { readonly id: string; readonly handle: string; readonly duty: string }[];
  readonly userGroups: readonly { readonly id: string; readonly handle: string }[];
  readonly accountNames: ReadonlyMap<string, string>;
  /** The bot's public base URL, for whoever wants to look at its health. */
  readonly botUrl: string;
  /** Modals a person has closed; Slack's emulator has no call for that, as no bot here asks to be told. */
  readonly cancelled: Set<string>;
  /** What is wrong with a modal's inputs, by view and block; under `''` what concerns the whole. */
  readonly errors: Map<string, Readonly<Record<string, string>>>;
}

/** What ids are called in this scene. */
export function namesIn(scene: Scene): Names {
  return {
    users: new Map(scene.people.map(({ id, handle }) => [id, handle])),
    channels: new Map(scene.slack.channels().map(({ id, name }) => [id, name])),
    userGroups: new Map(scene.userGroups.map(({ id, handle }) => [id, handle])),
  };
}

/** The channels a person sees, and their own direct message with the bot. */
export function channelsOf({ slack, people }: Scene, person: string): ReturnType<SlackWorld['channels']> {
  const own = `@${people.find(({ id }) => id === person)?.handle}`;
  return slack.channels().filter(({ id, name }) => !isDirect(id) || name === own);
}

/** Whether a conversation is between the bot and one person. */
export const isDirect = (channel: string): boolean => channel.startsWith('D');

/** What there is to look at in this scene. */
export function sightsIn(scene: Scene): Sights {
  return {
    people: new Map(scene.people.map(({ id, handle }) => [handle, id])),
    places: (person) => [...channelsOf(scene, person).map(({ id }) => id), home],
  };
}
