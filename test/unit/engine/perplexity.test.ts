import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/core/index.ts';
import { measurePerplexity, perplexityRatio } from '../../../src/engine/perplexity.ts';
import { scoreTokens } from '../../../src/engine/token-scores.ts';
import type { LoadedModelFacts, TokenScoringModel } from '../../../src/engine/types.ts';
import { bigramEvaluator, logProbabilityOf, type Bigrams } from '../../fakes/bigram-model.ts';

const SIZE = 128;
const bigrams: Bigrams = (previous, next) => ((previous * 7 + next * 13) % 11) / 3;
const text = 'The quick brown fox jumps over the lazy dog, and once upon a time there was a bundle.';

interface Scored {
  readonly tokens: readonly number[];
  readonly from: number;
}

/** The engine without its process. */
function model({
  startToken,
  of = bigrams,
}: { startToken?: number; of?: Bigrams } = {}): TokenScoringModel & {
  readonly scored: Scored[];
} {
  const evaluator = bigramEvaluator({
    bigrams: of,
    vocabularySize: SIZE,
    ...(startToken === undefined ? {} : { startToken }),
  });
  const scored: Scored[] = [];
  return {
    scored,
    facts: { contextTokens: 64 } as LoadedModelFacts,
    tokenize: async (asked) => evaluator.tokenize(asked),
    async scoreTokens(tokens, { from }) {
      scored.push({ tokens, from });
      return scoreTokens(evaluator, tokens, { from });
    },
    score: () => Promise.reject(new Error('not asked')),
    generate: () => Promise.reject(new Error('not asked')),
    close: async () => undefined,
  };
}

const codes = [...text].map((character) => character.codePointAt(0) ?? 0);

describe('measurePerplexity', () => {
  it('is the exponential of the mean of what the tokens behind the middle of each window cost', async () => {
    const measured = await measurePerplexity(model(), text, { windowTokens: 8 });
    const expected: number[] = [];
    // Windows of 8 whole ones of 85 tokens; of each, the tokens 5, 6 and 7.
    for (let window = 0; window < 10; window += 1) {
      for (const at of [5, 6, 7].map((index) => window * 8 + index)) {
        expected.push(-logProbabilityOf(bigrams, SIZE, codes[at - 1] ?? 0, codes[at] ?? 0));
      }
    }
    expect(measured.windowCount).toBe(10);
    expect(measured.negativeLogLikelihoods).toHaveLength(30);
    measured.negativeLogLikelihoods.forEach((value, index) =>
      expect(value).toBeCloseTo(expected[index] ?? 0, 9),
    );
    const mean = expected.reduce((sum, value) => sum + value, 0) / 30;
    expect(measured.perplexity).toBeCloseTo(Math.exp(mean), 9);
    const deviation = Math.sqrt(expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 30 / 29);
    expect(measured.standardError).toBeCloseTo(deviation * Math.exp(mean), 9);
  });

  it('is the size of the vocabulary where the model knows nothing', async () => {
    const { perplexity, standardError } = await measurePerplexity(model({ of: () => 0 }), text, {
      windowTokens: 9,
    });
    expect(perplexity).toBeCloseTo(SIZE, 6);
    expect(standardError).toBeCloseTo(0, 6);
  });

  it('puts the start token in the first place of every window, where the model has one', async () => {
    const asked = model({ startToken: 1 });
    await measurePerplexity(asked, text, { windowTokens: 16 });
    expect(asked.scored.map(({ tokens, from }) => [tokens[0], tokens.length, from])).toEqual(
      Array.from({ length: 5 }, () => [1, 16, 9]),
    );
    // The text begins after the start token that stands before all of it.
    expect(asked.scored[0]?.tokens[1]).toBe(codes[0]);
    expect(asked.scored[1]?.tokens[1]).toBe(codes[16]);
  });

  it('takes windows as long as the context where that is short, and tells of each', async () => {
    const events: ProgressEvent[] = [];
    const long = text.repeat(3);
    const measured = await measurePerplexity(model(), long, { onProgress: (event) => events.push(event) });
    expect(measured).toMatchObject({ windowTokens: 64, windowCount: 3 });
    expect(events).toEqual(
      [0, 85, 170].map((doneBytes, index) => ({
        kind: 'bytes',
        step: 'perplexity',
        doneBytes,
        totalBytes: 255,
        item: { name: 'window', no: index + 1, count: 3 },
      })),
    );
  });

  it.each([
    ['a text of less than two windows', { windowTokens: 43 }],
    ['a window that the context does not hold', { windowTokens: 65 }],
    ['a window without a second half', { windowTokens: 3 }],
    ['a window that is no number', { windowTokens: 8.5 }],
  ])('refuses %s', async (_what, options) => {
    await expect(measurePerplexity(model(), text, options)).rejects.toMatchObject({
      code: 'ENGINE_REQUEST_INVALID',
      exitCode: 2,
    });
  });

  it('refuses an answer about other tokens than were asked about', async () => {
    const asked = model();
    const short: TokenScoringModel = {
      ...asked,
      scoreTokens: async (tokens, { from }) => asked.scoreTokens(tokens, { from: from + 1 }),
    };
    await expect(measurePerplexity(short, text, { windowTokens: 8 })).rejects.toMatchObject({
      code: 'ENGINE_ANSWER_INVALID',
    });
  });

  it('stops between two windows where it is interrupted', async () => {
    const controller = new AbortController();
    const asked = model();
    const measured = measurePerplexity(asked, text, {
      windowTokens: 8,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(measured).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    expect(asked.scored).toHaveLength(1);
  });
});

describe('perplexityRatio', () => {
  const of = async (sharpness: number) =>
    measurePerplexity(model({ of: (previous, next) => sharpness * bigrams(previous, next) }), text, {
      windowTokens: 8,
    });

  it('is one, without error, for a model and itself', async () => {
    const measured = await of(1);
    expect(perplexityRatio(measured, measured)).toEqual({ ratio: 1, standardError: 0 });
  });

  it('is that of the perplexities, and surer than they are', async () => {
    const [model, reference] = [await of(1.01), await of(1)];
    const { ratio, standardError } = perplexityRatio(model, reference);
    expect(ratio).toBeCloseTo(model.perplexity / reference.perplexity, 9);
    expect(standardError).toBeLessThan(reference.standardError / reference.perplexity / 10);
  });

  it('refuses those of other tokens', async () => {
    const measured = await of(1);
    const other = { ...measured, negativeLogLikelihoods: measured.negativeLogLikelihoods.slice(1) };
    expect(() => perplexityRatio(measured, other)).toThrow(/same tokens/);
    expect(() => perplexityRatio(measured, { ...measured, windowTokens: 16 })).toThrow(/same tokens/);
  });
});
