/** `engine`: running a model. A small port; adapters behind it, the embedded llama.cpp being the first. */
export { ENGINE_FAILURES, EngineFailure, type EngineCode } from './error.ts';
export {
  DEFAULT_CONTEXT_TOKENS,
  ENGINE_BASELINE_BYTES,
  MAX_GENERATED_TOKENS,
  MAX_PROBABILITY_SUM_ERROR,
} from './limits.ts';
export { findLlamaCppLibrary, type LlamaCppLibrary } from './llama-cpp-library.ts';
/** The adapters, loaded on first use: nothing of them is needed to name the port. */
export {
  loadLlamaCppEngine,
  loadLlamaCppTokenizer,
  loadOpenAiEngine,
  loadServerEngine,
} from './load-engine.ts';
export type { OpenAiEngine, OpenAiEngineOptions } from './openai-engine.ts';
export type { ServedAnswer, ServedTimings } from './openai-answer.ts';
export type { OpenAiLimits } from './openai-connection.ts';
export type { ServedScore } from './openai-echo.ts';
export type { ServedModel } from './openai-models.ts';
export type { ServedQuestion } from './openai-question.ts';
export type { MissingAbility, ServedSubject } from './openai-subject.ts';
export { defaultThreads } from './default-threads.ts';
export type { ServerEngine, ServerEngineOptions } from './server-engine.ts';
export type { ServerSubject } from './server-subject.ts';
export type { MeasurableModel, ModelResources, TextScore } from './measurable.ts';
export { assertServerFlags } from './server-flags.ts';
export type { LoadedTokenizer, LoadTokenizerOptions } from './llama-cpp-tokenizer.ts';
export type { LlamaCppEngine, LlamaCppEngineOptions, LlamaCppModel } from './llama-cpp-engine.ts';
export {
  measurePerplexity,
  perplexityRatio,
  type MeasurePerplexityOptions,
  type Perplexity,
  type PerplexityRatio,
} from './perplexity.ts';
export type {
  Answer,
  AnswerConstraint,
  AnswerOptions,
  AnswerRequest,
  AnswerTimings,
  ChatMessage,
  Prompt,
  Sampling,
  ServingEngine,
  ServingLoadRequest,
  ServingModel,
} from './serving.ts';
export type {
  Engine,
  EngineDescription,
  EngineLimits,
  ExpectedFile,
  GenerateRequest,
  Generation,
  LoadedModel,
  LoadedModelFacts,
  LoadRequest,
  LogitsReport,
  Score,
  TokenScore,
  TokenScoringModel,
} from './types.ts';
