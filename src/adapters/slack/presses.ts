/** Presses of buttons and menu entries: plain data in, the flows' answers out where they were pressed. */
import type { AckFn } from '@slack/bolt';
import type { ClickAnswer } from '../../ports.ts';
import { type Press, readPress } from './schema.ts';
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
import { drawCliCommands } from './words/cli.ts';
import { drawNotice, FORM_NOT_OPENED } from './words/forms.ts';
import { drawWhisper, type WhisperWord, whisperText } from './words/whispers.ts';

/** Longer than Redis's own time limit, shorter than Slack's three seconds. */
const WRITTEN_WITHIN = 1_700;

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
    case 'acknowledged':
    case 'snoozed':
      return stage.doors.attend({ person, channel, incident, what });
    case 'agreePlan':
    case 'declinePlan':
      return stage.doors.decidePlan({
        person,
        channel,
        incident,
        planAt: press.planAt ?? 0,
        agreed: what === 'agreePlan',
      });
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
  if (to.viewId !== undefined) return replaceForm(stage, to.viewId, 'Not done', whisperText(words, to.person));
  if (to.channel !== '') return tell(stage, to, drawWhisper(words, to.person));
  try {
    await stage.client.views.open({
      trigger_id: to.triggerId,
      view: drawNotice('Not done', whisperText(words, to.person)),
    });
  } catch (error) {
    stage.log.warn({ error }, 'a person could not be told');
  }
}
