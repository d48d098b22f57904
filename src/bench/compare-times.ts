/** Compares times or rates of one model in two runs, prompt by prompt. Pure. */
import { MAX_ROUNDS, MAX_SPEED_PROMPTS } from './limits.ts';
import {
  countOf,
  describeMissing,
  pairById,
  toVerdict,
  unknownComparison,
  type CompareMetricOptions,
} from './metric-comparison.ts';
import type { RecordedSpeed } from './recorded.ts';
import type { MetricComparison } from './run-comparison.ts';
import { compareSpeeds, type Stratum } from './statistics/compare.ts';

export interface CompareTimesOptions extends CompareMetricOptions {
  /** A time is better where it is lower, a rate where it is higher. */
  readonly better: 'lower' | 'higher';
}

export function compareTimes(
  a: RecordedSpeed,
  b: RecordedSpeed,
  { sameSuite, better }: CompareTimesOptions,
): MetricComparison {
  const values = { a: a.value, b: b.value, unit: 'percent' as const };
  const missing = describeMissing(a, b);
  if (missing !== null) return unknownComparison(values, missing);
  const known = {
    ...values,
    change: a.value !== null && b.value !== null ? ratioOf(a.value, b.value) : null,
  };
  if (!sameSuite) return unknownComparison(known, 'the prompts were not the same');
  const [first, second] = [toStrata(a), toStrata(b)];
  const compared = compareSpeeds(first, second);
  if (compared === null) return unknownComparison(known, 'the runs state no samples of a common prompt');
  const { ratio, interval, confidence, margin, verdict } = compared;
  const pairs = pairById(first, second).length;
  const edge = `${100 * margin} %`;
  return {
    verdict: toVerdict(verdict, better),
    ...values,
    change: toPercent(ratio),
    interval: [toPercent(interval[0]), toPercent(interval[1])],
    confidence,
    pairs,
    because:
      verdict === 'noise'
        ? `over ${countOf(pairs, 'prompt')}, a difference of ${edge} or less is not ruled out`
        : `over ${countOf(pairs, 'prompt')}, the difference is more than ${edge}`,
  };
}

/** A run of ours has no more of either; longer lists would cost time for nothing. */
function toStrata({ prompts }: RecordedSpeed): readonly Stratum[] {
  return prompts.slice(0, MAX_SPEED_PROMPTS).flatMap(({ id, samples }) => {
    return samples.length === 0 ? [] : [{ id, samples: samples.slice(0, MAX_ROUNDS) }];
  });
}

function ratioOf(a: number, b: number): number | null {
  return a > 0 ? toPercent(b / a) : null;
}

/** By how much more than one. */
function toPercent(ratio: number): number {
  return 100 * (ratio - 1);
}
