/** The page of a run: one file that loads nothing, runs nothing, and can be read without its charts. */
import { createHash } from 'node:crypto';
import { runNotes, toRecorded, toRecordedRun } from '../bench/index.ts';
import type { BenchmarkRun, RunState } from '../evidence/index.ts';
import type { SelectionResult } from '../select/index.ts';
import { caseMatrix, queryMatrix } from './case-matrix.ts';
import { failedCases } from './failed-cases.ts';
import { choiceSection } from './choice-section.ts';
import { conditionsSection } from './conditions-section.ts';
import { loadDrawChart } from './draw-chart.ts';
import { Html, html } from './html.ts';
import { MAX_DRAWN, MAX_LISTED, MAX_NOTES } from './limits.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { ReportedModel, ReportedRun } from './reported-run.ts';
import { speedQualitySection, spreadSection } from './speed-section.ts';
import { toMoment } from './words.ts';

export interface RenderReportOptions {
  readonly state: RunState;
  /** Of this very run. */
  readonly selection: SelectionResult;
  readonly programVersion: string;
  readonly madeAt: Date;
}

/** What a page begins with: such a file may be replaced by a newer one. */
export const REPORT_MARK = '<!doctype html>\n<!-- milton-edge benchmark report -->\n';

/**
 * A whole HTML document. Every text of the run is encoded; the page allows no script, no address and no style but its own
 * (Content Security Policy, level 3). The same run and options give the same page. Throws `REPORT_NO_CHARTS`.
 */
export async function renderReport(run: BenchmarkRun, options: RenderReportOptions): Promise<string> {
  const draw = await loadDrawChart();
  const { state, selection, programVersion, madeAt } = options;
  const reported: ReportedRun = {
    run,
    state,
    models: toModels(run, selection),
    notes: runNotes(run),
    selection,
    programVersion,
    madeAt,
  };
  const { models } = reported;
  const drawn = models.slice(0, MAX_DRAWN);
  const title = `Benchmark of ${toMoment(run.metadata.timestamp)}`;
  const body = html`${header(reported, title)}
    <main>
      ${notesSection(reported)} ${speedQualitySection(reported, draw)} ${spreadSection(reported, draw)}
      <section>
        <h2>Question by question</h2>
        <p>
          Columns are the models by their number; what a model said stands under the mouse, and what was wrong
          below. <em>a</em>: only the final answer was wrong; <em>v</em>: only the verdict; ✗: both.
        </p>
        <div class="parts">
          ${caseMatrix(drawn) ?? html`<p>The run states no single cases.</p>`}
          ${queryMatrix(drawn) ?? html`<p>The run states no single queries.</p>`}
        </div>
        ${failedCases(drawn)}
      </section>
      ${choiceSection(reported, draw)} ${conditionsSection(reported)}
    </main>
    ${footer(reported)}`;
  return document(title, body);
}

function toModels({ candidates }: BenchmarkRun, selection: SelectionResult): readonly ReportedModel[] {
  const byVersion = new Map(candidates.map((candidate) => [candidate.version, candidate]));
  return selection.all_scores.slice(0, MAX_LISTED).flatMap((score, index) => {
    const candidate = byVersion.get(score.model_version);
    if (candidate === undefined) return [];
    const isChosen = score.model_version === selection.recommended_model;
    const standing = isChosen ? 'chosen' : score.passed_thresholds ? 'passes' : 'out';
    return [{ ...toRecorded(candidate), rank: index + 1, score, standing } as const];
  });
}

function header({ run, state, selection }: ReportedRun, title: string): Html {
  const { suiteName } = toRecordedRun(run);
  const best = selection.recommended_model;
  const where = [run.system_info.hostname, run.system_info.cpu_info, run.milton?.engine, suiteName];
  return html`<header>
    <h1>${title}</h1>
    <p class="muted">${where.filter((part) => typeof part === 'string' && part !== '').join(' · ')}</p>
    ${state === 'complete' ? null : html`<p><span class="badge">${UNFIT[state]}</span></p>`}
    <div class="verdict ${best === null ? 'none' : 'chosen'}">
      ${
        best === null ? html`<strong>No model is chosen</strong>` : html`Chosen: <strong>${best}</strong>`
      }<br />${selection.reason}
    </div>
  </header>`;
}

const UNFIT = {
  incomplete: 'incomplete: cut short, and never deployed from',
  dry: 'a dry run: nothing was measured',
  future: 'dated in the future, and not deployed from',
} as const;

function notesSection({ notes, run, models }: ReportedRun): Html | null {
  const unlisted = run.candidates.length - models.length;
  const undrawn = Math.min(models.length, MAX_LISTED) - MAX_DRAWN;
  const more = [
    unlisted > 0 ? `${unlisted} more candidates are not on this page.` : null,
    undrawn > 0 ? `Only the best ${MAX_DRAWN} are drawn.` : null,
    notes.length > MAX_NOTES ? `${notes.length - MAX_NOTES} more notes are left out.` : null,
  ].filter((text) => text !== null);
  if (notes.length + more.length === 0) return null;
  return html`<section>
    <h2>What to know</h2>
    <ul class="notes">
      ${notes.slice(0, MAX_NOTES).map(({ kind, text }) => html`<li class="${kind}">${text}</li>`)}${more.map(
        (text) => html`<li>${text}</li>`,
      )}
    </ul>
  </section>`;
}

function footer({ run, programVersion, madeAt }: ReportedRun): Html {
  return html`<footer>
    <p>
      Made by milton-edge ${programVersion} at ${toMoment(madeAt.toISOString())} from ${run.metadata.run_id}.
      How each number is measured, and when a difference is noise: docs/benchmarking.md.
    </p>
  </footer>`;
}

function document(title: string, body: Html): string {
  const digest = createHash('sha256').update(PAGE_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`;
  // The digest is of the very characters between the tags.
  const style = new Html(`<style>${PAGE_STYLE}</style>`);
  return `${REPORT_MARK}${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Html(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        ${body}
      </body>
    </html> `.text
  }`;
}
