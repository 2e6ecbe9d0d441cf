/** CloudTrail records into facts. One record reaches us by EventBridge, by SNS and by LookupEvents; its fact id is the same. */
import type { FactBody, FactSource, Normalised, SetAside } from '../../domain/fact.ts';
import type { Instant, Place } from '../../domain/ids.ts';
import type { Deed } from '../../domain/intruder.ts';
import { bornKeyFrom } from './cloudtrail-birth.ts';
import { actorOf, callFrom, keyFrom, recordSchema, refusedKeyFrom, type TrailRecord } from './cloudtrail-record.ts';
import { readSelectors } from './event-selectors.ts';
import { field, isObject, textField } from './json.ts';
import { refusalIn } from './refusal.ts';
import { normalised, present, problemOf } from './schema.ts';

/** Normalises one CloudTrail record, parsed from JSON already. Never throws, whatever it is given. */
export function factFromRecord(record: unknown, source: FactSource, seenAt: Instant): Normalised {
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) return { kind: 'malformed', problem: problemOf('CloudTrail record', parsed.error) };
  const { eventID, eventTime } = parsed.data;
  const body = bodyOf(parsed.data);
  // What the history tells is read again where it matters, and is kept in numbers.
  const said = source !== 'cloudtrail' && typeof body === 'object' && body.kind === 'policyChanged';
  return normalised(said ? present({ ...body, policy: policyIn(parsed.data) }) : body, {
    id: `ct:${eventID}`,
    source,
    at: eventTime,
    seenAt,
  });
}

/** What one CloudTrail record says somebody did, whatever it means for a key. `undefined`: it is malformed. Never throws. */
export function deedFromRecord(record: unknown, place: Place, seenAt: Instant): Deed | undefined {
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) return undefined;
  const { eventID, eventName, eventSource, eventTime, errorCode, readOnly } = parsed.data;
  const told = factFromRecord(record, 'cloudtrail', seenAt);
  return present({
    id: eventID,
    at: eventTime,
    place,
    service: eventSource,
    operation: eventName,
    key: keyFrom(parsed.data),
    error: errorCode ?? undefined,
    readOnly: typeof readOnly === 'boolean' ? readOnly : undefined,
    actor: actorOf(parsed.data),
    fact: told.kind === 'fact' ? told.fact : undefined,
  });
}

/** KMS takes 32 KB. */
const LONGEST_POLICY = 32_768;

function policyIn(record: TrailRecord): string | undefined {
  const policy = textField(record.requestParameters, 'policy');
  return policy === undefined || policy.length > LONGEST_POLICY ? undefined : policy;
}

function bodyOf(record: TrailRecord): FactBody | SetAside {
  if (record.eventSource === 'cloudtrail.amazonaws.com') return trailBody(record);
  if (record.eventSource !== 'kms.amazonaws.com') return 'another service';
  if (USES.has(record.eventName)) return refusedUseBody(record);
  if (READ.test(record.eventName)) return 'a read-only call';
  if (record.errorCode) return failedBody(record, record.errorCode);
  return succeededBody(record);
}

// Calls that need a usable key. CreateGrant is one too: services grant themselves the key before they use it.
const USES = new Set([
  'Encrypt',
  'Decrypt',
  'ReEncrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'Sign',
  'Verify',
  'DeriveSharedSecret',
  'GetPublicKey',
  'CreateGrant',
]);
const READ = /^(?:Describe|List|Get)/;
// Dangerous or rescuing: an attempt at these is worth telling even when AWS refused it.
const TOLD_WHEN_REFUSED = new Set([
  'ScheduleKeyDeletion',
  'DisableKey',
  'DeleteImportedKeyMaterial',
  'PutKeyPolicy',
  'CancelKeyDeletion',
  'EnableKey',
  'ImportKeyMaterial',
]);
const STATE_ERRORS = new Set(['KMSInvalidStateException', 'DisabledException']);

function refusedUseBody(record: TrailRecord): FactBody | SetAside {
  if (!record.errorCode) return record.eventName === 'CreateGrant' ? succeededBody(record) : 'a successful use';
  const refusal = STATE_ERRORS.has(record.errorCode) ? refusalIn(record.errorMessage ?? '') : undefined;
  if (!refusal) return 'a call without consequence for a key';
  const key = refusedKeyFrom(record);
  if (!key) return 'no key named';
  const encryptionContext = contextOf(field(record.requestParameters, 'encryptionContext'));
  return present({ kind: 'useRefused' as const, key, call: callFrom(record), refusal, encryptionContext });
}

function contextOf(value: unknown): Record<string, string> | undefined {
  if (!isObject(value) || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function failedBody(record: TrailRecord, error: string): FactBody | SetAside {
  if (!TOLD_WHEN_REFUSED.has(record.eventName)) return 'a call without consequence for a key';
  const key = keyFrom(record);
  return key ? { kind: 'attemptRefused', key, call: callFrom(record), error } : 'no key named';
}

function succeededBody(record: TrailRecord): FactBody | SetAside {
  const call = callFrom(record);
  if (record.eventName === 'DisconnectCustomKeyStore') return keyStoreBody(record);
  if (record.eventName === 'CreateKey') {
    const born = bornKeyFrom(record);
    return born ? { kind: 'keyCreated', key: born, call } : 'a call without consequence for a key';
  }
  if (record.eventName === 'RotateKey' || record.eventName === 'RotateKeyOnDemand') return 'a rotation';
  const key = keyFrom(record);
  const about = (body: (named: NonNullable<typeof key>) => FactBody): FactBody | SetAside =>
    key ? body(key) : 'no key named';
  const materialId =
    textField(record.responseElements, 'keyMaterialId') ??
    textField(record.requestParameters, 'keyMaterialId') ??
    textField(record.serviceEventDetails, 'keyMaterialId');
  switch (record.eventName) {
    case 'ScheduleKeyDeletion':
      return about((key) => present({ kind: 'deletionScheduled' as const, key, call, ...windowOf(record) }));
    case 'CancelKeyDeletion':
      return about((key) => ({ kind: 'deletionCancelled', key, call }));
    case 'DisableKey':
      return about((key) => ({ kind: 'keyDisabled', key, call }));
    case 'EnableKey':
      return about((key) => ({ kind: 'keyEnabled', key, call }));
    case 'DeleteImportedKeyMaterial':
      return about((key) => present({ kind: 'materialDeleted' as const, key, call, materialId }));
    case 'ImportKeyMaterial':
      return about((key) => present({ kind: 'materialImported' as const, key, call, materialId }));
    case 'DeleteExpiredKeyMaterial':
      return about((key) => present({ kind: 'materialExpired' as const, key, call, materialId }));
    case 'DeleteKey':
      return about((key) => ({ kind: 'keyDeleted', key, call }));
    case 'PutKeyPolicy': {
      const bypassedLockoutCheck = field(record.requestParameters, 'bypassPolicyLockoutSafetyCheck') === true;
      return about((key) => ({ kind: 'policyChanged', key, call, bypassedLockoutCheck }));
    }
    case 'CreateGrant': {
      const grantee = textField(record.requestParameters, 'granteePrincipal');
      return about((key) => present({ kind: 'grantCreated' as const, key, call, grantee }));
    }
    default:
      return 'a call without consequence for a key';
  }
}

// The answer's window is the one that counts; the request omits it when the caller took the default of 30 days.
function windowOf(record: TrailRecord) {
  const days = [record.responseElements, record.requestParameters]
    .map((part) => field(part, 'pendingWindowInDays'))
    .find((value) => typeof value === 'number');
  return { windowDays: days, displayDate: textField(record.responseElements, 'deletionDate') };
}

function keyStoreBody(record: TrailRecord): FactBody | SetAside {
  const account = record.recipientAccountId;
  if (!account) return 'no key named';
  return present({
    kind: 'keyStoreDisconnected' as const,
    place: { account, region: record.awsRegion },
    keyStoreId: textField(record.requestParameters, 'customKeyStoreId'),
    call: callFrom(record),
  });
}

function trailBody(record: TrailRecord): FactBody | SetAside {
  if (record.eventName !== 'PutEventSelectors') return 'another service';
  const selectors = record.errorCode ? undefined : readSelectors(record.requestParameters);
  const account = record.recipientAccountId;
  if (!account || !selectors || selectors.recordsKms) return 'a call without consequence for a key';
  return present({
    kind: 'trailBlinded' as const,
    place: { account, region: record.awsRegion },
    call: callFrom(record),
    trail: selectors.trail,
  });
}
