/** The head of the audit trail, once a day: plain enough to be copied into a verification. */
import type { AuditHead } from '../../../domain/audit.ts';
import { context, message, section, type Words } from './blocks.ts';

export function drawAuditHead(head: AuditHead): Words {
  const spelt = `${head.seq}:${head.hash}`;
  return message(`Audit trail: ${head.seq} entries, head ${spelt}`, [
    section([`🧾 *Audit trail*  ${head.seq} entries, head`, `\`${spelt}\``]),
    context([
      `Kept here so that a later rewrite of the whole trail shows: \`npm run keywarden -- audit verify --head ${spelt}\``,
    ]),
  ]);
}
