import type { CallerIdentity, WorldAccount } from '../world.ts';
import { constraint, Refusal } from './refusal.ts';
import { parseSessionPolicy, type SessionPolicy } from './session-policy.ts';

/** An AssumeRole as asked for, checked for its form only. */
export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly durationSeconds: number;
  readonly policy: SessionPolicy | undefined;
  /** How much of the room for session policies is used, in percent. */
  readonly packedPolicySize: number | undefined;
}

export type WorldRole = WorldAccount['roles'][number];

const nameCharacters = /^[\w+=,.@-]*$/;
const longestPolicy = 2048;
/** No role of the world sets a maximum of its own, and one hour is AWS's default. */
const longestSeconds = 3600;
const longestAnywhere = 43_200;

/** Reads and checks the parameters. Throws STS's own refusals. */
export function readAssumeRole(parameters: Readonly<Record<string, unknown>>): AssumeRoleRequest {
  const given = (name: string): string | undefined => {
    const value = parameters[name];
    return typeof value === 'string' ? value : undefined;
  };
  const roleArn = text('roleArn', given('RoleArn'), { least: 20, most: 2048 });
  const sessionName = text('roleSessionName', given('RoleSessionName'), { least: 2, most: 64, form: nameCharacters });
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(roleArn)) throw new Refusal('ValidationError', `${roleArn} is invalid`);
  const sourceIdentity = given('SourceIdentity');
  if (sourceIdentity !== undefined)
    text('sourceIdentity', sourceIdentity, { least: 2, most: 64, form: nameCharacters });
  const externalId = given('ExternalId');
  if (externalId !== undefined) text('externalId', externalId, { least: 2, most: 1224, form: /^[\w+=,.@:/-]*$/ });
  const policy = given('Policy');
  if (policy !== undefined) text('policy', policy, { least: 1, most: longestPolicy });
  return {
    roleArn,
    sessionName,
    externalId,
    sourceIdentity,
    durationSeconds: duration(given('DurationSeconds') ?? String(longestSeconds)),
    policy: policy === undefined ? undefined : parseSessionPolicy(policy),
    packedPolicySize: policy === undefined ? undefined : Math.ceil((100 * policy.length) / longestPolicy),
  };
}

/**
 * What the role's trust policy says of who may assume it. Throws AccessDenied, which does not tell a role that does not
 * exist from one that trusts somebody else.
 */
export function checkTrust(caller: CallerIdentity, request: AssumeRoleRequest, role: WorldRole | undefined): WorldRole {
  if (caller.arn.endsWith(':root')) throw denied('Roles may not be assumed by root accounts.');
  if (role === undefined || (role.externalId !== undefined && role.externalId !== request.externalId))
    throw unauthorized(caller, 'sts:AssumeRole', request.roleArn);
  return role;
}

/**
 * The source identity a session will carry. Once set it stays, and every role down the chain must agree to it, as must the
 * caller's own permissions (IAM guide, "Monitor and control actions taken with assumed roles"). Throws AccessDenied, which
 * does not tell these reasons apart.
 */
export function checkSourceIdentity(
  caller: CallerIdentity,
  request: AssumeRoleRequest,
  role: WorldRole,
  callerMaySet: boolean,
): string | undefined {
  const { sourceIdentity: carried } = caller;
  const wanted = request.sourceIdentity ?? carried;
  if (wanted === undefined) return undefined;
  if ((carried !== undefined && wanted !== carried) || role.setSourceIdentity !== true || !callerMaySet)
    throw unauthorized(caller, 'sts:SetSourceIdentity', role.arn);
  return wanted;
}

/** STS's refusal, which gives no reason. */
export function unauthorized(caller: CallerIdentity, action: string, roleArn: string): Refusal {
  return denied(`User: ${caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}`);
}

function denied(message: string): Refusal {
  return new Refusal('AccessDenied', message, 403);
}

function text(
  member: string,
  value: string | undefined,
  { least, most, form }: { readonly least: number; readonly most: number; readonly form?: RegExp },
): string {
  const fails = (words: string) => constraint('ValidationError', member, value, words);
  if (value === undefined) throw fails('Member must not be null');
  if (value.length < least) throw fails(`Member must have length greater than or equal to ${least}`);
  if (value.length > most) throw fails(`Member must have length less than or equal to ${most}`);
  if (form !== undefined && !form.test(value))
    throw fails(`Member must satisfy regular expression pattern: ${form.source.slice(1, -1).replaceAll('\\/', '/')}`);
  return value;
}

function duration(value: string): number {
  const seconds = Number(value);
  const fails = (words: string) => constraint('ValidationError', 'durationSeconds', value, words);
  if (!Number.isInteger(seconds)) throw new Refusal('MalformedInput', 'durationSeconds must be an integer');
  if (seconds < 900) throw fails('Member must have value greater than or equal to 900');
  if (seconds > longestAnywhere) throw fails(`Member must have value less than or equal to ${longestAnywhere}`);
  if (seconds > longestSeconds)
    throw new Refusal(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  return seconds;
}
