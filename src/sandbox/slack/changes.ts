import type { SlackWorld } from '../world.ts';
import type { Conversation } from './conversation.ts';
import type { Workspace } from './workspace.ts';

type Change = Parameters<SlackWorld['change']>[0];

/** Turns the world as an administrator or the course of things would. Unknown names are mistakes of the caller. */
export function applyChange(workspace: Workspace, change: Change): void {
  switch (change.kind) {
    case 'archiveChannel':
      conversationOf(workspace, change.channel).archived = true;
      break;
    case 'unarchiveChannel':
      conversationOf(workspace, change.channel).archived = false;
      break;
    case 'removeBotFrom':
      conversationOf(workspace, change.channel).joined = false;
      break;
    case 'deleteMessage':
      if (!conversationOf(workspace, change.channel).remove(change.ts)) throw new Error(`no message ${change.ts}`);
      break;
    case 'deactivate': {
      const person = workspace.people.find(change.user);
      if (person === undefined) throw new Error(`no person ${change.user}`);
      person.deactivated = true;
      break;
    }
    case 'setUserGroup': {
      const group = workspace.userGroups.get(change.usergroup);
      if (group === undefined) throw new Error(`no user group ${change.usergroup}`);
      group.users = [...change.users];
      break;
    }
    case 'userGroupsUnavailable':
      workspace.userGroupsAvailable = false;
      break;
    case 'switchMessagesTab':
      workspace.messagesTab = change.on;
      break;
    case 'delayPictures':
      workspace.files.lookedThroughAfter = change.ms;
      break;
    case 'revokeToken':
      workspace.tokenRevoked = true;
      break;
    case 'restoreToken':
      workspace.tokenRevoked = false;
      break;
  }
  workspace.changed();
}

function conversationOf(workspace: Workspace, channel: string): Conversation {
  const conversation = workspace.findConversation(channel);
  if (conversation === undefined) throw new Error(`no channel ${channel}`);
  return conversation;
}
