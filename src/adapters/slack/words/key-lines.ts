/** The card's first lines: which key, and until when. */

import type { KeyRef } from '../../../domain/ids.ts';
import type { Incident } from '../../../domain/incident.ts';
import { type KeyKind, type KeySnapshot, kindOf } from '../../../domain/key.ts';
import { clockLines } from './clock-lines.ts';
import { accountWords } from './names.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

const KINDS: Readonly<Record<KeyKind, string>> = {
  awsManaged: 'AWS managed key: view only',
  awsKms: 'KMS key material',
  importedSymmetric: 'imported material',
  importedOther: 'imported material',
  cloudHsm: 'CloudHSM key store',
  externalKeyStore: 'external key store',
};

/** Tags that usually name an owner, in the order of trust. */
const OWNER_TAGS = ['owner', 'team', 'contact', 'service'];

/** Key id, account, Region, kind and owner. */
export function keyLine(key: KeyRef, incident: Incident, view: View): string {
  const parts = [foreign(key.keyId, 60), accountWords(key.account, view), key.region];
  if (incident.read?.kind === 'read') parts.push(...traits(incident.read.snapshot));
  const owner = ownerOf(incident);
  if (owner !== undefined) parts.push(`owner: ${owner}`);
  return `*Key*  ${parts.join('  ·  ')}`;
}

/** All aliases, when there are more than the title names. */
export function aliasLine(incident: Incident): string {
  const aliases = incident.details?.aliases;
  if (aliases?.kind !== 'known' || aliases.value.length < 2) return '';
  const shown = aliases.value.slice(0, 5).map((alias) => foreign(alias, 80));
  return `*Aliases*  ${shown.join(', ')}${aliases.value.length > 5 ? ` and ${aliases.value.length - 5} more` : ''}`;
}

function traits(snapshot: KeySnapshot): readonly string[] {
  const words = [KINDS[kindOf(snapshot)]];
  if (snapshot.spec !== 'SYMMETRIC_DEFAULT' && snapshot.spec !== '') words.push(foreign(snapshot.spec, 40));
  if (snapshot.multiRegion?.role === 'PRIMARY') {
    const count = snapshot.multiRegion.replicas.length;
    words.push(`multi-Region primary, ${count} ${count === 1 ? 'replica' : 'replicas'}`);
  }
  if (snapshot.multiRegion?.role === 'REPLICA') {
    words.push(`multi-Region replica of ${snapshot.multiRegion.primary.region}`);
  }
  return words;
}

function ownerOf(incident: Incident): string | undefined {
  const tags = incident.details?.tags;
  if (tags?.kind !== 'known') return undefined;
  const owner = OWNER_TAGS.map((wanted) =>
    Object.entries(tags.value).find(([name]) => name.toLowerCase() === wanted),
  ).find((entry) => entry !== undefined);
  return owner === undefined ? undefined : foreign(owner[1], 80);
}

/** Until when, how much of it is left, and what the key was before. */
export function deadlineLine(incident: Incident, view: View): string {
  const [deadline = '', ...others] = clockLines(incident, view);
  const first = [deadline, beforeWords(incident)].filter((part) => part !== '').join('     ');
  return [first, ...others].filter((line) => line !== '').join('\n');
}

function beforeWords(incident: Incident): string {
  const { prior } = incident;
  if (prior.kind === 'unknown') return `*Before*  not known: ${foreign(prior.why, 160)}`;
  const source = { sweep: 'seen by the sweep', cloudtrail: 'from CloudTrail', read: 'read' }[prior.from];
  return `*Before*  ${prior.state} (${source} ${exactTime(prior.at)})`;
}
