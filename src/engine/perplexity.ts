/**
 * How well a model foretells a text: perplexity, the exponential of the mean negative log-likelihood of its tokens. Cut into
 * windows as `llama-perplexity` of llama.cpp does (tools/perplexity, `perplexity`), so that the figures can be compared.
 */
import { throwIfAborted, type OnProgress } from '../core/index.ts';
import { EngineFailure } from './error.ts';
import { DEFAULT_WINDOW_TOKENS } from './limits.ts';
import type { Score, TokenScoringModel } from './types.ts';

export interface MeasurePerplexityOptions {
  /** Default: `DEFAULT_WINDOW_TOKENS`, or the context of the model where that is less. Figures of another one are other figures. */
  readonly windowTokens?: number;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Perplexity {
  /** exp of the mean of `negativeLogLikelihoods`: 1 foretells every token, the size of the vocabulary knows nothing. */
  readonly perplexity: number;
  /** Of the perplexity: one standard deviation of its mean, as if tokens were independent. */
  readonly standardError: number;
  /** −ln p of each token that was scored, in nats, in the order of the text: two models can be compared token by token. */
  readonly negativeLogLikelihoods: readonly number[];
  readonly windowTokens: number;
  readonly windowCount: number;
}

/**
 * The tokens of the text in windows of `windowTokens` that do not overlap; what is left at the end is not read. Each window is
 * read from an empty context, its first token replaced by the start token where the model asks for one; scored are the tokens
 * behind its middle (from index ⌊n/2⌋ + 1 on), each of which has half a window or more before it. In one thing it differs from
 * `llama-perplexity`: a text that names a special token means that token. Throws `ENGINE_REQUEST_INVALID` for fewer than two
 * windows, and what every call of a model throws.
 */
export async function measurePerplexity(
  model: TokenScoringModel,
  text: string,
  {
    windowTokens = Math.min(DEFAULT_WINDOW_TOKENS, model.facts.contextTokens),
    onProgress,
    signal,
  }: MeasurePerplexityOptions = {},
): Promise<Perplexity> {
  assertWindow(model, windowTokens);
  const tokens = await model.tokenize(text);
  const [start] = await model.tokenize('');
  const windowCount = Math.floor(tokens.length / windowTokens);
  if (windowCount < 2) throw tooShort(tokens.length, windowTokens);
  const from = Math.floor(windowTokens / 2) + 1;
  const totalBytes = Buffer.byteLength(text);
  const negativeLogLikelihoods: number[] = [];
  for (let no = 0; no < windowCount; no += 1) {
    throwIfAborted(signal);
    const doneBytes = Math.floor((totalBytes * no) / windowCount);
    const item = { name: 'window', no: no + 1, count: windowCount };
    onProgress?.({ kind: 'bytes', step: 'perplexity', doneBytes, totalBytes, item });
    const window = tokens.slice(no * windowTokens, (no + 1) * windowTokens);
    if (start !== undefined) window[0] = start;
    const score = await model.scoreTokens(window, { from });
    assertAnswered(score, windowTokens - from);
    negativeLogLikelihoods.push(...score.perToken.map(({ logProbability }) => -logProbability));
  }
  const { mean, error } = meanOf(negativeLogLikelihoods);
  const perplexity = Math.exp(mean);
  return { perplexity, standardError: error * perplexity, negativeLogLikelihoods, windowTokens, windowCount };
}

export interface PerplexityRatio {
  readonly ratio: number;
  /** From the differences token by token, and so far smaller than what the two perplexities alone would give. */
  readonly standardError: number;
}

/** How many times as high as another model's a model's perplexity is, on the same tokens. Throws `ENGINE_REQUEST_INVALID` for others. */
export function perplexityRatio(model: Perplexity, reference: Perplexity): PerplexityRatio {
  const other = reference.negativeLogLikelihoods;
  if (model.negativeLogLikelihoods.length !== other.length || model.windowTokens !== reference.windowTokens) {
    throw invalid('Perplexities are compared on the same tokens.', {
      expected: `${other.length} tokens in windows of ${reference.windowTokens}`,
      received: `${model.negativeLogLikelihoods.length} tokens in windows of ${model.windowTokens}`,
    });
  }
  const { mean, error } = meanOf(
    model.negativeLogLikelihoods.map((value, index) => value - (other[index] ?? 0)),
  );
  const ratio = Math.exp(mean);
  return { ratio, standardError: error * ratio };
}

/** The mean, and the standard error of the mean. */
function meanOf(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, error: count > 1 ? Math.sqrt(variance / (count - 1)) : 0 };
}

function assertWindow({ facts }: TokenScoringModel, windowTokens: number): void {
  if (Number.isInteger(windowTokens) && windowTokens >= 4 && windowTokens <= facts.contextTokens) return;
  throw invalid('A window of perplexity does not fit the model.', {
    expected: `a whole number from 4 to its context of ${facts.contextTokens} tokens`,
    received: String(windowTokens),
  });
}

function assertAnswered({ perToken }: Score, expected: number): void {
  if (perToken.length === expected) return;
  throw new EngineFailure('ENGINE_ANSWER_INVALID', `The engine scored ${perToken.length} tokens.`, {
    details: { expected: `${expected} tokens`, received: `${perToken.length} tokens` },
  });
}

function tooShort(tokenCount: number, windowTokens: number): EngineFailure {
  return invalid(`A text of ${tokenCount} tokens is too short for perplexity.`, {
    expected: `${2 * windowTokens} tokens or more: two windows of ${windowTokens}`,
    received: `${tokenCount} tokens`,
  });
}

function invalid(
  message: string,
  details: { readonly expected: string; readonly received: string },
): EngineFailure {
  return new EngineFailure('ENGINE_REQUEST_INVALID', message, {
    hint: 'Give a longer text, or name a smaller window.',
    details,
  });
}
