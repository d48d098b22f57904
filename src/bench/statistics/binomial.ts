/** The binomial distribution with one half, in logarithms, so that thousands of trials are no problem. */

/** P(B < k) for B with `trials` trials. */
export function binomialBelow(k: number, trials: number): number {
  let logChoose = 0;
  let sum = 0;
  for (let successes = 0; successes < Math.min(k, trials + 1); successes += 1) {
    if (successes > 0) logChoose += Math.log((trials - successes + 1) / successes);
    sum += Math.exp(logChoose - trials * Math.LN2);
  }
  return Math.min(1, sum);
}

/** How probable a split at least as uneven as this one is where both sides are equally likely (two-sided). */
export function signTest(onlyA: number, onlyB: number): number {
  const trials = onlyA + onlyB;
  return Math.min(1, 2 * binomialBelow(Math.min(onlyA, onlyB) + 1, trials));
}
