/** What a world held when its story failed, in few lines: a wait that ran out says what came instead. */
import type { World } from './harness.ts';
import { storedIds } from './invariants.ts';

const MOST_MESSAGES = 12;
const MOST_RECORDS = 12;
const LONGEST = 240;

const short = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);
const spoken = (blocks: unknown, text: unknown): string =>
  short(JSON.stringify(blocks ?? text ?? '').replaceAll(/"(?:type|block_id|action_id|emoji|verbatim)":[^,}]*,?/g, ''));

/** Never rejects: a world that cannot be read any more says so. */
export async function aftermath(world: World): Promise<string> {
  const lines: string[] = [`clock ${new Date(world.clock.now()).toISOString()}`];
  for (const channel of world.slack.channels()) {
    if (channel.messages.length === 0) continue;
    lines.push(`${channel.id}: ${channel.messages.length} messages`);
    for (const message of channel.messages.slice(-MOST_MESSAGES)) {
      lines.push(`  ${message.ts} ${spoken(message.blocks, message.text)}`);
      const replies = message.replies ?? [];
      if (replies.length > 0) lines.push(`    ${replies.length} replies, last: ${short(String(replies.at(-1)?.text))}`);
    }
  }
  const told = world.slack.ephemerals();
  for (const one of told.slice(-MOST_MESSAGES)) lines.push(`to ${one.user} alone: ${spoken(one.blocks, one.text)}`);
  try {
    const ids = await storedIds(world);
    for (const id of ids.slice(-MOST_RECORDS)) {
      const incident = await world.bot.house.incidents.load(id as never);
      if (incident === undefined) continue;
      const { phase, revision, card, wave, actions, approvals } = incident;
      const doing = actions.map(({ kind, ending }) => `${kind} ${ending?.kind ?? 'runs'}`);
      const asked = approvals.map(({ kind, status }) => `${kind} ${status.kind}`);
      lines.push(`${id}: ${short(JSON.stringify({ phase, revision, card, wave, doing, asked }))}`);
    }
  } catch (error) {
    lines.push(`records not readable: ${String(error)}`);
  }
  return lines.join('\n');
}
