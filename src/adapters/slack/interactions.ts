/** Presses, submissions, commands and the Home tab: plain data in, the flows' answers out as Slack wants them. */
import type { AckFn, RespondArguments, ViewResponseAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { IncidentId } from '../../domain/ids.ts';
import type { Incident } from '../../domain/incident.ts';
import type { CommandAnswer, Refusal } from '../../domain/interaction.ts';
import { fingerprintOf } from '../../domain/key.ts';
import type { Clock, Doors, Hash, Log } from '../../ports.ts';
import { type Press, readCommand, readHomeOpened, readPress, readSubmission, type TypedCommand } from './schema.ts';
import type { Words } from './words/blocks.ts';
import { drawCliCommands } from './words/cli.ts';
import { commandNotRecorded, drawCommandAnswer, stillWorking } from './words/commands.ts';
import { drawHome } from './words/home.ts';
import { drawDeleteMaterialForm, FORM_NOT_RECORDED, FORM_STILL_CHECKING } from './words/modal.ts';
import type { View } from './words/view.ts';
import { drawWhisper } from './words/whispers.ts';

export interface Stage {
  readonly doors: Doors;
  readonly client: WebClient;
  readonly log: Log;
  readonly clock: Clock;
  readonly hash: Hash;
  /** How an incident is seen: names, roles, the time. `undefined`: of none in particular. */
  readonly view: (incident: Incident | undefined) => View;
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
  if (press.action === 'cli') {
    await ack();
    return showCli(stage, press);
  }
  const click = {
    person: press.person,
    channel: press.channel,
    incident: incidentIdIn(press.incident),
    action: press.action,
    nonce: press.nonce,
  };
  try {
    const answer = await within(WRITTEN_WITHIN, stage.doors.click(click));
    await ack();
    switch (answer.kind) {
      case 'written':
        return await answer.follow();
      case 'whisper':
        return await whisper(stage, press, answer.words);
      case 'modal':
        return await openForm(stage, answer.incident, press.triggerId);
    }
  } catch (error) {
    stage.log.warn({ channel: press.channel, error }, 'a click was not recorded');
    await ack().catch(() => undefined);
    await whisper(stage, press, { kind: 'notRecorded' });
  }
}

/** The form remembers which key state it showed, so that sending it later is about that state or nothing. */
async function openForm(stage: Stage, incident: Incident, triggerId: string): Promise<void> {
  const shown =
    incident.read?.kind === 'read' ? stage.hash(fingerprintOf(incident.read.snapshot)).slice(0, 32) : undefined;
  await stage.client.views.open({
    trigger_id: triggerId,
    view: drawDeleteMaterialForm(incident, stage.view(incident), shown),
  });
}

async function showCli(stage: Stage, press: Press): Promise<void> {
  try {
    const incident = await stage.doors.incident(incidentIdIn(press.incident));
    if (incident === undefined) return await whisper(stage, press, { kind: 'noSuchButton' });
    await tell(stage, press, drawCliCommands(incident, stage.view(incident)));
  } catch (error) {
    stage.log.warn({ channel: press.channel, error }, 'the CLI commands could not be shown');
    await whisper(stage, press, { kind: 'notNow', message: 'the memory (Redis) does not answer.' });
  }
}

const whisper = (
  stage: Stage,
  to: { readonly person: { readonly user: string }; readonly channel: string },
  words: Refusal,
): Promise<void> => tell(stage, to, drawWhisper(words));

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
  try {
    const answer = await within(FORM_WITHIN, stage.doors.submit({ ...sent, incident: incidentIdIn(sent.incident) }));
    await answerWith(
      answer.kind === 'errors' ? { response_action: 'errors', errors: { ...answer.errors } } : undefined,
    );
  } catch (error) {
    stage.log.warn({ error }, 'a submission was not recorded');
    // What comes too late may still be accepted: only a failure may say that nothing was done.
    const reason = error instanceof TooLate ? FORM_STILL_CHECKING : FORM_NOT_RECORDED;
    await answerWith({ response_action: 'errors', errors: { reason } });
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
  const answering = stage.doors.command(command);
  try {
    const answer = await within(COMMAND_WITHIN, answering);
    if (answer.kind === 'modal' && answer.incident !== undefined) {
      await ack();
      return await openForm(stage, answer.incident, typed.triggerId);
    }
    await ack(ephemeral(drawCommandAnswer(answer, stage.view(undefined))));
  } catch (error) {
    if (!(error instanceof TooLate)) {
      stage.log.warn({ channel: typed.channel, error }, 'a command could not be answered');
      return void (await ack(ephemeral(commandNotRecorded())).catch(() => undefined));
    }
    await ack(ephemeral(stillWorking()));
    await answerLater(stage, typed, answering);
  }
}

/** The answer that missed the acknowledgement follows as a message of its own. */
async function answerLater(stage: Stage, typed: TypedCommand, answering: Promise<CommandAnswer>): Promise<void> {
  try {
    const answer = await answering;
    await tell(stage, typed, drawCommandAnswer(answer, stage.view(undefined)));
  } catch (error) {
    stage.log.warn({ channel: typed.channel, error }, 'a command could not be answered');
    await tell(stage, typed, commandNotRecorded());
  }
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
  await stage.client.views.publish({
    user_id: person.user,
    view: drawHome(await stage.doors.home(person), stage.view(undefined)),
  });
}

const INCIDENT_ID = /^i[0-9a-f]{31}$/;
/** An id that cannot be ours is looked up all the same, as one nobody knows. */
const incidentIdIn = (text: string): IncidentId => (INCIDENT_ID.test(text) ? text : `i${'0'.repeat(31)}`) as IncidentId;

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
