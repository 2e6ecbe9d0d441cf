/** From the text of `keywarden.yaml` to a `Config`, or to every problem in it. Pure: reads no file and no environment. */
import { parseDocument } from 'yaml';
import { type Problem, printValue } from './problem.ts';
import { relationProblems, SWEEP_EVERY, SWEEP_FULL } from './relations.ts';
import { ROLE_NAMES } from './role-problems.ts';
import { configShape, type ShapedConfig } from './schema.ts';
import { shapeProblems } from './shape-problems.ts';
import { type Partition, partitionOfRegion } from './spelling.ts';

export { formatProblems, type Problem } from './problem.ts';
export type { Partition } from './spelling.ts';

/** Roles to assume in an account, by purpose. One that is absent removes its buttons; without `read`, own credentials read. */
export interface RoleArns {
  readonly read?: string | undefined;
  readonly rescue?: string | undefined;
  readonly disable?: string | undefined;
  readonly destroy?: string | undefined;
}

export interface AccountConfig {
  /** Twelve digits, unique. */
  readonly id: string;
  /** As people call it; the id where none was given. Unique. */
  readonly name: string;
  /** At least one, each once. */
  readonly regions: readonly string[];
  /** `undefined`: no role is assumed, the bot's own credentials belong to this account. */
  readonly roles: RoleArns | undefined;
  readonly externalId: string | undefined;
}

export interface ChannelsConfig {
  readonly default: string;
  readonly fallback: string | undefined;
  readonly routes: readonly { readonly account: string; readonly channel: string }[];
}

export interface IntakeConfig {
  /** No topic: the SNS door takes nothing. */
  readonly sns: { readonly topics: readonly string[]; readonly signatureVersions: readonly (1 | 2)[] };
  readonly eventbridge: { readonly accounts: readonly string[] };
}

export type RoleName = 'viewer' | 'responder' | 'approver' | 'admin';

/** Where a role holds: all that is named must fit. Absent parts limit nothing. */
export interface LimitConfig {
  /** Configured accounts, at least one. */
  readonly accounts?: readonly string[];
  /** Alias names with `*` and `?`, with or without `alias/`; at least one. */
  readonly aliases?: readonly string[];
  /** Tag key → value; at least one. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Slack ids of those who hold a role, at least one, and where they do. Roles do not include one another. */
export interface GrantConfig {
  readonly role: RoleName;
  readonly users: readonly string[];
  readonly usergroups: readonly string[];
  readonly limit?: LimitConfig;
}

export interface ApprovalsConfig {
  readonly destructive: boolean;
  readonly quorum: number;
  /** Milliseconds. */
  readonly expires: number;
  readonly stepUp: 'totp';
  readonly breakGlass: boolean;
}

/** Milliseconds before the deletion date, or from now. */
export interface RemindersConfig {
  /** Descending, each once. */
  readonly before: readonly number[];
  readonly loudWithin: number;
  readonly acknowledgeFor: number;
  readonly mention: string | undefined;
  /** Whose nights and weekends count: its own, else the first digest's, else UTC. */
  readonly timezone: string;
}

export interface DigestConfig {
  readonly channel: string;
  readonly cron: string;
  readonly timezone: string;
}

export interface PagerConfig {
  readonly snsTopic: string | undefined;
  readonly webhook: string | undefined;
}

/** ARN of an IAM user or role, of a role perhaps only some sessions by name, and a Slack user id. */
export interface IdentityConfig {
  readonly principal: string;
  readonly session?: string;
  readonly user: string;
}

/** `keywarden.yaml` with every default filled in and every duration in milliseconds. */
export interface Config {
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** What every Region and ARN in here belongs to. */
  readonly partition: Partition;
  readonly channels: ChannelsConfig;
  readonly accounts: readonly AccountConfig[];
  readonly intake: IntakeConfig;
  /** Entries that name nobody are left out. */
  readonly roles: readonly GrantConfig[];
  readonly approvals: ApprovalsConfig;
  readonly reminders: RemindersConfig;
  readonly digests: readonly DigestConfig[];
  /** `every` ≤ `full`, both at least a second. */
  readonly sweep: { readonly every: number; readonly full: number };
  readonly pager: PagerConfig | undefined;
  /** ARNs of the keys that the bot itself depends on, each once, in configured accounts and Regions. */
  readonly self: { readonly keys: readonly string[] };
  /** Which Slack person acts in AWS under which principal; the first that fits counts. */
  readonly identities: readonly IdentityConfig[];
  readonly heartbeat: string | undefined;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type YamlResult =
  | { readonly ok: true; readonly raw: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads YAML 1.2; an empty file is an empty mapping. Syntax errors name line and column, never the text (it may hold a secret). */
export function parseYaml(yamlText: string): YamlResult {
  const document = parseDocument(yamlText, { prettyErrors: true, strict: true, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map(({ code, linePos }) => ({
    path: linePos === undefined ? '(file)' : `line ${linePos[0].line}, column ${linePos[0].col}`,
    value: code.toLowerCase().replaceAll('_', ' '),
    expected: 'valid YAML 1.2',
  }));
  if (problems.length > 0) return { ok: false, problems };
  try {
    return { ok: true, raw: document.toJS({ maxAliasCount: 100 }) ?? {} };
  } catch {
    return {
      ok: false,
      problems: [{ path: '(file)', value: 'unresolved or excessive aliases', expected: 'plain values' }],
    };
  }
}

/** `parseYaml`, then `validateConfig`. */
export function parseConfig(yamlText: string): ConfigResult {
  const yaml = parseYaml(yamlText);
  return yaml.ok ? validateConfig(yaml.raw) : yaml;
}

/** Checks a document as parsed from YAML (or JSON); all problems at once, those of single keys before those between keys. */
export function validateConfig(raw: unknown): ConfigResult {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return {
      ok: false,
      problems: [{ path: '(file)', value: printValue(raw), expected: 'a mapping: see keywarden.example.yaml' }],
    };
  }
  const shaped = configShape.safeParse(raw);
  const problems = [
    ...(shaped.success ? [] : shapeProblems(configShape, raw, shaped.error.issues)),
    ...relationProblems(raw),
  ];
  if (!shaped.success || problems.length > 0) return { ok: false, problems };
  return { ok: true, config: withDefaults(shaped.data) };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The marks at which people still can act: while planning, within a working day, and at the last hour. */
const REMIND_BEFORE = [14 * DAY, 7 * DAY, 3 * DAY, DAY, 6 * HOUR, HOUR];

function withDefaults(shaped: ShapedConfig): Config {
  const { approvals, channels, intake, reminders, roles } = shaped;
  const accounts = shaped.accounts.map(accountOf);
  return {
    publicUrl: shaped.publicUrl?.replace(/\/+$/, ''),
    partition: partitionOfRegion(accounts[0]?.regions[0] ?? ''),
    channels: { default: channels.default, fallback: channels.fallback, routes: channels.routes ?? [] },
    accounts,
    intake: {
      sns: { topics: intake?.sns?.topics ?? [], signatureVersions: intake?.sns?.signatureVersions ?? [1, 2] },
      eventbridge: { accounts: intake?.eventbridge?.accounts ?? accounts.map(({ id }) => id) },
    },
    roles: ROLE_NAMES.flatMap((role) => grantsOf(role, roles[role])),
    approvals: {
      destructive: approvals?.destructive ?? false,
      quorum: approvals?.quorum ?? 1,
      expires: approvals?.expires ?? 30 * MINUTE,
      stepUp: approvals?.stepUp ?? 'totp',
      breakGlass: approvals?.breakGlass ?? false,
    },
    reminders: {
      before: reminders?.before ?? REMIND_BEFORE,
      loudWithin: reminders?.loudWithin ?? DAY,
      acknowledgeFor: reminders?.acknowledgeFor ?? 12 * HOUR,
      mention: reminders?.mention,
      timezone: reminders?.timezone ?? shaped.digests?.[0]?.timezone ?? 'UTC',
    },
    digests: (shaped.digests ?? []).map((digest) => ({ ...digest, timezone: digest.timezone ?? 'UTC' })),
    sweep: { every: shaped.sweep?.every ?? SWEEP_EVERY, full: shaped.sweep?.full ?? SWEEP_FULL },
    pager: shaped.pager && { snsTopic: shaped.pager.snsTopic, webhook: shaped.pager.webhook },
    self: { keys: shaped.self?.keys ?? [] },
    identities: (shaped.identities ?? []).map(({ principal, session, user }) => ({
      principal,
      ...(session === undefined ? {} : { session }),
      user,
    })),
    heartbeat: shaped.heartbeat,
  };
}

function accountOf(account: ShapedConfig['accounts'][number]): AccountConfig {
  const { id, name, regions, role, roles, externalId } = account;
  const forAll = role === undefined ? undefined : { read: role, rescue: role, disable: role, destroy: role };
  return { id, name: name ?? id, regions, roles: forAll ?? roles, externalId };
}

function grantsOf(role: RoleName, shaped: ShapedConfig['roles'][RoleName]): readonly GrantConfig[] {
  const entries = Array.isArray(shaped) ? shaped : shaped === undefined ? [] : [shaped];
  return entries
    .map(({ users = [], usergroups = [], accounts, aliases, tags }) => {
      const limit: LimitConfig = {
        ...(accounts === undefined ? {} : { accounts }),
        ...(aliases === undefined ? {} : { aliases }),
        ...(tags === undefined ? {} : { tags }),
      };
      return { role, users, usergroups, ...(Object.keys(limit).length === 0 ? {} : { limit }) };
    })
    .filter(({ users, usergroups }) => users.length + usergroups.length > 0);
}
