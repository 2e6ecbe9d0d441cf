/** Presses of buttons and menu entries: plain data in, the flows' answers out where they were pressed. */
import type { AckFn } from '@slack/bolt';
import type { ClickAnswer } from '../../ports.ts';
import { type Press, readGatheringPress, readPress, readTurn, type Turn } from './schema.ts';
import {
  approvalIdIn,
  gatherEvidence,
  incidentIdIn,
  MEMORY_AWAY,
  openForm,
  type Stage,
  tell,
  within,
} from './stage.ts';
import { drawForgottenRequest } from './words/approval-message.ts';
import type { Words } from './words/blocks.ts';
import { drawCliCommands } from './words/cli.ts';
import { drawNotice, FORM_NOT_OPENED } from './words/forms.ts';
import { drawAnswered } from './words/was-this-you.ts';
import { drawWhisper, type WhisperWord, whisperText } from './words/whispers.ts';

/** Longer than Redis's own time limit, shorter than Slack's three seconds. */
const WRITTEN_WITHIN = 1_700;

/** A button or menu entry: written down first, then acknowledged, then worked off. */
export async function onPress(stage: Stage, body: unknown, ack: AckFn<void>): Promise<void> {
  const turn = readTurn(body);
  if (turn !== undefined) {
    await ack();
    return turnHome(stage, turn);
  }
  const shared = readGatheringPress(body);
  if (shared !== undefined) return onGatheringPress(stage, shared, ack);
  const at = stage.clock.now();
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
  if (isAtHome(press)) await drawHomeAgain(stage, press, at);
}

/** A button of a shared card: recorded, then acknowledged, as any other. */
async function onGatheringPress(
  stage: Stage,
  press: NonNullable<ReturnType<typeof readGatheringPress>>,
  ack: AckFn<void>,
): Promise<void> {
  const { person, channel } = press;
  const whisperTo = (words: WhisperWord): Promise<void> => tell(stage, press, drawWhisper(words, person));
  if (stage.isShared(channel)) {
    await ack();
    return whisperTo({ kind: 'sharedChannel' });
  }
  try {
    const answer = await within(WRITTEN_WITHIN, stage.doors.gathering(press));
    await ack();
    if (answer.kind === 'written') return await answer.follow();
    if (answer.kind === 'whisper') await whisperTo(answer.words);
  } catch (error) {
    stage.log.warn({ channel, error }, 'a click was not recorded');
    await ack().catch(() => undefined);
    await whisperTo({ kind: 'notRecorded' });
  }
}

/** Pressed on an incident or request of a Home tab, not in a form or message. */
const isAtHome = ({ channel, viewId }: Press): boolean => channel === '' && viewId === undefined;

/** Whoever pressed something looks for what came of it. */
async function drawHomeAgain(stage: Stage, { person }: Press, at: number): Promise<void> {
  try {
    await stage.doors.home(person, { kind: 'pressed', at });
  } catch (error) {
    stage.log.warn({ error }, 'a Home tab was not drawn after a press');
  }
}

async function turnHome(stage: Stage, { person, turn, triggerId }: Turn): Promise<void> {
  try {
    await stage.doors.home(person, turn);
  } catch (error) {
    stage.log.warn({ error }, 'a Home tab was not drawn');
    await openWindow(stage, triggerId, NOT_DONE, whisperText(MEMORY_AWAY, person));
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
    case 'acknowledged':
    case 'snoozed':
      return stage.doors.attend({
        person,
        channel,
        incident,
        what,
        ...(press.about === undefined ? {} : { about: press.about }),
      });
    case 'accept':
      return stage.doors.accept({ person, channel, incident, comparedAt: press.about ?? 0 });
    case 'close':
      return stage.doors.closePressed({ person, channel, incident });
    case 'agreePlan':
    case 'declinePlan':
      return stage.doors.decidePlan({
        person,
        channel,
        incident,
        planAt: press.about ?? 0,
        agreed: what === 'agreePlan',
      });
    case 'wasMe':
    case 'wasNotMe': {
      // Whatever the button carried names a question, or none.
      const question = /^[0-9a-f]{32}$/.test(press.question ?? '') ? (press.question ?? '') : 'none';
      return stage.doors.wasMe({ person, channel, question, wasMe: what === 'wasMe' });
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
      if (press.question !== undefined) await retire(stage, press, drawAnswered(press.what === 'wasMe'));
      return answer.follow();
    case 'whisper':
      if (press.approval !== undefined && answer.words.kind === 'noSuchButton')
        await retire(stage, press, drawForgottenRequest());
      // An older message about the same name.
      if (press.question !== undefined && answer.words.kind === 'answeredBefore')
        await retire(stage, press, drawAnswered(answer.words.wasMe));
      return whisper(stage, press, answer.words);
    case 'form':
      if (await openForm(stage, answer.form, press.triggerId, press.viewId)) return;
      return whisper(stage, press, { kind: 'text', text: FORM_NOT_OPENED });
  }
}

/**
 * A message whose buttons mean nothing any more keeps none: a request that nobody remembers (the memory was lost), a question that is
 * answered.
 */
async function retire(stage: Stage, { channel, messageTs }: Press, { text, blocks }: Words): Promise<void> {
  if (channel === '' || messageTs === '') return;
  try {
    await stage.client.chat.update({ channel, ts: messageTs, text, blocks: [...blocks], parse: 'none' });
  } catch (error) {
    stage.log.info({ channel, error }, 'a message could not be drawn without its buttons');
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
  // The thread it appears in is not in front of whoever pressed it here.
  if (isAtHome(press)) await openWindow(stage, press.triggerId, 'Evidence', EVIDENCE_UNDER_WAY);
  const refusal = await gatherEvidence(stage, press, incidentIdIn(press.incident));
  if (refusal !== undefined) await whisper(stage, press, refusal);
}

async function showCli(stage: Stage, press: Press): Promise<void> {
  try {
    const incident = await stage.doors.incident(incidentIdIn(press.incident));
    if (incident === undefined) return await whisper(stage, press, { kind: 'noSuchButton' });
    const words = drawCliCommands(incident, stage.view(incident));
    if (!isAtHome(press)) return await tell(stage, press, words);
    await openWindow(stage, press.triggerId, 'AWS CLI commands', words.text);
  } catch (error) {
    stage.log.warn({ channel: press.channel, error }, 'the CLI commands could not be shown');
    await whisper(stage, press, MEMORY_AWAY);
  }
}

const NOT_DONE = 'Not done';
const EVIDENCE_UNDER_WAY =
  'It is being gathered, and appears in the thread of the card. If it cannot, your Home tab says so.';

/**
 * Where it was pressed: in the place of the form, in the channel. At home there is neither: a window says it as long as the press
 * is fresh, after that the tab itself.
 */
async function whisper(stage: Stage, to: Press, words: WhisperWord): Promise<void> {
  if (to.viewId !== undefined) return replaceForm(stage, to.viewId, NOT_DONE, whisperText(words, to.person));
  if (to.channel !== '') return tell(stage, to, drawWhisper(words, to.person));
  if (await openWindow(stage, to.triggerId, NOT_DONE, whisperText(words, to.person))) return;
  try {
    await stage.doors.tellAtHome(to.person, words);
  } catch (error) {
    stage.log.warn({ error }, 'a person could not be told');
  }
}

/** False: Slack did not take it, as when the press was too long ago. */
async function openWindow(stage: Stage, triggerId: string, title: string, text: string): Promise<boolean> {
  try {
    await stage.client.views.open({ trigger_id: triggerId, view: drawNotice(title, text) });
    return true;
  } catch (error) {
    stage.log.info({ error }, 'a window could not be opened');
    return false;
  }
}
