/** What a statistic would have been with other samples of the same kind: drawn from those at hand, with replacement (Efron 1979). */
import type { Random } from './seeded-random.ts';
import { quantile } from './summary.ts';

export interface BootstrapOptions {
  readonly random: Random;
  readonly confidence?: number;
  readonly resamples?: number;
}

/** Enough that the ends of a 99 % interval rest on ten values each. */
const RESAMPLES = 2000;

/** The percentile interval of a statistic of one list. */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (sample: readonly number[]) => number,
  options: BootstrapOptions,
): readonly [low: number, high: number] {
  return bootstrapStrata([values], ([sample = []]) => statistic(sample), options);
}

/** As `bootstrapInterval`, each list drawn from by itself: what was measured under other conditions is not mixed. */
export function bootstrapStrata(
  strata: readonly (readonly number[])[],
  statistic: (samples: readonly (readonly number[])[]) => number,
  { random, confidence = 0.95, resamples = RESAMPLES }: BootstrapOptions,
): readonly [low: number, high: number] {
  const results = Array.from({ length: resamples }, () =>
    statistic(strata.map((values) => resample(values, random))),
  );
  const tail = (1 - confidence) / 2;
  return [quantile(results, tail), quantile(results, 1 - tail)];
}

function resample(values: readonly number[], random: Random): readonly number[] {
  return values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN);
}
