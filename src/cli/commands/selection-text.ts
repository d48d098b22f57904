/** Every candidate of a run with its scores, and each threshold that it fails: of `select`, and of a deployment refused. */
import type { SelectedRun } from '../../pipeline/index.ts';
import type { ComponentName, ModelScore } from '../../select/index.ts';
import { formatNumber, plural } from '../numbers.ts';
import { shown, type TextStyle } from '../text-style.ts';

export async function selectionText({ loaded, result }: SelectedRun, style: TextStyle): Promise<string[]> {
  const { colors } = style;
  const { run, path } = loaded;
  const { weights, thresholds } = result.selection_metadata;
  const rows = result.all_scores.map((score) => scoreRow(score, result.recommended_model, style));
  const failed = result.all_scores.filter((score) => !score.passed_thresholds);
  return [
    ...style.facts([
      ['run', `${shown(run.metadata.run_id)}, ${plural(run.candidates.length, 'candidate')}`],
      ['file', shown(path)],
      ['weights', percentages(weights)],
      ['thresholds', describeThresholds(thresholds)],
    ]),
    '',
    ...(await style.table(
      ['', 'candidate', 'total', 'latency', 'tok/s', 'CoVe', 'retrieval', 'thresholds'],
      rows,
    )),
    ...(failed.length > 0 ? ['', 'Failed thresholds:'] : []),
    ...failed.flatMap((score) => [
      `  ${shown(score.model_version)}`,
      ...score.threshold_failures.map((text) => `    ${colors.red('-')} ${shown(text)}`),
    ]),
    ...(result.recommended_model === null
      ? []
      : ['', `${colors.green('selected')}  ${colors.bold(shown(result.recommended_model))}`, result.reason]),
  ];
}

/** Below this width, what a value adds stands under it. */
const WIDE_COLUMNS = 104;

/** Each value with what it adds to the total. */
function scoreRow(score: ModelScore, recommended: string | null, { colors, columns }: TextStyle): string[] {
  const gap = columns !== null && columns < WIDE_COLUMNS ? '\n' : ' ';
  const cell = (name: ComponentName, unit: string): string => {
    const value = score.normalized_metrics[name];
    if (value === null) return '-';
    return `${formatNumber(value)}${unit}${gap}${colors.dim(`+${score.component_scores[name].toFixed(3)}`)}`;
  };
  const isChosen = score.model_version === recommended;
  return [
    isChosen ? colors.green('*') : '',
    isChosen ? colors.bold(shown(score.model_version)) : shown(score.model_version),
    score.total_score.toFixed(4),
    cell('latency_ms', ' ms'),
    cell('throughput', ''),
    cell('cove_pass_rate', ' %'),
    cell('retrieval_score', ' %'),
    score.passed_thresholds ? colors.green('pass') : colors.red(`fails ${score.threshold_failures.length}`),
  ];
}

function percentages(weights: { readonly [Name in ComponentName]: number }): string {
  const parts: readonly (readonly [string, number])[] = [
    ['latency', weights.latency_ms],
    ['throughput', weights.throughput],
    ['CoVe', weights.cove_pass_rate],
    ['retrieval', weights.retrieval_score],
  ];
  return parts.map(([name, weight]) => `${name} ${formatNumber(100 * weight, 1)} %`).join(' · ');
}

function describeThresholds(thresholds: SelectedRun['result']['selection_metadata']['thresholds']): string {
  return [
    `CoVe at least ${thresholds.min_cove_pass_rate} %`,
    `retrieval at least ${thresholds.min_retrieval_score} %`,
    ...(thresholds.max_latency_ms === null ? [] : [`latency at most ${thresholds.max_latency_ms} ms`]),
    ...(thresholds.min_throughput === null ? [] : [`at least ${thresholds.min_throughput} tok/s`]),
  ].join(' · ');
}
