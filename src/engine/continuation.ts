/**
 * The probability of a text after another: the sum over its tokens of log-softmax over the whole vocabulary,
 * log p(t) = logit(t) − max − ln Σ exp(logit − max).
 */
import { LogitsProblem, RequestProblem, type Evaluator, type Question } from './evaluator.ts';
import { MAX_POSITIONS_PER_LOOK, MAX_PROBABILITY_SUM_ERROR } from './limits.ts';
import type { Score, TokenScore } from './types.ts';

export interface ContinuationRequest {
  readonly prefix: string;
  readonly continuation: string;
}

/** Throws `RequestProblem`, `LogitsProblem`. */
export async function scoreContinuation(
  evaluator: Evaluator,
  { prefix, continuation }: ContinuationRequest,
): Promise<Score> {
  const { tokens, start } = splitTokens(evaluator, { prefix, continuation });
  await evaluator.clear();
  // What a token's logits say is about the token after it.
  const context = tokens.slice(0, start - 1);
  if (context.length > 0) await evaluator.evaluate(context, new Map());
  const perToken: TokenScore[] = [];
  let at = start - 1;
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
  const probabilitySum = await sumProbabilities(evaluator, tokens.at(-2) ?? 0);
  return {
    logProbability: perToken.reduce((sum, { logProbability }) => sum + logProbability, 0),
    tokenCount: perToken.length,
    perToken,
    probabilitySum,
  };
}

/**
 * The tokens of both texts together, and where the continuation begins: at the first token that the prefix alone does
 * not have. A token that reaches over the border belongs to the continuation, since it holds a part of it.
 */
function splitTokens(
  evaluator: Evaluator,
  { prefix, continuation }: ContinuationRequest,
): { readonly tokens: readonly number[]; readonly start: number } {
  const before = evaluator.tokenize(prefix);
  const tokens = evaluator.tokenize(prefix + continuation);
  let start = 0;
  while (start < before.length && before[start] === tokens[start]) start += 1;
  if (start >= tokens.length) throw new RequestProblem('the continuation adds no token to the prefix');
  if (start === 0) {
    throw new RequestProblem(
      'nothing stands before the continuation; a model without a start token needs a prefix',
    );
  }
  const room = evaluator.contextTokens - 1;
  if (tokens.length - 1 > room) {
    throw new RequestProblem(
      `prefix and continuation have ${tokens.length} tokens and the context has room for ${room}`,
    );
  }
  return { tokens, start };
}

/** Reads the whole vocabulary at the last position: the engine's own sum is checked against one in float64. */
async function sumProbabilities(evaluator: Evaluator, lastToken: number): Promise<number> {
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
