import type { SlackAnswer } from '../../world.ts';
import type { Delivered, Delivery } from '../delivery.ts';
import { app, workspaceDomain } from '../identity.ts';
import { type JsonObject, parseJson } from '../json.ts';
import type { ResponseTarget } from '../one-time.ts';
import type { Person } from '../people.ts';
import type { Workspace } from '../workspace.ts';

/** What people's acts need: the workspace they act in, and the way to the app. */
export interface Stage {
  readonly workspace: Workspace;
  readonly delivery: Delivery;
}

/** Slack's deprecated verification token, still in every payload. Apps check the signature instead. */
export const verificationToken = 'sandbox-verification-token';

/** Something did not happen; the reason is for the person who tried. */
export function failed(error: string): { ok: false; error: string } {
  return { ok: false, error };
}

/** Who acts: somebody known, not deactivated, no bot. */
export function actorOf(workspace: Workspace, user: string): Person | { ok: false; error: string } {
  const person = workspace.people.find(user);
  if (person === undefined) return failed(`no such person: ${user}`);
  if (person.deactivated) return failed(`${person.handle} is deactivated and cannot act`);
  return person.bot ? failed(`${person.handle} is a bot and cannot act`) : person;
}

/** The fields every interaction's payload starts with. */
export function payloadBase(workspace: Workspace, type: string, person: Person): JsonObject {
  return {
    type,
    user: {
      id: person.id,
      username: person.handle,
      name: person.handle,
      team_id: person.teamId ?? workspace.teamId,
    },
    api_app_id: app.id,
    token: verificationToken,
    team: { id: workspace.teamId, domain: workspaceDomain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** A response URL for this target. */
export function responseUrl(workspace: Workspace, target: ResponseTarget): string {
  return `${workspace.origin}/response/${workspace.responseUrls.issue(target)}`;
}

/** What the app said: parsed where it is JSON, as text otherwise, nothing where it said nothing. */
export function bodyOf(delivered: Delivered): unknown {
  if (!delivered.ok || delivered.body.trim() === '') return undefined;
  return parseJson(delivered.body) ?? delivered.body;
}

/** The outcome of an act nothing more follows from. */
export function answerOf(delivered: Delivered): SlackAnswer {
  if (!delivered.ok) return delivered;
  const response = bodyOf(delivered);
  return response === undefined ? { ok: true } : { ok: true, response };
}
