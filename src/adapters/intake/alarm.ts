/** What CloudWatch tells of an alarm by SNS and by EventBridge comes together here and becomes one kind of fact. */
import type { Alarm, FactBody, SetAside } from '../../domain/fact.ts';
import {
  type AccountId,
  type Duration,
  type Instant,
  isAccountId,
  isRegion,
  type KeyRef,
  keyArnsIn,
  keyRefOf,
  parseKeyArn,
  type Region,
} from '../../domain/ids.ts';
import { present } from './schema.ts';

/** One metric an alarm looks at, whatever the vendor's spelling of it was. */
export interface AlarmMetric {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Expression and label of metric math. */
  readonly words?: string | undefined;
  /** The `KeyId` dimension: a key id or an ARN. */
  readonly keyId?: string | undefined;
  /** Cross-account alarms: where the metric lives. */
  readonly account?: string | undefined;
  /** Seconds. */
  readonly period?: number | undefined;
}

export interface AlarmParts {
  readonly identity: AlarmIdentity;
  readonly state: Alarm['state'];
  readonly changedAt: Instant;
  readonly reason: string;
  readonly description?: string | undefined;
  /** Composite alarms. */
  readonly rule?: string | undefined;
  readonly metrics: readonly AlarmMetric[];
  readonly evaluationPeriods?: number | undefined;
  /** Start of the evaluated data, when told. */
  readonly startedAt?: Instant | undefined;
}

export type AlarmIdentity = Pick<Alarm, 'arn' | 'name' | 'partition' | 'region' | 'account'>;

const ALARM_ARN = /^arn:(aws[a-z-]*):cloudwatch:([a-z0-9-]+):(\d{12}):alarm:(.{1,255})$/s;

/** Takes an alarm's ARN apart. The `Region` field beside it is a display name ("US West (Oregon)") and is of no use. */
export function alarmIdentity(arn: string): AlarmIdentity | undefined {
  const [, partition, region, account, name] = ALARM_ARN.exec(arn) ?? [];
  if (!partition || !region || !account || !name || !isRegion(region) || !isAccountId(account)) return undefined;
  return { arn, name, partition, region, account };
}

// Both spellings are AWS's: the first in the monitoring page, the second in the how-to for this alarm.
const EXPIRATION_METRICS = new Set(['SecondsUntilKeyMaterialExpiration', 'SecondsUntilKeyMaterialExpires']);
// Whoever subscribed us chose the topic: any word of keys is enough. "CMK" is what the CIS benchmark's alarms say.
const KMS_WORDS = /kms|cmk|key[-_ ]?material|encryption[-_ ]?keys?\b|(?:pending|key|schedul\w*)[-_ ]?deletion/i;
// Composite alarms have no window of their own: three of the five-minute periods that AWS's alarm recipe uses.
const UNKNOWN_WINDOW: Duration = 15 * 60_000;

/** Turns an alarm into a fact: an expiring key material when it says so and names one key, else the alarm itself. */
export function alarmBody(parts: AlarmParts): FactBody | SetAside {
  const { identity, state, changedAt, reason, description, metrics } = parts;
  const texts = [identity.name, description ?? '', reason, parts.rule ?? ''];
  const metricWords = metrics.flatMap(({ namespace, name, words }) => [namespace ?? '', name ?? '', words ?? '']);
  if (![...texts, ...metricWords].some((text) => KMS_WORDS.test(text))) return 'not a KMS alarm';
  const dimensionKeys = metrics.map((metric) => dimensionKey(metric, identity)).filter((key) => key !== undefined);
  const keys = distinct([...dimensionKeys, ...texts.flatMap(keyArnsIn)]);
  const [key] = keys;
  const expiring = metrics.some(({ name, keyId }) => keyId && EXPIRATION_METRICS.has(name ?? ''));
  if (expiring && state === 'ALARM' && key && keys.length === 1) {
    return { kind: 'materialExpiring', key, alarm: { arn: identity.arn, name: identity.name } };
  }
  const lookback = lookbackOf(parts);
  return {
    kind: 'alarm',
    alarm: present({ ...identity, state, changedAt, reason, description, keys, lookback, aboutKms: true }),
  };
}

function dimensionKey({ keyId, account }: AlarmMetric, identity: AlarmIdentity): KeyRef | undefined {
  if (!keyId) return undefined;
  const home: AccountId = account && isAccountId(account) ? account : identity.account;
  const region: Region = identity.region;
  return parseKeyArn(keyId) ?? keyRefOf(identity.partition, { account: home, region }, keyId);
}

function distinct(keys: readonly KeyRef[]): readonly KeyRef[] {
  return [...new Map(keys.map((key) => [key.arn, key])).values()];
}

/** CloudWatch evaluates up to one period after the last datapoint began, so the window is one period longer than it says. */
function lookbackOf({ metrics, evaluationPeriods, startedAt, changedAt }: AlarmParts): Duration {
  const period = Math.max(0, ...metrics.map((metric) => metric.period ?? 0)) * 1000;
  if (period === 0) return UNKNOWN_WINDOW;
  const evaluated = period * ((evaluationPeriods ?? 1) + 1);
  return startedAt === undefined ? evaluated : Math.max(evaluated, changedAt - startedAt);
}
