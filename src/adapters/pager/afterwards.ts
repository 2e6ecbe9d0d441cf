/** What the pager says when a call is over: how it ended, and what that leaves to do. */
import type { Page } from '../../domain/page.ts';
import type { PageOutcome } from '../../domain/page-outcome.ts';
import type { PageCall } from '../../ports.ts';
import { clean } from './headline.ts';
import { reimporting } from './reimporting.ts';

/** What an end leaves to do. */
export function afterwards({ page, outcome }: PageCall): readonly string[] {
  if (outcome === undefined || outcome === 'restored')
    return page.keys === undefined
      ? ['Nothing is left to do.']
      : [`None of the ${page.keys} keys is in danger any more. Nothing is left to do.`];
  const key = keyLine(page);
  const words = page.keys === undefined ? leftOf(page, outcome) : waveAfterwards(page, page.keys, outcome);
  return [...(key === '' ? [] : [key]), '', ...words];
}

/** The same of one key. */
function leftOf(page: Page, outcome: Exclude<PageOutcome, 'restored'>): readonly string[] {
  if (outcome === 'deleted') return deletedWords(page);
  if (outcome !== 'passed' || !page.expires) return AFTERWARDS[outcome];
  return [
    'Every call with this key fails now. Whoever holds the material imports exactly the same again; that restores everything:',
    ...reimporting(page),
  ];
}

/** The worst of all ends is told: of what was deleted, else of the key that stands worst now, which need not be the one called for. */
function waveAfterwards(page: Page, keys: number, outcome: Exclude<PageOutcome, 'restored'>): readonly string[] {
  if (outcome === 'deleted')
    return [
      `KMS has deleted one or more of the ${keys} keys, and nobody can bring those back. The card of the wave in Slack says which, and`,
      'how the others stand.',
    ];
  if (outcome === 'memberDeleted')
    return [
      `KMS has deleted one or more of the ${keys} keys; other keys of their families may hold the same material. The card of the wave in`,
      'Slack says which: look for the same key id in the other Regions, and cancel its deletion there.',
    ];
  return [
    `The card of the wave in Slack says how each of the ${keys} keys stands. Of the worst of those that are left:`,
    ...leftOf(page, outcome),
  ];
}

export const keyLine = ({ key, name, keys }: Page): string => {
  if (key === undefined) return '';
  const one = `${name === undefined ? '' : `${clean(name)}  `}${key}`;
  return keys === undefined ? `Key: ${one}` : `Keys: ${keys} of one wave; the one that stood worst: ${one}`;
};

/** What is lost with a key that does not encrypt, by its KeyUsage. */
const LOST: ReadonlyMap<string, string> = new Map([
  ['SIGN_VERIFY', 'nothing can be signed with it any more'],
  ['GENERATE_VERIFY_MAC', 'no MAC can be made or verified with it any more'],
  ['KEY_AGREEMENT', 'no shared secret can be derived with it any more'],
]);

const deletedWords = ({ usage = '' }: Page): readonly string[] => [
  `KMS has deleted the key, and nobody can bring it back: ${LOST.get(usage) ?? 'what only this key can decrypt stays encrypted'}. Who used it, and`,
  'what was tried, stands in the report in the thread of its card.',
];

const AFTERWARDS: Readonly<Record<Exclude<PageOutcome, 'restored' | 'deleted'>, readonly string[]>> = {
  acknowledged: [
    'Somebody in Slack has acknowledged it; its card says who, and until when. Nothing else has changed: if it stays',
    'undecided, this call comes again.',
  ],
  planned: ['Two people agreed that it goes: the plan on its card has the ticket. The deletion has not been stopped.'],
  cancelled: ['The key is not deleted any more, but it cannot be used before it is enabled: its card has the button.'],
  rescheduled: ['Its countdown begins anew, with reminders and calls of its own. The card has the date.'],
  memberDeleted: [
    'KMS has deleted this key of a multi-Region family. Every key of the family holds the same material: nothing is lost as long as',
    'one of them exists. Look for the same key id in the other Regions, and cancel its deletion there: its card says what is known.',
  ],
  passed: [
    'Whether anything was lost, no call to KMS tells. Bring the key back all the same: what is still there can be used again then.',
    'Its card names whom it hurts, and what to do for each.',
  ],
  other: ['Its card in Slack says how it stands. If there is none, look at the key itself.'],
};
