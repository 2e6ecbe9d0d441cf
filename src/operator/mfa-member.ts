/** Whether a Slack member may have codes at all, as Slack says right now. */
import { createSlackClient } from '../adapters/slack/client.ts';
import { createIdentity, type Home } from '../adapters/slack/identity.ts';
import { createDirectory, type Profile } from '../adapters/slack/membership.ts';
import type { Person } from '../domain/ids.ts';
import type { Barred } from '../domain/policy.ts';
import type { Clock } from '../ports.ts';

export type Member =
  | { readonly kind: 'member'; readonly person: Person; readonly name: string }
  /** A sentence: why not, and what to do. */
  | { readonly kind: 'refused'; readonly why: string };

export interface SlackAccess {
  readonly token: string;
  readonly apiUrl?: string;
  readonly clock: Clock;
}

/** Two calls: `auth.test` says which workspace is ours, `users.info` who this is. `user`: a member id. */
export async function findMember({ token, apiUrl, clock }: SlackAccess, user: string): Promise<Member> {
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const client = createSlackClient({ token, log, ...(apiUrl === undefined ? {} : { apiUrl }) });
  const identity = createIdentity(client, clock, log);
  const [home, profile] = await Promise.all([identity.get(), createDirectory(client, clock).profile(user, 'live')]);
  if (home === undefined) {
    const { reason } = await identity.state();
    return refused(`Slack does not confirm SLACK_BOT_TOKEN (${reason}). Check the token and the way to Slack`);
  }
  if (profile.kind === 'unknown') {
    const scope = profile.lacking ? 'The app needs the scope users:read' : 'Check the way to Slack, and try again';
    return refused(`Slack does not say who ${user} is (${profile.message}). ${scope}`);
  }
  if (profile.value === 'noSuchUser') return refused(`${user}: ${WORDS.noSuchUser}`);
  const barred = isAtHome(home, profile.value) ? profile.value.barred : 'otherWorkspace';
  if (barred !== undefined) return refused(`${user}: ${WORDS[barred]}`);
  const { team = home.team, name } = profile.value;
  return { kind: 'member', person: { enterprise: home.enterprise, team, user }, name };
}

/** On Enterprise Grid a colleague from another workspace of the same organisation is one of us. */
const isAtHome = (home: Home, { team, enterprise }: Profile): boolean =>
  team === undefined || team === home.team || (home.enterprise !== '' && enterprise === home.enterprise);

const refused = (why: string): Member => ({ kind: 'refused', why: `${why}. Nobody was enrolled.` });

const WORDS: Readonly<Record<Barred, string>> = {
  guest: 'this is a guest of the workspace, and guests may approve nothing. Make the account a full member first',
  stranger: 'this is somebody from another organisation, who may approve nothing here',
  otherWorkspace: 'this is somebody from another workspace, who may approve nothing here',
  bot: 'this is a bot, and codes are for people',
  deactivated: 'this account is deactivated in Slack. Remove an earlier enrolment with "mfa remove"',
  noSuchUser: 'Slack knows no such member. Copy the member id from the person’s Slack profile (⋮ → Copy member ID)',
};
