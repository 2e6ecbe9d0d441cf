/** Slack's signed payloads, typed once and reshaped to plain data. What does not fit runs no handler. */
import { z } from 'zod';
import { ACTION_KINDS, type ActionKind } from '../../domain/action.ts';
import type { ChannelId, IncidentId, MessageTs, Person } from '../../domain/ids.ts';
import type { Click, Command, Submission } from '../../domain/interaction.ts';
import { type Mark, readMark } from './metadata.ts';
import { ACTION_IDS, CLI_VALUE, MENU_ID } from './words/controls.ts';
import { DELETE_MATERIAL_FORM, readFormMemory } from './words/modal.ts';

/** A press of a button or a menu entry. Its incident id is whatever the button carried: the flows look it up. */
export interface Press extends Omit<Click, 'action'> {
  readonly action: ActionKind | 'cli';
  readonly messageTs: MessageTs;
  readonly threadTs?: MessageTs;
  readonly triggerId: string;
  /** The mark on the message, when Slack sends it along. */
  readonly mark?: Mark;
}
export interface TypedCommand extends Command {
  readonly triggerId: string;
}

const UserSchema = z.object({ id: z.string(), team_id: z.string().optional() });
/** `team` is null for apps installed in a whole organisation; the user's own team is there all the same. */
const WhoSchema = z.object({
  user: UserSchema,
  team: z.object({ id: z.string() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
});

const ClickSchema = WhoSchema.extend({
  trigger_id: z.string().default(''),
  // What a plain message's payload holds of these is not documented for every surface: either says where it was.
  channel: z.object({ id: z.string() }).optional(),
  container: z.object({ channel_id: z.string().optional(), message_ts: z.string().optional() }).optional(),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional(), metadata: z.unknown().optional() }).optional(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        value: z.string().optional(),
        action_ts: z.string().default(''),
        selected_option: z.object({ value: z.string() }).optional(),
      }),
    )
    .min(1),
});
const CommandSchema = z.object({
  user_id: z.string(),
  team_id: z.string(),
  enterprise_id: z.string().optional(),
  channel_id: z.string(),
  text: z.string().default(''),
  trigger_id: z.string().default(''),
});
const SubmissionSchema = WhoSchema.extend({
  view: z.object({
    id: z.string(),
    callback_id: z.literal(DELETE_MATERIAL_FORM),
    private_metadata: z.string().default(''),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))),
    }),
  }),
});
const HomeSchema = z.object({
  team_id: z.string().optional(),
  enterprise_id: z.string().nullish(),
  event: z.object({ user: z.string(), tab: z.string().optional() }),
});

/** A click, or `undefined` for what carries no meaning for the server (links, other apps' elements, Home buttons). */
export function readPress(body: unknown): Press | undefined {
  const parsed = ClickSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const [pressed] = data.actions;
  const meaning = pressed && meaningOf(pressed);
  if (pressed === undefined || meaning === undefined) return undefined;
  const mark = readMark(data.message?.metadata);
  const ts = data.message?.ts ?? data.container?.message_ts ?? '';
  const channel = data.channel?.id ?? data.container?.channel_id ?? '';
  const threadTs = data.message?.thread_ts;
  return {
    person: personOf(data),
    channel: channel as ChannelId,
    messageTs: ts as MessageTs,
    ...(threadTs === undefined ? {} : { threadTs: threadTs as MessageTs }),
    ...meaning,
    nonce: `${ts} ${pressed.action_ts} ${data.user.id} ${pressed.action_id}`,
    triggerId: data.trigger_id,
    ...(mark === undefined ? {} : { mark }),
  };
}

type Pressed = z.infer<typeof ClickSchema>['actions'][number];

function meaningOf(pressed: Pressed): Pick<Press, 'action' | 'incident'> | undefined {
  if (pressed.action_id === MENU_ID) {
    const [entry, ...id] = (pressed.selected_option?.value ?? pressed.value ?? '').split(':');
    return entry === CLI_VALUE ? { action: 'cli', incident: id.join(':') as IncidentId } : undefined;
  }
  const action = ACTION_KINDS.find((kind) => ACTION_IDS[kind] === pressed.action_id);
  return action === undefined ? undefined : { action, incident: (pressed.value ?? '') as IncidentId };
}

/** A slash command, or `undefined` when the body is none. */
export function readCommand(body: unknown): TypedCommand | undefined {
  const parsed = CommandSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  return {
    person: { enterprise: data.enterprise_id ?? '', team: data.team_id, user: data.user_id },
    channel: data.channel_id as ChannelId,
    text: data.text,
    nonce: data.trigger_id,
    triggerId: data.trigger_id,
  };
}

/** A sent form of ours, or `undefined`. */
export function readSubmission(body: unknown): Submission | undefined {
  const parsed = SubmissionSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const typed = (name: string): string | undefined => {
    const input = Object.values(data.view.state.values).find((block) => block[name] !== undefined)?.[name];
    return input?.value == null || input.value === '' ? undefined : input.value;
  };
  const ticket = typed('ticket');
  const { incident, shown } = readFormMemory(data.view.private_metadata);
  return {
    person: personOf(data),
    action: 'deleteMaterial',
    incident: incident as IncidentId,
    ...(shown === undefined ? {} : { shown }),
    reason: typed('reason') ?? '',
    keyName: typed('key_name') ?? '',
    ...(ticket === undefined ? {} : { ticket }),
    // The same form sent again is one wish.
    nonce: data.view.id,
  };
}

/** Who opened the Home tab, or `undefined` for the Messages tab. */
export function readHomeOpened(body: unknown): Person | undefined {
  const parsed = HomeSchema.safeParse(body);
  if (!parsed.success || (parsed.data.event.tab ?? 'home') !== 'home') return undefined;
  const { data } = parsed;
  return { enterprise: data.enterprise_id ?? '', team: data.team_id ?? '', user: data.event.user };
}

const personOf = (who: z.infer<typeof WhoSchema>): Person => ({
  enterprise: who.enterprise?.id ?? '',
  team: who.user.team_id ?? who.team?.id ?? '',
  user: who.user.id,
});
