import { type Answer, done, refuse } from '../answer.ts';
import { type Conversation, isReply, within } from '../conversation.ts';
import { app } from '../identity.ts';
import type { JsonObject } from '../json.ts';
import { withoutMetadata } from '../posting.ts';
import type { Workspace } from '../workspace.ts';
import { type Call, type Method, missingScope } from './method.ts';
import { page } from './pages.ts';

/** `conversations.*`, from docs.slack.dev/reference/methods. */
export const conversationMethods: Readonly<Record<string, Method>> = {
  'conversations.info': { run: info },
  'conversations.list': { scope: 'channels:read', run: list },
  'conversations.members': { run: members },
  'conversations.history': { run: history },
  'conversations.replies': { run: replies },
  'conversations.open': { run: open },
};

function info(call: Call): Answer {
  return withConversation(call, 'read', (conversation) => done({ channel: describe(call.workspace, conversation) }));
}

function list({ workspace, args }: Call): Answer {
  const types = (args.text('types') ?? 'public_channel').split(',');
  const shown = workspace
    .opened()
    .filter((conversation) => types.includes(conversation.person === undefined ? 'public_channel' : 'im'))
    .filter((conversation) => !(args.flag('exclude_archived') && conversation.archived))
    .map((conversation) => describe(workspace, conversation));
  const paged = page(shown, args, 100, 1_000);
  return paged === undefined ? refuse('invalid_cursor') : done({ channels: paged.items, ...paged.metadata });
}

function members(call: Call): Answer {
  return withConversation(call, 'read', (conversation) => {
    const paged = page(call.workspace.membersOf(conversation), call.args, 100, 1_000);
    return paged === undefined ? refuse('invalid_cursor') : done({ members: paged.items, ...paged.metadata });
  });
}

function history(call: Call): Answer {
  return withConversation(call, 'history', (conversation) => {
    if (!conversation.joined) return refuse('not_in_channel');
    const newestFirst = conversation.timeline().reverse();
    if (call.stale) newestFirst.shift();
    const found = newestFirst.filter((message) => isWithin(call, message.ts));
    return messagesPage(call, found);
  });
}

function replies(call: Call): Answer {
  return withConversation(call, 'history', (conversation) => {
    if (!conversation.joined) return refuse('not_in_channel');
    const ts = call.args.text('ts') ?? '';
    const head = conversation.all().find((message) => message.ts === ts);
    if (head === undefined) return refuse('thread_not_found');
    const answers = isReply(head) ? [] : conversation.replies(ts);
    if (call.stale) answers.pop();
    return messagesPage(call, [head, ...answers.filter((message) => isWithin(call, message.ts))]);
  });
}

function open({ workspace, args, scopes }: Call): Answer {
  const users = (args.text('users') ?? '').split(',').filter((user) => user !== '');
  if (users.length > 1) return missingScope('mpim:write', scopes);
  if (!scopes.has('im:write')) return missingScope('im:write', scopes);
  const [user] = users;
  if (user === undefined) return refuse('users_list_not_supplied');
  const person = workspace.people.byId(user);
  if (person === undefined) return refuse('user_not_found');
  if (person.deactivated) return refuse('user_disabled');
  if (person.bot) return refuse('cannot_dm_bot');
  const conversation = workspace.directMessage(user);
  const already = conversation.opened ? { no_op: true, already_open: true } : {};
  conversation.opened = true;
  workspace.changed();
  const { id } = conversation;
  return done({ ...already, channel: args.flag('return_im') ? { id, is_im: true, user } : { id } });
}

function messagesPage(call: Call, messages: Parameters<typeof withoutMetadata>[0][]): Answer {
  const paged = page(messages, call.args, 100, 999);
  if (paged === undefined) return refuse('invalid_cursor');
  const shown = call.args.flag('include_all_metadata') ? paged.items : paged.items.map(withoutMetadata);
  return done({ messages: shown, has_more: paged.hasMore, pin_count: 0, ...paged.metadata });
}

function isWithin({ args }: Call, ts: string): boolean {
  const oldest = args.has('oldest') ? args.text('oldest') : undefined;
  const latest = args.has('latest') ? args.text('latest') : undefined;
  return within(ts, oldest, latest, args.flag('inclusive'));
}

/** Direct messages need scopes of their own kind: im:read, im:history. */
function withConversation(
  { workspace, args, scopes }: Call,
  kind: 'read' | 'history',
  then: (conversation: Conversation) => Answer,
): Answer {
  const conversation = workspace.conversations.get(args.text('channel') ?? '');
  const needed = `${conversation?.person === undefined ? 'channels' : 'im'}:${kind}`;
  if (!scopes.has(needed)) return missingScope(needed, scopes);
  return conversation === undefined ? refuse('channel_not_found') : then(conversation);
}

function describe(workspace: Workspace, conversation: Conversation): JsonObject {
  if (conversation.person !== undefined)
    return { id: conversation.id, is_im: true, is_channel: false, user: conversation.person, is_archived: false };
  return {
    id: conversation.id,
    name: conversation.name,
    name_normalized: conversation.name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: false,
    is_archived: conversation.archived,
    is_general: false,
    is_member: workspace.membersOf(conversation).includes(app.userId),
    is_shared: conversation.externallyShared,
    is_ext_shared: conversation.externallyShared,
    is_org_shared: false,
    is_pending_ext_shared: false,
    context_team_id: workspace.teamId,
    creator: app.userId,
    created: 1_700_000_000,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    num_members: workspace.membersOf(conversation).length,
  };
}
