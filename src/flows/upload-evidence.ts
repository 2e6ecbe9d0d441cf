/** An incident's evidence, gathered from the record and the audit trail, uploaded into the thread of its card. */
import type { AuditEntry } from '../domain/audit.ts';
import { type EvidenceTrail, evidenceOf, isAbout } from '../domain/evidence.ts';
import type { KeptShapes } from '../domain/evidence-shape.ts';
import type { ChannelId, Duration, IncidentId, Person } from '../domain/ids.ts';
import { type Incident, keyOfIncident } from '../domain/incident.ts';
import type { Refusal } from '../domain/interaction.ts';
import { denialWord } from '../domain/policy.ts';
import type { Uploaded } from '../ports.ts';
import type { House } from './house.ts';
import { judgeNow } from './judgement.ts';
import { auditRefusal } from './record-audit.ts';

/** Far more than a report shows: it counts what it leaves out. Whoever is refused again and again fills no memory. */
const MOST_ENTRIES = 20_000;

const UPLOAD_AGAIN: Duration = 30_000;
const JUST_ASKED =
  'the evidence was asked for a moment ago, and nothing has happened since. It stands in the thread of the card; if it does not, ask again in half a minute.';

export interface Reporting {
  readonly person: Person;
  /** Where to say what went wrong. */
  readonly channel: ChannelId;
}

/** Pressed in a card's menu: judged, then uploaded. What goes wrong is whispered. */
export async function pressEvidence(house: House, id: IncidentId, to: Reporting): Promise<Refusal | undefined> {
  const incident = await house.incidents.load(id);
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident === undefined || key === undefined) return { kind: 'noSuchButton' };
  const { verdict } = await judgeNow(house, { act: 'report', person: to.person, key, incident });
  switch (verdict.kind) {
    case 'allowed':
    case 'needsApproval':
      await uploadEvidence(house, id, to);
      return undefined;
    case 'unsure':
      return { kind: 'roleUnknown', message: verdict.message };
    case 'denied':
      await auditRefusal(house, {
        person: to.person,
        what: 'report',
        why: denialWord(verdict.why),
        incident,
      });
      return { kind: 'mayNot', why: verdict.why, action: 'report' };
  }
}

export async function uploadEvidence(house: House, id: IncidentId, to: Reporting): Promise<void> {
  const incident = await house.incidents.load(id);
  if (incident === undefined) return;
  // A report reads the whole trail: pressed ten times, it is made once.
  if (!(await house.seen.first(`evidence ${id} ${incident.version}`, UPLOAD_AGAIN)))
    return house.chat.whisper(to.channel, to.person, { kind: 'notNow', message: JUST_ASKED });
  const uploaded = await postEvidence(house, incident);
  if (uploaded.kind === 'failed')
    await house.chat.whisper(to.channel, to.person, { kind: 'notUploaded', message: uploaded.message });
}

/** Uploads an incident's evidence where its card stands. */
export async function postEvidence(house: House, incident: Incident): Promise<Uploaded> {
  const [trail, shapes] = await Promise.all([trailOf(house, incident), shapesOf(house, incident)]);
  const evidence = evidenceOf(incident, { ...trail, shapes, now: house.clock.now() });
  const { ts, channel } = incident.card;
  const uploaded = await house.chat.upload(channel, evidence, ts === undefined ? {} : { threadTs: ts });
  if (uploaded.kind === 'failed')
    house.log.warn({ incident: incident.id, channel, reason: uploaded.message }, 'the evidence could not be uploaded');
  return uploaded;
}

/** Kept apart from the record, and longer than the key. */
async function shapesOf(house: House, incident: Incident): Promise<KeptShapes> {
  const key = keyOfIncident(incident);
  if (key === undefined) return {};
  const [good, opening] = await Promise.all([
    house.shapes.good(key),
    house.shapes.opening(incident.id, incident.round),
  ]);
  return { ...(good === undefined ? {} : { good }), ...(opening === undefined ? {} : { opening }) };
}

async function trailOf(house: House, incident: Incident): Promise<Omit<EvidenceTrail, 'now'>> {
  let entries: AuditEntry[] = [];
  try {
    for await (const page of house.audit.entries())
      entries = [...entries, ...page.filter((entry) => isAbout(incident, entry))].slice(-MOST_ENTRIES);
    const head = await house.audit.head();
    return { entries, ...(head === undefined ? {} : { head }) };
  } catch (error) {
    house.log.warn({ incident: incident.id, error }, 'the audit trail could not be read for a report');
    return { entries, trailProblem: 'the audit trail could not be read to its end; `audit verify` says what is wrong' };
  }
}
