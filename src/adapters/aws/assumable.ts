/**
 * Under which name a duty is carried out, and whether we really could: asked before anybody needs it. The answer is kept for a few
 * minutes, so that a storm of a thousand keys asks STS once.
 */
import type { Assumable, Means as Road } from '../../domain/cancelling.ts';
import type { Duration, Instant, Place } from '../../domain/ids.ts';
import type { Duty } from '../../ports.ts';
import { assumeRole, notAssumed, type Role, type SessionWish } from './assume-role.ts';
import type { Clients } from './clients.ts';
import type { CredentialsUnavailable } from './failures.ts';
import type { Identity } from './identity.ts';
import { type AwsOptions, meansFor } from './options.ts';

const KEPT: Duration = 5 * 60_000;
/** Not an answer: asked again soon. */
const KEPT_UNKNOWN: Duration = 30_000;

/** The shortest session STS gives, and one that may do nothing. */
const WISH: SessionWish = {
  RoleSessionName: 'keywarden-check',
  DurationSeconds: 900,
  Policy: JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
  }),
};

export interface Roads {
  /** Own credentials are named once STS has been asked. */
  means(duty: Duty, place: Place): Road;
  /** Never rejects. */
  assumable(duty: Duty, place: Place): Promise<Assumable>;
}

export function createRoads(options: AwsOptions, clients: Clients, identity: Identity): Roads {
  const kept = new Map<string, { readonly answer: Promise<Assumable>; until: Instant }>();

  function once(name: string, ask: () => Promise<Assumable>): Promise<Assumable> {
    const now = options.clock.now();
    const before = kept.get(name);
    if (before !== undefined && now < before.until) return before.answer;
    const entry = { answer: ask(), until: now + KEPT };
    kept.set(name, entry);
    void entry.answer.then(({ kind }) => {
      if (kind === 'unknown') entry.until = options.clock.now() + KEPT_UNKNOWN;
    });
    return entry.answer;
  }

  return {
    means: (duty, place) => {
      const means = meansFor(options, duty, place);
      switch (means.kind) {
        case 'none':
          return means;
        case 'role':
          return { kind: 'role', arn: means.arn };
        case 'own': {
          const arn = identity.own(place);
          return { kind: 'self', ...(arn === undefined ? {} : { arn }) };
        }
      }
    },
    assumable: async (duty, place) => {
      const means = meansFor(options, duty, place);
      switch (means.kind) {
        case 'none':
          return { kind: 'no', why: `no ${duty} role is configured for account ${place.account}` };
        case 'role':
          // One role, whichever Region asks.
          return once(`role ${means.arn}`, () => tryRole(clients.role(place, means)));
        case 'own':
          if (identity.own(place) !== undefined) return { kind: 'yes' };
          return once(`own ${place.account}`, () => tryOwn(identity, place));
      }
    },
  };
}

async function tryOwn(identity: Identity, place: Place): Promise<Assumable> {
  const check = await identity.verify(place);
  switch (check.kind) {
    case 'agrees':
      return { kind: 'yes' };
    case 'differs':
      return { kind: 'no', why: `the bot's own credentials belong to account ${check.actual}` };
    case 'unknown':
      return { kind: 'unknown', why: check.message };
  }
}

/** A trust policy may demand a source identity, as the session of an action carries one. */
async function tryRole(role: Role): Promise<Assumable> {
  const refused = await tried(role, WISH);
  if (refused === undefined) return { kind: 'yes' };
  if (refused.denied && (await tried(role, { ...WISH, SourceIdentity: WISH.RoleSessionName })) === undefined)
    return { kind: 'yes' };
  return { kind: refused.denied ? 'no' : 'unknown', why: refused.message };
}

async function tried(role: Role, wish: SessionWish): Promise<CredentialsUnavailable | undefined> {
  try {
    await assumeRole(role, wish);
    return undefined;
  } catch (error) {
    return notAssumed(role, error);
  }
}
