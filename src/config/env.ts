/**
 * The only reader of `process.env`: knows the variables' names, nothing else does. The AWS SDK's own variables (credentials,
 * `AWS_ENDPOINT_URL_KMS` and its sisters) are left to the SDK.
 */
import { ABSENT, type Problem } from './problem.ts';
import { Secrets } from './secrets.ts';
import { VariableReader, type Variables } from './variables.ts';

/** Settings of one process that are no secrets. */
export interface Environment {
  readonly configPath: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Absent: no admin port at all. 0: any free port. */
  readonly adminPort: number | undefined;
  readonly adminHost: string;
  /** Starts on a Redis that may evict keys, which otherwise is refused. */
  readonly allowEviction: boolean;
  /** Socket Mode is on exactly when an app token is there. */
  readonly slackMode: 'http' | 'socket';
  readonly slackApiUrl: string | undefined;
}

export type EnvironmentResult =
  | { readonly ok: true; readonly environment: Environment; readonly secrets: Secrets }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads every variable of Keywarden; an empty one counts as absent. All problems at once, secret values never among them. */
export function readEnvironment(variables: Variables = process.env): EnvironmentResult {
  const reader = new VariableReader(variables);
  const appToken = reader.secret('SLACK_APP_TOKEN', isAppToken, 'an app-level token: starts with xapp-');
  const slackMode = appToken === undefined && !reader.has('SLACK_APP_TOKEN') ? 'http' : 'socket';
  const port = reader.port('PORT') ?? 3000;
  const adminPort = reader.port('ADMIN_PORT');
  const environment: Environment = {
    configPath: reader.text('KEYWARDEN_CONFIG') ?? 'keywarden.yaml',
    // Slack, SNS and container networks come from outside; every route on this port authenticates what it takes.
    host: reader.text('HOST') ?? '0.0.0.0',
    port,
    adminPort,
    // Metrics carry account ids and no lock: loopback unless somebody decides otherwise.
    adminHost: reader.text('ADMIN_HOST') ?? '127.0.0.1',
    allowEviction: reader.flag('KEYWARDEN_ALLOW_EVICTION') ?? false,
    slackMode,
    slackApiUrl: reader.webUrl('SLACK_API_URL'),
  };
  if (reader.has('ADMIN_HOST') && !reader.has('ADMIN_PORT')) {
    reader.refuse('ADMIN_PORT', ABSENT, 'a port, because ADMIN_HOST is set; or remove ADMIN_HOST');
  }
  if (adminPort !== undefined && adminPort !== 0 && adminPort === port) {
    reader.refuse('ADMIN_PORT', String(adminPort), 'another port than PORT');
  }
  const botToken = reader.required('SLACK_BOT_TOKEN', isBotToken, 'the bot token: starts with xoxb-');
  const signing = "the app's signing secret (Basic Information), or SLACK_APP_TOKEN for Socket Mode";
  const secrets = {
    slackBotToken: botToken ?? '',
    slackAppToken: appToken,
    slackSigningSecret:
      slackMode === 'http'
        ? reader.required('SLACK_SIGNING_SECRET', isAnything, signing)
        : reader.text('SLACK_SIGNING_SECRET'),
    eventBridgeTokens: reader.tokens('KEYWARDEN_EVENTBRIDGE_TOKENS'),
    redisUrl: redisUrlOf(reader),
    secretKeys: reader.keys('KEYWARDEN_SECRET_KEY'),
  };
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  return { ok: true, environment, secrets: new Secrets(secrets) };
}

export type RedisUrlResult =
  /** `display`: where Redis is, without who we are there. */
  | { readonly ok: true; readonly url: string; readonly display: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads `REDIS_URL` alone, for commands that need nothing else. */
export function readRedisUrl(variables: Variables = process.env): RedisUrlResult {
  const reader = new VariableReader(variables);
  const url = redisUrlOf(reader);
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  const { protocol, host } = new URL(url);
  return { ok: true, url, display: `${protocol}//${host}` };
}

const redisUrlOf = (reader: VariableReader): string =>
  reader.secret('REDIS_URL', isRedisUrl, 'redis://host:port or rediss://host:port') ?? 'redis://127.0.0.1:6379';

/** What the sandbox and the tests may be told from outside. */
export interface SandboxEnvironment {
  /** The bot's port; 0: any free one. */
  readonly port: number;
  /** The page's and the control calls' port; 0: any free one. */
  readonly sandboxPort: number;
  /** Real milliseconds that a sandbox day lasts. */
  readonly dayMs: number;
  /** An existing Redis to use in place of a private one. */
  readonly redisUrl: string | undefined;
}

export type SandboxEnvironmentResult =
  | { readonly ok: true; readonly environment: SandboxEnvironment }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads `PORT`, `SANDBOX_PORT`, `SANDBOX_DAY_SECONDS` and `REDIS_URL` for the sandbox; all problems at once. */
export function readSandboxEnvironment(variables: Variables = process.env): SandboxEnvironmentResult {
  const reader = new VariableReader(variables);
  const environment: SandboxEnvironment = {
    port: reader.port('PORT') ?? 3000,
    sandboxPort: reader.port('SANDBOX_PORT') ?? 3100,
    dayMs: (reader.positive('SANDBOX_DAY_SECONDS', 86_400) ?? 30) * 1_000,
    redisUrl: reader.secret('REDIS_URL', isRedisUrl, 'redis://host:port or rediss://host:port'),
  };
  return reader.problems.length > 0 ? { ok: false, problems: reader.problems } : { ok: true, environment };
}

/** Whether a missing Redis or Chromium may be installed: not where `KEYWARDEN_NO_INSTALL` is anything but empty, 0, no, off or false. */
export function mayInstall(variables: Variables = process.env): boolean {
  return ['', '0', 'no', 'off', 'false'].includes((variables.KEYWARDEN_NO_INSTALL ?? '').trim().toLowerCase());
}

const isAnything = (): boolean => true;
const isBotToken = (text: string): boolean => /^(xoxe\.)?xoxb-./.test(text);
const isAppToken = (text: string): boolean => /^xapp-./.test(text);
const isRedisUrl = (text: string): boolean =>
  /^rediss?:\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== '';
