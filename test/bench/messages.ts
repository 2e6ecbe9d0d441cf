/** What AWS and Slack send: signed alarms that name their key, and signed presses of a button. */
import { createHmac, randomUUID } from 'node:crypto';
import { makeSigner, type Signer, signed } from '../adapters/intake/certificate.ts';
import { TEAM } from './stand-ins.ts';

export const REGION = 'us-west-2';
export const TOPIC = `arn:aws:sns:${REGION}:100000000000:kms-alarms`;
export const SIGNING_SECRET = 'signing-secret-of-the-bench';
export const RESPONDER = 'U0ALICE';
const DAY = 86_400_000;

export const accountAt = (index: number): string => String(100_000_000_000 + index);
export const channelAt = (index: number): string => `C0BENCH${String(index).padStart(4, '0')}`;
export const newKey = (account: string): string => `arn:aws:kms:${REGION}:${account}:key/${randomUUID()}`;

export const newSigner = (): Signer =>
  makeSigner({ from: new Date(Date.now() - DAY), to: new Date(Date.now() + 30 * DAY) });

/** CloudWatch's alarm of AWS's guide, with the key's ARN in its description, as SNS posts it: signature version 2. */
export function alarmBody(signer: Signer, key: string): string {
  const account = key.split(':')[4] ?? '';
  const name = `KMS-key-pending-deletion-used-${key.slice(-12)}`;
  const now = new Date().toISOString();
  const alarm = {
    AlarmName: name,
    AlarmDescription: `Someone tried to use a KMS key that is pending deletion: ${key}`,
    AWSAccountId: account,
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: 1 datapoint [1.0] was greater than or equal to the threshold (1.0).',
    StateChangeTime: now.replace('Z', '+0000'),
    Region: 'US West (Oregon)',
    AlarmArn: `arn:aws:cloudwatch:${REGION}:${account}:alarm:${name}`,
    OldStateValue: 'OK',
    Trigger: {
      MetricName: 'KMSKeyPendingDeletionErrorCount',
      Namespace: 'CloudTrailLogMetrics',
      Statistic: 'SUM',
      Dimensions: [],
      Period: 300,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
    },
  };
  return JSON.stringify(
    signed(
      {
        Type: 'Notification',
        MessageId: randomUUID(),
        TopicArn: TOPIC,
        Subject: 'ALARM: a key pending deletion was used',
        Message: JSON.stringify(alarm),
        Timestamp: now,
        SignatureVersion: '2',
        Signature: '',
        SigningCertURL: `https://sns.${REGION}.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`,
      },
      signer,
    ),
  );
}

export interface Press {
  readonly channel: string;
  readonly ts: string;
  readonly action: string;
  readonly value: string;
}

/** A button pressed by a responder, as Slack posts and signs it. */
export function pressBody(press: Press): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const stamp = String(Math.floor(Date.now() / 1_000));
  const payload = {
    type: 'block_actions',
    team: { id: TEAM, domain: 'bench' },
    user: { id: RESPONDER, username: 'alice', team_id: TEAM },
    api_app_id: 'A0BENCH',
    container: { type: 'message', message_ts: press.ts, channel_id: press.channel },
    trigger_id: randomUUID(),
    channel: { id: press.channel, name: 'bench' },
    message: { type: 'message', ts: press.ts, text: 'card' },
    actions: [
      {
        type: 'button',
        action_id: press.action,
        block_id: 'b',
        value: press.value,
        text: { type: 'plain_text', text: press.action },
        action_ts: `${stamp}.${Math.floor(Math.random() * 1e6)}`,
      },
    ],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const signature = createHmac('sha256', SIGNING_SECRET).update(`v0:${stamp}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': stamp,
      'x-slack-signature': `v0=${signature}`,
    },
  };
}
