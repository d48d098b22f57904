/** Puts weights and measurements on one scale (formats page, "Selection"). Pure. */
import { DEFAULT_WEIGHTS } from './defaults.ts';
import type { Range, Weights } from './types.ts';

/** Sum 1; all zero means the defaults. */
export function normalizeWeights(weights: Weights): Weights {
  const { latency_ms, throughput, cove_pass_rate, retrieval_score } = weights;
  const largest = Math.max(latency_ms, throughput, cove_pass_rate, retrieval_score);
  if (largest === 0) return DEFAULT_WEIGHTS;
  // Divided by the largest first, so that a sum of huge weights stays finite.
  const share = (value: number): number => value / largest;
  const sum = share(latency_ms) + share(throughput) + share(cove_pass_rate) + share(retrieval_score);
  return {
    latency_ms: share(latency_ms) / sum,
    throughput: share(throughput) / sum,
    cove_pass_rate: share(cove_pass_rate) / sum,
    retrieval_score: share(retrieval_score) / sum,
  };
}

/** Smallest to largest measured value; one wide where all are equal, (0, 1) where there is none. */
export function toRange(values: readonly number[]): Range {
  const [first, ...rest] = values;
  if (first === undefined) return { min: 0, max: 1 };
  let [min, max] = [first, first];
  for (const value of rest) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return min === max ? { min, max: min + 1 } : { min, max };
}

/** Where a value lies in a range, 0–1. */
export function toShare(value: number, { min, max }: Range): number {
  const width = max - min;
  // Above 2^53 `min + 1` is `min` again; every value is then the only one.
  return width > 0 ? (value - min) / width : 0;
}
