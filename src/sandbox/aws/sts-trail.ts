import { randomUUID } from 'node:crypto';
import type { CallerIdentity, CloudTrailRecord } from '../world.ts';
import { eventTime, userIdentity } from './kms/trail.ts';
import type { Members } from './protocol.ts';
import type { Refusal } from './refusal.ts';
import type { CallOrigin } from './server.ts';

/** An AssumeRole and how it went. */
export interface AssumeRoleCall {
  readonly caller: CallerIdentity;
  readonly region: string;
  readonly at: number;
  readonly origin: CallOrigin;
  readonly parameters: Members;
  /** STS's answer, or why it refused. */
  readonly outcome: Members | Refusal;
}

/** Request parameters CloudTrail shows, in its spelling. */
const shownParameters = ['RoleArn', 'RoleSessionName', 'ExternalId', 'SourceIdentity', 'Policy'] as const;
const displayDate = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'medium' });

/**
 * What CloudTrail tells of an AssumeRole, as in the IAM guide's examples ("Logging IAM and AWS STS API calls with AWS
 * CloudTrail"): a read-only event in the caller's account, and the same one in the role's when that is another. A denied one
 * stays with the caller, without its parameters.
 */
export function assumeRoleRecords(call: AssumeRoleCall): readonly CloudTrailRecord[] {
  const { caller, region, at, origin, outcome } = call;
  const denied = outcome instanceof Error;
  const roleArn = String(call.parameters.RoleArn);
  const owner = roleArn.split(':')[4] ?? '';
  const record = {
    eventVersion: '1.11',
    userIdentity: userIdentity(caller, at),
    eventTime: eventTime(at),
    eventSource: 'sts.amazonaws.com',
    eventName: 'AssumeRole',
    awsRegion: region,
    sourceIPAddress: origin.sourceIPAddress,
    userAgent: origin.userAgent,
    ...(denied ? { errorCode: outcome.code, errorMessage: outcome.message } : {}),
    requestParameters: denied ? null : requestParameters(call.parameters),
    responseElements: denied ? null : responseElements(outcome),
    requestID: origin.requestId,
    eventID: randomUUID(),
    readOnly: true,
    ...(denied ? {} : { resources: [{ accountId: owner, type: 'AWS::IAM::Role', ARN: roleArn }] }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: caller.account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      clientProvidedHostHeader: `sts.${region}.amazonaws.com`,
    },
  } as const;
  if (denied || owner === caller.account) return [record];
  const sharedEventID = randomUUID();
  const { principalId } = record.userIdentity;
  const stranger = { type: 'AWSAccount', principalId, accountId: caller.account };
  const seenByOwner = { ...record, userIdentity: stranger, eventID: randomUUID(), recipientAccountId: owner };
  return [record, seenByOwner].map((one) => ({ ...one, sharedEventID }));
}

function requestParameters(parameters: Members): Members {
  const { DurationSeconds: seconds } = parameters;
  const given = shownParameters.filter((name) => parameters[name] !== undefined);
  return {
    ...Object.fromEntries(given.map((name) => [lowerFirst(name), parameters[name]])),
    ...(seconds === undefined ? {} : { durationSeconds: Number(seconds) }),
  };
}

/** Everything but the secret key. */
function responseElements({ Credentials, AssumedRoleUser, SourceIdentity, PackedPolicySize }: Members): Members {
  const { AccessKeyId, SessionToken, Expiration } = Credentials as Members;
  const { AssumedRoleId, Arn } = AssumedRoleUser as Members;
  return {
    credentials: {
      accessKeyId: AccessKeyId,
      sessionToken: SessionToken,
      // Node's ICU puts a narrow no-break space before AM and PM; CloudTrail writes a plain one.
      expiration: displayDate.format(Date.parse(String(Expiration))).replaceAll('\u202f', ' '),
    },
    assumedRoleUser: { assumedRoleId: AssumedRoleId, arn: Arn },
    ...(SourceIdentity === undefined ? {} : { sourceIdentity: SourceIdentity }),
    ...(PackedPolicySize === undefined ? {} : { packedPolicySize: PackedPolicySize }),
  };
}

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
