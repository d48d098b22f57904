/** Chooses one of the candidates by a stated policy and says why; the same answer for every order of the file. Pure. */
import type { Candidate } from '../evidence/index.ts';
import { DEFAULT_THRESHOLDS, DEFAULT_WEIGHTS } from './defaults.ts';
import { SelectFailure } from './error.ts';
import { toMeasured, type Measured } from './measured.ts';
import { normalizeWeights, toRange, toShare } from './normalize.ts';
import { assertThresholds } from './parse-thresholds.ts';
import { assertWeights } from './parse-weights.ts';
import { compareAlike, findAlike, type MeasuredRanked, type Scale } from './alike.ts';
import { compareTied, findWinners, rank } from './rank.ts';
import { toAlikeReason, toReason } from './reason.ts';
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
        knowsSpread: knowsSpread(candidate),
        sizeBytes: candidate.artifact?.size_bytes ?? null,
      };
    }),
  );
  const counts = { passed: scored.filter(({ passed }) => passed).length, count: scored.length };
  const winners = findWinners(scored);
  const alike = preferAlike(scored, winners[0], { shares, ranges });
  const [chosen] = alike;
  const isPlain = alike.length <= 1 && chosen === winners[0];
  return {
    recommended_model: chosen?.version ?? null,
    all_scores: scored.map(toModelScore),
    selection_metadata: { weights: shares, thresholds, normalization_params: ranges },
    reason: isPlain ? toReason(winners, counts) : toAlikeReason(alike, counts),
  };
}

/** Those that chance alone holds apart from the best, the preferred one first; none where nobody passes. */
function preferAlike(scored: readonly Scored[], best: Scored | undefined, scale: Scale): readonly Scored[] {
  if (best === undefined) return [];
  const passing = scored.filter(({ passed }) => passed);
  return findAlike(passing, best, scale).toSorted((a, b) => compareAlike(a, b, scale) || compareTied(a, b));
}

function knowsSpread({ metrics }: Candidate): boolean {
  return [metrics.latency_ms, metrics.tokens_per_sec].every(({ metadata }) =>
    Array.isArray(metadata['value_interval_95']),
  );
}

/** Throws `SELECT_NONE_PASSED` with the whole result in its details. */
export function assertSelected(result: SelectionResult): asserts result is SelectedResult {
  if (result.recommended_model !== null) return;
  throw new SelectFailure('SELECT_NONE_PASSED', result.reason, { details: result });
}

type Components = ModelScore['component_scores'];
type Ranges = SelectionResult['selection_metadata']['normalization_params'];
type Scored = MeasuredRanked & { readonly components: Components; readonly failures: readonly string[] };

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
