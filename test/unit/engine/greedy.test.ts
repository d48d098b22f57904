import { describe, expect, it } from 'vitest';

import { RequestProblem } from '../../../src/engine/evaluator.ts';
import { generateGreedily, isCircling } from '../../../src/engine/greedy.ts';
import { bigramEvaluator, type Bigrams } from '../../fakes/bigram-model.ts';

const SIZE = 128;
const REQUEST = { prompt: 'a', tokens: 4, banEndOfGeneration: true, checkLogits: true };
/** After each token the one that follows it in the alphabet. */
const successor: Bigrams = (previous, next) => (next === previous + 1 ? 5 : 0);

/** A clock that moves by one millisecond whenever it is read. */
function ticking(): () => number {
  let ms = 0;
  return () => (ms += 1);
}

describe('generateGreedily', () => {
  it('picks the most probable token at every step and evaluates no token twice', async () => {
    const evaluator = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE });
    const generation = await generateGreedily(evaluator, REQUEST, ticking());
    expect(generation).toEqual({
      text: 'bcde',
      tokens: [98, 99, 100, 101],
      tokenCount: 4,
      promptTokenCount: 1,
      endedBy: 'token-limit',
      timeToFirstTokenMs: 1,
      totalMs: 2,
      tokensPerSecond: 3000,
      logits: { allFinite: true, allEqual: false, stepsChecked: 4 },
      repeated: false,
    });
    expect(evaluator.context).toEqual([97, 98, 99, 100]);
  });

  it('starts from an empty context each time', async () => {
    const evaluator = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE });
    const first = await generateGreedily(evaluator, REQUEST, ticking());
    expect(await generateGreedily(evaluator, REQUEST, ticking())).toEqual(first);
  });

  describe('when an end-of-generation token is the most probable', () => {
    const endTokens = [98, ...Array.from({ length: 20 }, (_, index) => index)];

    it('ends there without it', async () => {
      const evaluator = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE, endTokens: [99] });
      const generation = await generateGreedily(
        evaluator,
        { ...REQUEST, banEndOfGeneration: false },
        ticking(),
      );
      expect(generation).toMatchObject({ text: 'b', endedBy: 'end-of-generation' });
    });

    it('takes the best of the others where it is banned', async () => {
      const bigrams: Bigrams = (_, next) => (next === 98 ? 9 : next === 120 ? 8 : 0);
      const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE, endTokens });
      const generation = await generateGreedily(evaluator, REQUEST, ticking());
      expect(generation).toMatchObject({ text: 'xxxx', endedBy: 'token-limit' });
    });

    it('looks through the whole vocabulary when all the best are banned', async () => {
      const bigrams: Bigrams = (_, next) => (endTokens.includes(next) ? 9 : next === 120 ? 8 : 0);
      const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE, endTokens });
      expect(await generateGreedily(evaluator, REQUEST, ticking())).toMatchObject({ text: 'xxxx' });
    });
  });

  describe('when the logits are unsound', () => {
    it.each<[string, Bigrams, object]>([
      ['NaN at one token', (_, next) => (next === 7 ? Number.NaN : 0), { allFinite: false, stepsChecked: 1 }],
      [
        'NaN at the first token',
        (_, next) => (next === 0 ? Number.NaN : 1),
        { allFinite: false, stepsChecked: 1 },
      ],
      ['Infinity', (_, next) => (next === 7 ? Infinity : 0), { allFinite: false, stepsChecked: 1 }],
      ['−Infinity everywhere', () => -Infinity, { allFinite: false, stepsChecked: 1 }],
      [
        '−Infinity at one token',
        (_, next) => (next === 7 ? -Infinity : next),
        { allFinite: false, stepsChecked: 4 },
      ],
      ['all equal', () => 3, { allFinite: true, allEqual: true, stepsChecked: 4 }],
    ])('reports %s', async (_, bigrams, logits) => {
      const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE });
      expect((await generateGreedily(evaluator, REQUEST, ticking())).logits).toMatchObject(logits);
    });

    it('stops where they are not finite, since nothing can be picked', async () => {
      const bigrams: Bigrams = (previous, next) => (previous === 99 ? Number.NaN : successor(previous, next));
      const evaluator = bigramEvaluator({ bigrams, vocabularySize: SIZE });
      const generation = await generateGreedily(evaluator, REQUEST, ticking());
      expect(generation).toMatchObject({
        text: 'bc',
        endedBy: 'logits-not-finite',
        logits: { stepsChecked: 3 },
      });
    });
  });

  describe('when the context is short', () => {
    it('stops when it is full', async () => {
      const evaluator = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE, contextTokens: 4 });
      const generation = await generateGreedily(evaluator, REQUEST, ticking());
      expect(generation).toMatchObject({ text: 'bcd', endedBy: 'context-full' });
    });

    it('refuses a prompt that does not fit, and says both lengths', async () => {
      const evaluator = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE, contextTokens: 4 });
      const answer = generateGreedily(evaluator, { ...REQUEST, prompt: 'abcd' }, ticking());
      await expect(answer).rejects.toThrow(
        new RequestProblem('the prompt has 4 tokens and the context has room for 3'),
      );
    });
  });

  it('refuses a prompt without a token', async () => {
    const evaluator = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE });
    await expect(generateGreedily(evaluator, { ...REQUEST, prompt: '' }, ticking())).rejects.toThrow(
      RequestProblem,
    );
  });

  it('never returns a token from outside the vocabulary', async () => {
    const honest = bigramEvaluator({ bigrams: successor, vocabularySize: SIZE });
    const evaluator = {
      ...honest,
      evaluate: async () => [{ top: SIZE, topLogit: 1, totalWeight: 2, logits: new Map() }],
    };
    expect(await generateGreedily(evaluator, REQUEST, ticking())).toMatchObject({
      tokens: [],
      endedBy: 'logits-not-finite',
    });
  });
});

describe('isCircling', () => {
  it.each<[boolean, string]>([
    [true, 'aaaaaaaa'],
    [true, 'xyzwabababab'],
    [true, 'hello abcabcabcabc'],
    [false, 'abcdefgh'],
    [false, 'aaaa'],
    [false, 'aaaaabcd'],
  ])('says %s of %s', (expected, text) => {
    expect(isCircling([...text].map((character) => character.codePointAt(0) ?? 0))).toBe(expected);
  });
});
