/** How AWS, Slack and this file spell things: identifiers, ARNs and durations, checked before anything is called. */

export type Partition = 'aws' | 'aws-cn' | 'aws-us-gov';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `15m` → 900 000. Whole, positive, one unit; `undefined` for anything else. Milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const duration = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return duration > 0 && Number.isSafeInteger(duration) ? duration : undefined;
}

/** Prints milliseconds in the largest unit that divides them: 900 000 → `15m`. */
export function printDuration(duration: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (duration % UNIT_MS[unit] === 0) return `${duration / UNIT_MS[unit]}${unit}`;
  }
  return `${duration}ms`;
}

/** Checks the scheme, not a list: AWS opens Regions more often than this bot is upgraded. */
const REGION = /^(us-gov|[a-z]{2})-(central|north|south|east|west|northeast|northwest|southeast|southwest)-\d$/;
export const isRegionName = (text: string): boolean => REGION.test(text);
export const isAccountNumber = (text: string): boolean => /^\d{12}$/.test(text);

/** The partition a Region belongs to (AWS General Reference, "ARNs and partitions"). */
export function partitionOfRegion(region: string): Partition {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

export interface ArnParts {
  readonly partition: Partition;
  readonly account: string;
}

const ROLE_ARN = /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/;
/** No `.fifo`: SNS FIFO topics deliver to queues only, never to an HTTPS subscription. */
const TOPIC_ARN = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]+):(\d{12}):[\w-]{1,256}$/;

/** Takes an IAM role's ARN apart; `undefined` if it is not one. */
export function parseRoleArn(text: string): ArnParts | undefined {
  const match = ROLE_ARN.exec(text);
  return match ? { partition: match[1] as Partition, account: String(match[2]) } : undefined;
}

const PRINCIPAL_ARN =
  /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):(user|role)\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/;

/** Takes the ARN of an IAM user or role apart; `undefined` if it is neither. */
export function parsePrincipalArn(text: string): (ArnParts & { readonly kind: 'user' | 'role' }) | undefined {
  const match = PRINCIPAL_ARN.exec(text);
  if (!match) return undefined;
  return { partition: match[1] as Partition, account: String(match[2]), kind: match[3] as 'user' | 'role' };
}

/** Names of sessions (STS API Reference, AssumeRole), with `*` and `?` for what may differ. */
export const isSessionPattern = (text: string): boolean => /^[\w+=,.@*?-]{1,64}$/.test(text);

/** Takes a standard SNS topic's ARN apart; `undefined` if it is not one. */
export function parseTopicArn(text: string): (ArnParts & { readonly region: string }) | undefined {
  const match = TOPIC_ARN.exec(text);
  if (!match || !isRegionName(String(match[2]))) return undefined;
  return { partition: match[1] as Partition, region: String(match[2]), account: String(match[3]) };
}

/** As an alias is spelled (KMS API Reference, CreateAlias), with or without `alias/`, and `*` and `?` for what may differ. */
export const isAliasPattern = (text: string): boolean =>
  text.length <= 256 && /^[\w/*?-]+$/.test(text.replace(/^alias\//, ''));

export const isChannelId = (text: string): boolean => /^[CG][A-Z0-9]{2,}$/.test(text);
export const isUserId = (text: string): boolean => /^[UW][A-Z0-9]{2,}$/.test(text);
export const isUserGroupId = (text: string): boolean => /^S[A-Z0-9]{2,}$/.test(text);

/** An IANA name (`Europe/Berlin`, `UTC`). Intl also takes bare offsets, which know no summer time: refused. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** `https://…` without credentials or fragment. Loopback may use plain http where `loopback` says so. */
export function isWebUrl(text: string, allow: { readonly loopback: boolean }): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username !== '' || url.password !== '' || url.hash !== '') return false;
  if (url.protocol === 'https:') return true;
  return allow.loopback && url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}
