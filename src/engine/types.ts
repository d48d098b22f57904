/** The port: what any engine that runs a model promises to whoever load-tests, measures or serves one. */
import type { FileIdentity } from '../system/index.ts';

/** Something that can run a model file. Building one costs nothing; the work starts with `load`. */
export interface Engine {
  /** Short and permanent, as it stands in records: `llama-cpp`, `llama-server`. */
  readonly name: string;
  /**
   * Loads the model into a process of its own. Throws `ENGINE_NOT_INSTALLED`, `ENGINE_LOAD_FAILED`,
   * `ENGINE_FILE_CHANGED`, `ENGINE_CRASHED`, `ENGINE_TIMED_OUT`, `ENGINE_OUT_OF_MEMORY`, `CORE_INTERRUPTED`; where
   * somebody's own program runs it also `ENGINE_BINARY_INVALID`, `ENGINE_FLAG_REFUSED`, `ENGINE_ANSWER_INVALID`.
   */
  load(request: LoadRequest): Promise<LoadedModel>;
  /** What would run, without running a model. Throws `ENGINE_BINARY_INVALID` where that is a file that cannot. */
  describe(): Promise<EngineDescription>;
}

export interface EngineDescription {
  readonly name: string;
  /** `null` where it is not installed. */
  readonly version: string | null;
  readonly available: boolean;
}

export interface LoadRequest {
  /** The model file; of a split model, its first shard. */
  readonly path: string;
  /** Tokens of context to make room for. Default: the model's own, at most `DEFAULT_CONTEXT_TOKENS`. */
  readonly contextTokens?: number;
  /** Threads that compute. Default: 1 on one or two cores, else all but one. */
  readonly threads?: number;
  /** Layers on a GPU. Default 0: the CPU alone, which is what every target has. */
  readonly gpuLayers?: number;
  readonly limits: EngineLimits;
  /** Ends the whole model, whatever it is doing; what is pending or asked later throws `CORE_INTERRUPTED`. */
  readonly signal?: AbortSignal;
  /** The file that was verified. The model is refused (`ENGINE_FILE_CHANGED`) where the path leads to another one. */
  readonly expectedFile?: ExpectedFile;
}

export interface EngineLimits {
  /**
   * What the model may take of memory in bytes: weights, context, scratch. What the engine's process needs for itself
   * (`ENGINE_BASELINE_BYTES`) is added.
   */
  readonly memoryBytes: number;
  /** How long each call (load, generate, score) may take, in milliseconds. */
  readonly wallMs: number;
}

/** Which file it is, as `fileIdentity` of `system` tells it; more fields than these do no harm. */
export type ExpectedFile = Pick<FileIdentity, 'dev' | 'ino' | 'sizeBytes'>;

/**
 * A model in memory. Calls are answered one after the other, each from an empty context, so that the same question
 * gets the same answer. Every call throws `ENGINE_CRASHED`, `ENGINE_TIMED_OUT`, `ENGINE_OUT_OF_MEMORY`,
 * `ENGINE_CLOSED`, `ENGINE_REQUEST_INVALID`, `ENGINE_ANSWER_INVALID`, `CORE_INTERRUPTED`.
 */
export interface LoadedModel {
  readonly facts: LoadedModelFacts;
  /** Continues the prompt greedily: the same model, prompt and machine give the same tokens. */
  generate(request: GenerateRequest): Promise<Generation>;
  /**
   * How probable the continuation is after the prefix. Throws `ENGINE_LOGITS_INVALID` where the model's numbers make
   * no distribution.
   */
  score(prefix: string, continuation: string): Promise<Score>;
  /** The tokens of a text as the model reads it, with the leading special token that the model asks for. */
  tokenize(text: string): Promise<readonly number[]>;
  /** Ends the process and everything it started. Safe to call twice. */
  close(): Promise<void>;
}

/** A model that takes tokens as they are: what measures on whole texts are made of. */
export interface TokenScoringModel extends LoadedModel {
  /**
   * How probable each token from the index `from` (1 or more) on is after all those before it; no start token is added. Throws
   * what `score` does, and `ENGINE_REQUEST_INVALID` for more tokens than the context holds or one that there is not.
   */
  scoreTokens(tokens: readonly number[], options: { readonly from: number }): Promise<Score>;
}

export interface LoadedModelFacts {
  readonly loadMs: number;
  readonly vocabularySize: number;
  readonly contextTokens: number;
  /** Of the package and of the library inside it: `3.22.1 (llama.cpp v0.5.0)`. */
  readonly engineVersion: string;
  /** Flags that somebody gave the engine: with others it is another engine. Nothing where it takes none. */
  readonly engineFlags?: readonly string[];
  /** What computes: `cpu`, or the name of the GPU. */
  readonly deviceName: string;
  readonly threads: number;
  /** Protections that this machine could not give the process, each with its reason; empty is the good case. */
  readonly missingProtections: readonly string[];
  /** The largest resident size of the process so far, in bytes, mapped weights included. */
  readonly peakRssBytes: number;
}

export interface GenerateRequest {
  readonly prompt: string;
  /** How many tokens to generate, at most. */
  readonly tokens: number;
  /** Never picks a token that would end the generation, so that `tokens` steps really run. */
  readonly banEndOfGeneration: boolean;
  /** Reads the whole vocabulary at the first step too, which sees a `-Infinity` that the later steps' sums cannot. */
  readonly checkLogits: boolean;
}

export interface Generation {
  readonly text: string;
  /** Every one is inside the vocabulary. */
  readonly tokens: readonly number[];
  readonly tokenCount: number;
  readonly promptTokenCount: number;
  readonly endedBy: 'token-limit' | 'end-of-generation' | 'context-full' | 'logits-not-finite';
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
  /** Of the tokens after the first; of all of them where there is only one. */
  readonly tokensPerSecond: number;
  readonly logits: LogitsReport;
  /** The text goes round in a circle: a warning, since sound models do it too under greedy decoding. */
  readonly repeated: boolean;
}

/** What the raw logits looked like. Reported here, judged by whoever asked. */
export interface LogitsReport {
  readonly allFinite: boolean;
  /** At some step every token was equally likely: weights that are zero or constant. */
  readonly allEqual: boolean;
  readonly stepsChecked: number;
  /** What this engine cannot see of them, for a reader; nothing where it sees all. */
  readonly unchecked?: string;
}

export interface Score {
  /** Natural logarithm; the sum over the continuation's tokens of log-softmax over the whole vocabulary. */
  readonly logProbability: number;
  readonly tokenCount: number;
  readonly perToken: readonly TokenScore[];
  /** The probabilities of one whole vocabulary, added up: 1 within `MAX_PROBABILITY_SUM_ERROR`. */
  readonly probabilitySum: number;
}

export interface TokenScore {
  readonly token: number;
  readonly logProbability: number;
}
