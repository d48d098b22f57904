/** How far two totals may lie apart by chance: the spread that a run states for its metrics, put on the scale of the score. Pure. */
import type { Candidate, Metric } from '../evidence/index.ts';
import { metricOf, toMeasured } from './measured.ts';
import { COMPONENT_NAMES, type ComponentName, type SelectionResult } from './types.ts';

export interface Noise {
  /** On the scale of the score, at 95 %; null where the run states no spread at all. */
  readonly value: number | null;
  /** The weighed metrics whose spread is not stated for both candidates. */
  readonly unknown: readonly ComponentName[];
}

/** Half of a 95 % interval is this many standard errors (normal distribution). */
const Z_95 = 1.96;

/**
 * The 95 % half-width of the difference of two totals, the metrics taken as independent (the root of the summed
 * squares, GUM 5.1.2). The bounds of the scale are taken as exact.
 */
export function noiseBetween(
  candidates: readonly [Candidate, Candidate],
  { weights, normalization_params: ranges }: SelectionResult['selection_metadata'],
): Noise {
  const widths = {
    latency_ms: ranges.latency_ms.max - ranges.latency_ms.min,
    throughput: ranges.throughput.max - ranges.throughput.min,
    cove_pass_rate: 100,
    retrieval_score: 100,
  };
  const unknown: ComponentName[] = [];
  let squares: number | null = null;
  for (const name of COMPONENT_NAMES) {
    // What weighs nothing, or was not measured and so scores nothing, cannot move the total.
    const measured = candidates.filter((candidate) => toMeasured(candidate)[name] !== null);
    if (weights[name] === 0 || widths[name] <= 0 || measured.length === 0) continue;
    const spreads = measured.map((candidate) => toHalfWidth(metricOf(candidate, name)));
    if (spreads.includes(null)) {
      unknown.push(name);
      continue;
    }
    const share = weights[name] / widths[name];
    for (const spread of spreads) squares = (squares ?? 0) + (share * (spread ?? 0)) ** 2;
  }
  return { value: squares === null ? null : Math.sqrt(squares), unknown };
}

/** Where a run may state the 95 % interval of a value, as `[low, high]`: `milton bench` of a speed, of a share; other programs. */
const INTERVALS = ['value_interval_95', 'interval_95', 'ci95'] as const;

/**
 * Half of the 95 % interval of a metric, in its own unit: the first of {@link INTERVALS} in its metadata, else `stddev` over
 * the root of `count`. Null where neither is stated.
 */
export function toHalfWidth({ metadata }: Metric): number | null {
  for (const name of INTERVALS) {
    const interval = metadata[name];
    if (!Array.isArray(interval)) continue;
    const [low, high] = interval;
    if (isMeasure(low) && isMeasure(high) && high >= low) return (high - low) / 2;
  }
  const { stddev, count } = metadata;
  if (!isMeasure(stddev) || stddev < 0) return null;
  // Without a count, the spread of single measurements is the most that it can be.
  return (Z_95 * stddev) / Math.sqrt(isMeasure(count) && count >= 1 ? count : 1);
}

function isMeasure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
