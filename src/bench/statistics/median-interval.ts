/**
 * How well a median is known, whatever the numbers are distributed like: the order statistics X(l) and X(n+1−l) hold the
 * median of the population with the probability P(l ≤ B ≤ n − l), B being binomial with n and one half (Conover,
 * Practical Nonparametric Statistics, 3.2; the sign test turned round).
 */
import { binomialBelow } from './binomial.ts';

export interface MedianInterval {
  readonly interval: readonly [low: number, high: number];
  /** How probable it is that the interval holds the median; below 0.95 where there are fewer than six numbers. */
  readonly coverage: number;
}

/**
 * The narrowest symmetric interval of at least 95 %. With fewer than six numbers there is none: the whole range, and its
 * coverage says so. `sorted` ascending and not empty.
 */
export function medianInterval(sorted: readonly number[], confidence = 0.95): MedianInterval {
  const count = sorted.length;
  let rank = 1;
  while (rank < Math.floor((count + 1) / 2) && coverageOf(count, rank + 1) >= confidence) rank += 1;
  const low = sorted[rank - 1] ?? Number.NaN;
  const high = sorted[count - rank] ?? Number.NaN;
  return { interval: [low, high], coverage: coverageOf(count, rank) };
}

/** P(rank ≤ B ≤ n − rank) = 1 − 2 P(B < rank). */
function coverageOf(count: number, rank: number): number {
  return Math.max(0, 1 - 2 * binomialBelow(rank, count));
}
