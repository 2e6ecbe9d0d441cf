/**
 * What AWS would know of one of our calls when it judges the conditions of a key policy (IAM guide, "AWS global condition context
 * keys"; KMS guide, "AWS KMS condition keys"). A key that is not listed here is not known.
 */
import type { Instant, KeyRef } from './ids.ts';
import type { KeySnapshot } from './key.ts';
import type { Caller } from './key-policy-caller.ts';

/** Every way it may be: each a list of values, an empty one where the call does not carry the key. */
export type Possible = readonly (readonly string[])[];
/** Names in lower case: their case does not count. */
export type ConditionContext = (name: string) => Possible | undefined;

export type KeyTraits = Pick<KeySnapshot, 'origin' | 'spec' | 'usage' | 'multiRegion'>;

/** An answer stands on cards and in reminders for a while: a date must hold, or not, all along. */
const STANDS = 86_400_000;
const ABSENT: Possible = [[]];
const DOES_NOT_CARRY = [
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:tagkeys',
  // We name keys by their ARN.
  'kms:requestalias',
  'kms:viaservice',
  // Parameters of other operations than those that are asked about.
  'kms:datakeypairspec',
  'kms:encryptionalgorithm',
  'kms:encryptioncontextkeys',
  'kms:expirationmodel',
  'kms:grantconstrainttype',
  'kms:granteeprincipal',
  'kms:grantisforawsresource',
  'kms:grantoperations',
  'kms:keyagreementalgorithm',
  'kms:macalgorithm',
  'kms:messagetype',
  'kms:primaryregion',
  'kms:reencryptonsamekey',
  'kms:replicaregion',
  'kms:retiringprincipal',
  'kms:rotationperiodindays',
  'kms:schedulekeydeletionpendingwindowindays',
  'kms:signingalgorithm',
  'kms:trailingdayswithoutkeyusage',
  'kms:validto',
  'kms:wrappingalgorithm',
  'kms:wrappingkeyspec',
];
const DOES_NOT_CARRY_ANY = ['aws:requesttag/', 'kms:encryptioncontext:', 'kms:recipientattestation:'];

/**
 * A direct call about this key, made soon after `now`. Not here on purpose: `aws:ResourceTag/…` and `kms:ResourceAliases`, which KMS
 * takes in IAM policies only (KMS guide, `kms:ResourceAliases`), so that nobody can say what they do in a key policy.
 *
 * @param otherwise what is so instead; `undefined`: not known
 */
export function contextOf(
  caller: Caller,
  key: KeyRef,
  traits: KeyTraits | undefined,
  now: Instant,
  otherwise: Readonly<Record<string, Possible | undefined>> = {},
): ConditionContext {
  const known = new Map<string, Possible | undefined>([
    ...DOES_NOT_CARRY.map((name) => [name, ABSENT] as const),
    ...Object.entries(ofCaller(caller, now)),
    ...Object.entries(ofKey(traits)),
    ['aws:resourceaccount', [[key.account]]],
    ['aws:requestedregion', [[key.region]]],
    ['aws:securetransport', [['true']]],
    ['aws:viaawsservice', [['false']]],
    ['aws:principalisawsservice', [['false']]],
    ['aws:currenttime', [now, now + STANDS].map((at) => [new Date(at).toISOString()])],
    ['aws:epochtime', [now, now + STANDS].map((at) => [String(Math.floor(at / 1000))])],
    ...Object.entries(otherwise),
  ]);
  return (name) =>
    known.get(name) ?? (DOES_NOT_CARRY_ANY.some((prefix) => name.startsWith(prefix)) ? ABSENT : undefined);
}

function ofCaller(caller: Caller, now: Instant): Readonly<Record<string, Possible>> {
  const account = { 'aws:principalaccount': [[caller.account]], 'kms:calleraccount': [[caller.account]] };
  switch (caller.kind) {
    case 'role':
      return {
        ...account,
        'aws:principalarn': [[caller.arn]],
        'aws:principaltype': [['AssumedRole']],
        'aws:username': ABSENT,
        // A program has no MFA device: its sessions say so, or do not carry the key at all.
        'aws:multifactorauthpresent': [[], ['false']],
        'aws:multifactorauthage': ABSENT,
        // Assumed for the call itself.
        'aws:tokenissuetime': [now, now + STANDS].map((at) => [new Date(at).toISOString()]),
      };
    case 'session':
      return { ...account, 'aws:principaltype': [['AssumedRole']], 'aws:username': ABSENT };
    case 'user':
      return { ...account, 'aws:principalarn': [[caller.arn]], 'aws:principaltype': [['User']] };
    case 'root':
      return { ...account, 'aws:principalarn': [[caller.arn]], 'aws:principaltype': [['Account']] };
  }
}

function ofKey(traits: KeyTraits | undefined): Readonly<Record<string, Possible>> {
  if (traits === undefined) return {};
  const { origin, spec, usage, multiRegion } = traits;
  return {
    'kms:keyorigin': [[origin]],
    ...(spec === '' ? {} : { 'kms:keyspec': [[spec]] }),
    ...(usage === '' ? {} : { 'kms:keyusage': [[usage]] }),
    'kms:multiregion': [[String(multiRegion !== undefined)]],
    // What a key of one Region carries is not documented.
    ...(multiRegion === undefined ? {} : { 'kms:multiregionkeytype': [[multiRegion.role]] }),
  };
}
