/** Close: looked into. Somebody who may says why a danger that no read of a key ends is dealt with; asked for in a form. */
import { type Person, samePerson } from '../domain/ids.ts';
import { accountOf, type Incident, keyOfIncident } from '../domain/incident.ts';
import type { ClosePress, Closing, FormAnswer, FormProblem, Refusal } from '../domain/interaction.ts';
import { closableOf, lookedIntoOf, matterOf, needsJudging } from '../domain/looked-into.ts';
import { denialWord } from '../domain/policy.ts';
import { withRead } from '../domain/reading.ts';
import type { ClickAnswer } from '../ports.ts';
import { sweepSoon } from './answer-click.ts';
import { problem } from './ask.ts';
import { judgedWithin } from './can-we-cancel.ts';
import { change } from './commit.ts';
import type { House } from './house.ts';
import { type Judged, judgeNow } from './judgement.ts';
import { lookWithin } from './look.ts';
import { refresh } from './receive-click.ts';
import { auditRefusal } from './record-audit.ts';

const LEAST_REASON = 3;
const MOST_REASON = 500;

const whisper = (words: Refusal): ClickAnswer => ({ kind: 'whisper', words });

const OTHERWISE =
  'this cannot be closed on somebody’s word any more. Look at the card: it says what is the matter now, and what helps.';

const TOO_SOON =
  'KMS may not show yet what was told of this key a moment ago. It may be closed in a minute: look at the card again then.';

/** The form; or why there is nothing to close, and the card is drawn again. */
export async function pressClose(house: House, press: ClosePress): Promise<ClickAnswer> {
  const { person } = press;
  const incident = await house.incidents.load(press.incident);
  if (incident === undefined) {
    await sweepSoon(house);
    return whisper({ kind: 'noSuchButton' });
  }
  if (incident.phase.kind === 'closed') {
    await drawAnew(house, incident);
    return whisper({ kind: 'over', outcome: incident.phase.outcome });
  }
  const closable = closableOf(incident);
  if (closable !== 'yes') {
    await drawAnew(house, incident);
    return whisper({ kind: 'notNow', message: closable === 'soon' ? TOO_SOON : OTHERWISE });
  }
  const { verdict } = await judged(house, press, incident);
  switch (verdict.kind) {
    case 'unsure':
      return whisper({ kind: 'roleUnknown', message: verdict.message });
    case 'denied':
      await auditRefusal(house, { person, what: 'close', why: denialWord(verdict.why), incident });
      return whisper({ kind: 'mayNot', why: verdict.why, action: 'Close: looked into' });
    case 'allowed':
    case 'needsApproval':
      return { kind: 'form', form: { kind: 'close', incident, matter: matterOf(incident) } };
  }
}

/** Rejects with `StoreUnavailable`: nothing was closed. The key is read once more first, and a changed policy judged: nobody closes what has just begun. */
export async function answerClose(house: House, closing: Closing): Promise<FormAnswer> {
  const { person, matter } = closing;
  const reason = closing.reason.trim().slice(0, MOST_REASON);
  const incident = await house.incidents.load(closing.incident);
  if (incident === undefined) return problem('reason', { kind: 'notKnown' });
  if (reason.length < LEAST_REASON) return problem('reason', { kind: 'reasonMissing' });
  // The same form sent again: what it asked for stands there already.
  if (isClosedBy(incident, person, reason)) return { kind: 'accepted' };
  const { verdict } = await judged(house, closing, incident);
  if (verdict.kind === 'unsure') return problem('reason', { kind: 'unsure', message: verdict.message });
  if (verdict.kind === 'denied') {
    await auditRefusal(house, { person, what: 'close', why: denialWord(verdict.why), incident });
    return problem('reason', { kind: 'denied', act: 'close', why: verdict.why });
  }
  const key = keyOfIncident(incident);
  const limit = house.settings.firstReadWithin;
  const [read, isJudged] =
    key === undefined
      ? [undefined, true]
      : await Promise.all([
          lookWithin(house, key, limit),
          !needsJudging(incident) || judgedWithin(house, incident, key, limit),
        ]);
  if (key !== undefined && read?.kind !== 'read') return problem('reason', notRead(read?.kind));
  if (!isJudged) return problem('reason', { kind: 'policyUnjudged' });
  const outcome = await change(house, incident.id, {
    kind: 'lookedInto',
    by: person,
    reason,
    matter,
    ...(read === undefined ? {} : { read }),
  });
  if (outcome.kind === 'saved') return { kind: 'accepted' };
  const now = await house.incidents.load(incident.id);
  // The same form may have arrived twice at once.
  if (now !== undefined && isClosedBy(now, person, reason)) return { kind: 'accepted' };
  drawSoon(house, incident);
  const seen = now === undefined || read === undefined ? now : withRead(now, read, house.settings.rules);
  const isSoon = seen !== undefined && matterOf(seen) === matter && closableOf(seen) === 'soon';
  return problem('reason', { kind: isSoon ? 'tooSoon' : 'anotherMatter' });
}

const notRead = (read: 'gone' | 'unreadable' | undefined): FormProblem => ({
  kind: read === 'gone' ? 'keyGone' : 'keyUnread',
});

function isClosedBy(incident: Incident, person: Person, reason: string): boolean {
  const said = lookedIntoOf(incident);
  return said !== undefined && samePerson(said.by, person) && said.reason === reason;
}

function judged(house: House, { person }: Pick<Closing, 'person'>, incident: Incident): Promise<Judged> {
  const key = keyOfIncident(incident);
  const account = accountOf(incident.subject);
  const about = key !== undefined ? { key } : account !== undefined ? { account } : {};
  return judgeNow(house, { act: 'close', person, incident, freshness: 'live', ...about });
}

/** Slack gives a form three seconds: what the card needs to be read is no part of them. */
function drawSoon(house: House, incident: Incident): void {
  drawAnew(house, incident).catch((error: unknown) =>
    house.log.warn({ incident: incident.id, error }, 'the card could not be drawn anew; the sweep reads its key again'),
  );
}

async function drawAnew(house: House, incident: Incident): Promise<void> {
  switch (incident.subject.kind) {
    case 'key':
    case 'alarm':
      await refresh(house, incident.id);
      return;
    case 'place':
    case 'topic':
      await change(house, incident.id, { kind: 'redraw' });
      return;
  }
}
