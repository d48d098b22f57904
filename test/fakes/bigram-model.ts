/**
 * A model whose distribution can be computed by hand: the logits after a token depend on that token alone. Once as an
 * evaluator for unit tests, once as weights of a real model.
 */
import { encodeFloats, sampleModel, type GgufModel } from '../../src/gguf/index.ts';
import type { Evaluator, Look, Question } from '../../src/engine/evaluator.ts';

/** The logit of `next` after `previous`. */
export type Bigrams = (previous: number, next: number) => number;

/** log p(next | previous) = logit − ln Σ exp(logit), in float64. */
export function logProbabilityOf(
  bigrams: Bigrams,
  vocabularySize: number,
  previous: number,
  next: number,
): number {
  let sum = 0;
  for (let token = 0; token < vocabularySize; token += 1) sum += Math.exp(bigrams(previous, token));
  return bigrams(previous, next) - Math.log(sum);
}

export interface BigramEvaluatorOptions {
  readonly bigrams: Bigrams;
  readonly vocabularySize: number;
  readonly contextTokens?: number;
  readonly endTokens?: readonly number[];
  /** Comes first, as many models want it. */
  readonly startToken?: number;
  /** By default every character is the token of its code. */
  readonly tokenize?: (text: string) => number[];
}

/** An evaluator that keeps its context as a real one does, and refuses what a real one cannot do. */
export function bigramEvaluator({
  bigrams,
  vocabularySize,
  contextTokens = 64,
  endTokens = [],
  startToken,
  tokenize = (text) => [...text].map((character) => character.codePointAt(0) ?? 0),
}: BigramEvaluatorOptions): Evaluator & { readonly context: number[] } {
  const context: number[] = [];
  const look = (previous: number, question: Question): Look => {
    const all = Array.from({ length: vocabularySize }, (_, token): [number, number] => [
      token,
      bigrams(previous, token),
    ]);
    const broken = all.some(([, logit]) => Number.isNaN(logit));
    if (broken && question.kind !== 'top') throw new Error('a vocabulary with NaN must not be sorted');
    const sorted = all.toSorted((a, b) => b[1] - a[1]);
    const [top, topLogit] = sorted[0] ?? [0, 0];
    const chosen = {
      top: () =>
        all.filter(([token]) => token === top || (question.kind === 'top' && question.also.includes(token))),
      best: () => sorted.slice(0, question.kind === 'best' ? question.count : 0),
      whole: () => sorted,
    }[question.kind]();
    const totalWeight = all.reduce((sum, [, logit]) => sum + Math.exp(logit - topLogit), 0);
    return { top, topLogit, totalWeight, logits: new Map(chosen) };
  };
  return {
    context,
    vocabularySize,
    contextTokens,
    tokenize: (text) => [...(startToken === undefined ? [] : [startToken]), ...tokenize(text)],
    detokenize: (tokens) => String.fromCodePoint(...tokens),
    isEndOfGeneration: (token) => endTokens.includes(token),
    async clear() {
      context.length = 0;
    },
    async evaluate(tokens, questions) {
      context.push(...tokens);
      if (context.length > contextTokens - 1) throw new Error('the context is full');
      return [...questions].map(([index, question]) => look(tokens[index] ?? Number.NaN, question));
    },
    async again(lastToken, question) {
      if (context.at(-1) !== lastToken) throw new Error('not the last token');
      return look(lastToken, question);
    },
  };
}

/** Large, so that the epsilon of the normalisation (1e-5) does not count beside it. */
const EMBEDDING = 1000;

/**
 * A real model with these bigrams: attention and feed-forward add nothing to the residual stream, each embedding is
 * one-hot, so the normalised stream is √width at the token's place, and column `previous` of the output matrix over √width is its
 * row of logits.
 */
export function bigramModel(bigrams: Bigrams, vocabularySize: number): GgufModel {
  const width = vocabularySize;
  const model = sampleModel({
    type: 'F32',
    vocabularySize,
    embeddingLength: width,
    headCount: width / 32,
    headCountKv: width / 32,
    feedForwardLength: 32,
    blockCount: 1,
  });
  const matrix = (value: (row: number, column: number) => number): Uint8Array => {
    const values = Float32Array.from({ length: width * vocabularySize }, (_, index) =>
      value(Math.floor(index / width), index % width),
    );
    return encodeFloats('F32', values);
  };
  const zeros = (dims: readonly number[]): Uint8Array =>
    encodeFloats('F32', new Float32Array(dims.reduce((product, size) => product * size, 1)));
  return {
    ...model,
    tensors: model.tensors.map((tensor) => {
      if (tensor.name === 'token_embd.weight')
        return { ...tensor, data: matrix((row, column) => (row === column ? EMBEDDING : 0)) };
      if (tensor.name === 'output.weight') {
        return { ...tensor, data: matrix((row, column) => bigrams(column, row) / Math.sqrt(width)) };
      }
      if (/norm/.test(tensor.name))
        return { ...tensor, data: encodeFloats('F32', new Float32Array(width).fill(1)) };
      return { ...tensor, data: zeros(tensor.dims) };
    }),
  };
}
