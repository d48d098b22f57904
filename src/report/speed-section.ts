/** Speed against quality, and how the single times are spread. */
import { dataTable } from './data-table.ts';
import type { DrawChart } from './draw-chart.ts';
import { figure, type Layout } from './figure.ts';
import { html, type Html } from './html.ts';
import { MAX_DRAWN } from './limits.ts';
import type { ReportedModel, ReportedRun } from './reported-run.ts';
import { pointsOf, speedQualityOption, type Quality } from './speed-quality-chart.ts';
import { spreadModels, spreadOption, spreadSize, type Spread } from './spread-chart.ts';
import { nameOf, toNumber, toRange } from './words.ts';

export function speedQualitySection({ models, selection }: ReportedRun, draw: DrawChart): Html {
  const { thresholds } = selection.selection_metadata;
  const drawn = models.slice(0, MAX_DRAWN);
  const qualities: readonly Quality[] = [
    {
      name: 'Chain-of-Verification',
      threshold: thresholds.min_cove_pass_rate,
      valueOf: ({ cove }) => cove.value,
      intervalOf: ({ cove }) => cove.interval,
    },
    {
      name: 'Retrieval',
      threshold: thresholds.min_retrieval_score,
      valueOf: ({ retrieval }) => retrieval.value,
      intervalOf: ({ retrieval }) => retrieval.interval,
    },
  ];
  const charts = qualities.map((quality) => {
    const count = pointsOf(drawn, quality).length;
    if (count === 0) return html`<p>${quality.name} and speed were measured of no model.</p>`;
    return figure({
      draw,
      title: `${quality.name} against speed`,
      label: `${quality.name} in percent over tokens per second, of ${count} models; the numbers are in the tables below.`,
      option: () => speedQualityOption(drawn, quality),
      size: (layout) => (layout === 'wide' ? { width: 470, height: 360 } : { width: 360, height: 330 }),
    });
  });
  return html`<section>
    <h2>Speed against quality</h2>
    <p>
      Better is further up and further right. Bars are 95&nbsp;% intervals; the dashed line is what is asked
      for.
    </p>
    <p class="small">
      <span class="key chosen"></span>chosen<span class="key passes"></span>passes every threshold<span
        class="key out"
      ></span
      >fails one
    </p>
    <div class="pair">${charts}</div>
    ${qualityTable(models)}
  </section>`;
}

function qualityTable(models: readonly ReportedModel[]): Html {
  return dataTable(
    'Each model with its values and their 95 % intervals',
    ['model', 'tokens/s', '95 %', 'CoVe, %', '95 %', 'retrieval, %', '95 %', 'words alone, %'],
    models.map((model) => ({
      head: nameOf(model),
      isChosen: model.standing === 'chosen',
      cells: [
        toNumber(model.rate.value) ?? missing(model.rate.status),
        toRange(model.rate.interval),
        toNumber(model.cove.value) ?? missing(model.cove.status),
        toRange(model.cove.interval),
        toNumber(model.retrieval.value) ?? missing(model.retrieval.status),
        toRange(model.retrieval.interval),
        toNumber(model.retrieval.keywordBaseline),
      ],
    })),
  );
}

function missing(status: string): Html {
  return status === 'error' ? html`<span class="bad">error</span>` : html`not measured`;
}

export function spreadSection({ models }: ReportedRun, draw: DrawChart): Html {
  const drawn = models.slice(0, MAX_DRAWN);
  return html`<section>
    <h2>How the times are spread</h2>
    <p>
      A dot is one answer; prompts of different length lie in heaps. The mark is the value of the model, the
      median of the medians of its prompts; the thick line its 95&nbsp;% interval.
    </p>
    ${spreadFigure(drawn, draw, {
      title: 'Time to the first token',
      spread: { axis: 'milliseconds (less is better)', speedOf: ({ latency }) => latency },
    })}
    ${spreadFigure(drawn, draw, {
      title: 'Tokens per second',
      spread: { axis: 'tokens per second (more is better)', speedOf: ({ rate }) => rate },
    })}
    ${promptTable(models)}
  </section>`;
}

function spreadFigure(
  models: readonly ReportedModel[],
  draw: DrawChart,
  { title, spread }: { readonly title: string; readonly spread: Spread },
): Html {
  const drawn = spreadModels(models, spread);
  if (drawn.length === 0)
    return html`<h3>${title}</h3>
      <p>The run states no single measurements.</p>`;
  return figure({
    draw,
    title,
    label: `${title}: single measurements of ${drawn.length} models; the numbers are in the table below.`,
    table: summaryTable(drawn, { title, spread }),
    option: (layout: Layout) => spreadOption(drawn, spread, layout),
    size: (layout: Layout) => spreadSize(drawn.length, layout),
  });
}

function summaryTable(
  models: readonly ReportedModel[],
  { title, spread: { speedOf } }: { readonly title: string; readonly spread: Spread },
): Html {
  return dataTable(
    `${title}: value, and all answers together`,
    ['model', 'value', '95 %', 'answers', 'median', 'mean', 'std. dev.', 'min', 'max', 'p95', 'p99'],
    models.map((model) => {
      const { value, interval, summary } = speedOf(model);
      return {
        head: nameOf(model),
        isChosen: model.standing === 'chosen',
        cells: [
          toNumber(value),
          toRange(interval),
          toNumber(summary?.count, 0),
          toNumber(summary?.median),
          toNumber(summary?.mean),
          toNumber(summary?.standard_deviation, 2),
          toNumber(summary?.min),
          toNumber(summary?.max),
          toNumber(summary?.p95),
          toNumber(summary?.p99),
        ],
      };
    }),
  );
}

/** The medians of each prompt: what was asked of a model differs far more than models do. */
function promptTable(models: readonly ReportedModel[]): Html | null {
  const ids = [...new Set(models.flatMap(({ latency }) => latency.prompts.map(({ id }) => id)))].slice(
    0,
    MAX_PROMPTS,
  );
  if (ids.length === 0) return null;
  const medians = models.map(
    ({ latency }) => new Map(latency.prompts.map(({ id, summary }) => [id, summary?.median ?? null])),
  );
  return html`<details>
    <summary>Time to the first token, prompt by prompt</summary>
    ${dataTable(
      'Median of each prompt in milliseconds',
      ['model', ...ids],
      models.map((model, index) => ({
        head: nameOf(model),
        isChosen: model.standing === 'chosen',
        cells: ids.map((id) => toNumber(medians[index]?.get(id) ?? null)),
      })),
    )}
  </details>`;
}

const MAX_PROMPTS = 40;
