/** Submissions, commands and the Home tab: plain data in, the flows' answers out as Slack wants them. */
import type { AckFn, RespondArguments, ViewResponseAction } from '@slack/bolt';
import type { Digest } from '../../domain/digest.ts';
import type { Person } from '../../domain/ids.ts';
import type { CommandAnswer, FormAnswer, FormField } from '../../domain/interaction.ts';
import { readCommand, readHomeOpened, readSubmission, type Sent, type TypedCommand } from './schema.ts';
import { approvalIdIn, gatherEvidence, incidentIdIn, openForm, type Stage, TooLate, tell, within } from './stage.ts';
import type { Words } from './words/blocks.ts';
import { commandNotRecorded, drawCommandAnswer, stillWorking } from './words/commands.ts';
import { formError } from './words/form-problems.ts';
import { FORM_NOT_RECORDED, FORM_STILL_CHECKING } from './words/forms.ts';
import { drawWhisper } from './words/whispers.ts';

/** Shorter than Slack's three seconds. */
const FORM_WITHIN = 2_500;
const COMMAND_WITHIN = 2_500;

/** A sent form: what is wrong stands under its field. */
export async function onSent(stage: Stage, body: unknown, ack: AckFn<ViewResponseAction> | AckFn<void>): Promise<void> {
  const answerWith = ack as (answer?: ViewResponseAction) => Promise<void>;
  const sent = readSubmission(body);
  if (sent === undefined) return answerWith();
  const complain = (field: FormField, text: string): Promise<void> =>
    answerWith({ response_action: 'errors', errors: { [field]: text } });
  // An empty answer would close the form, as if it had been accepted.
  if (sent.kind === 'unreadable') return complain(FIRST_FIELD[sent.form], formError({ kind: 'notKnown' }));
  const person = senderOf(sent);
  try {
    const answer = await within(FORM_WITHIN, hand(stage, sent));
    if (answer.kind === 'accepted') await answerWith();
    else await complain(answer.field, formError(answer.problem, person));
  } catch (error) {
    stage.log.warn({ error }, 'a submission was not recorded');
    await complain(FIRST_FIELD[sent.kind], error instanceof TooLate ? FORM_STILL_CHECKING : FORM_NOT_RECORDED);
  }
}

const FIRST_FIELD: Readonly<Record<'ask' | 'review' | 'close', FormField>> = {
  ask: 'reason',
  review: 'comment',
  close: 'reason',
};

function senderOf(sent: Exclude<Sent, { kind: 'unreadable' }>): Person {
  switch (sent.kind) {
    case 'ask':
      return sent.ask.person;
    case 'review':
      return sent.review.person;
    case 'close':
      return sent.closing.person;
  }
}

function hand(stage: Stage, sent: Exclude<Sent, { kind: 'unreadable' }>): Promise<FormAnswer> {
  switch (sent.kind) {
    case 'ask':
      return stage.doors.ask({ ...sent.ask, incident: incidentIdIn(sent.ask.incident) });
    case 'review': {
      const { review } = sent;
      const ids = { incident: incidentIdIn(review.incident), approval: approvalIdIn(review.approval) };
      return stage.doors.review({ ...review, ...ids });
    }
    case 'close':
      return stage.doors.close({ ...sent.closing, incident: incidentIdIn(sent.closing.incident) });
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
  if (answer.kind === 'digest') return showPicture(stage, typed, answer.digest);
  if (answer.kind !== 'reporting') return;
  const refusal = await gatherEvidence(stage, typed, answer.incident);
  if (refusal !== undefined) await tell(stage, typed, drawWhisper(refusal));
}

/** The words of the digest stand already: without its picture nothing is missing. */
async function showPicture(stage: Stage, { person, channel }: TypedCommand, digest: Digest): Promise<void> {
  try {
    await stage.doors.digestPicture(person, digest, channel);
  } catch (error) {
    stage.log.warn({ channel, error }, 'the picture of a digest was not shown');
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
  await stage.doors.home(person, { kind: 'opened' });
}
