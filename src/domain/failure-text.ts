/** Why something was not done, in the fixed words of the audit trail. */
import type { FailureReason } from './action.ts';
import { denialWord } from './policy.ts';

/** Who or what stood in the way, for somebody who reads it a year later. */
export function failureText(why: FailureReason): string {
  switch (why.kind) {
    case 'notPermitted':
      return `notPermitted: ${why.who} ${denialWord(why.why)}`;
    case 'needsApproval':
      return `needsApproval: ${why.why}`;
    case 'approvalExpired':
      return `approvalExpired: ${new Date(why.at).toISOString()}`;
    case 'approvalVoid':
      return `approvalVoid: ${why.changes.map(({ part }) => part).join(', ')}`;
    case 'keyGone':
      return 'keyGone';
    case 'denied':
    case 'refused':
    case 'wrongState':
    case 'noLongerAllowed':
    case 'unreadable':
    case 'noRole':
    case 'gaveUp':
    case 'auditUnwritable':
      return `${why.kind}: ${why.message}`;
  }
}
