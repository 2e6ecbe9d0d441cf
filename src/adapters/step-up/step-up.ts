/**
 * The `StepUp` port and the desk behind it.
 *
 *   code ─▶ enrolled? ─▶ locked? ─▶ open the secret ─▶ compare ─▶ settle in one step: changed · locked · used · right · wrong
 *
 * The lock is looked at twice: before, so that nothing is compared while it holds; and again when settling, so that of many
 * guesses at the same moment only the first five are ever answered.
 */
import { randomUUID } from 'node:crypto';
import type { KeptEnrolment } from '../../domain/enrolment.ts';
import { type Duration, type Instant, type Person, personKey } from '../../domain/ids.ts';
import type { Clock, StepUp, StepUpAnswer, StepUpStore } from '../../ports.ts';
import { type Keyring, keyringOf, type Opened, type SealedBy } from './keyring.ts';
import { drawSecret, forApp, stepOf } from './totp.ts';

const MINUTE: Duration = 60_000;
const LOCK_AFTER = 5;
const LOCKS: readonly Duration[] = [15 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE];

type Unavailable = Extract<StepUpAnswer, { readonly kind: 'unavailable' }>;

export type EnrolAnswer =
  /** `uri` and `secret` (base32) are for the person's app: never for Slack, a log or the trail. */
  { readonly kind: 'enrolled'; readonly uri: string; readonly secret: string } | Unavailable;

export interface EnrolledPerson {
  readonly person: Person;
  /** As Slack showed it on the day of enrolment. */
  readonly name: string;
  readonly enrolledAt: Instant;
  /** Only while the lock holds. */
  readonly lockedUntil?: Instant;
  /** Wrong codes since the last right one. */
  readonly failures: number;
  /** `oldKey`: the next code re-encrypts it; until then the second key must stay. */
  readonly sealedBy: SealedBy;
}

/** What the terminal and the sandbox do; nothing of it can be reached from Slack. Rejects with `StoreUnavailable`. */
export interface StepUpDesk extends StepUp {
  /** Replaces an earlier enrolment and ends its lock. `secret`: 20 bytes; absent: new random ones. */
  enrol(person: Person, name: string, secret?: Uint8Array): Promise<EnrolAnswer>;
  /** False: was not enrolled. */
  unenrol(person: Person): Promise<boolean>;
  /** Forgets wrong codes and the lock. False: is not enrolled. */
  unlock(person: Person): Promise<boolean>;
  list(): Promise<readonly EnrolledPerson[]>;
}

export interface StepUpSettings {
  readonly store: StepUpStore;
  /** 32 bytes each: the first encrypts, all decrypt. None: nothing can be enrolled or checked. */
  readonly keys: readonly Uint8Array[];
  readonly clock: Clock;
}

export function createStepUp({ store, keys, clock }: StepUpSettings): StepUpDesk {
  const keyring = keyringOf(keys);
  return {
    async verify(person, code) {
      if (keyring.isEmpty) return NO_KEY;
      for (;;) {
        const answer = await attempt({ store, keyring, now: clock.now() }, person, code);
        // Enrolled anew between reading and settling: the code is for the secret that stands there now.
        if (answer.kind !== 'changed') return answer;
      }
    },
    isEnrolled: async (person) => (await store.get(person)) !== undefined,
    async enrol(person, name, secret = drawSecret()) {
      if (keyring.isEmpty) return NO_KEY;
      const sealed = keyring.seal(secret, personKey(person));
      await store.put({ person, id: randomUUID(), name, enrolledAt: clock.now(), sealed });
      const { uri, base32 } = forApp(name, secret);
      return { kind: 'enrolled', uri, secret: base32 };
    },
    unenrol: (person) => store.remove(person),
    unlock: (person) => store.unlock(person),
    async list() {
      const now = clock.now();
      return (await store.list()).map((kept) => enrolledPerson(kept, keyring.sealedBy(kept.sealed), now));
    },
  };
}

interface Checking {
  readonly store: StepUpStore;
  readonly keyring: Keyring;
  readonly now: Instant;
}

async function attempt(
  { store, keyring, now }: Checking,
  person: Person,
  code: string,
): Promise<StepUpAnswer | { readonly kind: 'changed' }> {
  const kept = await store.get(person);
  if (kept === undefined) return { kind: 'notEnrolled' };
  const { lockedUntil } = kept;
  if (lockedUntil !== undefined && lockedUntil > now) return { kind: 'locked', until: lockedUntil, fresh: false };
  const opened = keyring.open(kept.sealed, personKey(person));
  if (opened.kind !== 'opened') return notOpened(opened, person);
  if (opened.byOldKey) await store.reseal(person, kept.sealed, keyring.seal(opened.secret, personKey(person)));
  const step = stepOf(opened.secret, code, now);
  return store.settle(person, {
    enrolment: kept.id,
    now,
    ...(step === undefined ? {} : { step }),
    lockAfter: LOCK_AFTER,
    locks: LOCKS,
  });
}

const NO_KEY: Unavailable = {
  kind: 'unavailable',
  message:
    'KEYWARDEN_SECRET_KEY is not set, so codes cannot be checked. Set it to the key that people were enrolled with and restart; where nobody is enrolled yet, to a new one: openssl rand -base64 32',
};

function notOpened(opened: Exclude<Opened, { readonly kind: 'opened' }>, { user }: Person): Unavailable {
  const enrol = `enrol again, at the terminal: npm run keywarden -- mfa remove ${user}, then mfa enrol ${user}`;
  switch (opened.kind) {
    case 'keyMissing':
      return {
        kind: 'unavailable',
        message: `The secret behind ${user}’s codes was encrypted with another key (id ${opened.keyId}) than KEYWARDEN_SECRET_KEY holds. Put that key behind the first one, separated by a comma, and restart; or ${enrol}`,
      };
    case 'broken':
      return {
        kind: 'unavailable',
        message: `The secret behind ${user}’s codes was changed in Redis, or belongs to somebody else: it does not open. Find out who writes to this Redis, then ${enrol}`,
      };
  }
}

function enrolledPerson(kept: KeptEnrolment, sealedBy: SealedBy, now: Instant): EnrolledPerson {
  const { person, name, enrolledAt, failures, lockedUntil } = kept;
  const locked = lockedUntil !== undefined && lockedUntil > now ? { lockedUntil } : {};
  return { person, name, enrolledAt, failures, sealedBy, ...locked };
}
