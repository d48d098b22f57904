import { describe, expect, it } from 'vitest';
import { readLogits } from '../../../src/engine/server-logits.ts';

const step = (...values: (number | null)[]) => ({
  top_logprobs: values.map((logprob, id) => ({ id, logprob })),
});

describe('readLogits', () => {
  it('finds nothing wrong with probabilities that differ', () => {
    expect(readLogits([step(-0.1, -3), step(-1, -2)], 100)).toMatchObject({
      allFinite: true,
      allEqual: false,
      stepsChecked: 2,
    });
  });

  it('takes a probability that is no number for a logit that is none', () => {
    expect(readLogits([step(-1, -2), step(null, null)], 100).allFinite).toBe(false);
  });

  it('knows that all are equal where the largest is one of as many', () => {
    expect(readLogits([step(-Math.log(100), -Math.log(100))], 100).allEqual).toBe(true);
    // Two that are as likely as each other, and more likely than the rest.
    expect(readLogits([step(-Math.log(2), -Math.log(2))], 100).allEqual).toBe(false);
  });

  it('says what no probability can show', () => {
    expect(readLogits([step(-1)], 100).unchecked).toContain('-Infinity');
  });
});
