/** Names of things: keys, accounts, people, callers. */
import type { Asker } from '../../../domain/action.ts';
import { type Actor, INTERNAL, isItself } from '../../../domain/fact.ts';
import type { KeyRef, Person } from '../../../domain/ids.ts';
import { type Incident, keyOfIncident } from '../../../domain/incident.ts';
import { clean, foreign } from './text.ts';
import type { View } from './view.ts';

/** The key's first alias as AWS spells it, else its id. Raw: escape or clean it where it is shown. */
export function rawNameOf(incident: Incident): string {
  const aliases = incident.details?.aliases;
  const [alias] = aliases?.kind === 'known' ? aliases.value : [];
  return alias ?? keyOfIncident(incident)?.keyId ?? 'a key not found yet';
}

/** The key's name for mrkdwn. */
export const nameOf = (incident: Incident): string => foreign(rawNameOf(incident), 140);

/** `payments-prod 111122223333`, or the number alone. For mrkdwn. */
export function accountWords(account: KeyRef['account'], view: View): string {
  const name = view.accountName(account);
  return name === undefined || name === account ? account : `${foreign(name, 80)} ${account}`;
}

/** A Slack person, shown by Slack. Ids come from Slack's signed payloads; anything else is shown as plain text. */
export const personWords = (person: Pick<Person, 'user'>): string =>
  /^[UW][A-Z0-9]{1,30}$/.test(person.user) ? `<@${person.user}>` : foreign(person.user, 40);

/** Who asked for an action. */
export const askerWords = (asker: Asker): string =>
  asker.via === 'slack' ? personWords(asker.person) : `${foreign(asker.user, 60)} (terminal)`;

/** Last part of an ARN's resource: `role/path/Admins` → `Admins`. */
export const lastPart = (arn: string): string => arn.split('/').at(-1) ?? arn;

/** Who acted, as shortly as it is still a name: `Admins/mallory`, `user bob`, `the root user of 111122223333`. */
export function actorName(actor: Actor): string {
  if (actor.type === 'Root') return `the root user${actor.account === undefined ? '' : ` of ${actor.account}`}`;
  if (isItself(actor)) return 'KMS itself';
  if (actor.invokedBy !== undefined && actor.arn === undefined) return foreign(actor.invokedBy, 80);
  const role = actor.issuerArn === undefined ? roleInSession(actor.arn) : lastPart(actor.issuerArn);
  if (role !== undefined) {
    const session = actor.sessionName ?? (actor.arn === undefined ? undefined : lastPart(actor.arn));
    return foreign(session === undefined ? role : `${role}/${session}`, 120);
  }
  if (actor.arn !== undefined) return foreign(lastPart(actor.arn), 120);
  return actor.accessKeyId === undefined ? foreign(actor.type, 60) : `access key ${foreign(actor.accessKeyId, 40)}`;
}

/** `arn:aws:sts::111122223333:assumed-role/Admins/mallory` → `Admins`. */
const roleInSession = (arn: string | undefined): string | undefined =>
  arn === undefined ? undefined : /:assumed-role\/([^/]+)\//.exec(arn)?.[1];

/** Program names worth a word; user agents are long, and anybody may send any. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/console\.amazonaws\.com|aws-console|^AWS Internal$|signin\.amazonaws/i, 'console'],
  [/terraform/i, 'Terraform'],
  [/cloudformation/i, 'CloudFormation'],
  [/aws-cli/i, 'AWS CLI'],
  [/boto3|botocore/i, 'Boto3'],
  [/aws-sdk/i, 'an AWS SDK'],
  [/^Mozilla\//, 'a browser: the console'],
];

/** From where and with what: `from 203.0.113.7, console, AWS recorded no MFA (usual with SSO)`. */
export function actorCircumstances(actor: Actor): string {
  // A person in the console of KMS goes by that name of a program as well; where a service calls, nobody sat there.
  const isService = actor.invokedBy === INTERNAL;
  const agent = actor.userAgent === undefined || isService ? undefined : clean(actor.userAgent);
  const program = agent === undefined ? undefined : PROGRAMS.find(([pattern]) => pattern.test(agent))?.[1];
  return [
    actor.sourceIdentity === undefined ? '' : `source identity ${foreign(actor.sourceIdentity, 60)}`,
    actor.sourceAddress === undefined || actor.sourceAddress === INTERNAL
      ? ''
      : `from ${foreign(actor.sourceAddress, 60)}`,
    program ?? (agent === undefined || agent === '' ? '' : foreign(agent, 40)),
    actor.invokedBy === undefined || actor.arn === undefined ? '' : `through ${foreign(actor.invokedBy, 60)}`,
    mfaWords(actor),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function mfaWords(actor: Actor): string {
  if (actor.mfa === true) return 'with MFA';
  return actor.mfa === false ? 'AWS recorded no MFA (usual with SSO)' : '';
}
