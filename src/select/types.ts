/** What goes into a choice and what comes out of it, exactly as `select --json` prints it (snake_case). */

/** The four things that are weighed. `throughput` is the run's `tokens_per_sec`. */
export const COMPONENT_NAMES = ['latency_ms', 'throughput', 'cove_pass_rate', 'retrieval_score'] as const;
export type ComponentName = (typeof COMPONENT_NAMES)[number];

/** Not negative; normalised to sum 1 before use. */
export type Weights = { readonly [Name in ComponentName]: number };

export type Thresholds = {
  /** Percent, 0–100. A candidate without a CoVe rate fails. */
  readonly min_cove_pass_rate: number;
  /** Percent, 0–100. A candidate without a retrieval score fails. */
  readonly min_retrieval_score: number;
  /** Milliseconds to the first token; null asks nothing. */
  readonly max_latency_ms: number | null;
  /** Tokens per second; null asks nothing. */
  readonly min_throughput: number | null;
};

export type Range = { readonly min: number; readonly max: number };

export type ModelScore = {
  readonly model_version: string;
  /** 0–1, to 4 places. */
  readonly total_score: number;
  /** Each 0 to its weight; their sum is the total. */
  readonly component_scores: { readonly [Name in ComponentName]: number };
  /** The raw values that were scored; null where the metric is not `ok`. */
  readonly normalized_metrics: { readonly [Name in ComponentName]: number | null };
  readonly passed_thresholds: boolean;
  /** One sentence for each threshold that failed: what was asked, what was measured, by how much it missed. */
  readonly threshold_failures: readonly string[];
};

export type SelectionResult = {
  readonly recommended_model: string | null;
  /** Highest total first. */
  readonly all_scores: readonly ModelScore[];
  readonly selection_metadata: {
    readonly weights: Weights;
    readonly thresholds: Thresholds;
    readonly normalization_params: { readonly latency_ms: Range; readonly throughput: Range };
  };
  readonly reason: string;
};

/** A result that has a winner. */
export type SelectedResult = SelectionResult & { readonly recommended_model: string };

export interface SelectOptions {
  readonly weights?: Weights;
  readonly thresholds?: Thresholds;
}
