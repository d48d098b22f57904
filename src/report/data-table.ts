/** A table that scrolls where it is too wide; the first column names the row. */
import { html, type Content, type Html } from './html.ts';

export interface DataRow {
  readonly head: Content;
  readonly cells: readonly Content[];
  readonly isChosen?: boolean;
}

/** `columns`: titles, that of the first column first. Cells are numbers unless `texts` has their column (from 0). */
export function dataTable(
  caption: string,
  columns: readonly string[],
  rows: readonly DataRow[],
  { texts = [] }: { readonly texts?: readonly number[] } = {},
): Html {
  const kind = (index: number): string => (texts.includes(index) ? 't' : 'n');
  return html`<p class="muted small">${caption}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table aria-label="${caption}">
        <thead>
          <tr>
            ${columns.map((title, index) =>
              index === 0
                ? html`<th scope="col" class="name">${title}</th>`
                : html`<th scope="col" class="${kind(index - 1)}">${title}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ head, cells, isChosen = false }) =>
              html`<tr class="${isChosen ? 'chosen' : 'other'}">
                <th scope="row" class="name">${head}</th>
                ${cells.map((cell, index) => html`<td class="${kind(index)}">${cell ?? '–'}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`;
}
