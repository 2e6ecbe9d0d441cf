/** Asking Slack who somebody is and which groups they are in, each answer kept for half a minute. */
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Barred } from '../../domain/policy.ts';
import type { Clock } from '../../ports.ts';
import { classify, errorNameOf } from './classify.ts';

export interface Profile {
  readonly team: string | undefined;
  readonly enterprise: string | undefined;
  readonly name: string;
  /** Everything else Slack calls them, handle and display name among it. */
  readonly names: readonly string[];
  /** Why this account may never act, whatever its role. */
  readonly barred: Barred | undefined;
}

export type Answer<T> =
  | { readonly kind: 'known'; readonly value: T }
  /** `lacking`: this Slack cannot answer at all (a missing scope, plan or method); it will not help to ask again. */
  | { readonly kind: 'unknown'; readonly lacking: boolean; readonly message: string };

/** `live`: past the answers that are kept; what Slack says then is kept anew. */
export type Freshness = 'cached' | 'live';

export interface Directory {
  profile(user: string, freshness: Freshness): Promise<Answer<Profile | 'noSuchUser'>>;
  /** Members of a user group. */
  group(id: string, freshness: Freshness): Promise<Answer<readonly string[]>>;
}

/** `users.info` allows about 100 calls a minute, `usergroups.users.list` about 20. */
const KEEP: Duration = 30_000;
const MOST_KEPT = 2_000;

const LACKING = ['missing_scope', 'unknown_method', 'plan_upgrade_required', 'paid_teams_only', 'method_not_supported'];
const NO_USER = ['user_not_found', 'users_not_found', 'user_not_visible'];

const UserSchema = z.object({
  user: z.object({
    name: z.string().optional(),
    real_name: z.string().optional(),
    profile: z.object({ display_name: z.string().optional() }).optional(),
    team_id: z.string().optional(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    enterprise_user: z.object({ enterprise_id: z.string().optional() }).optional(),
  }),
});
const GroupSchema = z.object({ users: z.array(z.string()) });

/** Builds the directory; it asks only when asked. */
export function createDirectory(client: WebClient, clock: Clock): Directory {
  const profiles = kept<Profile | 'noSuchUser'>(clock);
  const groups = kept<readonly string[]>(clock);
  return {
    profile: (user, freshness) => profiles(user, freshness, () => askProfile(client, user)),
    group: (id, freshness) => groups(id, freshness, () => askGroup(client, id)),
  };
}

async function askProfile(client: WebClient, user: string): Promise<Answer<Profile | 'noSuchUser'>> {
  try {
    const { user: info } = UserSchema.parse(await client.users.info({ user }));
    const barred = barredBy(info);
    const name = info.real_name || info.name || user;
    const names = [info.name, info.real_name, info.profile?.display_name].filter(
      (one): one is string => one !== undefined && one !== '',
    );
    return {
      kind: 'known',
      value: { team: info.team_id, enterprise: info.enterprise_user?.enterprise_id, name, names, barred },
    };
  } catch (error) {
    const named = errorNameOf(error);
    if (named !== undefined && NO_USER.includes(named)) return { kind: 'known', value: 'noSuchUser' };
    return unknownOf(error);
  }
}

function barredBy(user: z.infer<typeof UserSchema>['user']): Barred | undefined {
  if (user.deleted) return 'deactivated';
  if (user.is_bot) return 'bot';
  if (user.is_stranger) return 'stranger';
  return user.is_restricted || user.is_ultra_restricted ? 'guest' : undefined;
}

async function askGroup(client: WebClient, id: string): Promise<Answer<readonly string[]>> {
  try {
    return { kind: 'known', value: GroupSchema.parse(await client.usergroups.users.list({ usergroup: id })).users };
  } catch (error) {
    // A group that was deleted has no members.
    if (errorNameOf(error) === 'no_such_subteam') return { kind: 'known', value: [] };
    return unknownOf(error);
  }
}

function unknownOf(error: unknown): Answer<never> {
  const named = errorNameOf(error);
  if (named !== undefined) return { kind: 'unknown', lacking: LACKING.includes(named), message: named };
  if (error instanceof z.ZodError) return { kind: 'unknown', lacking: false, message: 'an answer that is not Slack’s' };
  const failure = classify(error);
  return { kind: 'unknown', lacking: false, message: 'message' in failure ? failure.message : failure.kind };
}

type Kept<T> = (id: string, freshness: Freshness, ask: () => Promise<Answer<T>>) => Promise<Answer<T>>;

/** Keeps answers, not failures, for a short while. */
function kept<T>(clock: Clock): Kept<T> {
  const answers = new Map<string, { readonly answer: Answer<T>; readonly at: Instant; readonly question: number }>();
  let questions = 0;
  return async (id, freshness, ask) => {
    const askedAt = clock.now();
    const before = answers.get(id);
    const age = before === undefined ? KEEP : askedAt - before.at;
    if (freshness === 'cached' && before !== undefined && age >= 0 && age < KEEP) return before.answer;
    questions += 1;
    const question = questions;
    const answer = await ask();
    // A question asked later and answered sooner knows better than this one.
    if ((answers.get(id)?.question ?? 0) > question) return answer;
    answers.delete(id);
    // As old as the question: Slack may have looked long before its answer arrived.
    if (answer.kind === 'known') answers.set(id, { answer, at: askedAt, question });
    const oldest = answers.keys().next().value;
    if (answers.size > MOST_KEPT && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}
