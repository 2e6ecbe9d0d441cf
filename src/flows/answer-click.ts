/** What pressing a button or sending the modal answers at once; the action itself follows through the queue. */
import { type Asker, isDestructive } from '../domain/action.ts';
import { namesToType } from '../domain/buttons.ts';
import { isOpen, keyOfIncident, runningAction } from '../domain/incident.ts';
import type { Click, Refusal, Submission, SubmissionAnswer } from '../domain/interaction.ts';
import { fingerprintOf, kindOf } from '../domain/key.ts';
import { toleranceOf } from '../domain/policy.ts';
import type { ClickAnswer } from '../ports.ts';
import type { House } from './house.ts';
import { lookWithin } from './look.ts';
import { askFor, hurryClick, refresh, writeClick } from './receive-click.ts';

/** However often a lost button is pressed, the keys are read again once in this time, ms. */
const SWEEP_AGAIN = 30_000;

export async function answerClick(house: House, click: Click): Promise<ClickAnswer> {
  const { person, channel, incident: id } = click;
  if (isDestructive(click.action)) return openModal(house, click);
  const by: Asker = { via: 'slack', person };
  const written = await writeClick(house, id, { kind: click.action, by, nonce: click.nonce }, channel);
  switch (written.kind) {
    case 'written':
      return { kind: 'written', follow: () => hurryClick(house, written.effect, id) };
    case 'noSuchIncident':
      await sweepSoon(house);
      return { kind: 'whisper', words: { kind: 'noSuchButton' } };
    case 'over':
      return { kind: 'written', follow: () => tellOver(house, click) };
  }
}

/**
 * A button of ours that nobody remembers: the memory was lost. The sweep reads all keys again, finds the card and draws it
 * anew; the press itself executes nothing.
 */
async function sweepSoon(house: House): Promise<void> {
  const slot = Math.floor(house.clock.now() / SWEEP_AGAIN) * SWEEP_AGAIN;
  for (const place of house.keys.places()) {
    const id = `sweep-${house.hash(`again ${place.account} ${place.region} ${slot}`).slice(0, 32)}`;
    await house.queue.add('sweep', id, { account: place.account, region: place.region, slot, full: false });
  }
}

/** A button that no longer means anything: the card is read and drawn again, and the person is told. */
async function tellOver(house: House, click: Click): Promise<void> {
  await refresh(house, click.incident);
  await house.chat.whisper(click.channel, click.person, {
    kind: 'notNow',
    message: 'This incident is over; the card was drawn again.',
  });
}

async function openModal(house: House, click: Click): Promise<ClickAnswer> {
  const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });
  if (!house.settings.destructive)
    return whisper({ kind: 'notNow', message: 'Destructive actions are switched off (approvals.destructive).' });
  const incident = await house.incidents.load(click.incident);
  if (incident === undefined) return whisper({ kind: 'noSuchButton' });
  const running = runningAction(incident);
  if (running !== undefined)
    return whisper({
      kind: 'alreadyRunning',
      action: running.kind,
      by: running.by.via === 'slack' ? running.by.person.user : 'the operator',
    });
  if (!isOpen(incident) || incident.read?.kind !== 'read') return whisper({ kind: 'needsRead' });
  return { kind: 'modal', incident };
}

const error = (field: 'reason' | 'key_name' | 'ticket', text: string): SubmissionAnswer => ({
  kind: 'errors',
  errors: { [field]: text },
});

/** The destructive modal: who, why, typed name, and the live key just as it was shown. */
export async function answerSubmission(house: House, submission: Submission): Promise<SubmissionAnswer> {
  if (!house.settings.destructive)
    return error('reason', 'Destructive actions are switched off (approvals.destructive).');
  const incident = await house.incidents.load(submission.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined)
    return error(
      'key_name',
      'Keywarden no longer knows this card. Close this, wait for the next sweep, and begin again.',
    );
  if (submission.reason.trim() === '')
    return error('reason', 'Say why: whoever reads the audit next year was not here.');
  const names = namesToType(incident);
  if (!names.includes(submission.keyName.trim()))
    return error('key_name', `This does not name the key. Type ${names[0] ?? key.keyId}.`);
  const membership = await house.people.check(submission.person, 'responder', toleranceOf(submission.action));
  if (membership.kind === 'mayNot')
    return error('reason', 'You are not a responder of this Keywarden: nothing was done.');
  if (membership.kind === 'unknown')
    return error('reason', 'Slack could not confirm your role just now: nothing was done. Try again.');
  const read = await lookWithin(house, key, house.settings.firstReadWithin);
  if (read?.kind !== 'read')
    return error('key_name', 'The key could not be read just now: nothing was done. Try again.');
  if (submission.shown !== undefined && submission.shown !== house.hash(fingerprintOf(read.snapshot)).slice(0, 32)) {
    return error(
      'key_name',
      'The key has changed since this dialog was opened: nothing was done. Close it and look at the card again.',
    );
  }
  const kind = kindOf(read.snapshot);
  if (kind !== 'importedSymmetric' && kind !== 'importedOther')
    return error('key_name', 'This key has no imported material.');
  const asked = await askFor(house, key, {
    kind: submission.action,
    by: { via: 'slack', person: submission.person },
    reason: submission.reason.trim(),
    ...(submission.ticket === undefined ? {} : { ticket: submission.ticket }),
    nonce: submission.nonce,
  });
  if (asked.kind === 'alreadyRunning')
    return error('reason', 'Another action on this key is under way: nothing was done.');
  return { kind: 'accepted' };
}
