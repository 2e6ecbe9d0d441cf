/** What has become worse since the card was posted: what it is now, and who is behind it. */
import type { Incident } from '../../../domain/incident.ts';
import type { Change, Worsening } from '../../../domain/worse.ts';
import { fateWords, lossWords, untilOf } from './clock-lines.ts';
import { personWords } from './names.ts';
import { dangerLines } from './story.ts';
import { dayAndTime } from './times.ts';

/** `its deletion was scheduled, and it is deleted after …`; the moments are those of the record. */
export function worseWords(incident: Incident, worse: Worsening): string {
  const { countdown, losses, read } = incident;
  switch (worse.change) {
    case 'deletion': {
      const date = worse.deletionDate ?? countdown?.deletionDate;
      return `its deletion was scheduled${date === undefined ? '' : `, it ${fateWords(untilOf(incident, date))}`}`;
    }
    case 'material':
      return incident.dangers.some(({ kind }) => kind === 'materialExpired')
        ? 'its key material has expired'
        : 'its key material is gone';
    case 'unusable':
      return read?.kind === 'read' && read.snapshot.state === 'Unavailable'
        ? 'it is cut off from its key store'
        : 'it was disabled';
    case 'loss':
      return losses === undefined ? 'what needs it may be lost' : lossWords(losses);
  }
}

const BEHIND: Readonly<Record<Change, readonly string[]>> = {
  deletion: ['*Scheduled by*'],
  material: ['*Material deleted by*', '*Material expired*'],
  unusable: ['*Disabled by*', '*Store disconnected by*'],
  loss: [],
};

/** Who did that. Empty: nobody is known. */
export const behindLine = (incident: Incident, { change }: Worsening): string =>
  dangerLines(incident).find((line) => BEHIND[change].some((label) => line.startsWith(label))) ?? '';

/** Whoever had it in hand may not know of this. */
export const heardLessLine = ({ attention }: Worsening): string =>
  attention === undefined
    ? ''
    : `${personWords(attention.by)} ${attention.kind} less than this (${dayAndTime(attention.at)}): that does not count any more.`;
