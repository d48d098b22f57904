/**
 * How probable tokens are after those before them: for each, log-softmax over the whole vocabulary,
 * log p(t) = logit(t) − max − ln Σ exp(logit − max).
 */
import { LogitsProblem, RequestProblem, type Evaluator, type Question } from './evaluator.ts';
import { MAX_POSITIONS_PER_LOOK, MAX_PROBABILITY_SUM_ERROR } from './limits.ts';
import type { Score, TokenScore } from './types.ts';

export interface ScoreTokensOptions {
  /** Index of the first token that is scored; at least one stands before it. */
  readonly from: number;
}

/** From an empty context. Throws `RequestProblem`, `LogitsProblem`. */
export async function scoreTokens(
  evaluator: Evaluator,
  tokens: readonly number[],
  { from }: ScoreTokensOptions,
): Promise<Score> {
  assertScorable(evaluator, tokens, from);
  await evaluator.clear();
  // What a token's logits say is about the token after it.
  const context = tokens.slice(0, from - 1);
  if (context.length > 0) await evaluator.evaluate(context, new Map());
  const scored = await scoreFrom(evaluator, tokens, { from });
  return { ...scored, probabilitySum: await sumProbabilities(evaluator, tokens.at(-2) ?? 0) };
}

/** Where the context holds all tokens up to two before `from`. Throws `LogitsProblem`. */
export async function scoreFrom(
  evaluator: Evaluator,
  tokens: readonly number[],
  { from }: ScoreTokensOptions,
): Promise<Omit<Score, 'probabilitySum'>> {
  const perToken: TokenScore[] = [];
  let at = from - 1;
  while (at < tokens.length - 1) {
    const part = tokens.slice(at, Math.min(at + MAX_POSITIONS_PER_LOOK, tokens.length - 1));
    const expected = tokens.slice(at + 1, at + 1 + part.length);
    const questions = expected.map((token, index): [number, Question] => [
      index,
      { kind: 'top', also: [token] },
    ]);
    const looks = await evaluator.evaluate(part, new Map(questions));
    expected.forEach((token, index) => {
      const look = looks[index];
      const logit = look?.logits.get(token);
      if (look === undefined || logit === undefined)
        throw new LogitsProblem('the engine left out a logit that it was asked for');
      const logProbability = logit - look.topLogit - Math.log(look.totalWeight);
      if (!Number.isFinite(logProbability)) throw new LogitsProblem('not every logit is a finite number');
      perToken.push({ token, logProbability });
    });
    at += part.length;
  }
  return {
    logProbability: perToken.reduce((sum, { logProbability }) => sum + logProbability, 0),
    tokenCount: perToken.length,
    perToken,
  };
}

/** Throws `RequestProblem`. */
export function assertScorable(evaluator: Evaluator, tokens: readonly number[], from: number): void {
  const { contextTokens, vocabularySize } = evaluator;
  if (!Number.isInteger(from) || from < 1 || from >= tokens.length) {
    throw new RequestProblem(`${tokens.length} tokens were to be scored from number ${from} on`);
  }
  // The last token is only asked about, never read.
  if (tokens.length > contextTokens) {
    throw new RequestProblem(
      `${tokens.length} tokens were to be scored and the context has room for ${contextTokens}`,
    );
  }
  const unknown = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabularySize);
  if (unknown !== undefined) throw new RequestProblem(`the vocabulary has no token ${unknown}`);
}

/**
 * Reads the whole vocabulary at the last position: the engine's own sum is checked against one in float64. Throws
 * `LogitsProblem`.
 */
export async function sumProbabilities(evaluator: Evaluator, lastToken: number): Promise<number> {
  const { logits, totalWeight, topLogit } = await evaluator.again(lastToken, { kind: 'whole' });
  if (logits.size !== evaluator.vocabularySize) {
    throw new LogitsProblem(`${logits.size} logits were read of a vocabulary of ${evaluator.vocabularySize}`);
  }
  let sum = 0;
  for (const logit of logits.values()) sum += Math.exp(logit - topLogit) / totalWeight;
  if (!(Math.abs(sum - 1) <= MAX_PROBABILITY_SUM_ERROR)) {
    throw new LogitsProblem(`the probabilities of the vocabulary add up to ${sum}, not to 1`);
  }
  return sum;
}
