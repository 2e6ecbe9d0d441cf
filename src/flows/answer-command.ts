/** `/kms …`: what a command answers at once. Data only; the sentences stand in the Slack adapter's words. */
import type { ActionKind, Asker } from '../domain/action.ts';
import type { KeyRef } from '../domain/ids.ts';
import { type Incident, isOpen } from '../domain/incident.ts';
import {
  type Command,
  type CommandAnswer,
  LIST_FILTERS,
  type ListFilter,
  type ListRow,
} from '../domain/interaction.ts';
import { isPending, type KeyMemory } from '../domain/key.ts';
import { type KnownKey, type NameAnswer, resolveName } from '../domain/key-name.ts';
import { isDestructive } from '../domain/policy.ts';
import type { ClickAnswer } from '../ports.ts';
import { openAskForm } from './answer-click.ts';
import { cancellingNow } from './can-we-cancel.ts';
import { mayNot, mayNotEvenAsk, mayNotRead } from './command-refusals.ts';
import { change, incidentIdOf } from './commit.ts';
import { ofDeleted } from './deleted-key.ts';
import { digestFor } from './gather-digest.ts';
import { guardList, guardOne } from './guard-keys.ts';
import { holdKey, releaseKey } from './hold.ts';
import type { House } from './house.ts';
import { mayNeedApproval } from './judgement.ts';
import { knowSoon } from './know.ts';
import { lookWithin, openingOfKey } from './look.ts';
import { planKeys } from './plan.ts';
import { askFor } from './receive-click.ts';
import { keepFact } from './receive-fact.ts';

/** Account names by id, for answers and for names as people type them. */
export type AccountNames = ReadonlyMap<string, string>;

const MOST_ROWS = 40;
/** As many keys as a name is looked for among; beyond, an ARN is needed. */
const MOST_KEYS = 100_000;
const VERBS: Readonly<Record<string, ActionKind>> = {
  rescue: 'rescue',
  'cancel-deletion': 'cancelDeletion',
  enable: 'enable',
  disable: 'disable',
  'delete-material': 'deleteMaterial',
};
/** KMS's own default, and the longest: the most time for somebody to notice. */
const WINDOW_DAYS = 30;

export async function answerCommand(house: House, command: Command, names: AccountNames): Promise<CommandAnswer> {
  const [verb = 'help', ...words] = command.text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const rest = words.join(' ');
  const stranger = await mayNotRead(house, command, verb);
  if (stranger !== undefined) return stranger;
  switch (verb.toLowerCase()) {
    case 'help':
      return { kind: 'help' };
    case 'list':
      return list(house, rest, names);
    case 'status':
      return status(house, rest, names);
    case 'guard':
      return guard(house, rest, names);
    case 'watch':
      return watch(house, command, words, names);
    case 'hold':
      return holdKey(house, command, words, await knownKeys(house, names));
    case 'release':
      return releaseKey(house, command, words, await knownKeys(house, names));
    case 'report':
      return report(house, command, rest, names);
    case 'planned':
      return planKeys(house, command, words, await knownKeys(house, names));
    case 'digest':
      return { kind: 'digest', digest: await digestFor(house, command.channel) };
    case 'schedule-deletion':
      return scheduleDeletion(house, command, words, names);
    default: {
      const word = verb.toLowerCase();
      const kind = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
      if (kind !== undefined) return act(house, command, { kind, typed: rest }, names);
      return { kind: 'usage', problem: `\`${verb}\` is not a command` };
    }
  }
}

async function list(house: House, word: string, names: AccountNames): Promise<CommandAnswer> {
  const filter = (word === '' ? 'pending' : word.toLowerCase()) as ListFilter;
  if (!LIST_FILTERS.includes(filter)) return { kind: 'usage', problem: `\`list\` takes ${LIST_FILTERS.join(', ')}` };
  const rows: ListRow[] = [];
  let total = 0;
  const unread: string[] = [];
  for (const place of house.keys.places()) {
    const state = await house.index.sweepState(place);
    if (state === undefined || state.failures > 0)
      unread.push(`${names.get(place.account) ?? place.account} ${place.region}`);
    for await (const page of house.index.scan(place)) {
      for (const { key, memory } of page) {
        if (!isListed(filter, memory)) continue;
        total += 1;
        if (rows.length < MOST_ROWS) rows.push({ key: knownKey(key, memory, names), memory });
      }
    }
  }
  rows.sort(
    (a, b) => (a.memory.deletionDate ?? Number.MAX_SAFE_INTEGER) - (b.memory.deletionDate ?? Number.MAX_SAFE_INTEGER),
  );
  return { kind: 'list', filter, rows, total, unread };
}

function isListed(filter: ListFilter, memory: KeyMemory): boolean {
  switch (filter) {
    case 'pending':
      return isPending(memory.state);
    case 'disabled':
      return memory.state === 'Disabled';
    case 'imported':
      return memory.origin === 'EXTERNAL';
    case 'all':
      return memory.manager !== 'AWS';
  }
}

async function status(house: House, typed: string, names: AccountNames): Promise<CommandAnswer> {
  const answer = await findKey(house, typed, names);
  if (answer.kind === 'none') return (await ofDeleted(house, typed, names)) ?? { kind: 'name', typed, answer };
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const [read, incident, details, policy] = await Promise.all([
    lookWithin(house, key, house.settings.firstReadWithin),
    house.incidents.load(incidentIdOf(house, { kind: 'key', key })),
    Promise.race([
      house.keys.details(key, 'person'),
      house.clock.sleep(house.settings.firstReadWithin).then(() => undefined),
    ]),
    house.keys.policyText(key, house.settings.firstReadWithin),
  ]);
  if (incident !== undefined) await knowSoon(house, incident);
  const managed = read?.kind !== 'read' || read.snapshot.manager === 'AWS';
  const cancelling = managed ? undefined : await cancellingNow(house, { key, snapshot: read.snapshot, policy });
  return {
    kind: 'status',
    key: answer.key,
    ...(read === undefined ? {} : { read }),
    ...(details === undefined ? {} : { details }),
    ...(incident === undefined ? {} : { incident }),
    ...(cancelling === undefined ? {} : { cancelling }),
  };
}

async function guard(house: House, typed: string, names: AccountNames): Promise<CommandAnswer> {
  if (typed === '') return guardList(house, ({ key, memory }) => knownKey(key, memory, names));
  const answer = await findKey(house, typed, names);
  return answer.kind === 'one' ? guardOne(house, answer.key) : { kind: 'name', typed, answer };
}

async function watch(
  house: House,
  command: Command,
  words: readonly string[],
  names: AccountNames,
): Promise<CommandAnswer> {
  const [typed = '', ...reason] = words;
  if (typed === '' || reason.length === 0)
    return {
      kind: 'usage',
      problem: '`watch` takes a key and a reason: `/kms watch alias/orders odd calls since noon`',
    };
  const answer = await findKey(house, typed, names);
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const refusal = await mayNot(house, command, 'watch', key);
  if (refusal !== undefined) return refusal;
  const now = house.clock.now();
  await keepFact(house, {
    id: `cmd:${command.nonce}`,
    source: 'command',
    at: now,
    seenAt: now,
    body: { kind: 'watchRequested', key, by: command.person.user, reason: reason.join(' ').slice(0, 500) },
  });
  return { kind: 'watching', key: answer.key };
}

async function scheduleDeletion(
  house: House,
  command: Command,
  words: readonly string[],
  names: AccountNames,
): Promise<CommandAnswer> {
  const [typed = '', days, ...more] = words;
  const windowDays = days === undefined ? WINDOW_DAYS : Number(days);
  if (more.length > 0 || !Number.isInteger(windowDays) || windowDays < 7 || windowDays > 30)
    return {
      kind: 'usage',
      problem: '`schedule-deletion` takes a key and a waiting period of 7 to 30 whole days (30 unless said otherwise)',
    };
  return act(house, command, { kind: 'scheduleDeletion', typed, windowDays }, names);
}

interface WantedAct {
  readonly kind: ActionKind;
  readonly typed: string;
  readonly windowDays?: number;
}

async function act(
  house: House,
  command: Command,
  { kind, typed, windowDays }: WantedAct,
  names: AccountNames,
): Promise<CommandAnswer> {
  const answer = await findKey(house, typed, names);
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const { person, nonce } = command;
  let judged = false;
  if (isDestructive(kind) || mayNeedApproval(kind)) {
    // Before anything is written down about the key.
    const stranger = await mayNotEvenAsk(house, command, kind, key);
    if (stranger !== undefined) return stranger;
    const incident = await considered(house, key);
    if (incident === undefined) return { kind: 'keyUnread', action: kind };
    const days = windowDays === undefined ? {} : { windowDays };
    const opened = await openAskForm(house, { person, action: kind, nonce, open: incident, key, ...days });
    if (opened.kind === 'answer') return inCommand(opened.answer, kind);
    judged = opened.because === 'allowed';
  }
  const refusal = judged ? undefined : await mayNot(house, command, kind, key);
  if (refusal !== undefined) return refusal;
  const by: Asker = { via: 'slack', person };
  const asked = await askFor(house, key, { kind, by, nonce: `command ${nonce}` });
  if (asked.kind === 'alreadyRunning') return { kind: 'alreadyRunning', action: kind, key: answer.key };
  const channel = asked.incident?.card.channel ?? command.channel;
  return { kind: 'asked', action: kind, key: answer.key, channel };
}

function inCommand(answer: ClickAnswer, kind: ActionKind): CommandAnswer {
  if (answer.kind === 'form' && answer.form.kind === 'ask') return { kind: 'form', form: answer.form };
  return answer.kind === 'whisper' ? { kind: 'refused', refusal: answer.words } : { kind: 'keyUnread', action: kind };
}

/** The record that a form is about: the open incident's, or one without a card. `undefined`: the key could not be read. */
async function considered(house: House, key: KeyRef): Promise<Incident | undefined> {
  const id = incidentIdOf(house, { kind: 'key', key });
  const incident = await house.incidents.load(id);
  if (incident !== undefined && isOpen(incident)) return incident;
  const [read, memory] = await Promise.all([
    lookWithin(house, key, house.settings.firstReadWithin),
    house.index.get(key),
  ]);
  if (read?.kind !== 'read') return undefined;
  const opening = openingOfKey(house, key, memory);
  const outcome = await change(house, id, { kind: 'considered', opening, read });
  return outcome.kind === 'saved' ? outcome.incident : undefined;
}

/** The evidence of a key's newest incident, uploaded where its card stands. */
async function report(house: House, command: Command, typed: string, names: AccountNames): Promise<CommandAnswer> {
  const answer = await findKey(house, typed, names);
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const refusal = await mayNot(house, command, 'report', key);
  if (refusal !== undefined) return refusal;
  const incident = await house.incidents.load(incidentIdOf(house, { kind: 'key', key }));
  if (incident === undefined || incident.round === 0) return { kind: 'noIncident', key: answer.key };
  return { kind: 'reporting', key: answer.key, incident: incident.id, channel: incident.card.channel };
}

/** Finds a key among all remembered ones. */
export const findKey = async (house: House, typed: string, names: AccountNames): Promise<NameAnswer> =>
  resolveName(typed, await knownKeys(house, names));

async function knownKeys(house: House, names: AccountNames): Promise<readonly KnownKey[]> {
  const known: KnownKey[] = [];
  for (const place of house.keys.places()) {
    for await (const page of house.index.scan(place)) {
      for (const { key, memory } of page) if (known.length < MOST_KEYS) known.push(knownKey(key, memory, names));
    }
  }
  return known;
}

const knownKey = (key: KeyRef, memory: KeyMemory, names: AccountNames): KnownKey => ({
  key,
  aliases: memory.aliases,
  accountName: names.get(key.account) ?? key.account,
});
