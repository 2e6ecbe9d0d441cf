import { randomBytes, randomInt } from 'node:crypto';

/** A trigger lives 3 s and opens one view (docs.slack.dev, interactivity). */
const triggerMs = 3_000;
/** A response URL lives 30 min and is good for 5 messages (same page). */
const responseUrlMs = 30 * 60_000;
const responseUrlUses = 5;
/** Handed-out triggers and URLs remembered, so that late use is told apart from invention. */
const mostRemembered = 1_000;

/** Who may be answered with a trigger: the person who acted, and the view they acted in. */
export interface Trigger {
  readonly user: string;
  readonly viewId?: string;
}

/** Where answers to a response URL go. */
export interface ResponseTarget {
  readonly channel: string;
  readonly user: string;
  /** The message whose button was clicked; a command has none. */
  readonly messageTs?: string;
  readonly threadTs?: string;
  readonly ephemeral: boolean;
}

/** The trigger ids handed out with interactions. */
export class Triggers {
  readonly #now: () => number;
  readonly #known = new Map<string, { trigger: Trigger; until: number; used: boolean }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new trigger id. */
  issue(trigger: Trigger): string {
    const id = `${randomInt(1e10, 1e11)}.${randomInt(1e10, 1e11)}.${randomBytes(16).toString('hex')}`;
    remember(this.#known, id, { trigger, until: this.#now() + triggerMs, used: false });
    return id;
  }

  /** Who may be shown a view for this id, or Slack's reason against it. */
  look(id: string): { trigger: Trigger } | { error: string } {
    const known = this.#known.get(id);
    if (known === undefined) return { error: 'invalid_trigger_id' };
    if (known.used) return { error: 'exchanged_trigger_id' };
    if (this.#now() > known.until) return { error: 'expired_trigger_id' };
    return { trigger: known.trigger };
  }

  /** Marks the id as used up. */
  exchange(id: string): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.used = true;
  }
}

/** The response URLs handed out with interactions and commands. */
export class ResponseUrls {
  readonly #now: () => number;
  readonly #known = new Map<string, { target: ResponseTarget; until: number; uses: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new secret path part. */
  issue(target: ResponseTarget): string {
    const id = randomBytes(18).toString('base64url');
    remember(this.#known, id, { target, until: this.#now() + responseUrlMs, uses: 0 });
    return id;
  }

  /** Spends one use, or says with Slack's word why not. */
  use(id: string): { target: ResponseTarget } | { error: string } {
    const known = this.#known.get(id);
    if (known === undefined) return { error: 'no_service' };
    if (this.#now() > known.until) return { error: 'expired_url' };
    if (known.uses >= responseUrlUses) return { error: 'used_url' };
    known.uses += 1;
    return { target: known.target };
  }
}

function remember<Value>(known: Map<string, Value>, id: string, value: Value): void {
  known.set(id, value);
  const oldest = known.keys().next();
  if (known.size > mostRemembered && !oldest.done) known.delete(oldest.value);
}
