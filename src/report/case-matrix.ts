/** How each question came out for each model, as a table of small cells: the rows are questions, the columns models. */
import type { RecordedCase, RecordedQuery } from '../bench/index.ts';
import { html, type Content, type Html } from './html.ts';
import { MAX_ROWS } from './limits.ts';
import type { ReportedModel } from './reported-run.ts';

interface Cell {
  readonly kind: string;
  readonly sign: string;
  /** What the sign means; read aloud, and shown under the mouse. */
  readonly meaning: string;
}

export function caseMatrix(models: readonly ReportedModel[]): Html | null {
  return matrix<RecordedCase>({
    caption:
      'Chain-of-Verification: a passed case has the right final answer and the right verdict on the draft',
    titles: ['case', 'kind', 'draft'],
    models: models.filter(({ cove }) => cove.cases.length > 0),
    rowsOf: ({ cove }) => cove.cases,
    headOf: ({ category, draftIsRight }) => [
      category,
      draftIsRight === null ? null : draftIsRight ? 'right' : 'wrong',
    ],
    cellOf: toCaseCell,
    totalOf: ({ cove: { passed, count } }) =>
      passed === null || count === null ? null : `${passed}/${count}`,
  });
}

export function queryMatrix(models: readonly ReportedModel[]): Html | null {
  return matrix<RecordedQuery>({
    caption: 'Retrieval: F1 of each query, 1 where every relevant document was ranked first',
    titles: ['query'],
    models: models.filter(({ retrieval }) => retrieval.queries.length > 0),
    rowsOf: ({ retrieval }) => retrieval.queries,
    headOf: () => [],
    cellOf: ({ f1, ranked, relevant }) => ({
      kind: `s${Math.min(3, Math.floor(f1 * 4))}`,
      sign: String(Number(f1.toFixed(2))),
      meaning: `F1 ${f1.toFixed(2)}; relevant: ${few(relevant)}; ranked first: ${few(ranked)}`,
    }),
    totalOf: ({ retrieval: { value } }) => (value === null ? null : `${value.toFixed(1)} %`),
  });
}

function toCaseCell({ passed, finalRight, verdictRight, finalAnswer, verdict }: RecordedCase): Cell {
  const said = `answered ${finalAnswer === null ? 'nothing' : `"${finalAnswer}"`}, verdict ${verdict ?? 'none'}`;
  if (passed) return { kind: 'pass', sign: '✓', meaning: `passed: ${said}` };
  const wrong = [finalRight === false ? 'answer' : '', verdictRight === false ? 'verdict' : ''].filter(
    Boolean,
  );
  const sign = wrong.length === 1 ? (wrong[0] ?? '').charAt(0) : '✗';
  return { kind: 'fail', sign, meaning: `${wrong.join(' and ') || 'case'} wrong: ${said}` };
}

function few(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 3).join(', ');
}

interface MatrixOptions<Row> {
  readonly caption: string;
  readonly titles: readonly string[];
  readonly models: readonly ReportedModel[];
  readonly rowsOf: (model: ReportedModel) => readonly Row[];
  /** Beside the id. */
  readonly headOf: (row: Row) => readonly Content[];
  readonly cellOf: (row: Row) => Cell;
  readonly totalOf: (model: ReportedModel) => string | null;
}

/** Null where no model states single questions. */
function matrix<Row extends { readonly id: string }>({
  caption,
  titles,
  models,
  rowsOf,
  headOf,
  cellOf,
  totalOf,
}: MatrixOptions<Row>): Html | null {
  if (models.length === 0) return null;
  const columns = models.map((model) => new Map(rowsOf(model).map((row) => [row.id, row])));
  const rows = new Map(models.flatMap((model) => rowsOf(model).map((row) => [row.id, row] as const)));
  const shown = [...rows.values()].slice(0, MAX_ROWS);
  const hidden = rows.size - shown.length;
  return html`<div class="part">
    <p class="muted small">${caption}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table class="matrix" aria-label="${caption}">
        <thead>
          <tr>
            ${titles.map((title) => html`<th scope="col">${title}</th>`)}${models.map(
              ({ rank, version }) =>
                html`<th scope="col" title="${version}">${rank}<span class="sr"> ${version}</span></th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row) =>
              html`<tr>
                <th scope="row">${row.id}</th>
                ${headOf(row).map((text) => html`<th>${text}</th>`)}${columns.map((column) =>
                  cell(column.get(row.id), cellOf),
                )}
              </tr> `,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">all</th>
            ${titles.slice(1).map(() => html`<th></th>`)}${models.map(
              (model) => html`<td>${totalOf(model) ?? '–'}</td>`,
            )}
          </tr>
        </tfoot>
      </table>
    </div>
    ${hidden > 0 ? html`<p class="small">${hidden} more are not shown.</p>` : null}
  </div>`;
}

function cell<Row>(row: Row | undefined, cellOf: (row: Row) => Cell): Html {
  if (row === undefined) return html`<td>–</td>`;
  const { kind, sign, meaning } = cellOf(row);
  return html`<td class="${kind}" title="${meaning}">${sign}</td>`;
}
