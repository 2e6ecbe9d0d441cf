/** What whoever holds imported material does, before it expires and once it is gone. */
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { isPending } from '../../../domain/key.ts';
import { reimportCommands, wrappingOf } from '../../../domain/reimport.ts';

/** Its material is gone: there is no deletion to cancel, and no call of ours that helps. */
export const isWithoutMaterial = ({ read }: Incident): boolean =>
  read?.kind === 'read' && read.snapshot.state === 'PendingImport';

/** `when`: ` by …`, in mrkdwn; empty: as soon as they can. */
export function reimportLines(incident: Incident, when: string): readonly string[] {
  const { read } = incident;
  const key = keyOfIncident(incident);
  if (key === undefined) return [];
  const wrapping = wrappingOf(read?.kind === 'read' ? read.snapshot.spec : 'SYMMETRIC_DEFAULT');
  return [
    firstWords(incident),
    `Whoever holds the material (the key's owner, an HSM or a vault; AWS keeps no copy) imports exactly the same again${when}, wrapped offline; that restores everything:`,
    `\`\`\`${reimportCommands(key, wrapping).join('\n')}\`\`\``,
    isWithoutMaterial(incident) ? 'The key is Enabled then.' : '',
  ].filter((line) => line !== '');
}

/** Where KMS takes no import in the state as it is. */
function firstWords({ read }: Incident): string {
  if (read?.kind !== 'read') return '';
  const { state } = read.snapshot;
  if (isPending(state)) return '*Rescue* it first: KMS takes no material while the deletion is pending.';
  return state === 'Disabled' ? 'KMS may refuse material while the key is disabled: then enable it first.' : '';
}
