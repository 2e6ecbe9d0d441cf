import type { SlackWorldOptions } from '../world.ts';
import { Conversation } from './conversation.ts';
import { Files } from './files.ts';
import { app, freshId } from './identity.ts';
import type { Entries } from './inputs.ts';
import type { JsonObject } from './json.ts';
import { ResponseUrls, Triggers } from './one-time.ts';
import { People } from './people.ts';
import { Timestamps } from './timestamps.ts';
import { Views } from './views.ts';

/** A message only one person sees. Slack does not keep them; this emulator keeps the latest, to be looked at. */
export interface Ephemeral {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  text: string;
  blocks?: JsonObject[];
  attachments?: JsonObject[];
  thread_ts?: string;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  users: readonly string[];
}

const mostEphemerals = 500;
const mostEntries = 500;

/** Everything the emulated workspace knows. Methods and people's acts read and change it; nothing here speaks HTTP. */
export class Workspace {
  readonly teamId: string;
  readonly now: () => number;
  readonly people: People;
  readonly conversations = new Map<string, Conversation>();
  readonly userGroups = new Map<string, UserGroup>();
  readonly timestamps: Timestamps;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly views: Views;
  readonly files: Files;
  ephemerals: Ephemeral[] = [];
  /** What each person has ticked and typed in messages, by channel, timestamp and person: their client keeps it. */
  readonly #entries = new Map<string, Entries>();
  /** False once the workspace has lost the plan that has user groups. */
  userGroupsAvailable = true;
  tokenRevoked = false;
  /** Whether the app's Messages tab is on; while it is off Slack takes no direct message of the app. */
  messagesTab = true;
  /** Where this server stands, without a slash at the end. Known once it listens. */
  origin = '';
  readonly #listeners = new Set<() => void>();

  constructor(options: SlackWorldOptions) {
    const now = () => options.clock.now();
    this.teamId = options.teamId;
    this.now = now;
    this.people = new People(options.people, options.teamId);
    for (const { id, name, externallyShared } of options.channels)
      this.conversations.set(id, new Conversation(id, name, externallyShared));
    for (const group of options.userGroups) this.userGroups.set(group.id, { ...group });
    this.timestamps = new Timestamps(now);
    this.triggers = new Triggers(now);
    this.responseUrls = new ResponseUrls(now);
    this.views = new Views(options.teamId, now);
    this.files = new Files(now);
  }

  /** The channel with this id, or by its name, with or without `#`. */
  findConversation(idOrName: string): Conversation | undefined {
    const name = idOrName.replace(/^#/, '');
    const named = () => [...this.conversations.values()].find((conversation) => conversation.name === name);
    return this.conversations.get(idOrName) ?? named();
  }

  /** What people have in their list: channels, and direct messages once they are opened. */
  opened(): Conversation[] {
    return [...this.conversations.values()].filter(({ opened }) => opened);
  }

  /** The bot's direct message with a person; what is said there opens it. */
  directMessage(user: string): Conversation {
    const known = [...this.conversations.values()].find((conversation) => conversation.person === user);
    if (known !== undefined) return known;
    const name = `@${this.people.byId(user)?.handle ?? user}`;
    const conversation = new Conversation(freshId('D'), name, false, user);
    this.conversations.set(conversation.id, conversation);
    return conversation;
  }

  /** Ids of who is in a conversation, the bot only while it has joined. */
  membersOf(conversation: Conversation): string[] {
    if (conversation.person !== undefined) return [conversation.person, app.userId];
    const members = this.people.members().map((person) => person.id);
    return conversation.joined ? members : members.filter((id) => id !== app.userId);
  }

  /** What a person has ticked and typed in a message so far; the oldest go first. */
  entriesIn(conversation: Conversation, ts: string, person: { readonly id: string }): Entries {
    const name = `${conversation.id} ${ts} ${person.id}`;
    const entries = this.#entries.get(name) ?? new Map();
    this.#entries.delete(name);
    this.#entries.set(name, entries);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > mostEntries && oldest !== undefined) this.#entries.delete(oldest);
    return entries;
  }

  /** Keeps an ephemeral message; the oldest go first. */
  addEphemeral(ephemeral: Ephemeral): void {
    this.ephemerals.push(ephemeral);
    if (this.ephemerals.length > mostEphemerals) this.ephemerals.shift();
    this.changed();
  }

  /** Tells everyone who watches that something is different now. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Watches for changes; returns how to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
