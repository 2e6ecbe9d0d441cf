/** Who gets hurt while the key cannot be used, who else may use it, and what needs a hand after a rescue. */
import type { Incident } from '../../../domain/incident.ts';
import { isOpen, keyOfIncident } from '../../../domain/incident.ts';
import type { Outsiders } from '../../../domain/outsiders.ts';
import { isRecovering } from '../../../domain/recovery.ts';
import type { Service } from '../../../domain/services.ts';
import { type Sighting, type Victim, type Victims, victimsNow } from '../../../domain/victims.ts';
import { shortWhy } from './failures.ts';
import { lastPart } from './names.ts';
import { foreign } from './text.ts';
import { exactTime } from './times.ts';

const NAMES: Readonly<Record<Exclude<Service, 'other'>, string>> = {
  dynamodbReplica: 'DynamoDB global table',
  rds: 'RDS',
  dynamodb: 'DynamoDB',
  ebs: 'EBS',
  s3: 'S3',
  secretsManager: 'Secrets Manager',
  lambda: 'Lambda',
  backup: 'AWS Backup',
};

/** What AWS documents of each service whose key cannot be used. */
const CONSEQUENCES: Readonly<Record<Service, string>> = {
  dynamodbReplica: 'inaccessible within minutes; the replica is dropped after 20 h',
  rds: 'the instance is stopped; 7 days to bring the key back, then only a backup helps',
  dynamodb: 'the table is inaccessible within minutes, and archived after 7 days',
  ebs: 'attached volumes go on, the next attach fails',
  s3: 'reads and writes fail; with a bucket key a while later',
  secretsManager: 'the next read of the secret fails',
  lambda: 'functions with encrypted variables fail to start',
  backup: 'backup and restore jobs fail',
  other: 'its calls fail as soon as it needs the key again',
};

const SEEN: Readonly<Record<Sighting, string>> = {
  refusedCall: 'refused call',
  grant: 'grant',
  policy: 'key policy',
  alias: 'alias',
  tag: 'tag',
};

const MOST_SHOWN = 8;
const MOST_UNREAD = 2;

/** The section "Who gets hurt": empty where nothing is known to say. */
export function harmLines(incident: Incident): readonly string[] {
  if (!isOpen(incident)) return recoveryLines(incident);
  const { victims, outsiders } = incident.knowledge ?? {};
  const now = victimsNow(victims, incident.refused);
  const lines = now.listed.slice(0, MOST_SHOWN).map(victimWords);
  const rest = now.more + Math.max(0, now.listed.length - MOST_SHOWN);
  if (rest > 0) lines.push(`and ${rest} more`);
  const unread = unreadWords(victims);
  const others = outsiders === undefined ? [] : outsiderLines(outsiders);
  if (lines.length === 0 && unread === '' && others.length === 0)
    return victims === undefined
      ? []
      : ['*Who gets hurt*  no service left a trace: nothing broken yet proves nothing, and applications leave none'];
  const title = '*Who gets hurt*  what left traces; others may be hurt as well';
  return [...(lines.length === 0 ? [] : [title, ...lines]), ...(unread === '' ? [] : [unread]), ...others];
}

function victimWords(victim: Victim): string {
  const { resource, seen, service } = victim;
  const what = resource === undefined ? '' : ` ${foreign(resource, 90)}`;
  const where = seen.map((sighting) => SEEN[sighting]).join(', ');
  return `•  *${serviceName(victim)}*${what}: ${CONSEQUENCES[service]} (seen: ${where})`;
}

const serviceName = ({ service, name }: Victim): string =>
  service === 'other' ? foreign(name ?? 'a service', 60) : NAMES[service];

/** Not read is not harmless. */
function unreadWords(victims: Victims | undefined): string {
  if (victims === undefined || victims.unread.length === 0) return '';
  const parts = victims.unread.slice(0, MOST_UNREAD).map(({ what, why }) => `${what} (${foreign(shortWhy(why), 120)})`);
  const more = victims.unread.length - parts.length;
  return `Who else is hurt is not known: ${parts.join(', ')}${more > 0 ? ` and ${more} more` : ''} could not be read.`;
}

/** Refusals of another account's callers are recorded in that account only. */
function outsiderLines(outsiders: Outsiders): readonly string[] {
  const { accounts, more, organisations, anybody, unread } = outsiders;
  const named = [
    ...(anybody === undefined ? [] : [anybody === 'always' ? 'anybody' : 'anybody, under conditions']),
    ...organisations.map((id) => `accounts of organisation ${foreign(id, 40)}`),
    ...accounts.map(({ account, by }) => `${account} (${by === 'policy' ? 'key policy' : 'grant'})`),
  ];
  if (more > 0) named.push(`${more} more`);
  if (named.length > 0)
    return [`*Other accounts that may use it*  ${named.join(', ')}: their refusals may be invisible here`];
  // The victims' line says why.
  return unread.length === 0 ? [] : ['*Other accounts that may use it*  not known'];
}

/** A closed incident's last word: whether the key is used again, and what does not come back by itself. */
function recoveryLines(incident: Incident): readonly string[] {
  if (!isRecovering(incident)) return [];
  const { victims } = incident.knowledge ?? {};
  const { listed } = victimsNow(victims, incident.refused);
  return [firstUseWords(incident), ...handWords(incident, listed)].filter((line) => line !== '');
}

const LAG = 'KMS tells of a use up to an hour late';

function firstUseWords({ knowledge }: Incident): string {
  const recovery = knowledge?.recovery;
  if (recovery === undefined) return `*Used again*  not yet: ${LAG}`;
  const { use, lookedAt, problem } = recovery;
  if (use !== undefined) {
    const by = use.who === undefined ? '' : ` by ${foreign(lastPart(use.who), 80)}`;
    const source = use.by === 'kms' ? 'KMS' : 'CloudTrail';
    return `*Used again*  first successful use seen: ${foreign(use.operation, 60)}${by}, ${exactTime(use.at)} (from ${source})`;
  }
  if (problem !== undefined) return `*Used again*  not known, looked ${exactTime(lookedAt)}: ${foreign(problem, 200)}`;
  return `*Used again*  not yet, looked ${exactTime(lookedAt)}; ${LAG}`;
}

/** What the key's return does not bring back by itself. */
function handWords(incident: Incident, listed: readonly Victim[]): readonly string[] {
  const region = keyOfIncident(incident)?.region ?? '';
  const has = (service: Service): boolean => listed.some((victim) => victim.service === service);
  const lines: string[] = [];
  const databases = listed.filter(({ service }) => service === 'rds');
  if (databases.length > 0) {
    lines.push('*Needs a hand*  RDS does not start stopped databases by itself:');
    for (const { resource } of databases) lines.push(startWords(resource, region));
  }
  if (has('dynamodbReplica') || has('dynamodb'))
    lines.push(
      'DynamoDB needs nothing within its 7 days: its tables come back by themselves. A replica that was dropped has to be added again.',
    );
  if (has('ebs')) lines.push('EBS: attach again what failed to attach, and start the instances that waited for it.');
  if (has('lambda')) lines.push('Lambda: failed invocations are not repeated; call again what must not be missing.');
  if (has('backup')) lines.push('AWS Backup: run again the jobs that failed meanwhile.');
  return lines;
}

/** Names as RDS allows them: only what is harmless in a shell is put into a command. */
const DATABASE = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
/** RDS names its instances in encryption contexts by this, and starts them by another name. */
const RESOURCE_ID = /^db-[A-Z0-9]{10,}$/;

function startWords(resource: string | undefined, region: string): string {
  const where = region === '' ? '' : ` --region ${region}`;
  if (resource === undefined || !DATABASE.test(resource))
    return `•  \`aws rds start-db-instance --db-instance-identifier NAME${where}\`${resource === undefined ? '' : ` for ${foreign(resource, 120)}`}`;
  if (!RESOURCE_ID.test(resource))
    return `•  \`aws rds start-db-instance --db-instance-identifier ${resource}${where}\``;
  return `•  \`aws rds start-db-instance --db-instance-identifier NAME${where}\`, where NAME is that of ${resource}: \`aws rds describe-db-instances --filters Name=dbi-resource-id,Values=${resource}${where}\``;
}
