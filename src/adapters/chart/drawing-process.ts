/** The process of one drawing: is told the chart's facts, answers with the picture or with why there is none, and is ended. */
import type { CountdownChart } from '../../domain/countdown-chart.ts';
import type { Picture } from './drawing.ts';

export type Answer =
  | { readonly kind: 'drawn'; readonly picture: Picture }
  | { readonly kind: 'failed'; readonly reason: string };

process.once('message', async (chart: CountdownChart) => {
  process.send?.(await answerTo(chart));
});
// Who asked has the answer, or is gone. Ending by itself could overtake the answer on its way.
process.once('disconnect', () => process.exit());

async function answerTo(chart: CountdownChart): Promise<Answer> {
  try {
    // Here and not at the head: a package that is missing is an answer too.
    const { drawingOf } = await import('./drawing.ts');
    return { kind: 'drawn', picture: await drawingOf(chart) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
