import { describe, expect, it } from 'vitest';
import { RequestProblem } from '../../../src/engine/evaluator.ts';
import { scoreTokens } from '../../../src/engine/token-scores.ts';
import { bigramEvaluator, logProbabilityOf, type Bigrams } from '../../fakes/bigram-model.ts';

const SIZE = 32;
const bigrams: Bigrams = (previous, next) => ((previous * 7 + next * 13) % 11) / 3;
const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE, startToken: 1, contextTokens: 40 });

describe('scoreTokens', () => {
  it('scores from the index that it is given on, and takes the tokens as they are', async () => {
    const tokens = [5, 6, 7, 8];
    for (const from of [1, 2, 3]) {
      const score = await scoreTokens(evaluator, tokens, { from });
      expect(score.tokenCount).toBe(4 - from);
      score.perToken.forEach(({ token, logProbability }, index) => {
        const at = from + index;
        expect(token).toBe(tokens[at]);
        expect(logProbability).toBeCloseTo(
          logProbabilityOf(bigrams, SIZE, tokens[at - 1] ?? 0, tokens[at] ?? 0),
          9,
        );
      });
      expect(evaluator.context).toEqual([5, 6, 7]);
    }
  });

  it('fills a context to the last place', async () => {
    const tokens = Array.from({ length: 40 }, (_, index) => index % SIZE);
    expect(await scoreTokens(evaluator, tokens, { from: 1 })).toMatchObject({ tokenCount: 39 });
    await expect(scoreTokens(evaluator, [...tokens, 0], { from: 1 })).rejects.toThrow(/room for 40/);
  });

  it.each([
    ['nothing before the first', [1, 2], 0],
    ['nothing to score', [1, 2], 2],
    ['no tokens', [], 1],
    ['a token that there is not', [1, SIZE], 1],
    ['a token that is none', [1, 0.5], 1],
  ])('refuses %s', async (_what, tokens, from) => {
    await expect(scoreTokens(evaluator, tokens, { from })).rejects.toThrow(RequestProblem);
  });
});
