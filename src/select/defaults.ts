/** The policy that applies where nobody says otherwise (formats page, "Selection"). */
import type { Thresholds, Weights } from './types.ts';

export const DEFAULT_WEIGHTS: Weights = {
  latency_ms: 0.25,
  throughput: 0.25,
  cove_pass_rate: 0.25,
  retrieval_score: 0.25,
};

export const DEFAULT_THRESHOLDS: Thresholds = {
  min_cove_pass_rate: 90,
  min_retrieval_score: 50,
  max_latency_ms: null,
  min_throughput: null,
};

/** How much the best of a run must be above what is live to replace it: a change has a price of its own. */
export const DEFAULT_MIN_GAIN = 0.01;
