/** A chart in two sizes with its words around it: what a screen reader says, a caption, and the numbers as a table. */
import type { ChartOption, ChartSize, DrawChart } from './draw-chart.ts';
import { html, type Content, type Html } from './html.ts';

/** As wide as the text of a page, and as a telephone. */
export type Layout = 'wide' | 'narrow';

export interface FigureOptions {
  readonly draw: DrawChart;
  readonly title: string;
  /** What the chart shows, in a sentence. */
  readonly label: string;
  readonly caption?: Content;
  readonly table?: Html | null;
  readonly option: (layout: Layout) => ChartOption;
  readonly size: (layout: Layout) => ChartSize;
}

export function figure({
  draw,
  title,
  label,
  caption = null,
  table = null,
  option,
  size,
}: FigureOptions): Html {
  const chart = (layout: Layout): Html =>
    html`<div class="chart ${layout}" role="img" aria-label="${label}">
      ${draw(option(layout), size(layout))}
    </div>`;
  return html`<figure>
    <h3>${title}</h3>
    ${chart('wide')} ${chart('narrow')}
    <figcaption>${caption}</figcaption>
    ${
      table === null
        ? null
        : html`<details>
            <summary>The numbers of this chart</summary>
            ${table}
          </details>`
    }
  </figure>`;
}
