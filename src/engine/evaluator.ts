/** What generating and scoring need of a model in memory: tokens in, logits out. One adapter per engine fills it. */

export interface Evaluator {
  readonly vocabularySize: number;
  readonly contextTokens: number;
  /** Text that names a special token becomes that token; the leading special token comes first where the model asks for it. */
  tokenize(text: string): readonly number[];
  detokenize(tokens: readonly number[]): string;
  isEndOfGeneration(token: number): boolean;
  /** Empties the context. */
  clear(): Promise<void>;
  /**
   * Appends tokens to the context. Answers, in the same order, for those positions that `questions` names, with what
   * the model expects to come *after* that token.
   */
  evaluate(tokens: readonly number[], questions: ReadonlyMap<number, Question>): Promise<readonly Look[]>;
  /** Evaluates the last token once more, for a second question about the same position. */
  again(lastToken: number, question: Question): Promise<Look>;
}

export type Question =
  /** The cheap one, and the only one that is safe while NaN may be among the logits. `also`: tokens to read as well. */
  | { readonly kind: 'top'; readonly also: readonly number[] }
  /** The so many largest. */
  | { readonly kind: 'best'; readonly count: number }
  /** Every logit of the vocabulary: about half a microsecond for each. */
  | { readonly kind: 'whole' };

/** What was seen at one position. All logits are raw: nothing was biased, filtered or divided by a temperature. */
export interface Look {
  /** The token of the largest logit; the first such one where several are equal. */
  readonly top: number | null;
  readonly topLogit: number;
  /**
   * Sum over the whole vocabulary of exp(logit − topLogit), in float32. NaN where any logit is NaN or +Infinity; the size of the
   * vocabulary where all are equal.
   */
  readonly totalWeight: number;
  /** Those asked for, largest first. */
  readonly logits: ReadonlyMap<number, number>;
}

/** A question that has no answer, told to whoever asked. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
}

/** The model's numbers cannot be used. */
export class LogitsProblem extends Error {
  override readonly name = 'LogitsProblem';
}

/** The look of a call that asked about one position. */
export function only(looks: readonly Look[]): Look {
  const [look] = looks;
  if (look === undefined)
    throw new Error('The engine did not answer for the position that it was asked about.');
  return look;
}
