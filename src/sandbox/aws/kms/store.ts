import { KmsError } from './errors.ts';
import { type Key, keyState, removedAt } from './key.ts';

export interface Alias {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  updatedAt: number;
  keyId: string;
}

/** What an account has in one Region. */
interface Shelf {
  readonly keys: Map<string, Key>;
  readonly aliases: Map<string, Alias>;
}

const never = Number.POSITIVE_INFINITY;

/** Every key and alias of the emulated KMS, and when the next of them changes by itself. */
export class Store {
  #shelves = new Map<string, Shelf>();
  #nextDueAt = never;

  /** The keys and aliases of an account in one Region; empty where there are none. */
  shelf(account: string, region: string): Shelf {
    const name = `${account} ${region}`;
    const found = this.#shelves.get(name);
    if (found !== undefined) return found;
    const shelf: Shelf = { keys: new Map(), aliases: new Map() };
    // Reads of places without keys must not grow the map, so a shelf stays only once something is put on it.
    return shelf;
  }

  all(): readonly Key[] {
    return [...this.#shelves.values()].flatMap(({ keys }) => [...keys.values()]);
  }

  add(key: Key): void {
    this.#kept(key.account, key.region).keys.set(key.id, key);
    this.watch(key);
  }

  addAlias(key: Key, alias: Alias): void {
    this.#kept(key.account, key.region).aliases.set(alias.name, alias);
  }

  /** The names of a key's aliases. */
  aliasesOf(key: Key): readonly string[] {
    const { aliases } = this.shelf(key.account, key.region);
    return [...aliases.values()].filter(({ keyId }) => keyId === key.id).map(({ name }) => name);
  }

  /** The names of all aliases by key ARN, in one pass. */
  aliasesByKey(): ReadonlyMap<string, readonly string[]> {
    const named = new Map<string, string[]>();
    for (const { keys, aliases } of this.#shelves.values())
      for (const { keyId, name } of aliases.values()) {
        const arn = keys.get(keyId)?.arn;
        if (arn !== undefined) named.set(arn, [...(named.get(arn) ?? []), name]);
      }
    return named;
  }

  /** Takes away the key and every alias that refers to it. */
  remove(key: Key): void {
    const shelf = this.shelf(key.account, key.region);
    shelf.keys.delete(key.id);
    for (const name of this.aliasesOf(key)) shelf.aliases.delete(name);
  }

  /** All keys of a multi-Region set, the key itself among them; a single-Region key stands alone. */
  related(key: Key): readonly Key[] {
    if (key.multiRegion === undefined) return [key];
    const sameId = [...this.#shelves.values()].flatMap(({ keys }) => keys.get(key.id) ?? []);
    return sameId.filter(({ account }) => account === key.account);
  }

  /** Looks again at when the key changes by itself. */
  watch(key: Key): void {
    this.#nextDueAt = Math.min(this.#nextDueAt, dueAt(key));
  }

  /** Whether any key changes by itself by `now`; the cheap question asked before each call. */
  anyDue(now: number): boolean {
    return this.#nextDueAt <= now;
  }

  /** The keys that change by themselves by `now`. */
  due(now: number): readonly Key[] {
    return this.all().filter((key) => dueAt(key) <= now);
  }

  /** Counts anew when the next key changes by itself. */
  reckon(): void {
    this.#nextDueAt = this.all().reduce((earliest, key) => Math.min(earliest, dueAt(key)), never);
  }

  #kept(account: string, region: string): Shelf {
    const shelf = this.shelf(account, region);
    this.#shelves.set(`${account} ${region}`, shelf);
    return shelf;
  }
}

/** When the key changes by itself: end of a transient state, deletion, expiry or automatic rotation. */
function dueAt(key: Key): number {
  const expiries = key.materials.map(({ secret, expiresAt }) => (secret === undefined ? never : (expiresAt ?? never)));
  const rotation = keyState(key) === 'Enabled' && key.multiRegion !== 'REPLICA' ? key.rotation?.nextAt : undefined;
  return Math.min(key.transient?.until ?? never, removedAt(key) ?? never, rotation ?? never, ...expiries);
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** The account a KeyId names by ARN, if it names one other than the caller's. */
export function foreignAccount(keyId: string, caller: string): boolean {
  return keyId.startsWith('arn:') && keyId.split(':')[4] !== caller;
}

/**
 * The key a KeyId means: an id or key ARN, and where `aliases` is set an alias name or alias ARN too. The caller's
 * Region decides; an ARN of another Region is invalid there.
 */
export function findKey(store: Store, place: Place, keyId: string, aliases: boolean): Key {
  let { account } = place;
  let resource = keyId.startsWith('alias/') ? keyId : `key/${keyId}`;
  if (keyId.startsWith('arn:')) {
    const [, , service, region, owner, ...rest] = keyId.split(':');
    resource = rest.join(':');
    if (service !== 'kms' || !/^\d{12}$/.test(owner ?? '') || !/^(key|alias)\/./.test(resource))
      throw new KmsError('InvalidArnException', `Invalid arn ${keyId}`);
    if (region !== place.region) throw new KmsError('InvalidArnException', `Invalid arn ${region}`);
    account = owner ?? account;
  }
  const shelf = store.shelf(account, place.region);
  if (resource.startsWith('alias/')) {
    if (!aliases) throw new KmsError('NotFoundException', `Invalid keyId ${keyId}`);
    const alias = shelf.aliases.get(resource);
    const key = alias === undefined ? undefined : shelf.keys.get(alias.keyId);
    if (key !== undefined) return key;
    throw new KmsError('NotFoundException', `Alias ${aliasArn({ ...place, account }, resource)} is not found.`);
  }
  const id = resource.slice('key/'.length);
  const key = shelf.keys.get(id);
  if (key !== undefined) return key;
  if (!/^[A-Za-z0-9-]+$/.test(id)) throw new KmsError('NotFoundException', `Invalid keyId '${id}'`);
  throw new KmsError('NotFoundException', `Key '${keyArn({ ...place, account }, id)}' does not exist`);
}

/** The ARN of a key. */
export function keyArn(place: Place, id: string): string {
  return `arn:aws:kms:${place.region}:${place.account}:key/${id}`;
}

/** The ARN of an alias; the name begins with `alias/`. */
export function aliasArn(place: Place, name: string): string {
  return `arn:aws:kms:${place.region}:${place.account}:${name}`;
}
