import { describe, expect, it } from 'vitest';
import { scoreContinuation } from '../../../src/engine/continuation.ts';
import { scoreEach, type RewindingEvaluator } from '../../../src/engine/score-each.ts';
import { bigramEvaluator, type Bigrams } from '../../fakes/bigram-model.ts';

const bigrams: Bigrams = (previous, next) => ((previous * 7 + next * 13) % 31) / 5;
const OPTIONS = { bigrams, vocabularySize: 200, contextTokens: 64, startToken: 1 };

function rewinding(
  options = {},
): RewindingEvaluator & { readonly evaluated: number[]; readonly filled: number[] } {
  const evaluator = bigramEvaluator({ ...OPTIONS, ...options });
  const evaluated: number[] = [];
  const filled: number[] = [];
  return {
    ...evaluator,
    evaluated,
    filled,
    async evaluate(tokens, questions) {
      evaluated.push(...tokens);
      filled.push(evaluator.context.length);
      return evaluator.evaluate(tokens, questions);
    },
    settle: async () => undefined,
    async rewind(count) {
      evaluator.context.length = count;
    },
  };
}

describe('scoreEach', () => {
  it('says of each what it would say of it alone', async () => {
    const continuations = ['cat', 'dog and more', 'x'];
    const together = await scoreEach(rewinding(), { prefix: 'the ', continuations });
    for (const [index, continuation] of continuations.entries()) {
      const { probabilitySum, ...alone } = await scoreContinuation(rewinding(), {
        prefix: 'the ',
        continuation,
      });
      expect(together[index]).toEqual(alone);
      expect(probabilitySum).toBeCloseTo(1, 6);
    }
  });

  it('reads the prefix once', async () => {
    const evaluator = rewinding();
    const prefix = 'a long text ';
    await scoreEach(evaluator, { prefix, continuations: ['one', 'two', 'six'] });
    // The start token and all of the prefix but its last letter; then for each that letter and all but its own last.
    expect(evaluator.evaluated).toHaveLength(1 + prefix.length - 1 + 3 * 3);
    // Each finds just that before it, and nothing of the one before.
    expect(evaluator.filled).toEqual([0, prefix.length, prefix.length, prefix.length]);
  });

  it('begins earlier where a token reaches over the border', async () => {
    const tokenize = (text: string): number[] =>
      [...text.replaceAll('ab', '\u0096')].map((character) => character.codePointAt(0) ?? 0);
    const evaluator = rewinding({ tokenize });
    const scores = await scoreEach(evaluator, { prefix: 'xa', continuations: ['c', 'b', 'd'] });
    expect(scores.map(({ perToken }) => perToken.map(({ token }) => token))).toEqual([[99], [0x96], [100]]);
    for (const [index, continuation] of ['c', 'b', 'd'].entries()) {
      const alone = await scoreContinuation(rewinding({ tokenize }), { prefix: 'xa', continuation });
      expect(scores[index]?.logProbability).toBeCloseTo(alone.logProbability, 12);
    }
  });

  it('refuses all where one cannot be scored', async () => {
    const refused = { name: 'RequestProblem' };
    await expect(scoreEach(rewinding(), { prefix: 'a', continuations: ['b', ''] })).rejects.toMatchObject(
      refused,
    );
    const long = 'x'.repeat(100);
    await expect(scoreEach(rewinding(), { prefix: 'a', continuations: [long] })).rejects.toMatchObject(
      refused,
    );
    const many = Array.from({ length: 10_001 }, () => 'b');
    await expect(scoreEach(rewinding(), { prefix: 'a', continuations: many })).rejects.toMatchObject(refused);
  });

  it('looks once whether the numbers make a distribution', async () => {
    const broken = rewinding({ bigrams: () => Number.NaN });
    await expect(scoreEach(broken, { prefix: 'a', continuations: ['b'] })).rejects.toMatchObject({
      name: 'LogitsProblem',
    });
  });
});
