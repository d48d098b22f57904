/** Why this model and no other: what weighs how much, what is asked for, and how each model does on both. */
import { COMPONENT_NAMES } from '../select/index.ts';
import { dataTable } from './data-table.ts';
import type { DrawChart } from './draw-chart.ts';
import { figure } from './figure.ts';
import { html, type Html } from './html.ts';
import { MAX_DRAWN } from './limits.ts';
import type { ReportedRun } from './reported-run.ts';
import { PART_TITLES, scoreOption, scoreSize } from './score-chart.ts';
import { nameOf, toNumber } from './words.ts';

export function choiceSection({ models, selection }: ReportedRun, draw: DrawChart): Html {
  const { weights, thresholds, normalization_params: ranges } = selection.selection_metadata;
  const drawn = models.slice(0, MAX_DRAWN);
  const asked = [
    `CoVe at least ${thresholds.min_cove_pass_rate} %`,
    `retrieval at least ${thresholds.min_retrieval_score} %`,
    thresholds.max_latency_ms === null ? null : `latency at most ${thresholds.max_latency_ms} ms`,
    thresholds.min_throughput === null ? null : `at least ${thresholds.min_throughput} tokens/s`,
  ].filter((threshold) => threshold !== null);
  const out = models.filter(({ standing }) => standing === 'out');
  return html`<section>
    <h2>How the choice came about</h2>
    <p>
      Only a model that meets every threshold can be chosen: ${asked.join('; ')}. Of those, the one with the
      highest score is; within 0.01 the lower latency decides, then the higher rate, then the newer version.
    </p>
    <p>
      A score is the sum of four parts. Latency and tokens/s count by where they lie between the slowest and
      the fastest model of this run (${toNumber(ranges.latency_ms.min)} to
      ${toNumber(ranges.latency_ms.max)}&nbsp;ms, ${toNumber(ranges.throughput.min)} to
      ${toNumber(ranges.throughput.max)} tokens/s), CoVe and retrieval by their percentage.
    </p>
    ${figure({
      draw,
      title: 'What the scores are made of',
      label: `The score of ${drawn.length} models, in four parts; the numbers are in the table below.`,
      caption: COMPONENT_NAMES.map(
        (name, index) =>
          html`<span class="key part p${index + 1}"></span>${PART_TITLES[name]} (up to
            ${toNumber(weights[name], 3)})`,
      ),
      table: null,
      option: (layout) => scoreOption(drawn, layout),
      size: (layout) => scoreSize(drawn.length, layout),
    })}
    ${dataTable(
      'Score of each model, and its parts',
      ['model', 'score', ...COMPONENT_NAMES.map((name) => PART_TITLES[name]), 'thresholds'],
      models.map((model) => ({
        head: nameOf(model),
        isChosen: model.standing === 'chosen',
        cells: [
          model.score.total_score.toFixed(4),
          ...COMPONENT_NAMES.map((name) => model.score.component_scores[name].toFixed(3)),
          model.standing === 'out'
            ? html`<span class="bad">fails ${model.score.threshold_failures.length}</span>`
            : html`<span class="good">pass</span>`,
        ],
      })),
    )}
    ${
      out.length === 0
        ? null
        : html`<h3>Who is out, and why</h3>
            <ul>
              ${out.map(
                (model) =>
                  html`<li>
                    ${nameOf(model)}
                    <ul>
                      ${model.score.threshold_failures.map((failure) => html`<li>${failure}</li>`)}
                    </ul>
                  </li>`,
              )}
            </ul>`
    }
    <p><strong>${selection.reason}</strong></p>
  </section>`;
}
