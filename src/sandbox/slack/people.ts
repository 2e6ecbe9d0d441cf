import type { SlackPerson } from '../world.ts';
import { app } from './identity.ts';
import type { JsonObject } from './json.ts';

/** A person with what can change during a run. */
export type Person = SlackPerson & { deactivated: boolean };

/** Everybody in the workspace, the bot's own user among them. */
export class People {
  readonly #byId = new Map<string, Person>();
  readonly #teamId: string;

  constructor(people: readonly SlackPerson[], teamId: string) {
    this.#teamId = teamId;
    for (const person of people) this.#byId.set(person.id, { ...person, deactivated: person.deactivated ?? false });
    if (!this.#byId.has(app.userId))
      this.#byId.set(app.userId, { id: app.userId, handle: app.handle, bot: true, deactivated: false });
  }

  /** Who has this id. */
  byId(id: string): Person | undefined {
    return this.#byId.get(id);
  }

  /** Who is meant by an id or a handle, with or without its `@`. */
  find(idOrHandle: string): Person | undefined {
    const handle = idOrHandle.replace(/^@/, '');
    return this.#byId.get(idOrHandle) ?? this.all().find((person) => person.handle === handle);
  }

  all(): Person[] {
    return [...this.#byId.values()];
  }

  /**
   * Who belongs to every channel: everybody not deactivated. Strangers belong too, even where the channel is not marked
   * as shared, so that a bot's own check of the actor can be put to the test on its own.
   */
  members(): Person[] {
    return this.all().filter((person) => !person.deactivated);
  }

  /** The person as `users.info` shows them. Deactivated people have lost their profile's flags, as in Slack. */
  describe(person: Person): JsonObject {
    const team = person.teamId ?? this.#teamId;
    const common = {
      id: person.id,
      team_id: team,
      name: person.handle,
      deleted: person.deactivated,
      is_bot: person.bot ?? false,
      is_app_user: false,
      updated: 1_700_000_000,
      profile: { real_name: person.handle, display_name: person.handle, team },
    };
    if (person.deactivated) return common;
    return {
      ...common,
      color: '4bbe2e',
      real_name: person.handle,
      tz: 'Etc/UTC',
      tz_label: 'Coordinated Universal Time',
      tz_offset: 0,
      is_admin: false,
      is_owner: false,
      is_primary_owner: false,
      is_restricted: person.guest ?? false,
      is_ultra_restricted: false,
      ...(team === this.#teamId ? {} : { is_stranger: true }),
    };
  }
}
