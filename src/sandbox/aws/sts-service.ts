import type { CallerIdentity, CloudTrailRecord, WorldClock } from '../world.ts';
import { checkSourceIdentity, checkTrust, readAssumeRole, unauthorized, type WorldRole } from './assume-role.ts';
import type { Identities } from './identities.ts';
import type { Authorize } from './kms/kms.ts';
import { eventTime, userIdentity } from './kms/trail.ts';
import { type Members, queryProtocol } from './protocol.ts';
import { Refusal } from './refusal.ts';
import type { Service, ServiceCall } from './server.ts';
import { assumeRoleRecords } from './sts-trail.ts';

const protocol = queryProtocol({
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  denied: 'AccessDenied',
  throttled: new Refusal('Throttling', 'Rate exceeded'),
  internal: 'InternalFailure',
});

/** What STS's operations work with. */
export interface StsParts {
  readonly clock: WorldClock;
  readonly identities: Identities;
  readonly authorize: Authorize;
  readonly roles: ReadonlyMap<string, WorldRole>;
  readonly regions: ReadonlySet<string>;
  /** Receives the CloudTrail records of every AssumeRole. */
  readonly record: (record: CloudTrailRecord) => void;
}

/** STS in every Region of the world, and in us-east-1, where it cannot be switched off. */
export function stsService(parts: StsParts): Service {
  return {
    name: 'sts',
    protocol,
    operations: new Map([
      ['AssumeRole', { run: (call) => recorded(parts, call, () => assumeRole(parts, call)) }],
      ['GetCallerIdentity', { run: (call) => getCallerIdentity(parts, signer(call)) }],
    ]),
    checkRegion: (account, region) => {
      if (region !== 'us-east-1' && !parts.regions.has(region))
        throw new Refusal(
          'RegionDisabledException',
          `STS is not activated in this region for account:${account}. Your account administrator can activate STS in this region using the IAM Console.`,
          403,
        );
    },
  };
}

/** Does an AssumeRole and leaves its records. What is malformed is refused before anybody is asked, and leaves none. */
function recorded(parts: StsParts, call: ServiceCall, work: () => Members): Members {
  const { parameters, region, origin } = call;
  const at = parts.clock.now();
  const told = { caller: signer(call), region, at, origin, parameters };
  try {
    const answer = work();
    for (const record of assumeRoleRecords({ ...told, outcome: answer })) parts.record(record);
    return answer;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'AccessDenied')
      for (const record of assumeRoleRecords({ ...told, outcome: error })) parts.record(record);
    throw error;
  }
}

function assumeRole(parts: StsParts, call: ServiceCall): Members {
  const caller = signer(call);
  const request = readAssumeRole(call.parameters);
  const role = checkTrust(caller, request, parts.roles.get(request.roleArn));
  const may = (action: string): boolean => parts.authorize(caller, action, role.arn).allowed;
  if (!may('sts:AssumeRole')) throw unauthorized(caller, 'sts:AssumeRole', role.arn);
  const sourceIdentity = checkSourceIdentity(caller, request, role, may('sts:SetSourceIdentity'));
  const account = role.arn.split(':')[4] ?? '';
  const session: Omit<CallerIdentity, 'accessKeyId'> = {
    account,
    // A role's path is no part of its sessions' ARN.
    arn: `arn:aws:sts::${account}:assumed-role/${role.arn.split('/').at(-1)}/${request.sessionName}`,
    roleArn: role.arn,
    sessionName: request.sessionName,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(request.policy === undefined ? {} : { sessionPolicy: request.policy }),
  };
  const issued = parts.identities.issue(session, request.durationSeconds * 1000);
  return {
    SourceIdentity: sourceIdentity,
    AssumedRoleUser: {
      AssumedRoleId: principalId(parts, { ...session, accessKeyId: issued.accessKeyId }),
      Arn: session.arn,
    },
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: eventTime(issued.expiresAt),
    },
    PackedPolicySize: request.packedPolicySize,
  };
}

/** Needs no permission: AWS answers it even where a policy denies it. */
function getCallerIdentity(parts: StsParts, caller: CallerIdentity): Members {
  return { Arn: caller.arn, UserId: principalId(parts, caller), Account: caller.account };
}

/** The unique id CloudTrail shows for the same identity. */
function principalId({ clock }: StsParts, identity: CallerIdentity): unknown {
  return userIdentity(identity, clock.now()).principalId;
}

function signer({ identity }: ServiceCall): CallerIdentity {
  if (identity === undefined) throw protocol.refusals.unsigned;
  return identity;
}
