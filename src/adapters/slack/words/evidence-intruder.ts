/** Evidence in Markdown: what else the person behind it did, and how to stop them. */
import type { IntruderEvidence } from '../../../domain/evidence-intruder.ts';
import { personLine } from './evidence-deeds.ts';
import { at, code, paragraphs, table } from './markdown.ts';
import { revocationOf } from './revoke.ts';

export function intruderSection(intruder: IntruderEvidence | undefined): string {
  if (intruder === undefined) return '';
  const { actor, groups, uncovered, uncoveredCount, unsearched, unsearchedCount, placesCut, said } = intruder;
  return paragraphs([
    '## What else the person behind it did',
    `CloudTrail's event history was searched for ${code(actor.arn ?? actor.type)} at ${at(intruder.lookedAt)}, from ${at(intruder.from)} on, in ${intruder.placesSearched} places. The history lags, by 25 to 85 minutes by one public measurement: ${intruder.nextLookAt === undefined ? 'it was looked at for the last time' : `it is looked at again from ${at(intruder.nextLookAt)} on`}.`,
    'What this incident is about is among them, as is what other incidents of the same principal have learnt of.',
    said === undefined
      ? ''
      : `${personLine(said.by)}, who acts under that name, said at ${at(said.at)} that it ${said.wasMe ? 'was' : 'was NOT'} them.`,
    table(
      ['What', 'As known'],
      [
        ['KMS calls found', String(intruder.count)],
        ['Of these by the name alone, in other accounts', String(intruder.byName)],
        ['First and last', `${moment(intruder.firstAt)}, ${moment(intruder.lastAt)}`],
        ['Access key ids', list(intruder.accessKeyIds)],
        ['Source identities', list(intruder.sourceIdentities)],
        ['Addresses', list(intruder.addresses)],
        ['User agents', list(intruder.userAgents)],
        ['MFA', code(intruder.mfa)],
        [
          'Other services',
          intruder.elsewhere.length === 0
            ? 'none found'
            : intruder.elsewhere.map(({ service, count }) => `${code(service)} ${count}`).join(', '),
        ],
      ],
    ),
    groups.length === 0
      ? 'No KMS call was found, which is no proof that there was none.'
      : table(
          ['Operation', 'Calls', 'Refused', 'Errors', 'Last', 'Keys'],
          groups.map(({ operation, count, refused, errors, lastAt, keys, keyCount }) => [
            code(operation),
            String(count),
            String(refused),
            list(errors),
            at(lastAt),
            `${list(keys)}${keyCount > keys.length ? ` and ${keyCount - keys.length} more` : ''}`,
          ]),
        ),
    intruder.otherOperations === 0 ? '' : `${intruder.otherOperations} more operations are left out.`,
    uncoveredCount === 0
      ? 'Every key that was found to be touched dangerously has, or had, an incident.'
      : `Touched dangerously, and no incident is about it (${uncoveredCount}):`,
    uncovered.map(
      ({ key, operation, at: when, error }) =>
        `- ${code(key)}: ${code(operation)} at ${at(when)}${error === undefined ? '' : `, refused: ${code(error)}`}`,
    ),
    unsearchedCount === 0 ? '' : `Not searched, and so not known (${unsearchedCount}):`,
    unsearched.map(({ place, why }) => `- ${code(place.account)} ${code(place.region)}: ${code(why)}`),
    placesCut.length === 0
      ? ''
      : `Older calls than were looked at: ${placesCut.map(({ account, region }) => `${code(account)} ${code(region)}`).join(', ')}.`,
    ...revocation(intruder),
  ]);
}

/** As of the look: sessions that began later are not ended by it. */
function revocation({ actor, lookedAt }: IntruderEvidence): readonly (string | readonly string[])[] {
  const { commands, notes } = revocationOf(actor, Date.parse(lookedAt));
  return ['### How to stop them', commands.length === 0 ? '' : ['```', ...commands, '```'], ...notes];
}

const moment = (when: string | undefined): string => (when === undefined ? 'none' : at(when as never));
const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.map((name) => code(name)).join(', ');
