/** What the models said where they did not pass, in words: for whoever has no mouse, and on paper. */
import { dataTable } from './data-table.ts';
import { html, type Html } from './html.ts';
import { MAX_ROWS } from './limits.ts';
import type { ReportedModel } from './reported-run.ts';
import { nameOf } from './words.ts';

/** Null where every case passed, or none is stated. */
export function failedCases(models: readonly ReportedModel[]): Html | null {
  const failed = models.flatMap((model) =>
    model.cove.cases.filter(({ passed }) => !passed).map((one) => ({ model, one })),
  );
  if (failed.length === 0) return null;
  const shown = failed.slice(0, MAX_ROWS);
  return html`<details>
    <summary>Cases that did not pass, and what was said (${failed.length})</summary>
    ${dataTable(
      shown.length < failed.length
        ? `The first ${shown.length} cases that did not pass`
        : 'Cases that did not pass',
      ['model', 'case', 'final answer', 'is', 'verdict', 'is'],
      shown.map(({ model, one }) => ({
        head: nameOf(model),
        cells: [
          one.id,
          one.finalAnswer ?? 'none',
          rightOrWrong(one.finalRight),
          one.verdict ?? 'none',
          rightOrWrong(one.verdictRight),
        ],
      })),
      { texts: [0, 1, 2, 3, 4] },
    )}
  </details>`;
}

function rightOrWrong(isRight: boolean | null): string | null {
  return isRight === null ? null : isRight ? 'right' : 'wrong';
}
