import { regionName } from './regions.ts';

export type AlarmState = 'OK' | 'ALARM';

/** A change of an alarm's state. */
export interface AlarmChange {
  readonly account: string;
  readonly region: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly at: number;
  /** Refused uses in the datapoint that crossed the threshold. */
  readonly count: number;
}

/** The alarm of AWS's guide (K:deleting-keys-creating-cloudwatch-alarm), as the fixtures name it. */
export const alarmName = 'KMS-key-pending-deletion-used';
const description = 'Someone tried to use a KMS key that is pending deletion';
/** In the alarm's settings; the sandbox evaluates much sooner. */
const periodSeconds = 300;

/** Subject of the notification: `ALARM: "name" in US West (Oregon)`. */
export function alarmSubject({ to, region }: AlarmChange): string {
  return `${to}: "${alarmName}" in ${regionName(region)}`;
}

/** The notification itself, member for member as in `fixtures/sns-notification-cloudwatch-alarm-*.json`. */
export function alarmMessage(change: AlarmChange, topicArn: string, configuredAt: number): string {
  const { account, region } = change;
  const message = {
    AlarmName: alarmName,
    AlarmDescription: description,
    AWSAccountId: account,
    AlarmConfigurationUpdatedTimestamp: alarmTime(configuredAt),
    NewStateValue: change.to,
    NewStateReason: alarmReason(change),
    StateChangeTime: alarmTime(change.at),
    Region: regionName(region),
    AlarmArn: `arn:aws:cloudwatch:${region}:${account}:alarm:${alarmName}`,
    OldStateValue: change.from,
    OKActions: [topicArn],
    AlarmActions: [topicArn],
    InsufficientDataActions: [],
    Trigger: {
      MetricName: 'KMSKeyPendingDeletionErrorCount',
      Namespace: 'CloudTrailLogMetrics',
      StatisticType: 'Statistic',
      Statistic: 'SUM',
      Unit: null,
      Dimensions: [],
      Period: periodSeconds,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
      EvaluateLowSampleCountPercentile: '',
    },
  };
  // CloudWatch writes numbers with a fraction: 1.0.
  return JSON.stringify(message).replace('"Threshold":1,', '"Threshold":1.0,');
}

/** Why the state changed, in CloudWatch's words. */
export function alarmReason({ to, count, at }: AlarmChange): string {
  if (to === 'OK')
    return 'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaking].';
  return `Threshold Crossed: 1 out of the last 1 datapoints [${count.toFixed(1)} (${datapointTime(at)})] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).`;
}

/** `2026-03-14T09:17:40.989+0000` */
function alarmTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+0000');
}

/** Begin of the period that ended with the change, as a whole minute: `14/03/26 09:12:00`. */
function datapointTime(changedAt: number): string {
  const [date = '', time = ''] = new Date(changedAt - periodSeconds * 1000).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 5)}:00`;
}
