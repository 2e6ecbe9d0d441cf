/** The AWS room's door: the ports `Keys` and `Trail`, confirming SNS subscriptions and publishing to the pager's topic, over one set of clients. */
import type { Place } from '../../domain/ids.ts';
import type { Keys, Trail } from '../../ports.ts';
import { aliasTarget } from './alias-target.ts';
import { createRoads } from './assumable.ts';
import { createClients } from './clients.ts';
import { keyAliases, keyDetails, keyLastUse, keyTags, turnOf } from './details.ts';
import { createIdentity } from './identity.ts';
import { createLanes, kmsLane } from './lanes.ts';
import { listKeys, listPlaceAliases } from './listing.ts';
import { mutateKey } from './mutate.ts';
import { type AwsOptions, accountOf, meansFor } from './options.ts';
import type { Reader } from './paced.ts';
import { policyDigest, policyText } from './policy.ts';
import { type Publication, publish, type TopicMessage } from './publish.ts';
import { readKey } from './read.ts';
import { keyShape } from './shape.ts';
import { type Confirmation, confirmSubscription } from './subscription.ts';
import { searchDeeds, searchTrail } from './trail.ts';

export interface Aws {
  readonly keys: Keys;
  readonly trail: Trail;
  /** Never rejects. */
  confirmSubscription(topicArn: string, token: string): Promise<Confirmation>;
  /** Never rejects. */
  publish(topicArn: string, message: TopicMessage, signal?: AbortSignal): Promise<Publication>;
  /** Drops all connections; calls under way fail. */
  close(): void;
}

/** Builds everything lazily: nothing is asked, and no credentials are looked for, before the first call. */
export function createAws(options: AwsOptions): Aws {
  const clients = createClients(options);
  const lanes = createLanes(options.clock, options.pace, options.log, options.random ?? Math.random);
  const reader: Reader = { options, clients, lanes };
  const identity = createIdentity(options, clients);
  const roads = createRoads(options, clients, identity);
  const places: readonly Place[] = options.accounts.flatMap(({ id, regions }) =>
    regions.map((region) => ({ account: id, region })),
  );
  return {
    keys: {
      read: (key, signal) => readKey(options, clients, key, signal),
      details: (key, readFor = 'itself') => keyDetails(reader, key, turnOf(readFor)),
      aliases: (key, readFor = 'itself') => keyAliases(reader, key, turnOf(readFor)),
      tags: (key) => keyTags(reader, key, turnOf('person')),
      list: (place) => listKeys(reader, place),
      listAliases: (place) => listPlaceAliases(reader, place),
      slot: (operation, place, urgency, signal) =>
        urgency === 'one'
          ? lanes.slot(kmsLane(place, operation), signal)
          : lanes.slotBehind(kmsLane(place, operation), signal),
      mutate: (request) => mutateKey(options, clients, lanes, request),
      discard: (action) => clients.actions.discard(action),
      policy: (key, signal) => policyDigest(reader, key, { ...turnOf('person'), signal }),
      policyText: (key, patience, signal) => policyText(reader, key, { readFor: 'itself', patience, signal }),
      means: roads.means,
      assumable: roads.assumable,
      lastUse: (key, readFor = 'person') => keyLastUse(reader, key, turnOf(readFor)),
      shape: (snapshot, patience, signal) => keyShape(reader, snapshot, { readFor: 'itself', patience, signal }),
      aliasTarget: (place, alias) => aliasTarget(reader, place, alias),
      has: (duty, place) => meansFor(options, duty, place).kind !== 'none',
      assumes: (duty, place) => meansFor(options, duty, place).kind === 'role',
      covers: (place) => accountOf(options, place) !== undefined,
      places: () => places,
      verifyIdentity: (place) => identity.verify(place),
      isOurs: (actor) => identity.isOurs(actor),
    },
    trail: {
      search: (query, signal) => searchTrail(options, clients, lanes, query, signal),
      deeds: (query, signal) => searchDeeds(options, clients, lanes, query, signal),
    },
    confirmSubscription: (topicArn, token) => confirmSubscription(options, clients, topicArn, token),
    publish: (topicArn, message, signal) => publish(options, clients, topicArn, message, signal),
    close: () => clients.close(),
  };
}
