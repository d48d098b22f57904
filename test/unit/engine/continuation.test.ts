import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { scoreContinuation } from '../../../src/engine/continuation.ts';
import { LogitsProblem, RequestProblem } from '../../../src/engine/evaluator.ts';
import { bigramEvaluator, logProbabilityOf, type Bigrams } from '../../fakes/bigram-model.ts';

const SIZE = 128;
const bigrams: Bigrams = (previous, next) => ((previous * 7 + next * 13) % 11) / 3;
const codes = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);

describe('scoreContinuation', () => {
  it('adds up log-softmax over the whole vocabulary, for texts of every length', async () => {
    const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE, contextTokens: 200 });
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, text, async (prefix, continuation) => {
        const score = await scoreContinuation(evaluator, { prefix, continuation });
        const tokens = codes(prefix.at(-1) + continuation);
        const expected = tokens.slice(1).map((token, index) => ({
          token,
          logProbability: logProbabilityOf(bigrams, SIZE, tokens[index] ?? 0, token),
        }));
        expect(score.tokenCount).toBe(expected.length);
        score.perToken.forEach(({ token, logProbability }, index) => {
          expect(token).toBe(expected[index]?.token);
          expect(logProbability).toBeCloseTo(expected[index]?.logProbability ?? 0, 9);
        });
        expect(score.logProbability).toBeCloseTo(
          expected.reduce((sum, { logProbability }) => sum + logProbability, 0),
          6,
        );
        expect(score.probabilitySum).toBeCloseTo(1, 9);
      }),
      { numRuns: 50 },
    );
  });

  it('scores from the start token where the prefix is empty', async () => {
    const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE, startToken: 1 });
    const { perToken } = await scoreContinuation(evaluator, { prefix: '', continuation: 'a' });
    const logProbability: unknown = expect.closeTo(logProbabilityOf(bigrams, SIZE, 1, 97), 9);
    expect(perToken).toEqual([{ token: 97, logProbability }]);
  });

  describe('when a token reaches over the border of both texts', () => {
    it('counts it as the continuation', async () => {
      const tokenize = (text: string): number[] => codes(text.replaceAll('bc', '#'));
      const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE, tokenize });
      const { perToken } = await scoreContinuation(evaluator, { prefix: 'ab', continuation: 'cd' });
      expect(perToken.map(({ token }) => token)).toEqual(codes('#d'));
    });
  });

  it.each<[string, { prefix: string; continuation: string }, RegExp]>([
    ['an empty continuation', { prefix: 'a', continuation: '' }, /adds no token/],
    ['nothing to stand before it', { prefix: '', continuation: 'a' }, /nothing stands before/],
    [
      'more than the context holds',
      { prefix: 'a', continuation: 'b'.repeat(80) },
      /81 tokens and the context has room for 63/,
    ],
  ])('refuses %s', async (_, texts, reason) => {
    const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE });
    const answer = scoreContinuation(evaluator, texts);
    await expect(answer).rejects.toThrow(RequestProblem);
    await expect(answer).rejects.toThrow(reason);
  });

  describe('when the numbers make no distribution', () => {
    const texts = { prefix: 'a', continuation: 'b' };
    const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE });

    it.each<[string, Bigrams]>([
      ['a NaN', (_, next) => (next === 5 ? Number.NaN : 0)],
      ['an Infinity', (_, next) => (next === 5 ? Infinity : 0)],
      ['an impossible token', (_, next) => (next === 98 ? -Infinity : 0)],
    ])('refuses %s', async (_, broken) => {
      await expect(
        scoreContinuation(bigramEvaluator({ bigrams: broken, vocabularySize: SIZE }), texts),
      ).rejects.toThrow(LogitsProblem);
    });

    it('refuses a sum that is not 1', async () => {
      const again: typeof evaluator.again = async (...question) => {
        const look = await evaluator.again(...question);
        return { ...look, totalWeight: look.totalWeight * 1.01 };
      };
      await expect(scoreContinuation({ ...evaluator, again }, texts)).rejects.toThrow(/add up to 0\.99/);
    });

    it('refuses a vocabulary that was read in part', async () => {
      const again: typeof evaluator.again = async (token) =>
        evaluator.again(token, { kind: 'best', count: 10 });
      await expect(scoreContinuation({ ...evaluator, again }, texts)).rejects.toThrow(
        /10 logits were read of a vocabulary of 128/,
      );
    });

    it('refuses an answer without the logit that was asked for', async () => {
      const evaluate: typeof evaluator.evaluate = async (...question) =>
        (await evaluator.evaluate(...question)).map((look) => ({ ...look, logits: new Map() }));
      await expect(scoreContinuation({ ...evaluator, evaluate }, texts)).rejects.toThrow(/left out a logit/);
    });
  });
});
