/** Whether two measurements differ, or whether what differs is noise. */
import { signTest } from './binomial.ts';
import { bootstrapInterval, bootstrapStrata } from './bootstrap.ts';
import { seededRandom } from './seeded-random.ts';
import { mean, median } from './summary.ts';

/** Samples taken under equal conditions: one prompt. All greater than zero. */
export interface Stratum {
  readonly id: string;
  readonly samples: readonly number[];
}

export interface SpeedComparison {
  readonly verdict: 'noise' | 'lower' | 'higher';
  /** B over A: the geometric mean over the prompts of the ratio of their medians. */
  readonly ratio: number;
  readonly interval: readonly [low: number, high: number];
  readonly confidence: number;
  /** Differences up to this share are noise by definition. */
  readonly margin: number;
}

export interface CompareOptions {
  readonly margin?: number;
  readonly confidence?: number;
  readonly seed?: number;
}

/**
 * Compares prompt by prompt, so that what a prompt costs cancels out. A difference counts where the bootstrapped interval of
 * the ratio (99 %) lies wholly beyond the margin (5 %). The margin is what a median was measured to, and about what two
 * runs on one idle machine differ by for reasons that neither can see (where the memory lies, how warm the processor is). So
 * where the true difference is at most the margin, at most one comparison in 200 (one tail of the 99 %) calls it more,
 * and where there is none at all, practically none. Null where the two have no prompt in common.
 */
export function compareSpeeds(
  a: readonly Stratum[],
  b: readonly Stratum[],
  { margin = 0.05, confidence = 0.99, seed = 1 }: CompareOptions = {},
): SpeedComparison | null {
  const pairs = a.flatMap((first) => {
    const second = b.find(({ id }) => id === first.id);
    if (second === undefined || first.samples.length === 0 || second.samples.length === 0) return [];
    return [{ first: first.samples, second: second.samples }];
  });
  if (pairs.length === 0) return null;
  const strata = pairs.flatMap(({ first, second }) => [first, second].map((values) => values.map(Math.log)));
  const [low, high] = bootstrapStrata(strata, logRatio, { random: seededRandom(seed), confidence });
  const edge = Math.log1p(margin);
  return {
    verdict: low > edge ? 'higher' : high < -edge ? 'lower' : 'noise',
    ratio: Math.exp(logRatio(strata)),
    interval: [Math.exp(low), Math.exp(high)],
    confidence,
    margin,
  };
}

export interface CaseComparison {
  readonly verdict: 'noise' | 'lower' | 'higher';
  /** Passed in A only, in B only. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** How probable so uneven a split is where neither is better (McNemar's test, exact). */
  readonly probability: number;
}

/** Compares the same cases, case by case: those that both or neither passed say nothing. Noise from 5 % on. */
export function comparePasses(pairs: readonly (readonly [a: boolean, b: boolean])[]): CaseComparison {
  const onlyA = pairs.filter(([a, b]) => a && !b).length;
  const onlyB = pairs.filter(([a, b]) => b && !a).length;
  const probability = signTest(onlyA, onlyB);
  const verdict = probability >= 0.05 ? 'noise' : onlyB > onlyA ? 'higher' : 'lower';
  return { verdict, onlyA, onlyB, probability };
}

export interface MeanComparison {
  readonly verdict: 'noise' | 'lower' | 'higher';
  /** The mean of B − A. */
  readonly difference: number;
  readonly interval: readonly [low: number, high: number];
}

/** Compares the same queries, query by query: a difference counts where the 95 % interval of its mean leaves out zero. */
export function comparePairs(
  pairs: readonly (readonly [a: number, b: number])[],
  { seed = 1 }: { readonly seed?: number } = {},
): MeanComparison | null {
  if (pairs.length === 0) return null;
  const differences = pairs.map(([a, b]) => b - a);
  const interval = bootstrapInterval(differences, mean, { random: seededRandom(seed) });
  const verdict = interval[0] > 0 ? 'higher' : interval[1] < 0 ? 'lower' : 'noise';
  return { verdict, difference: mean(differences), interval };
}

/** Compares means of different queries: both lists are drawn from by themselves. Null where one of them is empty. */
export function compareMeans(
  a: readonly number[],
  b: readonly number[],
  { seed = 1 }: { readonly seed?: number } = {},
): MeanComparison | null {
  if (a.length === 0 || b.length === 0) return null;
  const difference = ([first = [], second = []]: readonly (readonly number[])[]): number =>
    mean(second) - mean(first);
  const interval = bootstrapStrata([a, b], difference, { random: seededRandom(seed) });
  const verdict = interval[0] > 0 ? 'higher' : interval[1] < 0 ? 'lower' : 'noise';
  return { verdict, difference: difference([a, b]), interval };
}

/** `strata`: of each prompt the logarithms of A, then those of B. */
function logRatio(strata: readonly (readonly number[])[]): number {
  const ratios: number[] = [];
  for (let at = 0; at + 1 < strata.length; at += 2) {
    ratios.push(median(strata[at + 1] ?? []) - median(strata[at] ?? []));
  }
  return mean(ratios);
}
