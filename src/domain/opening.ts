/**
 * What opens and what reopens an incident (the table of the product), and which danger a fact stands for.
 *
 * `opens`:
 *  - `live`    the key must be read in an endangered state, or be unreadable; news younger than `YOUNG` counts while the
 *              read may still be stale (KMS is eventually consistent, usually for seconds)
 *  - `always`  the fact alone is enough
 *  - `never`   it joins an open incident's timeline, and makes us read the key again
 * Reopening takes a live key that is endangered again, whatever the fact says.
 */
import { callOf, type Fact } from './fact.ts';
import type { Duration, Instant } from './ids.ts';
import type { DangerKind, Outcome } from './incident.ts';
import { isPending, type KeyRead, type KeySnapshot } from './key.ts';

interface Opening {
  readonly danger?: DangerKind;
  readonly opens: 'always' | 'live' | 'never';
}

/** How long an event may run ahead of a stale read. */
const YOUNG: Duration = 120_000;

export function openingOf(fact: Fact, read: KeyRead | undefined): Opening {
  const { body } = fact;
  switch (body.kind) {
    case 'deletionScheduled':
      return { danger: 'deletionScheduled', opens: 'live' };
    case 'useRefused':
      return { danger: 'useRefused', opens: 'live' };
    case 'keyDisabled':
      return { danger: 'keyDisabled', opens: 'live' };
    case 'materialDeleted':
      return { danger: 'materialDeleted', opens: 'live' };
    case 'materialExpired':
      return { danger: 'materialExpired', opens: 'live' };
    case 'keyNonCompliant':
      return { danger: 'nonCompliant', opens: 'live' };
    case 'materialExpiring':
      return { danger: 'materialExpiring', opens: 'always' };
    case 'keyDeleted':
      return { danger: 'keyDeleted', opens: 'always' };
    case 'keyStoreDisconnected':
      return { danger: 'keyStoreDisconnected', opens: 'always' };
    case 'trailBlinded':
      return { danger: 'trailBlinded', opens: 'always' };
    case 'unsubscribed':
      return { danger: 'unsubscribed', opens: 'always' };
    case 'watchRequested':
      return { danger: 'watched', opens: 'always' };
    case 'alarm':
      return body.alarm.state === 'ALARM' ? { danger: 'alarm', opens: 'always' } : { opens: 'never' };
    case 'policyChanged':
      return isFromOutside(fact) || body.bypassedLockoutCheck || (read?.kind === 'read' && endangers(read.snapshot))
        ? { danger: 'policyChanged', opens: 'always' }
        : { danger: 'policyChanged', opens: 'never' };
    case 'attemptRefused':
      return { danger: 'attemptRefused', opens: 'never' };
    case 'keyCreated':
    case 'deletionCancelled':
    case 'keyEnabled':
    case 'materialImported':
    case 'grantCreated':
      return { opens: 'never' };
  }
}

function isFromOutside(fact: Fact): boolean {
  const account = callOf(fact.body)?.actor.account;
  return account !== undefined && 'key' in fact.body && account !== fact.body.key.account;
}

/** A state in which the key's users fail, or soon will. */
export const endangers = (snapshot: KeySnapshot): boolean =>
  snapshot.manager === 'CUSTOMER' &&
  (isPending(snapshot.state) ||
    snapshot.state === 'PendingImport' ||
    snapshot.state === 'Disabled' ||
    snapshot.state === 'Unavailable');

/** Whether a fact opens an incident where none is. */
export function opens(fact: Fact, read: KeyRead | undefined, now: Instant): boolean {
  const opening = openingOf(fact, read);
  switch (opening.opens) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'live':
      return isLiveDanger(read) || now - fact.at < YOUNG;
  }
}

/** What somebody did that no state of a key shows. */
const UNSEEN: readonly Fact['body']['kind'][] = [
  'policyChanged',
  'trailBlinded',
  'unsubscribed',
  'keyStoreDisconnected',
];

/**
 * Whether a fact may reopen a closed record: a live key that is endangered again; or news younger than the end, as long as
 * no read speaks against it (KMS may be slow, unreadable, or a moment behind). Older news does only where no read of the key has told of
 * it either: whoever closed on their word had not heard of it. CloudTrail is up to a quarter of an hour behind.
 */
export function reopens(
  fact: Fact,
  read: KeyRead | undefined,
  now: Instant,
  end: { readonly at: Instant; readonly outcome: Outcome },
): boolean {
  const { opens: rule } = openingOf(fact, read);
  if (rule === 'never') return false;
  if (read?.kind === 'read' && endangers(read.snapshot)) return true;
  if (end.outcome === 'deleted') return false;
  if (fact.at < end.at) return end.outcome === 'lookedInto' && UNSEEN.includes(fact.body.kind);
  switch (fact.body.kind) {
    case 'alarm':
    case 'useRefused':
      // About what was; a read that is calm settles it.
      return read === undefined || read.kind === 'unreadable';
    default:
      return opens(fact, read, now);
  }
}

/** Not read is not fine. */
function isLiveDanger(read: KeyRead | undefined): boolean {
  if (read === undefined) return true;
  switch (read.kind) {
    case 'read':
      return endangers(read.snapshot);
    case 'gone':
    case 'unreadable':
      return true;
  }
}

/** The danger a sweep sees by itself, comparing a read with what was remembered; `undefined`: nothing to tell. */
export function dangerOfSweep(
  snapshot: KeySnapshot,
  remembered:
    | { readonly state: string; readonly calm?: { readonly state: string }; readonly validTo?: Instant }
    | undefined,
): DangerKind | undefined {
  if (snapshot.manager === 'AWS') return undefined;
  switch (snapshot.state) {
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return 'deletionScheduled';
    case 'PendingImport':
      // Waiting for its first import at first sight is a key being set up, not a danger.
      if (remembered === undefined || remembered.state === 'PendingImport') return undefined;
      // Whoever deleted it shortly before is named by the event that tells so.
      return remembered.validTo !== undefined && remembered.validTo <= snapshot.readAt
        ? 'materialExpired'
        : 'materialDeleted';
    case 'Unavailable':
      return remembered !== undefined && remembered.state !== 'Unavailable' ? 'keyStoreDisconnected' : undefined;
    case 'Disabled':
      // Already Disabled at first sight opens none.
      // So is a key that was Disabled before somebody scheduled it, and is again after the cancelling.
      return remembered !== undefined && remembered.state !== 'Disabled' && remembered.calm?.state !== 'Disabled'
        ? 'keyDisabled'
        : undefined;
    case 'Enabled':
    case 'Creating':
    case 'Updating':
      return undefined;
  }
}
