/** The probability of a text after another: the sum over its tokens, each after all that stands before it. */
import { RequestProblem, type Evaluator } from './evaluator.ts';
import { scoreTokens } from './token-scores.ts';
import type { Score } from './types.ts';

export interface ContinuationRequest {
  readonly prefix: string;
  readonly continuation: string;
}

/** Throws `RequestProblem`, `LogitsProblem`. */
export async function scoreContinuation(evaluator: Evaluator, request: ContinuationRequest): Promise<Score> {
  const { tokens, start } = splitTokens(evaluator, request);
  return scoreTokens(evaluator, tokens, { from: start });
}

/**
 * The tokens of both texts together, and where the continuation begins: at the first token that the prefix alone does
 * not have. A token that reaches over the border belongs to the continuation, since it holds a part of it.
 */
export function splitTokens(
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
