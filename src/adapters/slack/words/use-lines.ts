/** When a key was last used, in three verdicts: used, never since it was made, or not known. Silence is never called "unused". */
import type { Duration, Instant } from '../../../domain/ids.ts';
import type { Incident } from '../../../domain/incident.ts';
import type { KeyDetails } from '../../../domain/key.ts';
import type { TrailUse } from '../../../domain/use.ts';
import { lastPart } from './names.ts';
import { foreign } from './text.ts';
import { dayAndTime, exactTime } from './times.ts';

/** How late GetKeyLastUsage may tell. */
const LAG = 'KMS tells of a use up to an hour late';
const RARELY = 'silence proves nothing: EBS, bucket keys and backups call rarely';
/** From so long ago on, a use looks old. */
const OLD: Duration = 7 * 86_400_000;

/** KMS's verdict with its lag, and what CloudTrail shows where KMS cannot tell. `at`: the moment it is held against. */
export function lastUseWords(lastUse: KeyDetails['lastUse'], trail: TrailUse | undefined, at: Instant): string {
  if (lastUse.kind === 'unknown') return `not known: ${foreign(lastUse.why, 240)}; ${trailWords(trail)}`;
  if (lastUse.value.kind === 'neverSeen') return `no use seen since its creation; ${LAG}, and ${RARELY}`;
  const { operation, at: usedAt } = lastUse.value.usage;
  const old = at - usedAt > OLD ? `; ${RARELY}` : '';
  return `${foreign(operation, 60)}, at least until ${exactTime(usedAt)}; ${LAG}${old}`;
}

/** In a list, with the lag. */
export function lastUseShortly(lastUse: KeyDetails['lastUse'], trail: TrailUse | undefined): string {
  if (lastUse.kind === 'known')
    return lastUse.value.kind === 'neverSeen'
      ? 'no use seen (up to an hour late)'
      : `last used ${dayAndTime(lastUse.value.usage.at)} (up to an hour late)`;
  return trail?.newest === undefined
    ? 'last use not known'
    : `last use not known to KMS; CloudTrail shows one ${dayAndTime(trail.newest.at)}`;
}

function trailWords(trail: TrailUse | undefined): string {
  if (trail === undefined) return 'search CloudTrail';
  if (trail.problem !== undefined) return `CloudTrail could not be searched: ${foreign(trail.problem, 160)}`;
  const { newest, from, complete } = trail;
  if (newest !== undefined)
    return `CloudTrail shows ${foreign(newest.operation, 60)} by ${foreign(lastPart(newest.who), 80)}, ${exactTime(newest.at)}`;
  return complete
    ? `CloudTrail shows none since ${exactTime(from)}; ${RARELY}`
    : 'CloudTrail shows none among its newest records, further back is not searched';
}

/** On the card. */
export function lastUseLine(incident: Incident): string {
  const lastUse = incident.details?.lastUse;
  if (lastUse === undefined) return '';
  return `*Last success*  ${lastUseWords(lastUse, incident.knowledge?.use, incident.openedAt)}`;
}
