/** The Home tab: who I am, what waits for me, what dies first. Drawn for whoever opens it or does something in it. */
import { FIRST_PAGE, homeAfter, isSaid, type KeptHome, PAGE_SIZE } from '../domain/home.ts';
import { type AccountId, type Person, samePerson } from '../domain/ids.ts';
import { type Incident, keyOfIncident, waitingApproval } from '../domain/incident.ts';
import type { HomeBoard, HomeTab, HomeTurn, MemberHome, Whisper } from '../domain/interaction.ts';
import { judge, type Role, type Standing } from '../domain/policy.ts';
import type { Chat, HomeDrawn } from '../ports.ts';
import type { House } from './house.ts';
import { scopeOf } from './judgement.ts';

/** Requests that are looked at for one tab; it shows fewer, and counts the others. */
const MOST_WAITING = 100;
/** How long drawings that nobody asked for rest when Slack cannot say who somebody is, ms. */
const REST = 10_000;
/** Roles whose holders are asked for a code somewhere. */
const GIVING_CODES: readonly Role[] = ['responder', 'approver', 'admin'];

/** Somebody opened the tab, or did something in it. */
export async function actAtHome(house: House, person: Person, turn: HomeTurn): Promise<void> {
  await house.homes.change(person, homeAfter(await house.homes.get(person), turn, house.clock.now()));
  await showHome(house, person);
}

/** Draws it for one person, as Slack and the record say now. `unasked`: only if it would say something else than before. */
export async function showHome(house: House, person: Person, unasked = false): Promise<HomeDrawn> {
  const { home, draw, changes } = await house.homes.begin(person, house.clock.now());
  const standing = await house.people.standing(person, 'cached');
  const tab = await tabOf(house, standing, home);
  if (tab.sight === 'notMember') await house.homes.forget(person);
  const drawn = await drawTab(house, person, tab, unasked ? { shown: home?.digest } : undefined);
  const known = tab.sight !== 'unknown' && drawn.kind !== 'silent';
  await house.homes.drawn(person, { draw, changes, ...(known ? { digest: drawn.digest } : {}) });
  return drawn;
}

/** A tab in which all was well is not emptied because Slack is silent for a moment. */
const drawTab = (
  house: House,
  person: Person,
  tab: HomeTab,
  before: { readonly shown: string | undefined } | undefined,
): Promise<HomeDrawn> =>
  before !== undefined && tab.sight === 'unknown'
    ? Promise.resolve({ kind: 'silent', retryAfter: REST })
    : house.chat.home(person, tab, before?.shown);

async function tabOf(house: House, standing: Standing, home: KeptHome | undefined): Promise<HomeTab> {
  const { account, held, person, unsure } = standing;
  if (account === 'unknown') return { sight: 'unknown' };
  if (account !== 'member') return { sight: 'notMember' };
  const said = home?.said !== undefined && isSaid(home.said, house.clock.now()) ? { said: home.said } : {};
  const board = await boardOf(house, home);
  return {
    sight: 'member',
    person,
    roles: held,
    ...(unsure === undefined ? {} : { unsure: unsure.message }),
    codes: await codesOf(house, standing),
    ...said,
    requests: await requestsFor(house, standing),
    board,
  };
}

async function codesOf(house: House, { person, held }: Standing): Promise<MemberHome['codes']> {
  if (await house.stepUp.isEnrolled(person)) return 'setUp';
  const asked = house.settings.destructive || house.settings.approvals.breakGlass;
  return asked && held.some(({ role }) => GIVING_CODES.includes(role)) ? 'missing' : 'notNeeded';
}

/** The chosen page, or the last one there is. */
async function boardOf(house: House, home: KeptHome | undefined): Promise<HomeBoard> {
  const accounts = [...new Set(house.keys.places().map(({ account }) => account))];
  const chosen = accounts.find((account: AccountId) => account === home?.account);
  const account = chosen === undefined ? {} : { account: chosen };
  const pageAt = async (page: number): Promise<HomeBoard> => ({
    accounts,
    ...account,
    page,
    ...(await house.incidents.board({ ...account, offset: page * PAGE_SIZE, limit: PAGE_SIZE })),
  });
  const wanted = await pageAt(home?.page ?? FIRST_PAGE);
  const last = Math.max(FIRST_PAGE, Math.ceil(wanted.total / PAGE_SIZE) - 1);
  return wanted.page <= last ? wanted : pageAt(last);
}

async function requestsFor(house: House, standing: Standing): Promise<MemberHome['requests']> {
  const found: MemberHome['requests'][number][] = [];
  for (const incident of await house.incidents.waiting(MOST_WAITING)) {
    const approval = waitingApproval(incident);
    if (approval === undefined) continue;
    const mine = samePerson(approval.by, standing.person);
    const agreed = approval.agreements.some(({ by }) => samePerson(by, standing.person));
    if (mine || (!agreed && (await mayDecide(house, standing, incident)))) found.push({ incident, approval, mine });
  }
  return found;
}

async function mayDecide(house: House, standing: Standing, incident: Incident): Promise<boolean> {
  const key = keyOfIncident(incident);
  if (key === undefined || !standing.held.some(({ role }) => role === 'approver')) return false;
  const verdict = judge({
    act: 'approve',
    standing,
    scope: await scopeOf(house, [standing], key, incident, 'cached'),
    circumstances: { destructive: true, breakGlass: false, prior: incident.prior, earlierDisables: 0 },
    now: house.clock.now(),
  });
  return verdict.kind === 'allowed';
}

/** What was pressed at home came to nothing, and no window can say so any more: the tab does, soon. */
export async function tellAtHome(house: House, person: Person, words: Whisper): Promise<void> {
  await house.homes.say(person, { words, at: house.clock.now() });
  await house.homes.owe(person);
}

/** Where there is no channel to whisper in, it was pressed at home. */
export const whisperingAtHome = (chat: Chat, house: () => House): Chat => ({
  ...chat,
  async whisper(channel, person, words) {
    if (channel !== '') return chat.whisper(channel, person, words);
    const { log } = house();
    await tellAtHome(house(), person, words).catch((error: unknown) =>
      log.warn({ error }, 'a person could not be told'),
    );
  },
});
