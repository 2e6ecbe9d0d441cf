/** The head of the audit trail, once a day: plain enough to be copied into a verification. */
import type { AuditEntry, AuditHead } from '../../../domain/audit.ts';
import { context, message, section, type Words } from './blocks.ts';
import { exactTime, plainTime } from './times.ts';

export function drawAuditHead(head: AuditHead, setAside?: AuditEntry): Words {
  const spelt = `${head.seq}:${head.hash}`;
  const anew = setAside === undefined ? '' : ` The trail before it was set aside, ${plainTime(setAside.at)}.`;
  return message(`Audit trail: ${head.seq} entries, head ${spelt}.${anew}`, [
    section([`🧾 *Audit trail*  ${head.seq} entries, head`, `\`${spelt}\``]),
    ...(setAside === undefined ? [] : [section([anewWords(setAside)])]),
    context([
      `Kept here so that a later rewrite of the whole trail shows: \`npm run keywarden -- audit verify --head ${spelt}\``,
    ]),
  ]);
}

/** What is kept may be forged, and the head is posted all the same: nothing is taken for what it should be. */
function anewWords({ at, former }: AuditEntry): string {
  const { name } = Object(former) as Readonly<Record<string, unknown>>;
  const named = typeof name === 'string' && /^[\w{}:.-]{1,100}$/.test(name) ? ` as \`${name}\`` : '';
  return `⚠️ *This trail is a new one*, begun ${exactTime(at)}: the one before could not be verified and was set aside${named}. Heads posted before that are heads of that one. Entry 1 tells who did it and why.`;
}
