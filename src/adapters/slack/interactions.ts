/** Presses, submissions, commands and the Home tab: plain data in, the flows' answers out as Slack wants them. */
import type { AckFn, RespondArguments, ViewResponseAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { ApprovalId, IncidentId } from '../../domain/ids.ts';
import type { Incident } from '../../domain/incident.ts';
import type { CommandAnswer, Form, FormAnswer, FormField, Refusal } from '../../domain/interaction.ts';
import type { ClickAnswer, Clock, Doors, Hash, Log } from '../../ports.ts';
import {
  type Press,
  readCommand,
  readHomeOpened,
  readPress,
  readSubmission,
  type Sent,
  type TypedCommand,
} from './schema.ts';
import { drawForgottenRequest } from './words/approval-message.ts';
import type { Words } from './words/blocks.ts';
import { drawCliCommands } from './words/cli.ts';
import { commandNotRecorded, drawCommandAnswer, stillWorking } from './words/commands.ts';
import { formError } from './words/form-problems.ts';
import { drawForm, drawNotice, FORM_NOT_OPENED, FORM_NOT_RECORDED, FORM_STILL_CHECKING } from './words/forms.ts';
import type { View } from './words/view.ts';
import { drawWhisper, type WhisperWord, whisperText } from './words/whispers.ts';

export interface Stage {
  readonly doors: Doors;
  readonly client: WebClient;
  readonly log: Log;
  readonly clock: Clock;
  readonly hash: Hash;
  /** How an incident is seen: names, roles, the time. `undefined`: of none in particular. */
  readonly view: (incident: Incident | undefined) => View;
  /** Whether people of other companies read this channel. */
  readonly isShared: (channel: string) => boolean;
}

/** Longer than Redis's own time limit, shorter than Slack's three seconds. */
const WRITTEN_WITHIN = 1_700;
const FORM_WITHIN = 2_500;
const COMMAND_WITHIN = 2_500;
/** The answer took longer than Slack waits; it may still come. */
class TooLate extends Error {}

/** A button or menu entry: written down first, then acknowledged, then worked off. */
export async function onPress(stage: Stage, body: unknown, ack: AckFn<void>): Promise<void> {
  const press = readPress(body);
  if (press === undefined) return ack();
  if (stage.isShared(press.channel)) {
    await ack();
    return whisper(stage, press, { kind: 'sharedChannel' });
  }
  if (press.what === 'cli') {
    await ack();
    return showCli(stage, press);
  }
  if (press.what === 'evidence') {
    await ack();
    return showEvidence(stage, press);
  }
  try {
    const answer = await within(WRITTEN_WITHIN, knock(stage, press, press.what));
    await ack();
    await follow(stage, press, answer);
  } catch (error) {
    stage.log.warn({ channel: press.channel, error }, 'a click was not recorded');
    await ack().catch(() => undefined);
    await whisper(stage, press, { kind: 'notRecorded' });
  }
}

function knock(stage: Stage, press: Press, what: Exclude<Press['what'], 'cli' | 'evidence'>): Promise<ClickAnswer> {
  const { person, channel, nonce } = press;
  const incident = incidentIdIn(press.incident);
  switch (what) {
    case 'approve':
    case 'reject': {
      const approval = approvalIdIn(press.approval ?? '');
      return stage.doors.reviewPressed({ person, channel, incident, approval, decision: what, nonce });
    }
    case 'disableFirst':
      return stage.doors.disableFirst({ person, channel, incident, action: 'disable', nonce });
    default:
      return stage.doors.click({ person, channel, incident, action: what, nonce });
  }
}

async function follow(stage: Stage, press: Press, answer: ClickAnswer): Promise<void> {
  switch (answer.kind) {
    case 'written':
      if (press.viewId !== undefined)
        await replaceForm(stage, press.viewId, 'Under way', 'Its outcome appears on the card.');
      return answer.follow();
    case 'whisper':
      if (press.approval !== undefined && answer.words.kind === 'noSuchButton') await retireRequest(stage, press);
      return whisper(stage, press, answer.words);
    case 'form':
      if (await openForm(stage, answer.form, press.triggerId, press.viewId)) return;
      return whisper(stage, press, { kind: 'text', text: FORM_NOT_OPENED });
  }
}

/** In place of the form it was asked for in, if there is one. False: nobody sees it, and somebody must be told. */
async function openForm(stage: Stage, form: Form, triggerId: string, viewId?: string): Promise<boolean> {
  const view = drawForm(form, stage.view(form.incident));
  try {
    if (viewId === undefined) await stage.client.views.open({ trigger_id: triggerId, view });
    else await stage.client.views.update({ view_id: viewId, view });
    return true;
  } catch (error) {
    stage.log.warn({ incident: form.incident.id, error }, 'a form could not be opened');
    return false;
  }
}

/** A request that nobody remembers (the memory was lost) keeps no buttons that mean nothing. */
async function retireRequest(stage: Stage, { channel, messageTs }: Press): Promise<void> {
  if (channel === '' || messageTs === '') return;
  const { text, blocks } = drawForgottenRequest();
  try {
    await stage.client.chat.update({ channel, ts: messageTs, text, blocks: [...blocks], parse: 'none' });
  } catch (error) {
    stage.log.info({ channel, error }, 'a forgotten request could not be drawn again');
  }
}

async function replaceForm(stage: Stage, viewId: string, title: string, text: string): Promise<void> {
  try {
    await stage.client.views.update({ view_id: viewId, view: drawNotice(title, text) });
  } catch (error) {
    stage.log.warn({ error }, 'a form could not be replaced');
  }
}

async function showEvidence(stage: Stage, press: Press): Promise<void> {
  const refusal = await gatherEvidence(stage, press, incidentIdIn(press.incident));
  if (refusal !== undefined) await whisper(stage, press, refusal);
}

const MEMORY_AWAY: Refusal = {
  kind: 'notNow',
  message: 'the memory (Redis) does not answer. Try again in a moment.',
};

/** Longer than anybody waits for an answer: whoever asked was told that it comes, and is told why if it does not. */
async function gatherEvidence(
  stage: Stage,
  { person, channel }: Pick<Press, 'person' | 'channel'>,
  incident: IncidentId,
): Promise<Refusal | undefined> {
  try {
    return await stage.doors.evidence(person, incident, channel);
  } catch (error) {
    stage.log.warn({ channel, incident, error }, 'the evidence could not be gathered');
    return MEMORY_AWAY;
  }
}

async function showCli(stage: Stage, press: Press): Promise<void> {
  try {
    const incident = await stage.doors.incident(incidentIdIn(press.incident));
    if (incident === undefined) return await whisper(stage, press, { kind: 'noSuchButton' });
    await tell(stage, press, drawCliCommands(incident, stage.view(incident)));
  } catch (error) {
    stage.log.warn({ channel: press.channel, error }, 'the CLI commands could not be shown');
    await whisper(stage, press, MEMORY_AWAY);
  }
}

/**
 * Where it was pressed: in the place of the form, in the channel. At home there is neither: a window says it, as long as
 * the press is fresh.
 */
async function whisper(stage: Stage, to: Press, words: WhisperWord): Promise<void> {
  if (to.viewId !== undefined) return replaceForm(stage, to.viewId, 'Not done', whisperText(words));
  if (to.channel !== '') return tell(stage, to, drawWhisper(words));
  try {
    await stage.client.views.open({ trigger_id: to.triggerId, view: drawNotice('Not done', whisperText(words)) });
  } catch (error) {
    stage.log.warn({ error }, 'a person could not be told');
  }
}

/** Best effort: what only one person reads is never worth a failed job. */
async function tell(
  stage: Stage,
  to: { readonly person: { readonly user: string }; readonly channel: string },
  words: Words,
): Promise<void> {
  try {
    await stage.client.chat.postEphemeral({
      channel: to.channel,
      user: to.person.user,
      text: words.text,
      blocks: [...words.blocks],
    });
  } catch (error) {
    stage.log.warn({ channel: to.channel, error }, 'a person could not be told');
  }
}

/** A sent form: what is wrong stands under its field. */
export async function onSent(stage: Stage, body: unknown, ack: AckFn<ViewResponseAction> | AckFn<void>): Promise<void> {
  const answerWith = ack as (answer?: ViewResponseAction) => Promise<void>;
  const sent = readSubmission(body);
  if (sent === undefined) return answerWith();
  const complain = (field: FormField, text: string): Promise<void> =>
    answerWith({ response_action: 'errors', errors: { [field]: text } });
  // An empty answer would close the form, as if it had been accepted.
  if (sent.kind === 'unreadable') return complain(FIRST_FIELD[sent.form], formError({ kind: 'notKnown' }));
  try {
    const answer = await within(FORM_WITHIN, hand(stage, sent));
    return answer.kind === 'accepted' ? await answerWith() : await complain(answer.field, formError(answer.problem));
  } catch (error) {
    stage.log.warn({ error }, 'a submission was not recorded');
    // What comes too late may still be accepted: only a failure may say that nothing was done.
    await complain(FIRST_FIELD[sent.kind], error instanceof TooLate ? FORM_STILL_CHECKING : FORM_NOT_RECORDED);
  }
}

const FIRST_FIELD: Readonly<Record<'ask' | 'review', FormField>> = { ask: 'reason', review: 'comment' };

function hand(stage: Stage, sent: Exclude<Sent, { kind: 'unreadable' }>): Promise<FormAnswer> {
  switch (sent.kind) {
    case 'ask':
      return stage.doors.ask({ ...sent.ask, incident: incidentIdIn(sent.ask.incident) });
    case 'review': {
      const { review } = sent;
      const ids = { incident: incidentIdIn(review.incident), approval: approvalIdIn(review.approval) };
      return stage.doors.review({ ...review, ...ids });
    }
  }
}

/** A slash command: the answer travels in the acknowledgement. */
export async function onCommand(stage: Stage, body: unknown, ack: AckFn<string | RespondArguments>): Promise<void> {
  const typed = readCommand(body);
  if (typed === undefined) return ack();
  const command = {
    person: typed.person,
    channel: typed.channel,
    text: typed.text,
    nonce: typed.triggerId === '' ? stage.hash(JSON.stringify(body)) : typed.triggerId,
  };
  if (stage.isShared(typed.channel)) return ack(ephemeral(drawWhisper({ kind: 'sharedChannel' })));
  const answering = stage.doors.command(command);
  let answer: CommandAnswer;
  try {
    answer = await within(COMMAND_WITHIN, answering);
  } catch (error) {
    if (error instanceof TooLate) {
      await ack(ephemeral(stillWorking()));
      return answerLater(stage, typed, answering);
    }
    stage.log.warn({ channel: typed.channel, error }, 'a command could not be answered');
    return ack(ephemeral(commandNotRecorded()));
  }
  if (answer.kind === 'form') {
    await ack();
    if (await openForm(stage, answer.form, typed.triggerId)) return;
    return tell(stage, typed, drawCommandAnswer(answer, stage.view(undefined)));
  }
  await ack(ephemeral(drawCommandAnswer(answer, stage.view(undefined))));
  await afterwards(stage, typed, answer);
}

/** The answer that missed the acknowledgement follows as a message of its own. */
async function answerLater(stage: Stage, typed: TypedCommand, answering: Promise<CommandAnswer>): Promise<void> {
  try {
    const answer = await answering;
    await tell(stage, typed, drawCommandAnswer(answer, stage.view(undefined)));
    await afterwards(stage, typed, answer);
  } catch (error) {
    stage.log.warn({ channel: typed.channel, error }, 'a command could not be answered');
    await tell(stage, typed, commandNotRecorded());
  }
}

/** What takes longer than an answer may. */
async function afterwards(stage: Stage, typed: TypedCommand, answer: CommandAnswer): Promise<void> {
  if (answer.kind !== 'reporting') return;
  const refusal = await gatherEvidence(stage, typed, answer.incident);
  if (refusal !== undefined) await tell(stage, typed, drawWhisper(refusal));
}

const ephemeral = (words: Words): RespondArguments => ({
  response_type: 'ephemeral',
  text: words.text,
  blocks: [...words.blocks],
});

/** The Home tab was opened: drawn anew each time. */
export async function onHome(stage: Stage, body: unknown): Promise<void> {
  const person = readHomeOpened(body);
  if (person === undefined) return;
  await stage.doors.home(person);
}

const INCIDENT_ID = /^i[0-9a-f]{31}$/;
/** An id that cannot be ours is looked up all the same, as one nobody knows. */
const incidentIdIn = (text: string): IncidentId => (INCIDENT_ID.test(text) ? text : `i${'0'.repeat(31)}`) as IncidentId;

const APPROVAL_ID = /^p[0-9a-f]{31}$/;
const approvalIdIn = (text: string): ApprovalId => (APPROVAL_ID.test(text) ? text : `p${'0'.repeat(31)}`) as ApprovalId;

async function within<T>(patience: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooLate('too late for Slack')), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
