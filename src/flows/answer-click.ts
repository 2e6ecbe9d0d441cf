/** What pressing a button on a card answers at once; the action itself follows through the queue, or through a form. */
import type { Asker } from '../domain/action.ts';
import { fingerprintLine, fingerprintOf } from '../domain/approval.ts';
import type { KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen, keyOfIncident, runningAction, waitingApproval } from '../domain/incident.ts';
import type { AskForm, Click, Refusal } from '../domain/interaction.ts';
import { type KeySnapshot, type LastUse, type Learned, unknown } from '../domain/key.ts';
import { type ApprovalWhy, denialWord, isDestructive } from '../domain/policy.ts';
import type { ClickAnswer } from '../ports.ts';
import type { House } from './house.ts';
import { judgeNow, LATE, mayNeedApproval } from './judgement.ts';
import { lookWithin } from './look.ts';
import { askFor, hurryClick, refresh, runningWords, writeClick } from './receive-click.ts';
import { auditRefusal } from './record-audit.ts';
import { within } from './within.ts';

/** However often a lost button is pressed, the keys are read again once in this time, ms. */
const SWEEP_AGAIN = 30_000;
/** Slack takes a form within three seconds of the press; the door waits 1.7 s for what is written down. */
const READ_FOR_FORM = 700;
const FORM_WITHIN = 1_000;
const READ_AGAIN = 200;
const USE_FOR_FORM = 400;
const LATE_WORDS = 'Slack or KMS did not answer in time, and nothing was done. Press again.';

const TOO_LATE: ClickAnswer = { kind: 'whisper', words: { kind: 'notNow', message: LATE_WORDS } };

export async function answerClick(house: House, click: Click): Promise<ClickAnswer> {
  const { person, channel, incident: id } = click;
  if (isDestructive(click.action) || mayNeedApproval(click.action)) {
    const opened = await soon(house, formFor(house, click));
    if (opened !== 'late' && opened.kind === 'answer') return opened.answer;
    // Too late for a form: what needs none is written down and judged in its own time, the rest is asked for again.
    if (opened === 'late' && isDestructive(click.action)) return TOO_LATE;
  }
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

/** A press must be written down, or answered, within Slack's patience, also while Slack itself or KMS is silent. */
async function soon<T>(house: House, work: Promise<T>): Promise<T | 'late'> {
  const answer = await within(
    house,
    FORM_WITHIN,
    work.then((value) => ({ value })),
  );
  if (answer !== undefined) return answer.value;
  work.catch((error: unknown) => house.log.warn({ error }, 'a form that came too late failed'));
  return 'late';
}

/** A form, or why there is none. `none`: so far as can be said in the time a press has, nobody must agree, or it is not known yet. */
export type Opened =
  | { readonly kind: 'answer'; readonly answer: ClickAnswer }
  | { readonly kind: 'none'; readonly because: 'allowed' | 'unread' | 'notOpen' }
  | { readonly kind: 'none'; readonly because: 'unsure'; readonly message: string };

async function formFor(house: House, click: Click): Promise<Opened> {
  const incident = await house.incidents.load(click.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined || !isOpen(incident)) return { kind: 'none', because: 'notOpen' };
  return openAskForm(house, { ...click, open: incident, key });
}

export interface Wanted extends Pick<Click, 'person' | 'action' | 'nonce'> {
  readonly open: Incident;
  readonly key: KeyRef;
  readonly windowDays?: number;
}

/** The ask form for an action on a key, once it is clear that somebody must agree. */
export async function openAskForm(house: House, wanted: Wanted): Promise<Opened> {
  const { open: incident, key, person, action: act } = wanted;
  const answer = (words: ClickAnswer): Opened => ({ kind: 'answer', answer: words });
  const whisper = (words: Refusal): Opened => answer({ kind: 'whisper', words });
  if (runningAction(incident) !== undefined) return whisper(runningWords(incident, act));
  // Whoever is asked to stop or destroy a key should see when it was last of use.
  const [read, lastUse] = await Promise.all([
    lookWithin(house, key, READ_FOR_FORM),
    act === 'enable' ? undefined : within(house, USE_FOR_FORM, house.keys.lastUse(key)),
  ]);
  if (read?.kind !== 'read')
    return isDestructive(act) ? whisper({ kind: 'needsRead' }) : { kind: 'none', because: 'unread' };
  const { snapshot } = read;
  const { verdict } = await judgeNow(house, { act, person, key, incident, snapshot, lastUse: lastUse ?? LATE });
  const seen: Wanted = { ...wanted, open: withLastUse(incident, lastUse) };
  switch (verdict.kind) {
    case 'allowed':
      return { kind: 'none', because: 'allowed' };
    case 'unsure':
      // Judged again when the form is sent; what needs no form waits for Slack by itself.
      return isDestructive(act)
        ? answer(askForm(house, seen, snapshot, 'destructive'))
        : { kind: 'none', because: 'unsure', message: verdict.message };
    case 'needsApproval': {
      const waiting = waitingApproval(incident);
      if (waiting === undefined || !isOpen(incident)) return answer(askForm(house, seen, snapshot, verdict.why));
      // Only an admin's emergency takes the place of what waits.
      const alone = await adminAlone(house, seen, snapshot);
      if (alone !== undefined) return answer(alone);
      return whisper({ kind: 'alreadyWaiting', act: waiting.kind, by: waiting.by });
    }
    case 'denied': {
      const alone = await adminAlone(house, seen, snapshot);
      if (alone !== undefined) return answer(alone);
      await auditRefusal(house, { person, what: act, why: denialWord(verdict.why), incident, key });
      return whisper({ kind: 'mayNot', why: verdict.why, action: act });
    }
  }
}

const NOT_LOOKED_UP = unknown('not looked up yet');

function withLastUse(incident: Incident, lastUse: Learned<LastUse> | undefined): Incident {
  if (lastUse === undefined) return incident;
  const before = incident.details ?? { aliases: NOT_LOOKED_UP, tags: NOT_LOOKED_UP };
  return { ...incident, details: { ...before, lastUse } };
}

/** An admin who may do it alone gets the form as well. */
async function adminAlone(house: House, wanted: Wanted, snapshot: KeySnapshot): Promise<ClickAnswer | undefined> {
  if (!house.settings.approvals.breakGlass) return undefined;
  const { action: act, person, key, open: incident } = wanted;
  const lastUse = LATE;
  const { verdict } = await judgeNow(house, { act, person, key, incident, snapshot, breakGlass: true, lastUse });
  return verdict.kind === 'allowed' ? askForm(house, wanted, snapshot, undefined) : undefined;
}

function askForm(house: House, wanted: Wanted, snapshot: KeySnapshot, why: ApprovalWhy | undefined): ClickAnswer {
  const { open: incident, action: act, windowDays } = wanted;
  const { breakGlass } = house.settings.approvals;
  const form: AskForm = {
    kind: 'ask',
    incident: { ...incident, read: { kind: 'read', snapshot } },
    act,
    ...(why === undefined ? {} : { why }),
    code: isDestructive(act) || breakGlass,
    breakGlass,
    shown: shownDigest(house, snapshot),
    ...(windowDays === undefined ? {} : { windowDays }),
  };
  return { kind: 'form', form };
}

export const shownDigest = (house: House, snapshot: KeySnapshot): string =>
  house.hash(fingerprintLine(snapshot.key, fingerprintOf(snapshot, undefined))).slice(0, 32);

/** The safe way out of an irreversible form: the same Disable as anywhere else. */
export async function disableFirst(house: House, click: Click): Promise<ClickAnswer> {
  const { person, nonce } = click;
  const incident = await house.incidents.load(click.incident);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return { kind: 'whisper', words: { kind: 'noSuchButton' } };
  const opened = await soon(house, openAskForm(house, { person, action: 'disable', nonce, open: incident, key }));
  if (opened === 'late') return TOO_LATE;
  if (opened.kind === 'answer') return opened.answer;
  if (opened.because === 'unread') return { kind: 'whisper', words: { kind: 'needsRead' } };
  if (opened.because === 'unsure') return { kind: 'whisper', words: { kind: 'roleUnknown', message: opened.message } };
  // Judged on the key as it was just read: the record need not wait for another read.
  const asked = await askFor(house, key, { kind: 'disable', by: { via: 'slack', person }, nonce }, READ_AGAIN);
  if (asked.kind === 'asked') return { kind: 'written', follow: () => Promise.resolve() };
  return { kind: 'whisper', words: runningWords(asked.incident ?? incident, 'disable') };
}

/**
 * A button of ours that nobody remembers: the memory was lost. The sweep reads all keys again, finds the card and draws it
 * anew; the press itself executes nothing.
 */
export async function sweepSoon(house: House): Promise<void> {
  const slot = Math.floor(house.clock.now() / SWEEP_AGAIN) * SWEEP_AGAIN;
  for (const place of house.keys.places()) {
    const id = `sweep-${house.hash(`again ${place.account} ${place.region} ${slot}`).slice(0, 32)}`;
    await house.queue.add('sweep', id, { account: place.account, region: place.region, slot, full: false });
  }
}

/** A button that no longer means anything: the card is read and drawn again, and the person is told. */
async function tellOver(house: House, click: Click): Promise<void> {
  const incident = await refresh(house, click.incident);
  const words: Refusal =
    incident?.phase.kind === 'closed'
      ? { kind: 'over', outcome: incident.phase.outcome }
      : { kind: 'notNow', message: 'This incident was over, and is open again. Look at its card.' };
  await house.chat.whisper(click.channel, click.person, words);
}
