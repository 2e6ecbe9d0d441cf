/** `/kms hold` and `/kms release`: a responder keeps a key off on purpose, an approver lets it go. */
import type { Command, CommandAnswer } from '../domain/interaction.ts';
import { type KnownKey, resolveName } from '../domain/key-name.ts';
import { mayNot } from './command-refusals.ts';
import { change, incidentIdOf } from './commit.ts';
import type { House } from './house.ts';
import { lookWithin, openingOfKey } from './look.ts';

const MOST_REASON = 500;

export async function holdKey(
  house: House,
  command: Command,
  words: readonly string[],
  known: readonly KnownKey[],
): Promise<CommandAnswer> {
  const [typed = '', ...more] = words;
  const reason = more.join(' ').slice(0, MOST_REASON);
  if (typed === '' || reason === '')
    return {
      kind: 'usage',
      problem: '`hold` takes a key and a reason: `/kms hold alias/orders its policy was changed by an intruder`',
    };
  const answer = resolveName(typed, known);
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const refusal = await mayNot(house, command, 'hold', key);
  if (refusal !== undefined) return refusal;
  const [memory, read] = await Promise.all([
    house.index.get(key),
    lookWithin(house, key, house.settings.firstReadWithin),
  ]);
  // Nobody can switch it off, or on.
  if (read?.kind === 'read' && read.snapshot.manager === 'AWS')
    return { kind: 'mayNot', why: { kind: 'awsManaged' }, action: 'hold' };
  const at = house.clock.now();
  const { person, nonce } = command;
  const hold = { by: person, at, reason };
  const opening = openingOfKey(house, key, memory);
  const outcome = await change(house, opening.id, {
    kind: 'held',
    hold,
    fact: {
      id: `cmd:${nonce}`,
      source: 'command',
      at,
      seenAt: at,
      body: { kind: 'watchRequested', key, by: person.user, reason },
    },
    opening,
    ...(read === undefined ? {} : { read }),
  });
  if (outcome.kind !== 'saved') return { kind: 'noIncident', key: answer.key };
  const state = outcome.incident.read?.kind === 'read' ? outcome.incident.read.snapshot.state : undefined;
  return { kind: 'held', key: answer.key, channel: outcome.incident.card.channel, enabled: state === 'Enabled' };
}

export async function releaseKey(
  house: House,
  command: Command,
  words: readonly string[],
  known: readonly KnownKey[],
): Promise<CommandAnswer> {
  const [typed = '', ...more] = words;
  if (typed === '' || more.length > 0)
    return { kind: 'usage', problem: '`release` takes one key: `/kms release alias/orders`' };
  const answer = resolveName(typed, known);
  if (answer.kind !== 'one') return { kind: 'name', typed, answer };
  const { key } = answer.key;
  const refusal = await mayNot(house, command, 'release', key);
  if (refusal !== undefined) return refusal;
  const outcome = await change(house, incidentIdOf(house, { kind: 'key', key }), {
    kind: 'released',
    by: { via: 'slack', person: command.person },
  });
  if (outcome.kind !== 'saved') return { kind: 'notOnHold', key: answer.key };
  const { card } = outcome.incident;
  const read = await lookWithin(house, key, house.settings.firstReadWithin);
  const state = read?.kind === 'read' ? { state: read.snapshot.state } : {};
  return { kind: 'released', key: answer.key, channel: card.channel, ...state };
}
