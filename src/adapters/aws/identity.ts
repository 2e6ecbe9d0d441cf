/** Who we are: does a place's read identity belong to its account, and is an actor of CloudTrail one of us. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Ours } from '../../domain/echo.ts';
import { type Place, placeName } from '../../domain/ids.ts';
import type { IdentityCheck } from '../../ports.ts';
import type { Clients } from './clients.ts';
import { bounded } from './deadline.ts';
import { classify } from './failures.ts';
import type { AwsOptions } from './options.ts';

export interface Identity {
  /** GetCallerIdentity with the read credentials, in the place's Region. Never rejects. */
  verify(place: Place): Promise<IdentityCheck>;
  /** The ARN `verify` met in the place last; `undefined`: none that belongs there. */
  own(place: Place): string | undefined;
  /** Configured roles in any session, and every identity `verify` has met. */
  isOurs(actor: { readonly arn?: string; readonly issuerArn?: string }): Ours;
}

export function createIdentity(options: AwsOptions, clients: Clients): Identity {
  const roles = new Set<string>();
  const selves = new Set<string>();
  const met = new Map<string, string>();
  for (const account of options.accounts) {
    for (const role of Object.values(account.roles ?? {})) {
      if (role !== undefined) roles.add(principalOf(role));
    }
  }
  return {
    verify: async (place) => {
      try {
        const command = new GetCallerIdentityCommand({});
        const answer = await bounded(options.timeouts.request, undefined, (abortSignal) =>
          clients.sts(place).send(command, { abortSignal }),
        );
        if (answer.Account === undefined || answer.Arn === undefined) {
          return { kind: 'unknown', message: 'STS answered without an account' };
        }
        if (answer.Account !== place.account) {
          return { kind: 'differs', expected: place.account, actual: answer.Account };
        }
        selves.add(principalOf(answer.Arn));
        met.set(placeName(place), answer.Arn);
        return { kind: 'agrees', arn: answer.Arn };
      } catch (error) {
        const failure = classify(error, 'sts:GetCallerIdentity');
        if (failure.kind === 'credentials') clients.forgetReading(place);
        return { kind: 'unknown', message: failure.message };
      }
    },
    own: (place) => met.get(placeName(place)),
    isOurs: ({ arn, issuerArn }) => {
      const names = [arn, issuerArn].filter((name) => name !== undefined).map(principalOf);
      if (names.some((name) => roles.has(name))) return 'role';
      return names.some((name) => selves.has(name)) ? 'self' : false;
    },
  };
}

const ROLE = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;
const SESSION = /^arn:[a-z-]+:sts::(\d{12}):assumed-role\/([^/]+)\/.+$/;

/**
 * A role is one principal in all its sessions. A session's ARN lacks the role's path; names are unique in an account, so
 * account and name suffice. Other identities are their ARN.
 */
function principalOf(arn: string): string {
  const [, account, name] = ROLE.exec(arn) ?? SESSION.exec(arn) ?? [];
  return account === undefined ? arn : `${account} ${name}`;
}
