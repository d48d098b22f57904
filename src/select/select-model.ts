/** Chooses one of the candidates by a stated policy and says why; the same answer for every order of the file. Pure. */
import type { Candidate } from '../evidence/index.ts';
import { DEFAULT_THRESHOLDS, DEFAULT_WEIGHTS } from './defaults.ts';
import { SelectFailure } from './error.ts';
import { toMeasured, type Measured } from './measured.ts';
import { normalizeWeights, toRange, toShare } from './normalize.ts';
import { assertThresholds } from './parse-thresholds.ts';
import { assertWeights } from './parse-weights.ts';
import { findWinners, rank, type Ranked } from './rank.ts';
import { toReason } from './reason.ts';
import { toThresholdFailures } from './threshold-failures.ts';
import type { ModelScore, SelectedResult, SelectionResult, SelectOptions, Weights } from './types.ts';

/**
 * Scores, ranks and chooses (formats page, "Selection"). Nobody passing is a result, not an exception; see
 * {@link assertSelected}. Throws `SELECT_WEIGHTS_INVALID`, `SELECT_THRESHOLDS_INVALID` for a policy that makes no sense.
 */
export function selectModel(
  candidates: readonly Candidate[],
  { weights = DEFAULT_WEIGHTS, thresholds = DEFAULT_THRESHOLDS }: SelectOptions = {},
): SelectionResult {
  assertWeights(weights);
  assertThresholds(thresholds);
  const shares = normalizeWeights(weights);
  const ranges = toRanges(candidates.map(toMeasured));
  const scored = rank(
    candidates.map((candidate): Scored => {
      const measured = toMeasured(candidate);
      const components = toComponents(measured, { shares, ranges });
      const failures = toThresholdFailures(candidate, thresholds);
      return {
        version: candidate.version,
        measured,
        components,
        total:
          components.latency_ms +
          components.throughput +
          components.cove_pass_rate +
          components.retrieval_score,
        passed: failures.length === 0,
        failures,
      };
    }),
  );
  const winners = findWinners(scored);
  return {
    recommended_model: winners[0]?.version ?? null,
    all_scores: scored.map(toModelScore),
    selection_metadata: { weights: shares, thresholds, normalization_params: ranges },
    reason: toReason(winners, { passed: scored.filter(({ passed }) => passed).length, count: scored.length }),
  };
}

/** Throws `SELECT_NONE_PASSED` with the whole result in its details. */
export function assertSelected(result: SelectionResult): asserts result is SelectedResult {
  if (result.recommended_model !== null) return;
  throw new SelectFailure('SELECT_NONE_PASSED', result.reason, { details: result });
}

type Components = ModelScore['component_scores'];
type Ranges = SelectionResult['selection_metadata']['normalization_params'];
type Scored = Ranked & { readonly components: Components; readonly failures: readonly string[] };

function toRanges(measured: readonly Measured[]): Ranges {
  const valuesOf = (name: keyof Ranges): readonly number[] =>
    measured.map((values) => values[name]).filter((value) => value !== null);
  return { latency_ms: toRange(valuesOf('latency_ms')), throughput: toRange(valuesOf('throughput')) };
}

/** What is not measured scores nothing. */
function toComponents(
  { latency_ms, throughput, cove_pass_rate, retrieval_score }: Measured,
  { shares, ranges }: { readonly shares: Weights; readonly ranges: Ranges },
): Components {
  return {
    latency_ms: latency_ms === null ? 0 : (1 - toShare(latency_ms, ranges.latency_ms)) * shares.latency_ms,
    throughput: throughput === null ? 0 : toShare(throughput, ranges.throughput) * shares.throughput,
    cove_pass_rate: ((cove_pass_rate ?? 0) / 100) * shares.cove_pass_rate,
    retrieval_score: ((retrieval_score ?? 0) / 100) * shares.retrieval_score,
  };
}

function toModelScore({ version, total, components, measured, passed, failures }: Scored): ModelScore {
  return {
    model_version: version,
    total_score: Number(total.toFixed(4)),
    component_scores: components,
    normalized_metrics: measured,
    passed_thresholds: passed,
    threshold_failures: failures,
  };
}
