/** Why somebody may not, and why somebody else must agree. */
import type { ApprovalWhy, Barred, DeniedWhy, Role } from '../../../domain/policy.ts';
import { foreign } from './text.ts';

/** Whom a sentence is about: who reads it, or somebody others read about. */
export type About = 'you' | 'they';

function barredWords(why: Barred, their: string): string {
  switch (why) {
    case 'guest':
      return 'guests of the workspace may not act on keys. Ask a member of it.';
    case 'stranger':
      return 'people from outside the workspace may not act on keys. Ask a member of it.';
    case 'otherWorkspace':
      return `${their} account belongs to another workspace. Ask a member of this one.`;
    case 'bot':
      return 'bots may not act on keys. A person has to.';
    case 'deactivated':
      return `${their} Slack account is deactivated. Ask somebody whose account is not.`;
    case 'noSuchUser':
      return `Slack does not know ${their} account. Ask a member of the workspace.`;
  }
}

const ROLE_NAMES: Readonly<Record<Role, string>> = {
  viewer: 'a viewer',
  responder: 'a responder',
  approver: 'an approver',
  admin: 'an admin',
};

/** Why not, and who could; whole sentences, the first one continuing another. */
export function denialWords(why: DeniedWhy, about: About = 'you'): string {
  switch (why.kind) {
    case 'barred':
      return barredWords(why.why, about === 'you' ? 'your' : 'their');
    case 'notInRole':
      return why.role === 'viewer'
        ? `${about} hold no role. Ask somebody who does (roles in keywarden.yaml).`
        : `${about} are not in the role it needs: ${about} are not ${ROLE_NAMES[why.role]}. Ask ${ROLE_NAMES[why.role]} (roles in keywarden.yaml; they do not include one another).`;
    case 'outsideLimit':
      return `${about} are ${ROLE_NAMES[why.role]}, but not for this key: the role is limited in keywarden.yaml to other accounts, aliases or tags. Ask ${ROLE_NAMES[why.role]} of this key.`;
    case 'limitUnknown':
      return `${about} are ${ROLE_NAMES[why.role]} for some keys only, and whether this is one of them is not known (${foreign(why.message, 200)}). Ask ${ROLE_NAMES[why.role]} for all keys, or try again.`;
    case 'destructiveOff':
      return 'destructive actions are switched off (`approvals.destructive` in keywarden.yaml). Disable stops every use as well, and can be undone.';
    case 'ownDeed':
      return `it was endangered under ${about === 'you' ? 'your' : 'their'} name in AWS (identities in keywarden.yaml): about that, somebody else decides. Ask another approver.`;
    case 'breakGlassOff':
      return 'breaking the glass is switched off (`approvals.breakGlass` in keywarden.yaml). Ask for approval instead.';
    case 'awsManaged':
      return 'AWS manages this key: it can be viewed only, by anybody.';
    case 'keyState':
      return `the key is ${why.state} and does not take this call. KMS would say: “${foreign(why.message, 240)}” Look at its card for what helps.`;
    case 'keyUnread':
      return 'the key could not be read, so nothing is decided about it. Try again in a moment.';
  }
}

/** Why one person is not enough: ends a sentence that begins with the action. */
export function whyApprovalWords(why: ApprovalWhy): string {
  switch (why) {
    case 'destructive':
      return 'what it destroys cannot be brought back';
    case 'recentlyUsed':
      return 'the key was used within the last 24 hours, and whoever uses it fails at once';
    case 'useUnknown':
      return 'nobody knows whether the key is in use, and whoever uses it fails at once';
    case 'fourthInAnHour':
      return 'it would be at least the fourth disabling within an hour by the same person';
    case 'wasDisabled':
      return 'the key was disabled before the danger, too';
    case 'held':
      return 'the key is held: somebody keeps it off on purpose';
  }
}
