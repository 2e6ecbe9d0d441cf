import { describe, expect, it } from 'vitest';
import { factFromEvent, readEvent } from '../../../src/adapters/intake/eventbridge.ts';
import { factFromNotification, type SnsNotification } from '../../../src/adapters/intake/sns.ts';
import type { Normalised } from '../../../src/domain/fact.ts';
import { readCase, snsFixture } from './cases.ts';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const KEY = `arn:aws:kms:us-west-2:111122223333:key/${KEY_ID}`;

type Changes = Readonly<Record<string, unknown>>;

function bySns(name: string, changes: Changes | string): Normalised {
  const notification = snsFixture(`sns-notification-cloudwatch-alarm-${name}.json`) as SnsNotification;
  const Message =
    typeof changes === 'string' ? changes : JSON.stringify({ ...JSON.parse(notification.Message), ...changes });
  return factFromNotification({ ...notification, Message }, 0);
}
function byEvent(name: string, changes: Changes): Normalised {
  const read = readEvent({ ...(readCase(`fixtures/eventbridge-${name}.json`) as object), ...changes });
  return read.kind === 'event' ? factFromEvent(read.event, 'eventbridge', 0) : read;
}
const alarmOf = (result: Normalised) =>
  result.kind === 'fact' && result.fact.body.kind === 'alarm' ? result.fact.body.alarm : undefined;

describe('an alarm by SNS', () => {
  const foreign = {
    AlarmName: 'api-latency',
    AlarmDescription: null,
    AlarmArn: 'arn:aws:cloudwatch:us-west-2:111122223333:alarm:api-latency',
    Trigger: { MetricName: 'Latency', Namespace: 'AWS/ApiGateway', Dimensions: [], Period: 60, EvaluationPeriods: 1 },
  };

  it('that does not speak of KMS is set aside', () => {
    expect(bySns('ALARM', foreign)).toEqual({ kind: 'setAside', reason: 'not a KMS alarm' });
  });

  it.each<Changes>([
    { AlarmDescription: 'CIS: DisableOrDeleteCMK' },
    { AlarmDescription: 'somebody uses a key pending deletion' },
    { Trigger: { MetricName: 'Errors', Namespace: 'AWS/KMS' } },
    { Trigger: { Metrics: [{ Id: 'q1', Expression: 'SELECT MAX(x) FROM SCHEMA("AWS/KMS", KeyId)' }] } },
    { Trigger: null, AlarmRule: 'ALARM(kms-refused)' },
  ])('that does in any of its words is kept: %j', (words) => {
    expect(alarmOf(bySns('ALARM', { ...foreign, ...words }))?.aboutKms).toBe(true);
  });

  it('names keys by ARN in its texts and by dimension, once each', () => {
    const Dimensions = [{ name: 'KeyId', value: KEY_ID }];
    const Trigger = { MetricName: 'Errors', Namespace: 'Own', Dimensions, Period: 60, EvaluationPeriods: 3 };
    const alarm = alarmOf(bySns('ALARM', { AlarmDescription: `watches ${KEY}`, Trigger }));
    expect(alarm?.keys.map((key) => key.arn)).toEqual([KEY]);
    expect(alarm?.lookback).toBe(240_000);
  });

  it('of anomaly detection has no threshold', () => {
    const metric = { MetricName: 'KMSCallCount', Namespace: 'CloudTrailLogMetrics', Dimensions: [] };
    const Trigger = {
      EvaluationPeriods: 2,
      ThresholdMetricId: 'ad1',
      Metrics: [
        { Id: 'm1', MetricStat: { Metric: metric, Period: 300, Stat: 'Sum' }, ReturnData: true },
        { Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)', Label: 'band', ReturnData: true },
      ],
    };
    expect(alarmOf(bySns('ALARM', { Trigger }))?.lookback).toBe(900_000);
  });

  it('without AlarmArn is of the Region of its topic', () => {
    const alarm = alarmOf(bySns('ALARM', { AlarmArn: undefined }));
    expect(alarm?.arn).toBe('arn:aws:cloudwatch:us-west-2:111122223333:alarm:KMS-key-pending-deletion-used');
  });

  it('of expiring material whose metric has the other name is the same', () => {
    const Dimensions = [{ name: 'KeyId', value: KEY_ID }];
    const Trigger = { MetricName: 'SecondsUntilKeyMaterialExpires', Namespace: 'AWS/KMS', Dimensions, Period: 60 };
    const result = bySns('imported-material-expiring-names-key', { Trigger });
    expect(result).toMatchObject({ fact: { body: { kind: 'materialExpiring', key: { arn: KEY } } } });
  });

  it('of expiring material that is OK again stays an alarm', () => {
    const alarm = alarmOf(bySns('imported-material-expiring-names-key', { NewStateValue: 'OK' }));
    expect(alarm?.keys.map((key) => key.arn)).toEqual([KEY]);
  });

  it.each<[string, Normalised['kind']]>([
    ['{"hello":"world"}', 'setAside'],
    ['[1,2]', 'setAside'],
    ['"text"', 'setAside'],
    ['{"AlarmName":"kms"}', 'malformed'],
    ['{"AlarmName":"kms","__proto__":{"a":1}}', 'malformed'],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 'malformed'],
  ])('%s is %s', (message, kind) => expect(bySns('ALARM', message).kind).toBe(kind));
});

describe('an event', () => {
  it('of a KMS alarm names the key of its dimension', () => {
    const { detail } = readCase('fixtures/eventbridge-cloudwatch-alarm-state-change-metric.json') as {
      readonly detail: object;
    };
    const metric = { name: 'SecondsUntilKeyMaterialExpiration', namespace: 'AWS/KMS', dimensions: { KeyId: KEY_ID } };
    const configuration = { metrics: [{ id: 'm', metricStat: { metric, period: 60, stat: 'Minimum' } }] };
    const result = byEvent('cloudwatch-alarm-state-change-metric', { detail: { ...detail, configuration } });
    expect(result).toMatchObject({ fact: { body: { kind: 'materialExpiring', key: { arn: KEY } } } });
  });

  it.each<[string, string, Changes, string]>([
    [
      'a compliant key',
      'config-rule-kms-cmk-not-scheduled-for-deletion-NON_COMPLIANT',
      compliance('COMPLIANT'),
      'compliant',
    ],
    [
      'another rule',
      'config-rule-kms-cmk-not-scheduled-for-deletion-NON_COMPLIANT',
      { detail: { configRuleName: 'ebs-encrypted', resourceType: 'AWS::EC2::Volume', resourceId: 'vol-1' } },
      'another service',
    ],
    [
      'a KMS rule about a volume',
      'config-rule-kms-cmk-not-scheduled-for-deletion-NON_COMPLIANT',
      { detail: { ...compliance('NON_COMPLIANT').detail, resourceType: 'AWS::EC2::Volume', resourceId: 'vol-1' } },
      'no key named',
    ],
    ['a known type of a foreign source', 'kms-cmk-deletion', { source: 'my.app' }, 'another service'],
    ['an unknown type', 'kms-cmk-deletion', { 'detail-type': 'KMS News' }, 'another service'],
    [
      'an attached volume',
      'ebs-volume-attach-failed-key-pending-deletion',
      { detail: { result: 'available' } },
      'a successful use',
    ],
  ])('of %s is set aside', (_what, name, changes, reason) => {
    expect(byEvent(name, changes)).toEqual({ kind: 'setAside', reason });
  });

  it('whose key stands only in the detail is built from its place', () => {
    const result = byEvent('kms-cmk-deletion', { resources: [] });
    expect(result).toMatchObject({ fact: { body: { kind: 'keyDeleted', key: { arn: KEY } } } });
  });
});

function compliance(complianceType: string) {
  return {
    detail: {
      configRuleName: 'kms-cmk-not-scheduled-for-deletion',
      resourceType: 'AWS::KMS::Key',
      resourceId: KEY_ID,
      newEvaluationResult: { complianceType },
    },
  };
}
