import { randomBytes } from 'node:crypto';
import { type Config, formatProblems, validateConfig } from '../config/config.ts';
import type { Environment } from '../config/env.ts';
import { Secrets } from '../config/secrets.ts';
import {
  accounts,
  botToken,
  channels,
  eventBridgeToken,
  externalId,
  onCall,
  pagerTopicArn,
  people,
  roleArn,
  signingSecret,
  topicArn,
} from './seed.ts';

const realDayMs = 86_400_000;
const [hour, minute] = [realDayMs / 24, realDayMs / 1_440];
/** Sweeping more often than this helps nobody, however short the day is. */
const leastSweepMs = 1_000;

/** The sandbox's own `keywarden.yaml`, with the ARNs of the keys that the bot is to depend on: calendar durations shrink with the day, technical ones stay as they are. */
export function ownConfig(dayMs: number, selfKeys: readonly string[]): Config {
  const shrunk = (duration: number, least = 1) => `${Math.max(least, Math.round((duration * dayMs) / realDayMs))}ms`;
  const idsOf = (duty: string) => people.filter((person) => person.duty === duty).map(({ id }) => id);
  const before = [14 * realDayMs, 7 * realDayMs, 3 * realDayMs, realDayMs, 6 * hour, hour];
  const read = validateConfig({
    channels: { default: channels[0].id, fallback: channels[1].id },
    accounts: accounts.map(({ id, name, regions }) => ({
      id,
      name,
      regions,
      roles: {
        read: roleArn(id, 'Read'),
        rescue: roleArn(id, 'Rescue'),
        disable: roleArn(id, 'Disable'),
        destroy: roleArn(id, 'Destroy'),
      },
      externalId,
    })),
    intake: { sns: { topics: [topicArn] }, eventbridge: { accounts: accounts.map(({ id }) => id) } },
    roles: {
      viewer: { users: people.filter(({ duty }) => duty !== 'guest').map(({ id }) => id) },
      responder: { usergroups: [onCall.id], users: idsOf('responder') },
      approver: { users: idsOf('approver') },
      admin: { users: idsOf('admin') },
    },
    approvals: { destructive: 'on' },
    // On a very short day the last milestones fall together: each may stand there only once.
    reminders: {
      before: [...new Set(before.map((duration) => shrunk(duration)))],
      loudWithin: shrunk(realDayMs),
      acknowledgeFor: shrunk(12 * hour),
      mention: onCall.id,
    },
    // A cron knows no shorter day: often enough to be seen, and in a channel of its own.
    digests: [{ channel: channels[2].id, cron: '* * * * *', timezone: 'UTC' }],
    pager: { snsTopic: pagerTopicArn },
    // Whoever acts as `mallory` in AWS acts under alice's name: she is asked whether it was her.
    identities: accounts.map(({ id }) => ({
      principal: `arn:aws:iam::${id}:role/Admins`,
      session: 'mallory',
      user: idsOf('responder')[0],
    })),
    ...(selfKeys.length === 0 ? {} : { self: { keys: [...selfKeys] } }),
    sweep: { every: shrunk(15 * minute, leastSweepMs), full: shrunk(6 * hour, leastSweepMs) },
  });
  if (!read.ok) throw new Error(formatProblems(read.problems));
  return read.config;
}

/** What the bot would read from its environment. Loopback only. */
export function ownEnvironment(port: number, slackApiUrl: string): Environment {
  return {
    configPath: '',
    host: '127.0.0.1',
    port,
    adminPort: undefined,
    adminHost: '127.0.0.1',
    allowEviction: false,
    slackMode: 'http',
    slackApiUrl,
  };
}

/** The bot's secrets; the key that encrypts step-up secrets lives as long as this process. */
export function ownSecrets(redisUrl: string): Secrets {
  return new Secrets({
    slackBotToken: botToken,
    slackSigningSecret: signingSecret,
    slackAppToken: undefined,
    eventBridgeTokens: [eventBridgeToken],
    redisUrl,
    secretKeys: [randomBytes(32).toString('base64')],
  });
}
