import { randomBytes } from 'node:crypto';
import { completeBlocks } from './blocks/complete.ts';
import { app, freshId } from './identity.ts';
import { type Entries, stateOf } from './inputs.ts';
import { asObjects, asText, type JsonObject } from './json.ts';

/** A modal on somebody's screen, or their Home tab. */
export interface OpenView {
  readonly id: string;
  /** The id of the person who sees it. */
  readonly user: string;
  readonly rootId: string;
  readonly previousId: string | null;
  /** The view as the app passed it, ids completed. */
  content: JsonObject;
  hash: string;
  /** What the person has chosen so far. */
  readonly entries: Entries;
}

/** Modals stand on one another at most this high (docs.slack.dev, modals). */
const mostModals = 3;

/** What people have in front of them: one stack of modals and one Home tab each, so bounded by the people there are. */
export class Views {
  readonly #teamId: string;
  readonly #now: () => number;
  readonly #modals = new Map<string, OpenView[]>();
  readonly #homes = new Map<string, OpenView>();

  constructor(teamId: string, now: () => number) {
    this.#teamId = teamId;
    this.#now = now;
  }

  /** Shows a modal as the only one of this person; an older stack is closed. */
  open(user: string, content: JsonObject): OpenView {
    const id = freshId('V');
    const view = { id, user, rootId: id, previousId: null, ...this.#fresh(content), entries: new Map() };
    this.#modals.set(user, [view]);
    return view;
  }

  /** Puts a modal on top of the person's open ones; `undefined` where the stack is full. */
  push(user: string, content: JsonObject): OpenView | undefined {
    const stack = this.#modals.get(user) ?? [];
    const top = stack.at(-1);
    if (top === undefined) return this.open(user, content);
    if (stack.length >= mostModals) return undefined;
    const placed = { id: freshId('V'), user, rootId: top.rootId, previousId: top.id };
    const view = { ...placed, ...this.#fresh(content), entries: new Map() };
    stack.push(view);
    return view;
  }

  /** Shows the Home tab of a person, in the place of the one before. */
  publish(user: string, content: JsonObject): OpenView {
    const id = this.#homes.get(user)?.id ?? freshId('V');
    const view = { id, user, rootId: id, previousId: null, ...this.#fresh(content), entries: new Map() };
    this.#homes.set(user, view);
    return view;
  }

  /** Draws a view anew. What the person entered stays where block and action ids stay, as in Slack. */
  update(view: OpenView, content: JsonObject): void {
    Object.assign(view, this.#fresh(content));
  }

  /** Takes the topmost modal away. */
  pop(view: OpenView): void {
    const stack = this.#modals.get(view.user)?.filter((other) => other !== view) ?? [];
    if (stack.length === 0) this.#modals.delete(view.user);
    else this.#modals.set(view.user, stack);
  }

  /** Takes all modals of a person away. */
  clear(user: string): void {
    this.#modals.delete(user);
  }

  find(id: string): OpenView | undefined {
    return this.all().find((view) => view.id === id);
  }

  /** The view an app knows by its own name. */
  findExternal(externalId: string): OpenView | undefined {
    return this.all().find((view) => view.content.external_id === externalId);
  }

  home(user: string): OpenView | undefined {
    return this.#homes.get(user);
  }

  /** Modals, lowest first, then Home tabs. */
  all(): OpenView[] {
    return [...[...this.#modals.values()].flat(), ...this.#homes.values()];
  }

  /** Whether the view is the one its person can act on: the Home tab or the topmost modal. */
  isOnTop(view: OpenView): boolean {
    return view.content.type === 'home' || this.#modals.get(view.user)?.at(-1) === view;
  }

  /** The view as Slack returns it to the app. */
  describe(view: OpenView): JsonObject {
    return {
      id: view.id,
      team_id: this.#teamId,
      title: null,
      submit: null,
      close: null,
      private_metadata: '',
      callback_id: '',
      external_id: '',
      clear_on_close: false,
      notify_on_close: false,
      ...view.content,
      state: { values: stateOf(asObjects(view.content.blocks), view.entries) },
      hash: view.hash,
      previous_view_id: view.previousId,
      root_view_id: view.rootId,
      app_id: app.id,
      app_installed_team_id: this.#teamId,
      bot_id: app.botId,
    };
  }

  #fresh(content: JsonObject): { content: JsonObject; hash: string } {
    return {
      content: { ...content, type: asText(content.type), blocks: completeBlocks(asObjects(content.blocks)) },
      hash: `${Math.floor(this.#now() / 1000)}.${randomBytes(4).toString('hex')}`,
    };
  }
}
