import { type Answer, done, refuse } from '../answer.ts';
import { problemsOfPictures } from '../blocks/pictures.ts';
import { refusalOfView } from '../blocks/view-rules.ts';
import { asText, isObject, type JsonObject } from '../json.ts';
import type { Trigger } from '../one-time.ts';
import type { OpenView } from '../views.ts';
import type { Workspace } from '../workspace.ts';
import type { Call, Method } from './method.ts';

/** `views.*`, from docs.slack.dev/reference/methods. They need no scope. */
export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': { run: (call) => withTrigger(call, (content, trigger) => openView(call, content, trigger)) },
  'views.push': { run: (call) => withTrigger(call, (content, trigger) => pushView(call, content, trigger)) },
  'views.update': { run: update },
  'views.publish': { run: publish },
};

function openView({ workspace }: Call, content: JsonObject, trigger: Trigger): Answer {
  return shown(workspace, workspace.views.open(trigger.user, content));
}

function pushView({ workspace }: Call, content: JsonObject, trigger: Trigger): Answer {
  const view = workspace.views.push(trigger.user, content);
  return view === undefined ? refuse('push_limit_reached') : shown(workspace, view);
}

function update({ workspace, args }: Call): Answer {
  const viewId = args.text('view_id');
  const view =
    viewId === undefined ? workspace.views.findExternal(args.text('external_id') ?? '') : workspace.views.find(viewId);
  if (view === undefined) return refuse('not_found');
  const content = readView(workspace, args.json('view'), view.content.type === 'home' ? 'home' : 'modal');
  if ('refusal' in content) return content.refusal;
  if (args.has('hash') && args.text('hash') !== view.hash) return refuse('hash_conflict');
  workspace.views.update(view, content.content);
  return shown(workspace, view);
}

function publish({ workspace, args }: Call): Answer {
  const person = workspace.people.byId(args.text('user_id') ?? '');
  if (person === undefined || person.bot) return refuse('invalid_arguments', ['[ERROR] invalid `user_id`']);
  const content = readView(workspace, args.json('view'), 'home');
  if ('refusal' in content) return content.refusal;
  const current = workspace.views.home(person.id);
  if (args.has('hash') && current !== undefined && args.text('hash') !== current.hash) return refuse('hash_conflict');
  return shown(workspace, workspace.views.publish(person.id, content.content));
}

function withTrigger({ workspace, args }: Call, then: (content: JsonObject, trigger: Trigger) => Answer): Answer {
  const triggerId = args.text('trigger_id') ?? '';
  const look = workspace.triggers.look(triggerId);
  if ('error' in look) return refuse(look.error);
  const content = readView(workspace, args.json('view'), 'modal');
  if ('refusal' in content) return content.refusal;
  const externalId = asText(content.content.external_id);
  if (externalId !== undefined && externalId !== '' && workspace.views.findExternal(externalId) !== undefined)
    return refuse('duplicate_external_id');
  workspace.triggers.exchange(triggerId);
  return then(content.content, look.trigger);
}

function readView(
  workspace: Workspace,
  view: unknown,
  surface: 'modal' | 'home',
): { content: JsonObject } | { refusal: Answer } {
  const refusal = refusalOfView(view, [surface]);
  if (refusal !== undefined) return { refusal: refuse(refusal.error, refusal.messages) };
  if (!isObject(view)) return { refusal: refuse('invalid_arguments') };
  const problems = problemsOfPictures(workspace, view.blocks, '/view/blocks');
  return problems.length === 0 ? { content: view } : { refusal: refuse('invalid_arguments', problems) };
}

function shown(workspace: Workspace, view: OpenView): Answer {
  workspace.changed();
  return done({ view: workspace.views.describe(view) });
}
