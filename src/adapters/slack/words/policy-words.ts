/** Why somebody may not, and why somebody else must agree. */
import type { ApprovalWhy, Barred, DeniedWhy, Role } from '../../../domain/policy.ts';
import { foreign } from './text.ts';

const BARRED: Readonly<Record<Barred, string>> = {
  guest: 'guests of the workspace may not act on keys.',
  stranger: 'people from outside the workspace may not act on keys.',
  otherWorkspace: 'your account belongs to another workspace.',
  bot: 'bots may not act on keys.',
  deactivated: 'the Slack account is deactivated.',
  noSuchUser: 'Slack does not know the account.',
};

const ROLE_NAMES: Readonly<Record<Role, string>> = {
  viewer: 'a viewer',
  responder: 'a responder',
  approver: 'an approver',
  admin: 'an admin',
};

/** To the person concerned; a whole sentence. */
export function denialWords(why: DeniedWhy): string {
  switch (why.kind) {
    case 'barred':
      return BARRED[why.why];
    case 'notInRole':
      return `you are not in the role it needs: you are not ${ROLE_NAMES[why.role]}. Roles are set in keywarden.yaml; they do not include one another.`;
    case 'outsideLimit':
      return `you are ${ROLE_NAMES[why.role]}, but not for this key: the role is limited in keywarden.yaml to other accounts, aliases or tags.`;
    case 'limitUnknown':
      return `you are ${ROLE_NAMES[why.role]} for some keys only, and whether this is one of them is not known: ${foreign(why.message, 200)}`;
    case 'destructiveOff':
      return 'destructive actions are switched off (`approvals.destructive` in keywarden.yaml).';
    case 'breakGlassOff':
      return 'breaking the glass is switched off (`approvals.breakGlass` in keywarden.yaml).';
    case 'awsManaged':
      return 'AWS manages this key: it can be viewed only.';
    case 'keyState':
      return `the key is ${why.state} and does not take this call: it ${foreign(why.message, 240)}`;
    case 'keyUnread':
      return 'the key could not be read, so nothing is decided about it. Try again in a moment.';
  }
}

/** Why one person is not enough: ends a sentence that begins with the action. */
export function whyApprovalWords(why: ApprovalWhy): string {
  switch (why) {
    case 'destructive':
      return 'it cannot be undone by a click';
    case 'recentlyUsed':
      return 'the key was used within the last 24 hours, and whoever uses it fails at once';
    case 'useUnknown':
      return 'nobody knows whether the key is in use, and whoever uses it fails at once';
    case 'fourthInAnHour':
      return 'it is your fourth disabling within an hour';
    case 'wasDisabled':
      return 'the key was disabled before the danger, too';
    case 'held':
      return 'the key is held: somebody disabled it here on purpose';
  }
}
