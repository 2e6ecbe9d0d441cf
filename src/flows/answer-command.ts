/** `/kms …`: what a command answers at once. Data only; the sentences stand in the Slack adapter's words. */
import type { ActionKind, Asker } from '../domain/action.ts';
import type { KeyRef } from '../domain/ids.ts';
import {
  type Command,
  type CommandAnswer,
  LIST_FILTERS,
  type ListFilter,
  type ListRow,
} from '../domain/interaction.ts';
import { isPending, type KeyMemory, kindOf } from '../domain/key.ts';
import { type KnownKey, type NameAnswer, resolveName } from '../domain/key-name.ts';
import { toleranceOf } from '../domain/policy.ts';
import { change, incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { lookWithin, openingOfKey } from './look.ts';
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
    case 'watch':
      return watch(house, command, words, names);
    default: {
      const kind = VERBS[verb.toLowerCase()];
      if (kind !== undefined) return act(house, command, kind, rest, names);
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
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const [read, incident, details] = await Promise.all([
    lookWithin(house, key, house.settings.firstReadWithin),
    house.incidents.load(incidentIdOf(house, { kind: 'key', key })),
    Promise.race([house.keys.details(key), house.clock.sleep(house.settings.firstReadWithin).then(() => undefined)]),
  ]);
  return {
    kind: 'status',
    key: answer.key,
    ...(read === undefined ? {} : { read }),
    ...(details === undefined ? {} : { details }),
    ...(incident === undefined ? {} : { incident }),
  };
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
  const refusal = await mayNot(house, command, 'watch', toleranceOf('rescue'));
  if (refusal !== undefined) return refusal;
  const now = house.clock.now();
  const { key } = answer.key;
  await keepFact(house, {
    id: `cmd:${command.nonce}`,
    source: 'command',
    at: now,
    seenAt: now,
    body: { kind: 'watchRequested', key, by: command.person.user, reason: reason.join(' ').slice(0, 500) },
  });
  return { kind: 'watching', key: answer.key };
}

async function act(
  house: House,
  command: Command,
  kind: ActionKind,
  typed: string,
  names: AccountNames,
): Promise<CommandAnswer> {
  const answer = await findKey(house, typed, names);
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const refusal = await mayNot(house, command, kind, toleranceOf(kind));
  if (refusal !== undefined) return refusal;
  const { key } = answer.key;
  if (kind === 'deleteMaterial') return deleteMaterial(house, answer.key);
  const read = await lookWithin(house, key, house.settings.firstReadWithin);
  if (read?.kind === 'read' && kindOf(read.snapshot) === 'awsManaged')
    return { kind: 'notOffered', action: kind, why: 'AWS manages this key: it can be viewed only.' };
  const by: Asker = { via: 'slack', person: command.person };
  const asked = await askFor(house, key, { kind, by, nonce: `command ${command.nonce}` });
  if (asked.kind === 'alreadyRunning') return { kind: 'alreadyRunning', action: kind, key: answer.key };
  const channel = asked.incident?.card.channel ?? command.channel;
  return { kind: 'asked', action: kind, key: answer.key, channel };
}

async function deleteMaterial(house: House, key: KnownKey): Promise<CommandAnswer> {
  if (!house.settings.destructive)
    return {
      kind: 'notOffered',
      action: 'deleteMaterial',
      why: 'Destructive actions are switched off (`approvals.destructive`).',
    };
  const [read, memory] = await Promise.all([
    lookWithin(house, key.key, house.settings.firstReadWithin),
    house.index.get(key.key),
  ]);
  if (read?.kind !== 'read')
    return { kind: 'notOffered', action: 'deleteMaterial', why: 'The key could not be read just now; try again.' };
  if (read.snapshot.origin !== 'EXTERNAL')
    return { kind: 'notOffered', action: 'deleteMaterial', why: 'This key has no imported material.' };
  const opening = openingOfKey(house, key.key, memory);
  const outcome = await change(house, opening.id, { kind: 'considered', opening, read });
  return { kind: 'modal', key, incident: outcome.kind === 'saved' ? outcome.incident : undefined, read };
}

/** Key names and states are for members of the workspace; a role is only needed to act. */
async function mayNotRead(house: House, command: Command, verb: string): Promise<CommandAnswer | undefined> {
  const membership = await house.people.check(command.person, 'viewer', toleranceOf('rescue'));
  if (membership.kind !== 'mayNot' || membership.why === 'notInRole') return undefined;
  return { kind: 'mayNot', why: membership.why, action: verb };
}

async function mayNot(
  house: House,
  command: Command,
  action: string,
  tolerance: number,
): Promise<CommandAnswer | undefined> {
  const membership = await house.people.check(command.person, 'responder', tolerance);
  switch (membership.kind) {
    case 'may':
      return undefined;
    case 'mayNot':
      return { kind: 'mayNot', why: membership.why, action };
    case 'unknown':
      return { kind: 'roleUnknown', message: membership.message };
  }
}

/** Finds a key among all remembered ones. */
export async function findKey(house: House, typed: string, names: AccountNames): Promise<NameAnswer> {
  const known: KnownKey[] = [];
  for (const place of house.keys.places()) {
    for await (const page of house.index.scan(place)) {
      for (const { key, memory } of page) if (known.length < MOST_KEYS) known.push(knownKey(key, memory, names));
    }
  }
  return resolveName(typed, known);
}

const knownKey = (key: KeyRef, memory: KeyMemory, names: AccountNames): KnownKey => ({
  key,
  aliases: memory.aliases,
  accountName: names.get(key.account) ?? key.account,
});
