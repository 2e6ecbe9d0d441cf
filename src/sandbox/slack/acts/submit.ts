import type { SlackAnswer, SlackWorld } from '../../world.ts';
import { problemsOfPictures } from '../blocks/pictures.ts';
import { refusalOfView } from '../blocks/view-rules.ts';
import type { Delivered } from '../delivery.ts';
import { elementsOf } from '../elements.ts';
import { complaintAbout, entryFor, stateOf } from '../inputs.ts';
import { asObjects, isObject, type JsonObject } from '../json.ts';
import type { OpenView } from '../views.ts';
import type { Workspace } from '../workspace.ts';
import { actorOf, bodyOf, failed, payloadBase, type Stage } from './stage.ts';

type Submission = Parameters<SlackWorld['submit']>[0];

/**
 * Fills in a modal and sends it off. Values go to the inputs with their action ids, values without an input are left
 * out; what Slack's client would not let through never reaches the app.
 */
export async function submit(stage: Stage, { viewId, user, values }: Submission): Promise<SlackAnswer> {
  const { workspace, delivery } = stage;
  const person = actorOf(workspace, user);
  if ('ok' in person) return person;
  const view = workspace.views.find(viewId);
  if (view === undefined) return failed(`no such view: ${viewId}`);
  if (view.user !== person.id) return failed(`${viewId} is not ${person.handle}'s view`);
  if (view.content.type !== 'modal') return failed(`${viewId} is no modal`);
  if (!workspace.views.isOnTop(view)) return failed(`${viewId} is covered by another modal`);
  if (!isObject(view.content.submit) && !hasInputs(view)) return failed(`${viewId} has nothing to send off`);
  const complaint = fillIn(view, values);
  if (complaint !== undefined) return failed(complaint);
  workspace.changed();
  const payload = {
    ...payloadBase(workspace, 'view_submission', person),
    trigger_id: workspace.triggers.issue({ user: person.id, viewId: view.id }),
    view: workspace.views.describe(view),
    response_urls: [],
  };
  const delivered = await delivery.sendForm({ payload: JSON.stringify(payload) });
  const outcome = follow(workspace, view, delivered);
  workspace.changed();
  return outcome;
}

/** Puts the values into the view's inputs; answers the first complaint of Slack's client. */
function fillIn(view: OpenView, values: Readonly<Record<string, unknown>>): string | undefined {
  const blocks = asObjects(view.content.blocks);
  for (const { element, blockId } of elementsOf(blocks)) {
    const actionId = String(element.action_id);
    if (!Object.hasOwn(values, actionId) || element.type === 'button' || element.type === 'overflow') continue;
    const made = entryFor(element, values[actionId]);
    if ('error' in made) return `${actionId}: ${made.error}`;
    view.entries.set(`${blockId}/${actionId}`, made.entry);
  }
  const state = stateOf(blocks, view.entries);
  for (const block of blocks.filter(({ type }) => type === 'input')) {
    const actionId = isObject(block.element) ? String(block.element.action_id) : '';
    const entry = state[String(block.block_id)]?.[actionId];
    const complaint = complaintAbout(block, isObject(entry) ? entry : undefined);
    if (complaint !== undefined) return `${actionId}: ${complaint}`;
  }
  return undefined;
}

/** Does what the app answered: nothing closes the modal, `response_action` does as it says. */
function follow(workspace: Workspace, view: OpenView, delivered: Delivered): SlackAnswer {
  if (!delivered.ok) return delivered;
  const response = bodyOf(delivered);
  if (response === undefined || (isObject(response) && response.response_action === undefined)) {
    workspace.views.pop(view);
    return response === undefined ? { ok: true } : { ok: true, response };
  }
  const wrong = isObject(response) ? obey(workspace, view, response) : 'the answer is no JSON';
  // A person would read "We had some trouble connecting. Try again?" and keep the modal.
  return wrong === undefined ? { ok: true, response } : { ok: false, error: `operation_failed: ${wrong}`, response };
}

function obey(workspace: Workspace, view: OpenView, response: JsonObject): string | undefined {
  switch (response.response_action) {
    case 'errors':
      return problemOfErrors(view, response.errors);
    case 'clear':
      workspace.views.clear(view.user);
      return undefined;
    case 'update':
    case 'push': {
      const content = response.view;
      const refusal = refusalOfView(content, ['modal']);
      if (refusal !== undefined || !isObject(content))
        return [refusal?.error ?? 'invalid_arguments', ...(refusal?.messages ?? [])].join(' ');
      const problems = problemsOfPictures(workspace, content.blocks, '/view/blocks');
      if (problems.length > 0) return ['invalid_arguments', ...problems].join(' ');
      if (response.response_action === 'update') workspace.views.update(view, content);
      else if (workspace.views.push(view.user, content) === undefined) return 'push_limit_reached';
      return undefined;
    }
    default:
      return `unknown response_action ${String(response.response_action)}`;
  }
}

function problemOfErrors(view: OpenView, errors: unknown): string | undefined {
  const inputs = asObjects(view.content.blocks).filter(({ type }) => type === 'input');
  const named = isObject(errors) ? Object.keys(errors) : [];
  if (named.length === 0) return 'response_action errors names no block';
  const unknown = named.find((blockId) => !inputs.some((input) => input.block_id === blockId));
  return unknown === undefined ? undefined : `response_action errors names ${unknown}, which is no input's block_id`;
}

function hasInputs(view: OpenView): boolean {
  return asObjects(view.content.blocks).some(({ type }) => type === 'input');
}
