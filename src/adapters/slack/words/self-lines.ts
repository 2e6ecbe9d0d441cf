/** What is said of a key that the bot itself depends on: that it is one, what that means, and the way that works without Slack. */
import type { Incident } from '../../../domain/incident.ts';
import { endangersSelf } from '../../../domain/self.ts';

/** On the card, under the facts; nothing for any other key. */
export function selfLines(incident: Incident): readonly string[] {
  if (incident.self !== true || incident.phase.kind !== 'open') return [];
  const first =
    '🛟 *Keywarden depends on this key* (`self.keys`): its own Redis, secrets, topics or trail stand under it.';
  return [endangersSelf(incident) ? `${first} ${RESCUE_FIRST}` : first, ...withoutSlack(incident)];
}

const RESCUE_FIRST =
  '*Rescue it first.* Once what stands under it fails, Keywarden goes dark: no card, no reminder and no click for any key.';

/** The terminal's rescue needs neither Slack nor Redis. */
function withoutSlack(incident: Incident): readonly string[] {
  return endangersSelf(incident) && incident.subject.kind === 'key'
    ? [`If this channel falls silent, from a terminal: \`npm run keywarden -- rescue ${incident.subject.key.arn}\``]
    : [];
}
