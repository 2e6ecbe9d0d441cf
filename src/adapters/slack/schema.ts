/**
 * Slack's signed payloads, typed once and reshaped to plain data. What does not fit runs no handler. Above 300 lines, because every
 * payload is read here and nowhere else.
 */
import { z } from 'zod';
import { ACTION_KINDS, type ActionKind } from '../../domain/action.ts';
import {
  type ApprovalId,
  type ChannelId,
  type GatheringId,
  type IncidentId,
  isAccountId,
  type MessageTs,
  type Person,
} from '../../domain/ids.ts';
import type {
  Ask,
  Click,
  Closing,
  Command,
  Decision,
  GatheringPress,
  HomeTurn,
  Review,
} from '../../domain/interaction.ts';
import { APPROVE_ID, REJECT_ID } from './words/approval-message.ts';
import { HOME_ACCOUNT_ID, HOME_NEXT_ID, HOME_PREVIOUS_ID } from './words/board.ts';
import {
  ACCEPT_ID,
  ACKNOWLEDGE_ID,
  ACTION_IDS,
  AGREE_PLAN_ID,
  CLI_VALUE,
  CLOSE_VALUE,
  DECLINE_PLAN_ID,
  EVIDENCE_VALUE,
  MENU_ID,
  SNOOZE_ID,
} from './words/controls.ts';
import { ASK_FORM, BREAK_GLASS, CLOSE_FORM, DISABLE_FIRST, REVIEW_FORM } from './words/forms.ts';
import { WAS_ME_ID, WAS_NOT_ME_ID } from './words/was-this-you.ts';
import {
  RESCUE_ALL_ID,
  RESCUE_SELECTED_ID,
  WAVE_ACKNOWLEDGE_ID,
  WAVE_NEXT_ID,
  WAVE_PREVIOUS_ID,
  WAVE_TICKS_ID,
} from './words/wave-card.ts';

/** A press of a button or a menu entry. Its ids are whatever the button carried: the flows look them up. */
export interface Press extends Omit<Click, 'action'> {
  readonly what:
    | ActionKind
    | 'cli'
    | 'evidence'
    | 'close'
    | 'disableFirst'
    | Decision
    | 'acknowledged'
    | 'snoozed'
    | 'accept'
    | 'agreePlan'
    | 'declinePlan'
    | 'wasMe'
    | 'wasNotMe';
  /** Of Accept: since when that was found to differ. Of a plan: when it was asked for. Of Acknowledge and Snooze: the deletion date that was seen. */
  readonly about?: number;
  /** Of Approve and Reject. */
  readonly approval?: string;
  /** Of the answers to "Was this you?". */
  readonly question?: string;
  /** Empty where it was pressed in a form or at home: nothing can be whispered there. */
  readonly channel: ChannelId;
  readonly messageTs: MessageTs;
  readonly triggerId: string;
  /** The form it was pressed in. */
  readonly viewId?: string;
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
  view: z.object({ id: z.string(), type: z.string().optional() }).optional(),
  message: z.object({ ts: z.string() }).optional(),
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
  // What is ticked in the message the button stands in.
  state: z
    .object({
      values: z.record(
        z.string(),
        z.record(z.string(), z.object({ selected_options: z.array(z.object({ value: z.string() })).optional() })),
      ),
    })
    .optional(),
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
    callback_id: z.string(),
    private_metadata: z.string().default(''),
    state: z.object({
      values: z.record(
        z.string(),
        z.record(
          z.string(),
          z.object({
            value: z.string().nullish(),
            selected_options: z.array(z.object({ value: z.string() })).optional(),
          }),
        ),
      ),
    }),
  }),
});
/** What our forms remember. */
const AskMemory = z.object({
  incident: z.string(),
  act: z.enum(ACTION_KINDS),
  shown: z.string(),
  windowDays: z.int().min(7).max(30).optional(),
});
const ReviewMemory = z.object({
  incident: z.string(),
  approval: z.string(),
  decision: z.enum(['approve', 'reject']),
});
const CloseMemory = z.object({ incident: z.string(), matter: z.string() });
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
  const ts = data.message?.ts ?? data.container?.message_ts ?? '';
  const channel = data.channel?.id ?? data.container?.channel_id ?? '';
  const viewId = data.view?.type === 'modal' ? data.view.id : undefined;
  return {
    person: personOf(data),
    channel: channel as ChannelId,
    messageTs: ts as MessageTs,
    ...meaning,
    nonce: `${ts} ${pressed.action_ts} ${data.user.id} ${pressed.action_id}`,
    triggerId: data.trigger_id,
    ...(viewId === undefined ? {} : { viewId }),
  };
}

/** `gathering`: opaque id and, of a page, which. */
const GATHERING = /^(g[0-9a-f]{31})(?::(\d{1,6}))?$/;

/** A button of a card that several incidents share, or `undefined`. */
export function readGatheringPress(body: unknown): (GatheringPress & { readonly triggerId: string }) | undefined {
  const parsed = ClickSchema.safeParse(body);
  const [pressed] = parsed.success ? parsed.data.actions : [];
  const [, id, page] = GATHERING.exec(pressed?.value ?? '') ?? [];
  if (!parsed.success || pressed === undefined || id === undefined) return undefined;
  const { data } = parsed;
  const channel = data.channel?.id ?? data.container?.channel_id ?? '';
  const ts = data.message?.ts ?? data.container?.message_ts ?? '';
  const common = {
    person: personOf(data),
    channel: channel as ChannelId,
    gathering: id as GatheringId,
    nonce: `${ts} ${pressed.action_ts} ${data.user.id} ${pressed.action_id}`,
    triggerId: data.trigger_id,
  };
  switch (pressed.action_id) {
    case RESCUE_ALL_ID:
    case ACTION_IDS.rescue:
      return { ...common, what: 'all' };
    case WAVE_ACKNOWLEDGE_ID:
      return { ...common, what: 'acknowledge' };
    case RESCUE_SELECTED_ID:
      return { ...common, what: 'selected', picked: tickedIn(data.state) };
    case WAVE_PREVIOUS_ID:
    case WAVE_NEXT_ID:
      return page === undefined ? undefined : { ...common, what: 'page', page: Number(page) };
    default:
      return undefined;
  }
}

function tickedIn(state: z.infer<typeof ClickSchema>['state']): readonly IncidentId[] {
  const inputs = Object.values(state?.values ?? {}).flatMap((block) => Object.entries(block));
  const [, ticked] = inputs.find(([actionId]) => actionId === WAVE_TICKS_ID) ?? [];
  return (ticked?.selected_options ?? []).map(({ value }) => value as IncidentId);
}

type Pressed = z.infer<typeof ClickSchema>['actions'][number];
type Meaning = Pick<Press, 'what' | 'incident' | 'approval' | 'about' | 'question'>;

/** `i…`, or `i…:date`; whatever else stands there makes it an id that nobody has. */
function aboutIn(value: string): { readonly incident: IncidentId; readonly about?: number } {
  const [, id, date] = /^(i[0-9a-f]+):(\d{1,16})$/.exec(value) ?? [];
  return id === undefined ? { incident: value as IncidentId } : { incident: id as IncidentId, about: Number(date) };
}

const MENU: Readonly<Record<string, Press['what']>> = {
  [CLI_VALUE]: 'cli',
  [EVIDENCE_VALUE]: 'evidence',
  [CLOSE_VALUE]: 'close',
  [ACKNOWLEDGE_ID]: 'acknowledged',
  [SNOOZE_ID]: 'snoozed',
};

function meaningOf(pressed: Pressed): Meaning | undefined {
  const value = pressed.value ?? '';
  switch (pressed.action_id) {
    case MENU_ID: {
      const [entry = '', ...id] = (pressed.selected_option?.value ?? value).split(':');
      const what = Object.hasOwn(MENU, entry) ? MENU[entry] : undefined;
      return what === undefined ? undefined : { what, ...aboutIn(id.join(':')) };
    }
    case APPROVE_ID:
    case REJECT_ID: {
      const [incident = '', ...approval] = value.split('.');
      const what = pressed.action_id === APPROVE_ID ? 'approve' : 'reject';
      // Whatever stands behind another dot makes it an id that nobody has.
      return { what, incident: incident as IncidentId, approval: approval.join('.') };
    }
    case ACKNOWLEDGE_ID:
      return { what: 'acknowledged', ...aboutIn(value) };
    case SNOOZE_ID:
      return { what: 'snoozed', ...aboutIn(value) };
    case ACCEPT_ID:
      return { what: 'accept', ...aboutIn(value) };
    case AGREE_PLAN_ID:
    case DECLINE_PLAN_ID: {
      const [incident = '', at = ''] = value.split(':');
      const what = pressed.action_id === AGREE_PLAN_ID ? 'agreePlan' : 'declinePlan';
      return { what, incident: incident as IncidentId, about: Number(at) };
    }
    case WAS_ME_ID:
    case WAS_NOT_ME_ID: {
      const what = pressed.action_id === WAS_ME_ID ? 'wasMe' : 'wasNotMe';
      return { what, incident: '' as IncidentId, question: value };
    }
    case DISABLE_FIRST:
      return { what: 'disableFirst', incident: value as IncidentId };
    default: {
      const what = ACTION_KINDS.find((kind) => ACTION_IDS[kind] === pressed.action_id);
      return what === undefined ? undefined : { what, incident: value as IncidentId };
    }
  }
}

/** A choice in the filter or between the pages of a Home tab. */
export interface Turn {
  readonly person: Person;
  readonly turn: Exclude<HomeTurn, { readonly kind: 'opened' | 'pressed' }>;
  readonly triggerId: string;
}

/** A choice in a Home tab, or `undefined` for every other press. */
export function readTurn(body: unknown): Turn | undefined {
  const parsed = ClickSchema.safeParse(body);
  if (!parsed.success || parsed.data.view?.type !== 'home') return undefined;
  const { data } = parsed;
  const turn = turnOf(data.actions[0]);
  return turn === undefined ? undefined : { person: personOf(data), turn, triggerId: data.trigger_id };
}

function turnOf(pressed: Pressed | undefined): Turn['turn'] | undefined {
  switch (pressed?.action_id) {
    case HOME_ACCOUNT_ID: {
      const account = pressed.selected_option?.value ?? '';
      return isAccountId(account) ? { kind: 'account', account } : { kind: 'account' };
    }
    case HOME_PREVIOUS_ID:
    case HOME_NEXT_ID:
      return { kind: 'page', page: /^\d{1,7}$/.test(pressed.value ?? '') ? Number(pressed.value) : 0 };
    default:
      return undefined;
  }
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

export type Sent =
  | { readonly kind: 'ask'; readonly ask: Ask }
  | { readonly kind: 'review'; readonly review: Review }
  | { readonly kind: 'close'; readonly closing: Closing }
  /** A form of ours that remembers nothing this version knows. */
  | { readonly kind: 'unreadable'; readonly form: 'ask' | 'review' | 'close' };

/** A sent form, or `undefined` when it is none of ours. */
export function readSubmission(body: unknown): Sent | undefined {
  const parsed = SubmissionSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { view } = parsed.data;
  const person = personOf(parsed.data);
  // The same form sent again is one wish.
  const nonce = view.id;
  const ticket = typedIn(view, 'ticket');
  const code = typedIn(view, 'code');
  const comment = typedIn(view, 'comment');
  const given = code === undefined ? {} : { code };
  if (view.callback_id === ASK_FORM) {
    const memory = AskMemory.safeParse(jsonOf(view.private_metadata));
    if (!memory.success) return { kind: 'unreadable', form: 'ask' };
    const { incident, act, shown, windowDays } = memory.data;
    const ask: Ask = {
      person,
      incident: incident as IncidentId,
      act,
      shown,
      ...(windowDays === undefined ? {} : { windowDays }),
      reason: typedIn(view, 'reason') ?? '',
      keyName: typedIn(view, 'key_name') ?? '',
      ...(ticket === undefined ? {} : { ticket }),
      ...given,
      breakGlass: isTicked(view, BREAK_GLASS),
      nonce,
    };
    return { kind: 'ask', ask };
  }
  if (view.callback_id === CLOSE_FORM) {
    const memory = CloseMemory.safeParse(jsonOf(view.private_metadata));
    if (!memory.success) return { kind: 'unreadable', form: 'close' };
    const { incident, matter } = memory.data;
    const reason = typedIn(view, 'reason') ?? '';
    return { kind: 'close', closing: { person, incident: incident as IncidentId, reason, matter } };
  }
  if (view.callback_id !== REVIEW_FORM) return undefined;
  const memory = ReviewMemory.safeParse(jsonOf(view.private_metadata));
  if (!memory.success) return { kind: 'unreadable', form: 'review' };
  const { incident, approval, decision } = memory.data;
  const said = comment === undefined ? {} : { comment };
  const ids = { incident: incident as IncidentId, approval: approval as ApprovalId };
  return { kind: 'review', review: { person, ...ids, decision, ...said, ...given, nonce } };
}

type SentView = z.infer<typeof SubmissionSchema>['view'];

const inputOf = (view: SentView, name: string) =>
  Object.values(view.state.values).find((block) => block[name] !== undefined)?.[name];

function typedIn(view: SentView, name: string): string | undefined {
  const value = inputOf(view, name)?.value?.trim();
  return value === undefined || value === '' ? undefined : value;
}

const isTicked = (view: SentView, name: string): boolean => (inputOf(view, name)?.selected_options ?? []).length > 0;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
