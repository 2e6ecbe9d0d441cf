import { randomInt } from 'node:crypto';

/** The app as the workspace knows it: its app id, its bot and the bot's user. */
export const app = {
  id: 'A0KEYWARDEN',
  botId: 'B0KEYWARDEN',
  userId: 'U0KEYWARDEN',
  handle: 'keywarden',
} as const;

/** The workspace's name and the domain of its URL. */
export const workspaceDomain = 'sandbox';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A fresh id as Slack writes them: a kind letter and ten capitals or digits. */
export function freshId(kind: 'V' | 'D' | 'F' | 'E'): string {
  return `${kind}0${Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('')}`;
}

/** A fresh block or action id, as Slack assigns them where the app named none. */
export function freshBlockId(): string {
  return Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
}
