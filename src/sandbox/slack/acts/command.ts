import type { SlackAnswer, SlackWorld } from '../../world.ts';
import { app, workspaceDomain } from '../identity.ts';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { ResponseTarget } from '../one-time.ts';
import { respond } from '../respond.ts';
import { actorOf, bodyOf, failed, responseUrl, type Stage, verificationToken } from './stage.ts';

type Command = Parameters<SlackWorld['command']>[0];

/** The only slash command of the app's manifest. */
const commandName = '/kms';

/** Types the slash command into a channel; what the app says in its acknowledgement appears there at once. */
export async function command({ workspace, delivery }: Stage, typed: Command): Promise<SlackAnswer> {
  const person = actorOf(workspace, typed.user);
  if ('ok' in person) return person;
  const conversation = workspace.findConversation(typed.channel);
  if (conversation === undefined) return failed(`channel_not_found: ${typed.channel}`);
  if (conversation.archived) return failed(`is_archived: nobody can write in ${conversation.name}`);
  if (!workspace.membersOf(conversation).includes(person.id))
    return failed(`user_not_in_channel: ${person.handle} is not in ${conversation.name}`);
  const target: ResponseTarget = { channel: conversation.id, user: person.id, ephemeral: false };
  const delivered = await delivery.sendForm({
    token: verificationToken,
    team_id: workspace.teamId,
    team_domain: workspaceDomain,
    channel_id: conversation.id,
    channel_name: conversation.person === undefined ? conversation.name : 'directmessage',
    user_id: person.id,
    user_name: person.handle,
    command: commandName,
    text: typed.text.replace(/^\/kms(?:\s+|$)/, '').trim(),
    api_app_id: app.id,
    is_enterprise_install: 'false',
    response_url: responseUrl(workspace, target),
    trigger_id: workspace.triggers.issue({ user: person.id }),
  });
  if (!delivered.ok) return delivered;
  const response = bodyOf(delivered);
  if (response === undefined) return { ok: true };
  const error = respond(workspace, target, saidIn(delivered.body, delivered.contentType));
  return error === undefined ? { ok: true, response } : { ok: false, error, response };
}

/** Slack reads the acknowledgement as a message only where it says it is JSON; else it is plain text. */
function saidIn(body: string, contentType: string): JsonObject {
  const parsed = contentType.includes('json') ? parseJson(body) : undefined;
  return isObject(parsed) ? parsed : { text: body };
}
