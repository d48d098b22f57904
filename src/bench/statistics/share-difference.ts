/** How far two shares of passed cases lie apart, B − A, with the 95 % interval of that. */
import { exactInterval } from './binomial.ts';
import { wilsonInterval } from './wilson.ts';

export interface ShareDifference {
  /** B − A, −1 to 1. */
  readonly difference: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * Of the same cases: given how many of them came out differently, the exact interval of the share of those that speak for B
 * (Clopper and Pearson 1934), put on the scale of all cases. It leaves out zero exactly where McNemar's exact test is below
 * 5 %, so that the two never contradict each other. Where no case came out differently, there is no difference.
 */
export function pairedDifference(
  { onlyA, onlyB }: { readonly onlyA: number; readonly onlyB: number },
  count: number,
): ShareDifference {
  const differing = onlyA + onlyB;
  if (differing === 0) return { difference: 0, interval: [0, 0] };
  const toDifference = (shareOfB: number): number => ((2 * shareOfB - 1) * differing) / count;
  const [low, high] = exactInterval(onlyB, differing);
  return { difference: (onlyB - onlyA) / count, interval: [toDifference(low), toDifference(high)] };
}

export interface Share {
  readonly passed: number;
  readonly count: number;
}

/** Of different cases: the hybrid of two Wilson intervals (Newcombe 1998, method 10). Throws a `RangeError` as `wilsonInterval` does. */
export function independentDifference(a: Share, b: Share): ShareDifference {
  const [lowA, highA] = wilsonInterval(a.passed, a.count);
  const [lowB, highB] = wilsonInterval(b.passed, b.count);
  const [shareA, shareB] = [a.passed / a.count, b.passed / b.count];
  const difference = shareB - shareA;
  return {
    difference,
    interval: [
      difference - Math.hypot(shareB - lowB, highA - shareA),
      difference + Math.hypot(highB - shareB, shareA - lowA),
    ],
  };
}
