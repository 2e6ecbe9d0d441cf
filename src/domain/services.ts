/**
 * Which AWS service uses a key, as its traces tell: principals of grants and policies, encryption contexts, `kms:ViaService`,
 * and the names people give. What is not recognised is no service, never a wrong one.
 */

/** Those whose loss has words of its own; the others are named as AWS names them. */
export const SERVICES = [
  'dynamodbReplica',
  'rds',
  'dynamodb',
  'ebs',
  's3',
  'secretsManager',
  'lambda',
  'backup',
  'other',
] as const;
export type Service = (typeof SERVICES)[number];

/** `name`: as AWS names one that has no words here (`sqs`). */
export interface ServiceNamed {
  readonly service: Service;
  readonly name?: string;
}

const BY_AWS_NAME: Readonly<Record<string, Service>> = {
  rds: 'rds',
  dynamodb: 'dynamodb',
  ebs: 'ebs',
  ec2: 'ebs',
  s3: 's3',
  secretsmanager: 'secretsManager',
  lambda: 'lambda',
  backup: 'backup',
};

function fromAwsName(name: string): ServiceNamed {
  const service = Object.hasOwn(BY_AWS_NAME, name) ? BY_AWS_NAME[name] : undefined;
  return service === undefined ? { service: 'other', name } : { service };
}

const HOST = /(?:^|[/:])((?:[a-z0-9-]+\.)+amazonaws\.com)(?:\.cn)?(?=$|[/:])/;
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d+$/;
/** The session EC2 attaches encrypted volumes under. */
const VOLUMES = /:assumed-role\/aws:ec2-infrastructure\//;

/**
 * The service behind a principal or a `kms:ViaService` value: `rds.us-west-2.amazonaws.com`, a service-linked role's ARN. What copies a
 * global table works under `replication.dynamodb.amazonaws.com`.
 */
export function serviceOfPrincipal(principal: string): ServiceNamed | undefined {
  if (VOLUMES.test(principal)) return { service: 'ebs' };
  const host = HOST.exec(principal.toLowerCase())?.[1];
  if (host === undefined) return undefined;
  const labels = host
    .slice(0, -'.amazonaws.com'.length)
    .split('.')
    .filter((label) => !REGION.test(label));
  if (labels.includes('dynamodb') && labels.includes('replication')) return { service: 'dynamodbReplica' };
  const name = labels.at(-1);
  // `kms` names no user of the key, and `viaservice` patterns may leave nothing.
  return name === undefined || name === 'kms' ? undefined : fromAwsName(name);
}

/** Contexts with names of their own (developer guides of Secrets Manager and Systems Manager). */
const CONTEXTS: Readonly<Record<string, ServiceNamed>> = {
  SecretARN: { service: 'secretsManager' },
  PARAMETER_ARN: { service: 'other', name: 'ssm' },
};
/** Says whose table it is, not which. */
const ACCOUNT_ONLY = /:subscriberid$/i;
const CONTEXT = /^aws:([a-z0-9-]+):/;

/** What one encryption context or grant constraint names: a service, and the resource as its value. */
export function namedByContext(
  pairs: Readonly<Record<string, string>>,
): (ServiceNamed & { readonly resource: string }) | undefined {
  for (const [name, resource] of Object.entries(pairs)) {
    const own = Object.hasOwn(CONTEXTS, name) ? CONTEXTS[name] : undefined;
    if (own !== undefined) return { ...own, resource };
    const service = CONTEXT.exec(name)?.[1];
    if (service !== undefined && !ACCOUNT_ONLY.test(name)) return { ...fromAwsName(service), resource };
  }
  return undefined;
}

const WORDS: Readonly<Record<string, Service>> = {
  rds: 'rds',
  aurora: 'rds',
  dynamodb: 'dynamodb',
  dynamo: 'dynamodb',
  ddb: 'dynamodb',
  ebs: 'ebs',
  s3: 's3',
  secretsmanager: 'secretsManager',
  lambda: 'lambda',
};

/** Services that a name people gave tells: `alias/rds-orders`. */
export function servicesInName(name: string): readonly Service[] {
  const found = name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined))
    .filter((service) => service !== undefined);
  return [...new Set(found)];
}
