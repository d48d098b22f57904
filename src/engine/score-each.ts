/**
 * The probabilities of several texts after one: the text before them is read once, and what it made the model compute is kept
 * while one continuation after the other is read and taken back. Each is computed as if it were alone.
 */
import { splitTokens } from './continuation.ts';
import { RequestProblem, type Evaluator } from './evaluator.ts';
import { MAX_CONTINUATIONS } from './limits.ts';
import type { TextScore } from './measurable.ts';
import { assertScorable, scoreFrom, sumProbabilities } from './token-scores.ts';

/** A context that can be shortened again. */
export interface RewindingEvaluator extends Evaluator {
  /** Says that the context will be shortened to here: some models have to keep a copy of their state for that. */
  settle(): Promise<void>;
  /** Takes back all but the first so many tokens of the context. */
  rewind(tokenCount: number): Promise<void>;
}

export interface ScoreEachRequest {
  readonly prefix: string;
  readonly continuations: readonly string[];
}

/** Throws `RequestProblem`, `LogitsProblem`. */
export async function scoreEach(
  evaluator: RewindingEvaluator,
  { prefix, continuations }: ScoreEachRequest,
): Promise<readonly TextScore[]> {
  if (continuations.length > MAX_CONTINUATIONS) {
    throw new RequestProblem(
      `${continuations.length} continuations were to be scored at once; at most ${MAX_CONTINUATIONS} may be`,
    );
  }
  const texts = continuations.map((continuation, index) => {
    const { tokens, start } = splitTokens(evaluator, { prefix, continuation });
    assertScorable(evaluator, tokens, start);
    return { index, tokens, start };
  });
  const scores: TextScore[] = [];
  // A token that reaches over the border makes a continuation begin earlier; each beginning gets a context of its own, since
  // numbers computed in other batches differ in their last digits.
  for (const start of new Set(texts.map((text) => text.start))) {
    const group = texts.filter((text) => text.start === start);
    await evaluator.clear();
    const context = group[0]?.tokens.slice(0, start - 1) ?? [];
    if (context.length > 0) {
      await evaluator.evaluate(context, new Map());
      await evaluator.settle();
    }
    for (const { index, tokens } of group) {
      scores[index] = await scoreFrom(evaluator, tokens, { from: start });
      // Once is enough to see that the numbers make a distribution: reading a vocabulary takes longer than scoring a query.
      if (index === 0) await sumProbabilities(evaluator, tokens.at(-2) ?? 0);
      await evaluator.rewind(start - 1);
    }
  }
  return scores;
}
