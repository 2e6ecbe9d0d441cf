/**
 * The one line of a call. A telephone cuts it, and SNS takes less than 100 characters: first what is so and until when, then the
 * key, shortened in its middle, for beginning and end tell keys apart; then its account, where there is room.
 */
import type { Page } from '../../domain/page.ts';
import type { PageOutcome } from '../../domain/page-outcome.ts';
import type { PageCall } from '../../ports.ts';

const MOST_SUBJECT = 99;
const MOST_SUMMARY = 200;
/** Shorter, a name says nothing. */
const LEAST_NAME = 12;

/** One sentence, without a full stop. */
export const summaryOf = (call: PageCall): string => headlineOf(call, MOST_SUMMARY);

/** One line of printable ASCII, under 100 characters. */
export function subjectOf(call: PageCall): string {
  const from = 'Keywarden: ';
  return `${from}${headlineOf(call, MOST_SUBJECT - from.length)}`.replace(/[^ -~]/g, '?');
}

/** What is so, and of which key where the sentence needs one; at most `most` characters. */
function headlineOf({ page, status, outcome }: PageCall, most: number): string {
  const { said, ofKey } = status === 'open' ? openingOf(page) : endingOf(page, outcome);
  if (!ofKey) return shortened(said, most);
  const name = shortened(clean(page.name ?? page.key?.split('/').at(-1) ?? 'not known yet'), nameRoom(said, most));
  const account = page.account === undefined ? '' : ` (${page.account})`;
  const line = `${said}: ${name}`;
  return line.length + account.length <= most ? `${line}${account}` : line;
}

const nameRoom = (said: string, most: number): number => Math.max(LEAST_NAME, most - said.length - 2);

interface Said {
  readonly said: string;
  readonly ofKey: boolean;
}
const alone = (said: string): Said => ({ said, ofKey: false });
const ofKey = (said: string): Said => ({ said, ofKey: true });

function openingOf(page: Page): Said {
  switch (page.kind) {
    case 'lastDay':
      if (page.keys !== undefined) return ofKey(waveOpening(page, page.keys));
      return ofKey(
        page.lossAt === undefined
          ? page.replicas === undefined
            ? `KMS key dies after ${minute(page.deletionDate)}, nobody on it`
            : `Replicas of KMS key gone after ${minute(page.deletionDate)}, nobody on it`
          : page.expires
            ? `Imported material expires ${minute(page.lossAt)}, nobody on KMS key`
            : `Data may be lost after ${minute(page.lossAt)}, nobody on KMS key`,
      );
    case 'unposted':
      return alone(`Slack has not taken Keywarden's messages since ${minute(page.at)}`);
    case 'tokenRevoked':
      return alone("Slack refuses Keywarden's bot token");
    case 'ownRole':
      return ofKey('A role of Keywarden acted without Keywarden on KMS key');
    case 'ownKey':
      return ofKey('In danger, and Keywarden itself depends on it: KMS key');
    case 'unreadable':
      return alone(`AWS account ${placeOf(page)} cannot be read`);
    case 'sweepStopped':
      return alone(`Keywarden has not looked at its keys since ${minute(page.at)}`);
    case 'processStopped':
      return alone('A process of Keywarden stopped without saying goodbye');
    case 'test':
      return alone('This is a test of the pager');
  }
}

function endingOf(page: Page, outcome: PageOutcome | undefined): Said {
  switch (page.kind) {
    case 'lastDay':
      if (page.keys !== undefined) return waveEnding(page, page.keys, outcome ?? 'other');
      if (page.replicas !== undefined && page.lossAt === undefined && outcome === 'rescheduled')
        return ofKey('Its replicas are gone or have another date, still dying: KMS key');
      return ofKey(lastDayEnds(page)[outcome ?? 'other']);
    case 'unposted':
      return alone("Slack takes Keywarden's messages again");
    case 'tokenRevoked':
      return alone("Slack takes Keywarden's bot token again");
    case 'ownRole':
      if (outcome === 'deleted' || outcome === 'memberDeleted') return ofKey(LAST_DAY_ENDS[outcome]);
      return ofKey(
        outcome === 'acknowledged'
          ? 'Somebody has seen that a role acted without Keywarden on KMS key'
          : 'Not called for any more: a role acted without Keywarden on KMS key',
      );
    case 'ownKey':
      return ofKey(OWN_KEY_ENDS[outcome ?? 'other']);
    case 'unreadable':
      return alone(`AWS account ${placeOf(page)} can be read again`);
    case 'sweepStopped':
      return alone('Keywarden looks at its keys again');
    case 'processStopped':
      return alone('A process of Keywarden stopped without saying goodbye');
    case 'test':
      return alone('The test of the pager is over');
  }
}

const LAST_DAY_ENDS: Readonly<Record<PageOutcome, string>> = {
  restored: 'KMS key is out of danger',
  acknowledged: 'Somebody has it in hand, its deletion stands: KMS key',
  planned: 'Meant, an approver agreed, its deletion stands: KMS key',
  cancelled: 'Deletion cancelled, not usable yet: KMS key',
  rescheduled: 'Another deletion date than was called for: KMS key',
  deleted: 'LOST, KMS has deleted the key',
  memberDeleted: 'One key of a family deleted, others may live: KMS key',
  passed: 'Nobody came in time: KMS key',
  other: 'Not called for any more, look at its card: KMS key',
};

/** Its deletion need not be what was called for. */
const LOSS_ENDS: Readonly<Record<PageOutcome, string>> = {
  ...LAST_DAY_ENDS,
  acknowledged: 'Somebody has it in hand, data may still be lost: KMS key',
  planned: 'Meant, an approver agreed, data may still be lost: KMS key',
  rescheduled: 'Data may be lost at another time than was called for: KMS key',
  passed: 'Nobody came, data may be lost already: KMS key',
};

/** Nothing is lost by an expiry. */
const EXPIRY_ENDS: Readonly<Record<PageOutcome, string>> = {
  ...LAST_DAY_ENDS,
  acknowledged: 'Somebody has it in hand, its material still expires: KMS key',
  planned: 'Meant, an approver agreed, its material still expires: KMS key',
  rescheduled: 'Its material expires at another time than was called for: KMS key',
  passed: 'Imported material has expired, nobody came: KMS key',
};

const lastDayEnds = ({ lossAt, expires }: Page): Readonly<Record<PageOutcome, string>> =>
  lossAt === undefined ? LAST_DAY_ENDS : expires ? EXPIRY_ENDS : LOSS_ENDS;

/** The key that is named is the one that stands worst, and the moment is its own. */
function waveOpening({ lossAt, deletionDate, expires, replicas }: Page, keys: number): string {
  if (lossAt !== undefined)
    return `${keys} KMS keys: ${expires ? 'material expires' : 'data may be lost after'} ${minute(lossAt)}, nobody on it`;
  const worst = replicas === undefined ? 'the worst' : 'replicas of the worst';
  return `${keys} KMS keys die, nobody on them, ${worst} after ${minute(deletionDate)}`;
}

function waveEnding({ lossAt, expires }: Page, keys: number, outcome: PageOutcome): Said {
  const of = `${keys} KMS keys`;
  const what =
    lossAt === undefined ? 'their deletion stands' : expires ? 'material still expires' : 'data may still be lost';
  const passed = lossAt === undefined ? ' in time' : expires ? ', material has expired' : ', data may be lost already';
  switch (outcome) {
    case 'restored':
      return ofKey(`${of} are out of danger, the worst was`);
    case 'acknowledged':
      return ofKey(`Somebody has them in hand, ${what}: ${of}`);
    case 'planned':
      return ofKey(`Meant, an approver agreed, ${what}: ${of}`);
    case 'cancelled':
      return ofKey(`Deletion cancelled, not usable yet, of ${of}`);
    case 'rescheduled':
      return ofKey(`Another ${lossAt === undefined ? 'deletion date' : 'moment'} than was called for: ${of}`);
    case 'deleted':
      // Which of them is gone need not be the one that was called for.
      return alone(`LOST, KMS has deleted keys of a wave: ${of} were called for`);
    case 'memberDeleted':
      return alone(`KMS has deleted keys of families, others may live: ${of} were called for`);
    case 'passed':
      return ofKey(`Nobody came${passed}: ${of}`);
    case 'other':
      return ofKey(`Not called for any more, look at the card: ${of}`);
  }
}

/** Its danger need not have been a deletion. */
const OWN_KEY_ENDS: Readonly<Record<PageOutcome, string>> = {
  ...LAST_DAY_ENDS,
  acknowledged: 'Somebody has it in hand, still in danger: key Keywarden depends on',
};

export const placeOf = ({ account, region }: Page): string =>
  [account, region].filter((part) => part !== undefined).join(' in ');

const MOST_DETAIL = 600;

/** Words from outside: one line, no control or invisible characters, cut. */
export const clean = (text: string, most = MOST_DETAIL): string =>
  cut(
    text
      .toWellFormed()
      .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
      .replace(/\s+/gu, ' ')
      .trim(),
    most,
  );

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 3)}...`.toWellFormed();

/** Without its middle: where keys share a prefix, the end names them. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = most - 3;
  return `${text.slice(0, Math.floor(kept / 2))}...${text.slice(text.length - Math.ceil(kept / 2))}`.toWellFormed();
}

/** Rounded down: a deadline is never named later than it is. */
const minute = (at: number | undefined): string =>
  at === undefined ? 'an unknown time' : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
