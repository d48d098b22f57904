/** The binomial distribution, in logarithms, so that thousands of trials are no problem. */

/** P(B < k) for B with `trials` trials, each a success with `probability`, more than 0 and less than 1. */
export function binomialBelow(k: number, trials: number, probability = 0.5): number {
  const [logSuccess, logFailure] = [Math.log(probability), Math.log1p(-probability)];
  let logChoose = 0;
  let sum = 0;
  for (let successes = 0; successes < Math.min(k, trials + 1); successes += 1) {
    if (successes > 0) logChoose += Math.log((trials - successes + 1) / successes);
    sum += Math.exp(logChoose + successes * logSuccess + (trials - successes) * logFailure);
  }
  return Math.min(1, sum);
}

/** How probable a split at least as uneven as this one is where both sides are equally likely (two-sided). */
export function signTest(onlyA: number, onlyB: number): number {
  const trials = onlyA + onlyB;
  return Math.min(1, 2 * binomialBelow(Math.min(onlyA, onlyB) + 1, trials));
}

/**
 * The exact 95 % interval of a share (Clopper and Pearson 1934): the shares under which so many successes, or fewer, or
 * more, are no less probable than 2.5 %. It leaves out one half exactly where the sign test is below 5 %.
 */
export function exactInterval(successes: number, trials: number): readonly [low: number, high: number] {
  const low = successes === 0 ? 0 : solve((share) => 1 - binomialBelow(successes, trials, share) > TAIL);
  const high =
    successes === trials ? 1 : solve((share) => binomialBelow(successes + 1, trials, share) < TAIL);
  return [low, high];
}

const TAIL = 0.025;

/** The smallest share, 0–1, for which `holds`, which holds for every larger one. */
function solve(holds: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  // Each halving gives one more binary digit: a double has 53.
  for (let step = 0; step < 53; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
