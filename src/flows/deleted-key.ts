/** A key that KMS has deleted, looked up by name: no sweep remembers it, but its incident does. */
import { keyRefOf, type Place, parseKeyArn } from '../domain/ids.ts';
import { keyOfIncident } from '../domain/incident.ts';
import type { CommandAnswer } from '../domain/interaction.ts';
import { incidentIdOf } from './commit.ts';
import type { House } from './house.ts';

/** More places are not looked through for the id of a key that is known no more. */
const MOST_PLACES = 500;

/** What KMS has deleted no sweep remembers: its record does, by ARN or key id. As it was read last; it cannot come back. */
export async function ofDeleted(
  house: House,
  typed: string,
  names: ReadonlyMap<string, string>,
): Promise<CommandAnswer | undefined> {
  const name = typed.trim();
  const arn = parseKeyArn(name);
  const keys =
    arn !== undefined
      ? [arn]
      : house.keys
          .places()
          .slice(0, MOST_PLACES)
          .flatMap((place) => keyRefOf(partitionOf(place), place, name) ?? []);
  const records = await house.incidents.loadMany(keys.map((key) => incidentIdOf(house, { kind: 'key', key })));
  const incident = records.find(({ read }) => read?.kind === 'gone');
  const key = incident === undefined ? undefined : keyOfIncident(incident);
  if (incident?.read === undefined || key === undefined) return undefined;
  const aliases = incident.details?.aliases.kind === 'known' ? incident.details.aliases.value : [];
  const accountName = names.get(key.account) ?? key.account;
  return { kind: 'status', key: { key, aliases, accountName }, read: incident.read, incident };
}

const partitionOf = ({ region }: Place): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
