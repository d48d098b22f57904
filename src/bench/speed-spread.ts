/** How well the speeds of one prompt are known so far. */
import type { SpeedSample } from './speed-sample.ts';
import { medianInterval } from './statistics/median-interval.ts';
import { quantileOfSorted, sortFinite } from './statistics/summary.ts';

/**
 * How far the 95 % interval of the median reaches from it, as a share of it, of whichever is known less well: time to first token or
 * rate. Infinite where there are too few samples for an interval.
 */
export function spreadOf(samples: readonly SpeedSample[]): number {
  const rates = samples.flatMap((sample) => rateOf(sample) ?? []);
  const times = samples.map(({ timeToFirstTokenMs }) => timeToFirstTokenMs);
  return Math.max(relativeSpread(times), rates.length === 0 ? 0 : relativeSpread(rates));
}

/** The engine's own where it states one. */
export function rateOf({ ownTokensPerSecond, wallTokensPerSecond }: SpeedSample): number | null {
  return ownTokensPerSecond ?? wallTokensPerSecond;
}

function relativeSpread(values: readonly number[]): number {
  if (values.length === 0) return Number.POSITIVE_INFINITY;
  const sorted = sortFinite(values);
  const { interval, coverage } = medianInterval(sorted);
  const middle = quantileOfSorted(sorted, 0.5);
  if (coverage < 0.95 || middle <= 0) return Number.POSITIVE_INFINITY;
  return Math.max(interval[1] - middle, middle - interval[0]) / middle;
}
