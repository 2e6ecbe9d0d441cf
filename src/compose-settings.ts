/** From the configuration's shapes to those of the parts: nothing is decided here. */
import type { AccountOptions } from './adapters/aws/options.ts';
import type { Config, GrantConfig } from './config/config.ts';
import { parseCron } from './domain/cron.ts';
import type { AccountId, ChannelId, KeyArn, Region } from './domain/ids.ts';
import { accountOf, type Rules } from './domain/incident.ts';
import type { Grant } from './domain/policy.ts';
import type { DigestPlan } from './flows/house.ts';
import type { Hash } from './ports.ts';

export const channelsOf = ({ channels, digests }: Config): readonly string[] => [
  ...new Set([
    channels.default,
    ...(channels.fallback === undefined ? [] : [channels.fallback]),
    ...channels.routes.map((route) => route.channel),
    ...digests.map((digest) => digest.channel),
  ]),
];

export function rulesOf(config: Config): Rules {
  const routes = new Map(config.channels.routes.map((route) => [route.account, route.channel]));
  return {
    // Where it begins to be loud is a mark, whatever others there are.
    milestones: [...new Set([...config.reminders.before, config.reminders.loudWithin])].sort((a, b) => b - a),
    loudWithin: config.reminders.loudWithin,
    acknowledgeFor: config.reminders.acknowledgeFor,
    timezone: config.reminders.timezone,
    selfKeys: new Set(config.self.keys as readonly KeyArn[]),
    channelOf: (subject) => (routes.get(accountOf(subject) ?? '') ?? config.channels.default) as ChannelId,
  };
}

export const accountsOf = (config: Config): readonly AccountOptions[] =>
  config.accounts.map((account) => ({
    id: account.id as AccountId,
    name: account.name,
    regions: account.regions as readonly Region[],
    ...(account.roles === undefined ? {} : { roles: withoutAbsent(account.roles) }),
    ...(account.externalId === undefined ? {} : { externalId: account.externalId }),
  }));

/** The same digest twice is one: each stands in its channel once. */
export function digestsOf({ digests }: Config, hash: Hash): readonly DigestPlan[] {
  const plans = digests.flatMap(({ channel, cron: text, timezone }): readonly DigestPlan[] => {
    const cron = parseCron(text);
    const id = hash(JSON.stringify([channel, text, timezone])).slice(0, 32);
    return cron === undefined ? [] : [{ id, channel: channel as ChannelId, cron, timezone }];
  });
  return [...new Map(plans.map((plan) => [plan.id, plan])).values()];
}

export const pagerOf = ({ pager }: Config): { readonly snsTopic?: string; readonly webhook?: string } =>
  withoutAbsent({ snsTopic: pager?.snsTopic, webhook: pager?.webhook });

export const grantsOf = (config: Config): readonly Grant[] => config.roles.map(grantOf);

function grantOf({ limit, ...grant }: GrantConfig): Grant {
  if (limit === undefined) return grant;
  const { accounts, ...rest } = limit;
  const limited = accounts === undefined ? rest : { ...rest, accounts: accounts as readonly AccountId[] };
  return { ...grant, limit: limited };
}

function withoutAbsent<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
