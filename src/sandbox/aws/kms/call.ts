import { randomUUID } from 'node:crypto';
import type { CallerIdentity, CloudTrailRecord, WorldClock } from '../../world.ts';
import { accessDenied, KmsError } from './errors.ts';
import { Fields } from './fields.ts';
import type { GrantConstraints, Key } from './key.ts';
import { keyMetadata } from './metadata.ts';
import { type Conditions, evaluatePolicy, principalArn } from './policy.ts';
import { checkState } from './states.ts';
import { findKey, foreignAccount, type Store } from './store.ts';
import type { NativeEvent } from './trail.ts';

/** Whether IAM lets an identity do an action on a key (`*`: no key in particular). */
export type Authorize = (
  identity: CallerIdentity,
  action: string,
  resource: string,
) => { readonly allowed: true } | { readonly allowed: false; readonly message: string };

/** Who signed a request with an access key in a Region; `expired`: a session that is over. */
export type Identify = (
  accessKeyId: string,
  region: string,
  token: string | undefined,
) => CallerIdentity | 'expired' | undefined;

/** What every operation works with. */
export interface KmsWorld {
  readonly store: Store;
  readonly clock: WorldClock;
  readonly authorize: Authorize;
  readonly record: (record: CloudTrailRecord) => void;
  readonly native: (event: NativeEvent) => void;
  /** Seals import tokens; a token of another emulator is invalid here. */
  readonly sealingKey: Buffer;
  /** Since when GetKeyLastUsage knows of uses. */
  readonly trackingSince: number;
  /** How long Creating and Updating last. */
  readonly transientMs: number;
}

export type Answer = Readonly<Record<string, unknown>>;
/** Reads and checks the request first, then does the work: KMS validates before it looks at the key. */
export type Prepare<Work> = (fields: Fields) => Work;
type AccountWork = (call: Call) => Answer | Promise<Answer>;
type KeyWork = (call: Call, key: Key) => Answer | Promise<Answer>;

interface Common {
  /** CloudTrail's `readOnly`; cryptographic calls are reads. */
  readonly readOnly: boolean;
  /** Condition keys of the operation, for key policies. */
  readonly conditions?: (fields: Fields) => Conditions;
  /** Request members CloudTrail shows even when the caller left them to their default. */
  readonly defaults?: Answer;
  /** CloudTrail shows no response although the call changes something. */
  readonly responseHidden?: boolean;
}
export type Operation =
  | (Common & { readonly target: 'account'; readonly prepare: Prepare<AccountWork> })
  | (Common & {
      /** `keyOrAlias`: KeyId may be an alias too. */
      readonly target: 'key' | 'keyOrAlias';
      readonly crossAccount?: boolean;
      readonly prepare: Prepare<KeyWork>;
    });

/** One call on its way: who calls, where, which keys it met. */
export class Call {
  readonly world: KmsWorld;
  readonly operation: string;
  readonly identity: CallerIdentity;
  readonly region: string;
  readonly requestId: string;
  readonly eventId = randomUUID();
  readonly now: number;
  /** The keys CloudTrail names as resources. */
  readonly keys: Key[] = [];
  /** Set once IAM or the key policy refused; CloudTrail then shows no parameters. */
  refused = false;
  readonly #before = new Map<Key, Answer>();
  readonly #fields: Fields;

  constructor(
    world: KmsWorld,
    operation: string,
    caller: {
      readonly identity: CallerIdentity;
      readonly region: string;
      readonly requestId: string;
      readonly body?: Answer;
    },
  ) {
    this.world = world;
    this.operation = operation;
    this.identity = caller.identity;
    this.region = caller.region;
    this.requestId = caller.requestId;
    this.now = world.clock.now();
    this.#fields = new Fields(caller.body ?? {});
  }

  get account(): string {
    return this.identity.account;
  }

  get store(): Store {
    return this.world.store;
  }

  /** The key a KeyId means, now one of the call's resources. */
  resolve(keyId: string, options: { readonly aliases: boolean; readonly crossAccount: boolean }): Key {
    // KMS tells a foreigner neither whether the key exists nor why it stays closed.
    const hidden =
      'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';
    const foreign = foreignAccount(keyId, this.account);
    let key: Key;
    try {
      key = findKey(this.store, this, keyId, options.aliases);
    } catch (error) {
      if (foreign && error instanceof KmsError && error.code === 'NotFoundException')
        throw this.#refusal(`kms:${this.operation}`, keyId, hidden);
      throw error;
    }
    if (foreign && !options.crossAccount) throw this.#refusal(`kms:${this.operation}`, key.arn, hidden);
    this.meet(key);
    return key;
  }

  /** Notes a key as a resource and remembers how it looked, should the call change it. */
  meet(key: Key): void {
    if (!this.keys.includes(key)) this.keys.push(key);
    this.changing(key);
  }

  /** Remembers how a key looked that the call is about to change without naming it. */
  changing(key: Key): void {
    if (!this.#before.has(key)) this.#before.set(key, keyMetadata(key, this.store));
  }

  /** After the work: keeps what changed keys looked like before, and looks again at their deadlines. */
  settle(): void {
    for (const [key, before] of this.#before) {
      this.store.watch(key);
      if (JSON.stringify(before) !== JSON.stringify(keyMetadata(key, this.store))) key.before = before;
    }
  }

  /** Throws unless IAM allows an action that concerns no key in particular. */
  permitAccount(action = `kms:${this.operation}`): void {
    const answer = this.world.authorize(this.identity, action, '*');
    if (!answer.allowed) throw this.#denied(answer.message);
  }

  /** Throws unless the key policy and IAM together, or a grant, allow the action on the key. */
  permit(key: Key, conditions: Conditions = {}, action = `kms:${this.operation}`): void {
    const answer = evaluatePolicy(key.policy, this.identity, action, {
      ...keyConditions(key, this.now, this.world.trackingSince, this.world.clock.dayMs),
      ...conditions,
    });
    if (answer === 'denied') throw this.#refusal(action, key.arn, 'with an explicit deny in a resource-based policy');
    if (answer === 'allowed' && this.identity.sessionPolicy === undefined) return;
    if (answer === 'silent') {
      if (this.#granted(key, action)) return;
      throw this.#refusal(action, key.arn, `because no resource-based policy allows the ${action} action`);
    }
    const identityAnswer = this.world.authorize(this.identity, action, key.arn);
    if (!identityAnswer.allowed && !this.#granted(key, action)) throw this.#denied(identityAnswer.message);
  }

  /** Throws what KMS answers when the key's state does not take the operation. */
  check(key: Key, operation = this.operation): void {
    checkState(operation, key);
  }

  /** Ends a call that was only a rehearsal. */
  rehearse(dryRun: boolean): void {
    if (dryRun)
      throw new KmsError(
        'DryRunOperationException',
        'The request would have succeeded, but the DryRun option is set.',
        412,
      );
  }

  /** Notes a successful cryptographic use, which GetKeyLastUsage tells of. */
  used(key: Key): void {
    key.lastUse = { operation: this.operation, at: this.now, eventId: this.eventId, requestId: this.requestId };
  }

  /** A grant to the caller that covers the operation in the encryption context of the request. */
  #granted(key: Key, action: string): boolean {
    const names = new Set([this.identity.arn, principalArn(this.identity)]);
    const operation = action.slice('kms:'.length);
    const context = this.#fields.map(contextMembers[operation] ?? 'EncryptionContext') ?? {};
    return [...key.grants.values()].some(
      ({ granteePrincipal, operations, constraints }) =>
        names.has(granteePrincipal ?? '') && operations.includes(operation) && inside(constraints, context),
    );
  }

  #refusal(action: string, resource: string, why: string): KmsError {
    this.refused = true;
    return accessDenied(this.identity.arn, action, resource, why);
  }

  #denied(message: string): KmsError {
    this.refused = true;
    return new KmsError('AccessDeniedException', message);
  }
}

/** Condition keys that describe the key; days without use are rounded down (kms:TrailingDaysWithoutKeyUsage). */
function keyConditions(key: Key, now: number, trackingSince: number, dayMs: number): Conditions {
  const unusedSince = key.lastUse?.at ?? Math.max(key.createdAt, trackingSince);
  return {
    'kms:KeyOrigin': key.origin,
    'kms:KeySpec': key.spec,
    'kms:KeyUsage': key.usage,
    'kms:MultiRegion': String(key.multiRegion !== undefined),
    'kms:MultiRegionKeyType': key.multiRegion,
    'kms:TrailingDaysWithoutKeyUsage': String(Math.floor((now - unusedSince) / dayMs)),
  };
}

const contextMembers: Readonly<Record<string, string>> = {
  ReEncryptFrom: 'SourceEncryptionContext',
  ReEncryptTo: 'DestinationEncryptionContext',
};

/** Whether a grant's constraints hold; one on a source ARN is for services and holds for no direct caller. */
function inside(constraints: GrantConstraints | undefined, context: Readonly<Record<string, string>>): boolean {
  const { EncryptionContextSubset: subset, EncryptionContextEquals: equals, SourceArn } = constraints ?? {};
  const holds = (wanted: Readonly<Record<string, string>> = {}) =>
    Object.entries(wanted).every(([name, value]) => context[name] === value);
  const exact = equals === undefined || Object.keys(equals).length === Object.keys(context).length;
  return SourceArn === undefined && holds(subset) && holds(equals) && exact;
}
