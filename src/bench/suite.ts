/** What a model is asked: the three parts of a suite, and what is known about it. */

export interface Suite {
  readonly name: string;
  readonly description: string | null;
  /** Versions of models that were trained on these questions; their scores show less than they seem to. */
  readonly seenBy: readonly string[];
  /** Over what is asked and accepted, not over name, description or `seenBy`: see `suiteDigest`. */
  readonly sha256: string;
  readonly speed: readonly SpeedPrompt[];
  readonly cove: readonly CoveCase[];
  readonly retrieval: RetrievalSet;
  readonly prompts: SuitePrompts;
}

/** What a model gets to see. */
export type AskedOfModels = Pick<Suite, 'speed' | 'cove' | 'retrieval' | 'prompts'>;

export interface SpeedPrompt {
  readonly id: string;
  readonly category: string;
  readonly prompt: string;
  /** Tokens to answer with, at most. */
  readonly maxTokens: number;
}

export interface CoveCase {
  readonly id: string;
  readonly category: string;
  readonly question: string;
  /** An answer that may be wrong. */
  readonly draft: string;
  readonly draftIsRight: boolean;
  /** Every spelling of the right answer; compared after `normalizeAnswer`. */
  readonly accepted: readonly string[];
}

export interface RetrievalSet {
  readonly documents: readonly RetrievalDocument[];
  readonly queries: readonly RetrievalQuery[];
}

export interface RetrievalDocument {
  readonly id: string;
  readonly text: string;
}

export interface RetrievalQuery {
  readonly id: string;
  readonly query: string;
  /** Ids of the documents that answer it. */
  readonly relevant: readonly string[];
}

/** The words in which a model is asked; `{name}` stands for what is put in. */
export interface SuitePrompts {
  /** `{question}`, `{draft}`: asks for verification questions. */
  readonly plan: string;
  /** `{check}`: asks one of them, without the draft. */
  readonly check: string;
  /** `{question}`, `{draft}`, `{checks}`: asks for the comparison, the final answer and the verdict. */
  readonly final: string;
  /** `{document}`: stands before a query whose probability is measured. */
  readonly document: string;
}

/** How many cases of a suite a run asked, where it did not ask all. */
export interface SampledCases {
  readonly speed: number;
  readonly cove: number;
  readonly retrieval: number;
}

export function countCases({ speed, cove, retrieval }: Suite): SampledCases {
  return { speed: speed.length, cove: cove.length, retrieval: retrieval.queries.length };
}
