/** What is no error and most probably not meant: a configuration that starts, and in which nobody would be woken. */
import type { Config } from './config.ts';
import { printDuration } from './spelling.ts';

export interface Warning {
  readonly path: string;
  /** What follows from it, and what to do; one line. */
  readonly message: string;
}

/** As `src/domain/attention.ts` has it: from so many times `loudWithin` on, reminders are seen in the channel. */
const SEEN_WITHIN = 7;

/** Ids of keywarden.example.yaml that belong to nobody. */
const EXAMPLE_IDS: ReadonlySet<string> = new Set([
  'C0INCIDENT',
  'C0OPS',
  'C0PAY',
  'S0ONCALL',
  'S0SECLEADS',
  'U0AAAAAAA',
  'U0BBBBBBB',
  'U0CCCCCCC',
  '111122223333',
  '444455556666',
]);
const EXAMPLE_HOST = /^https?:\/\/(?:[^/?#]*\.)?example\.(?:com|org|net)(?:[:/?#]|$)/;

/** Every warning, in the order of the file's keys. */
export function configWarnings(config: Config): readonly Warning[] {
  const { channels, reminders, digests, pager, heartbeat } = config;
  return [
    ...exampleWarnings(config),
    ...unless(
      channels.fallback,
      'channels.fallback',
      'loud reminders reach no second channel, and a card whose channel is archived reaches nobody: name a channel',
    ),
    ...unless(
      reminders.mention,
      'reminders.mention',
      'reminders mention nobody before the loud stretch: name the user group that is on call',
    ),
    ...attentionWarnings(reminders),
    ...unless(digests[0], 'digests', 'nobody reads regularly which keys die next: name a channel and a cron'),
    ...unless(
      pager,
      'pager',
      'nobody is called when Slack takes no message, or nobody answers in it: name a topic or a web address',
    ),
    ...unless(
      heartbeat,
      'heartbeat',
      'nobody notices when Keywarden itself does not run: name an address of a service that calls when it is not visited',
    ),
  ];
}

/** `warning: <path>: <message>`, one line each. */
export const formatWarnings = (warnings: readonly Warning[]): readonly string[] =>
  warnings.map(({ path, message }) => `warning: ${path}: ${message}`);

const unless = (value: unknown, path: string, message: string): readonly Warning[] =>
  value === undefined ? [{ path, message: `left out, so ${message}` }] : [];

function attentionWarnings({ acknowledgeFor, loudWithin }: Config['reminders']): readonly Warning[] {
  if (acknowledgeFor <= SEEN_WITHIN * loudWithin) return [];
  const least = printDuration(SEEN_WITHIN * loudWithin);
  const message = `${printDuration(acknowledgeFor)} is more than ${SEEN_WITHIN} x loudWithin (${least}): one Acknowledge keeps it quiet until the loud stretch begins; at most ${least} lets it ask again before`;
  return [{ path: 'reminders.acknowledgeFor', message }];
}

function exampleWarnings(config: Config): readonly Warning[] {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['publicUrl', config.publicUrl],
    ['channels.default', config.channels.default],
    ['channels.fallback', config.channels.fallback],
    ...config.channels.routes.map(({ channel }, at) => [`channels.routes[${at}].channel`, channel] as const),
    ...config.accounts.map(({ id }, at) => [`accounts[${at}].id`, id] as const),
    ...config.intake.sns.topics.map((topic, at) => [`intake.sns.topics[${at}]`, topic] as const),
    ...config.roles.flatMap(({ role, users, usergroups }) =>
      [...users, ...usergroups].map((id) => [`roles.${role}`, id] as const),
    ),
    ['reminders.mention', config.reminders.mention],
    ...config.digests.map(({ channel }, at) => [`digests[${at}].channel`, channel] as const),
    ['pager.snsTopic', config.pager?.snsTopic],
    ['pager.webhook', config.pager?.webhook],
    ...config.self.keys.map((key, at) => [`self.keys[${at}]`, key] as const),
    ...config.identities.flatMap(({ principal, user }, at) => [
      [`identities[${at}].principal`, principal] as const,
      [`identities[${at}].user`, user] as const,
    ]),
    ['heartbeat', config.heartbeat],
  ];
  return named.flatMap(([path, value]) => {
    if (value === undefined) return [];
    // An address may hold a token: only an id is repeated.
    if (EXAMPLE_HOST.test(value)) return [{ path, message: 'is still an address of keywarden.example.yaml' }];
    const id = value.split(':').find((part) => EXAMPLE_IDS.has(part));
    return id === undefined ? [] : [{ path, message: `${id} is still an id of keywarden.example.yaml` }];
  });
}
