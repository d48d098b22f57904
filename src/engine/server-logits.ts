/** What probabilities tell about the logits that they were made from. Pure. */
import type { StepProbabilities } from './server-protocol.ts';
import type { LogitsReport } from './types.ts';

/** One NaN or +Infinity makes every probability of its step a NaN; −Infinity makes only its own a zero. */
export const UNSEEN =
  'the server tells probabilities and no logits: a logit of -Infinity would not have been seen.';

/**
 * A softmax sums over the whole vocabulary, so that any NaN or +Infinity in it turns every probability into NaN, which
 * JSON writes as null. The largest probability is 1/size exactly where all are equal.
 */
export function readLogits(steps: readonly StepProbabilities[], vocabularySize: number): LogitsReport {
  const uniform = -Math.log(vocabularySize);
  const all = steps.flatMap(({ top_logprobs }) => top_logprobs.map(({ logprob }) => logprob));
  const isUniform = ({ top_logprobs: [largest] }: StepProbabilities): boolean =>
    vocabularySize > 1 && Math.abs((largest?.logprob ?? Infinity) - uniform) <= MAX_UNIFORM_ERROR;
  return {
    allFinite: all.every((value) => value !== null),
    allEqual: steps.some(isUniform),
    stepsChecked: steps.length,
    unchecked: UNSEEN,
  };
}

/** What a float32 sum over 256k equal terms may be off by; a model that has learned anything is off by whole units. */
const MAX_UNIFORM_ERROR = 1e-3;
