/** What the key was like and what differed, in the report: policies stand whole in the files beside it. */
import type { Evidence } from '../../../domain/evidence.ts';
import type { ComparisonEvidence, ShapeEvidence } from '../../../domain/evidence-shape.ts';
import { type KeyRef, parseKeyArn } from '../../../domain/ids.ts';
import { at, code, learned, pairs, paragraphs, table } from './markdown.ts';
import { restoreCommands } from './restore-commands.ts';

const MOST_GRANTS = 40;

/** Empty for what is no key. */
export function shapeSection({ shapes, subject }: Evidence): string {
  if (shapes === undefined || subject.kind !== 'key') return '';
  const key = parseKeyArn(subject.arn);
  const columns = [shapes.lastGood, shapes.opening];
  const cell = (draw: (shape: ShapeEvidence) => string): readonly string[] =>
    columns.map((shape) => learned(shape, draw));
  return paragraphs([
    '## What the key was like',
    table(
      ['Part', 'Last good', 'When this round opened'],
      [
        ['Taken', ...cell(({ takenAt }) => at(takenAt))],
        ['State', ...cell(({ state }) => code(state))],
        ['Aliases', ...cell(({ aliases }) => learned(aliases, (list) => code(list.join(', ') || 'none')))],
        [
          'Tags',
          ...cell(({ tags }) => learned(tags, (list) => (Object.keys(list).length === 0 ? 'none' : pairs(list)))),
        ],
        ['Grants', ...cell(({ grants }) => learned(grants, ({ listed, more }) => String(listed.length + more)))],
        ['Key policy', ...cell(({ policy }) => learned(policy, (text) => `${text.length} characters`))],
        [
          'Rotation',
          ...cell(({ rotation }) => (rotation === undefined ? 'none' : learned(rotation, (one) => pairs({ ...one })))),
        ],
      ],
    ),
    ...columns.slice(0, 1).map((shape) => learned(shape, grantLines)),
    learned(shapes.comparison, (comparison) => comparisonWords(comparison, key)),
  ]);
}

function grantLines({ grants }: ShapeEvidence): string {
  if (grants.kind === 'unknown') return '';
  const { listed, more } = grants.value;
  const left = listed.length - MOST_GRANTS + more;
  return [
    ...listed
      .slice(0, MOST_GRANTS)
      .map(
        ({ id, grantee, operations }) => `- grant ${code(id, 80)} to ${code(grantee)}: ${code(operations.join(', '))}`,
      ),
    ...(left > 0 ? [`- and ${left} more`] : []),
  ].join('\n');
}

function comparisonWords(comparison: ComparisonEvidence, key: KeyRef | undefined): string {
  const { differences, more, unsure, against, checkedAt, accepted } = comparison;
  const head = `Compared ${at(checkedAt)} with ${against.kind === 'lastGood' ? 'last good' : 'how it was when this round opened'} of ${at(against.takenAt)}: ${differences.length + more === 0 ? 'nothing that could be compared differs' : `${differences.length + more} differ`}.`;
  const lines = differences.flatMap((difference) => [
    `- ${pairs({ ...difference })}`,
    ...(key === undefined ? [] : restoreCommands(difference, key)).map((command) => `  - back: ${code(command, 900)}`),
  ]);
  return [
    head,
    '',
    ...lines,
    ...unsure.map(({ part, why }) => `- ${code(part)} could not be compared: ${code(why)}`),
    ...(accepted === undefined ? [] : [`- accepted as it is by ${code(accepted.by.user)} at ${at(accepted.at)}`]),
  ].join('\n');
}
