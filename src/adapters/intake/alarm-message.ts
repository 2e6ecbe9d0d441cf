/**
 * CloudWatch's alarm message on SNS (metric, metric math, anomaly detection, composite). Seen live: older messages lack
 * AlarmArn, AlarmConfigurationUpdatedTimestamp and the `*Actions`, AlarmDescription may be null, and composite alarms
 * have no Trigger. Only fields we read stand here; everything else may look as it likes.
 */
import { z } from 'zod';
import type { FactBody, SetAside } from '../../domain/fact.ts';
import type { Instant } from '../../domain/ids.ts';
import { type AlarmIdentity, type AlarmMetric, alarmBody, alarmIdentity } from './alarm.ts';
import { accountSchema, instantSchema, problemOf } from './schema.ts';

const text = z.string().nullish();
const dimensionsSchema = z.array(z.object({ name: text, value: text })).nullish();
const metricSchema = z.object({
  Expression: text,
  Label: text,
  AccountId: text,
  Period: z.number().positive().nullish(),
  MetricStat: z
    .object({
      Metric: z.object({ MetricName: text, Namespace: text, Dimensions: dimensionsSchema }),
      Period: z.number().positive().nullish(),
    })
    .nullish(),
});
const messageSchema = z.object({
  AlarmName: z.string().min(1).max(255),
  AlarmDescription: text,
  AWSAccountId: accountSchema.nullish(),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  NewStateReason: text,
  StateChangeTime: instantSchema,
  AlarmArn: text,
  AlarmRule: text,
  Trigger: z
    .object({
      MetricName: text,
      Namespace: text,
      Dimensions: dimensionsSchema,
      Period: z.number().positive().nullish(),
      EvaluationPeriods: z.number().positive().nullish(),
      Metrics: z.array(metricSchema).nullish(),
    })
    .nullish(),
});
type AlarmMessage = z.output<typeof messageSchema>;

export type AlarmMessageRead =
  | { readonly kind: 'read'; readonly at: Instant; readonly body: FactBody | SetAside }
  | { readonly kind: 'malformed'; readonly problem: string };

/** Reads an alarm message that came through `topicArn`; an alarm may only notify a topic of its own Region. */
export function readAlarmMessage(message: unknown, topicArn: string): AlarmMessageRead {
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) return { kind: 'malformed', problem: problemOf('alarm', parsed.error) };
  const alarm = parsed.data;
  const identity = identityOf(alarm, topicArn);
  if (!identity) return { kind: 'malformed', problem: 'alarm AlarmArn: expected an alarm ARN' };
  const body = alarmBody({
    identity,
    state: alarm.NewStateValue,
    changedAt: alarm.StateChangeTime,
    reason: alarm.NewStateReason ?? '',
    description: alarm.AlarmDescription ?? undefined,
    rule: alarm.AlarmRule ?? undefined,
    metrics: metricsOf(alarm),
    evaluationPeriods: alarm.Trigger?.EvaluationPeriods ?? undefined,
  });
  return { kind: 'read', at: alarm.StateChangeTime, body };
}

function identityOf(alarm: AlarmMessage, topicArn: string): AlarmIdentity | undefined {
  if (alarm.AlarmArn) return alarmIdentity(alarm.AlarmArn);
  const [, partition, , region, topicAccount] = topicArn.split(':');
  const account = alarm.AWSAccountId ?? topicAccount;
  return alarmIdentity(`arn:${partition}:cloudwatch:${region}:${account}:alarm:${alarm.AlarmName}`);
}

function metricsOf({ Trigger: trigger }: AlarmMessage): readonly AlarmMetric[] {
  if (!trigger) return [];
  const own: AlarmMetric = {
    namespace: trigger.Namespace ?? undefined,
    name: trigger.MetricName ?? undefined,
    keyId: keyIdOf(trigger.Dimensions),
    period: trigger.Period ?? undefined,
  };
  const math = (trigger.Metrics ?? []).map(
    ({ Expression, Label, AccountId, Period, MetricStat }): AlarmMetric => ({
      namespace: MetricStat?.Metric.Namespace ?? undefined,
      name: MetricStat?.Metric.MetricName ?? undefined,
      words: `${Expression ?? ''} ${Label ?? ''}`,
      keyId: keyIdOf(MetricStat?.Metric.Dimensions),
      account: AccountId ?? undefined,
      period: MetricStat?.Period ?? Period ?? undefined,
    }),
  );
  return [own, ...math];
}

function keyIdOf(dimensions: z.output<typeof dimensionsSchema>): string | undefined {
  return dimensions?.find((dimension) => dimension.name === 'KeyId')?.value ?? undefined;
}
