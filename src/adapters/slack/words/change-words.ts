/** What is different about a key since it was decided on. */
import type { Change } from '../../../domain/approval.ts';
import { foreign } from './text.ts';
import { dayAndTime } from './times.ts';

/** `its state was Enabled and is Disabled; its policy was changed`. */
export function changeWords(changes: readonly Change[]): string {
  return changes.length === 0 ? 'the key is gone' : changes.map(oneChange).join('; ');
}

function oneChange({ part, was, is }: Change): string {
  switch (part) {
    case 'state':
      return `its state was ${plain(was)} and is ${plain(is)}`;
    case 'deletionDate':
      return `its deletion date was ${moment(was)} and is ${moment(is)}`;
    case 'materialId':
      return `its key material is another (${short(was)} before, ${short(is)} now)`;
    case 'validTo':
      return `its material expires ${moment(is)}, not ${moment(was)}`;
    case 'policy':
      return 'its key policy was changed';
  }
}

const plain = (value: string | number | undefined): string =>
  value === undefined ? 'not set' : foreign(String(value), 60);
const short = (value: string | number | undefined): string =>
  value === undefined ? 'none' : foreign(String(value).slice(0, 12), 14);
const moment = (value: string | number | undefined): string =>
  typeof value === 'number' ? dayAndTime(value) : 'not set';
