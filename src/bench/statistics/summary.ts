/** What a list of measured numbers says, in the shape in which it stands in a run file. */
import { medianInterval } from './median-interval.ts';

/** In the unit of the numbers. A type alias, so that it is a `JsonObject` without a cast. */
export type Summary = {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** Of a sample: divided by n − 1; 0 where there is one number. */
  readonly standard_deviation: number;
  readonly min: number;
  readonly max: number;
  readonly p95: number;
  readonly p99: number;
  /** Of the median, by order statistics: see `medianInterval`. */
  readonly interval_95: readonly [low: number, high: number];
};

/** Throws a `RangeError` for an empty list, and for one with what is no finite number. */
export function summarize(values: readonly number[]): Summary {
  const sorted = sortFinite(values);
  return {
    count: sorted.length,
    mean: mean(sorted),
    median: quantileOfSorted(sorted, 0.5),
    standard_deviation: standardDeviation(sorted),
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    p95: quantileOfSorted(sorted, 0.95),
    p99: quantileOfSorted(sorted, 0.99),
    interval_95: medianInterval(sorted).interval,
  };
}

export function mean(values: readonly number[]): number {
  // Around the first number, so that many large ones that are nearly equal lose no digit.
  const [first = Number.NaN] = values;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Of a sample: the root of the sum of squared distances from the mean over n − 1. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/**
 * The value below which the share `probability` (0–1) lies, by linear interpolation between the neighbours of rank
 * (n − 1)p (definition 7 of Hyndman & Fan 1996, which R and NumPy use). Throws as `summarize` does.
 */
export function quantile(values: readonly number[], probability: number): number {
  return quantileOfSorted(sortFinite(values), probability);
}

export function quantileOfSorted(sorted: readonly number[], probability: number): number {
  const rank = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Ascending. */
export function sortFinite(values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new RangeError('Nothing can be said about no numbers.');
  if (!values.every(Number.isFinite)) throw new RangeError('Not every number is finite.');
  return values.toSorted((a, b) => a - b);
}
