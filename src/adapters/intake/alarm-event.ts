/** `CloudWatch Alarm State Change` on EventBridge: the same alarms as on SNS, spelt differently. */
import { z } from 'zod';
import type { FactBody, SetAside } from '../../domain/fact.ts';
import { type AlarmMetric, alarmBody, alarmIdentity } from './alarm.ts';
import type { EventEnvelope } from './eventbridge.ts';
import { field, readJsonText } from './json.ts';
import { instantSchema, problemOf } from './schema.ts';

const text = z.string().nullish();
const metricSchema = z.object({
  expression: text,
  label: text,
  accountId: text,
  period: z.number().positive().nullish(),
  metricStat: z
    .object({
      metric: z.object({ name: text, namespace: text, dimensions: z.record(z.string(), z.string()).nullish() }),
      period: z.number().positive().nullish(),
    })
    .nullish(),
});
const detailSchema = z.object({
  alarmName: z.string().min(1).max(255),
  state: z.object({
    value: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
    reason: text,
    reasonData: text,
    timestamp: instantSchema,
  }),
  configuration: z.object({ description: text, alarmRule: text, metrics: z.array(metricSchema).nullish() }).nullish(),
});

export type AlarmEventRead =
  | { readonly kind: 'read'; readonly at: number; readonly body: FactBody | SetAside }
  | { readonly kind: 'malformed'; readonly problem: string };

/** Reads the state change; the alarm's ARN stands in `resources`. */
export function readAlarmEvent(event: EventEnvelope): AlarmEventRead {
  const parsed = detailSchema.safeParse(event.detail);
  if (!parsed.success) return { kind: 'malformed', problem: problemOf('alarm event', parsed.error) };
  const { alarmName, state, configuration } = parsed.data;
  const identity = event.resources.map(alarmIdentity).find((found) => found !== undefined);
  if (identity?.name !== alarmName)
    return { kind: 'malformed', problem: 'alarm event resources: expected the alarm ARN' };
  const body = alarmBody({
    identity,
    state: state.value,
    changedAt: state.timestamp,
    reason: state.reason ?? '',
    description: configuration?.description ?? undefined,
    rule: configuration?.alarmRule ?? undefined,
    metrics: (configuration?.metrics ?? []).map(metricOf),
    startedAt: startOf(state.reasonData ?? ''),
  });
  return { kind: 'read', at: state.timestamp, body };
}

function metricOf(metric: z.output<typeof metricSchema>): AlarmMetric {
  const { expression, label, accountId, period, metricStat } = metric;
  return {
    namespace: metricStat?.metric.namespace ?? undefined,
    name: metricStat?.metric.name ?? undefined,
    words: `${expression ?? ''} ${label ?? ''}`,
    keyId: field(metricStat?.metric.dimensions, 'KeyId') as string | undefined,
    account: accountId ?? undefined,
    period: metricStat?.period ?? period ?? undefined,
  };
}

/** The start of the evaluated data stands in JSON inside the JSON; composite alarms have other things there. */
function startOf(reasonData: string): number | undefined {
  const read = readJsonText(reasonData);
  const start = read.kind === 'json' ? instantSchema.safeParse(field(read.value, 'startDate')) : undefined;
  return start?.success ? start.data : undefined;
}
