import type { SlackAnswer, SlackWorld } from '../../world.ts';
import type { Conversation, Message } from '../conversation.ts';
import { blocksOf, findElement, type PlacedElement } from '../elements.ts';
import { type Entries, entryFor, findOption, stateOf } from '../inputs.ts';
import { asObjects, type JsonObject } from '../json.ts';
import type { Person } from '../people.ts';
import type { Ephemeral, Workspace } from '../workspace.ts';
import { actorOf, answerOf, failed, payloadBase, responseUrl, type Stage } from './stage.ts';

type Click = Parameters<SlackWorld['click']>[0];

/** A message somebody sees, kept or ephemeral, with the element meant in it. */
interface Target {
  readonly conversation: Conversation;
  readonly message: Message | Ephemeral;
  readonly ephemeral: boolean;
  readonly placed: PlacedElement;
}

/** Acts on a button or menu, in a message or in a view, and waits for the app's answer. Confirmations get a yes. */
export async function click(stage: Stage, act: Click): Promise<SlackAnswer> {
  const person = actorOf(stage.workspace, act.user);
  if ('ok' in person) return person;
  return act.viewId === undefined
    ? await clickInMessage(stage, act, person)
    : await clickInView(stage, act, person, act.viewId);
}

async function clickInMessage({ workspace, delivery }: Stage, act: Click, person: Person): Promise<SlackAnswer> {
  const target = findTarget(workspace, act, person);
  if ('ok' in target) return target;
  const { conversation, message, ephemeral, placed } = target;
  if (!workspace.membersOf(conversation).includes(person.id))
    return failed(`user_not_in_channel: ${person.handle} is not in ${conversation.name}`);
  const acted = actionOf(workspace, placed, act.value);
  if ('error' in acted) return failed(acted.error);
  const entries = workspace.entriesIn(conversation, message.ts, person);
  const blocks = blocksOf(message as JsonObject);
  for (const [actionId, values] of Object.entries(act.ticked ?? {})) {
    const boxes = findElement(blocks, actionId, undefined);
    const made = boxes === undefined ? { error: `no such boxes: ${actionId}` } : entryFor(boxes.element, values);
    if (boxes === undefined || 'error' in made) return failed('error' in made ? made.error : actionId);
    entries.set(`${boxes.blockId}/${actionId}`, made.entry);
  }
  for (const [key, entry] of acted.entries) entries.set(key, entry);
  // What is entered in an input reaches the app with the next button, unless the block asks for it at once.
  const block = blocks.find(({ block_id }) => block_id === placed.blockId);
  if (block?.type === 'input' && block.dispatch_action !== true) return { ok: true };
  const threadTs = message.thread_ts;
  const payload = {
    ...payloadBase(workspace, 'block_actions', person),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: conversation.id,
      is_ephemeral: ephemeral,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    },
    trigger_id: workspace.triggers.issue({ user: person.id }),
    channel: { id: conversation.id, name: conversation.person === undefined ? conversation.name : 'directmessage' },
    // Of an ephemeral message Slack tells the app no more than its timestamp.
    ...(ephemeral ? {} : { message }),
    state: { values: stateOf(blocks, entries) },
    response_url: responseUrl(workspace, {
      channel: conversation.id,
      user: person.id,
      messageTs: message.ts,
      ephemeral,
      ...(threadTs === undefined ? {} : { threadTs }),
    }),
    actions: [acted.action],
  };
  return answerOf(await delivery.sendForm({ payload: JSON.stringify(payload) }));
}

async function clickInView(
  { workspace, delivery }: Stage,
  act: Click,
  person: Person,
  viewId: string,
): Promise<SlackAnswer> {
  const view = workspace.views.find(viewId);
  if (view === undefined) return failed(`no such view: ${viewId}`);
  if (view.user !== person.id) return failed(`${viewId} is not ${person.handle}'s view`);
  if (!workspace.views.isOnTop(view)) return failed(`${viewId} is covered by another modal`);
  const placed = findElement(asObjects(view.content.blocks), act.action, act.value);
  if (placed === undefined) return failed(`no such button: ${act.action}`);
  const acted = actionOf(workspace, placed, act.value);
  if ('error' in acted) return failed(acted.error);
  for (const [key, entry] of acted.entries) view.entries.set(key, entry);
  const payload = {
    ...payloadBase(workspace, 'block_actions', person),
    container: { type: 'view', view_id: view.id },
    trigger_id: workspace.triggers.issue({ user: person.id, viewId: view.id }),
    view: workspace.views.describe(view),
    actions: [acted.action],
  };
  return answerOf(await delivery.sendForm({ payload: JSON.stringify(payload) }));
}

/** With a timestamp that very message, a reply as well; without one the newest that has the element. */
function findTarget(workspace: Workspace, act: Click, person: Person): Target | { ok: false; error: string } {
  const named = act.channel === undefined ? undefined : workspace.findConversation(act.channel);
  if (act.channel !== undefined && named === undefined) return failed(`channel_not_found: ${act.channel}`);
  const own = workspace.opened().filter(({ person: other }) => other === undefined || other === person.id);
  const seen = (named === undefined ? own : [named])
    .flatMap((conversation) => seenIn(workspace, conversation, person))
    .filter(({ message }) => act.ts === undefined || message.ts === act.ts)
    .sort((one, other) => (one.message.ts > other.message.ts ? -1 : 1));
  if (act.ts !== undefined && seen.length === 0) return failed(`message_not_found: ${act.ts} is gone`);
  for (const { message, conversation, ephemeral } of seen) {
    const placed = findElement(blocksOf(message as JsonObject), act.action, act.value);
    if (placed !== undefined) return { conversation, message, ephemeral, placed };
  }
  return failed(`no such button: ${act.action}`);
}

function seenIn(
  workspace: Workspace,
  conversation: Conversation,
  person: Person,
): { conversation: Conversation; message: Message | Ephemeral; ephemeral: boolean }[] {
  const kept = conversation.all().filter(({ subtype }) => subtype !== 'tombstone');
  const ephemerals = workspace.ephemerals.filter(
    ({ channel, user }) => channel === conversation.id && user === person.id,
  );
  return [
    ...kept.map((message) => ({ conversation, message, ephemeral: false })),
    ...ephemerals.map((message) => ({ conversation, message, ephemeral: true })),
  ];
}

/** The entry of `actions`, and what the act leaves in `state.values`. */
function actionOf(
  workspace: Workspace,
  { element, blockId, option }: PlacedElement,
  value: Click['value'],
): { action: JsonObject; entries: Entries } | { error: string } {
  const { type, action_id: actionId, text, confirm, placeholder } = element;
  const common = {
    action_id: actionId,
    block_id: blockId,
    type,
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(confirm === undefined ? {} : { confirm }),
    action_ts: workspace.timestamps.next(),
  };
  if (type === 'button') {
    const own = { value: element.value, style: element.style, url: element.url };
    const given = Object.fromEntries(Object.entries(own).filter(([, field]) => field !== undefined));
    return { action: { ...common, text, ...given }, entries: new Map() };
  }
  if (type === 'overflow') {
    const chosen = option ?? findOption(element, value);
    if (chosen === undefined)
      return { error: `no such button: entry ${value ?? '(none given)'} of ${String(actionId)}` };
    return { action: { ...common, selected_option: chosen }, entries: new Map() };
  }
  const made = entryFor(element, option?.value ?? value);
  if ('error' in made) return made;
  const entries: Entries = new Map([[`${blockId}/${String(actionId)}`, made.entry]]);
  return { action: { ...common, ...made.entry }, entries };
}
