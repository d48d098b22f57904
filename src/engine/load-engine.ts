/** The door to the adapters: each is imported on first use, so that a command that runs no model pays for none. */
import type { LlamaCppEngine, LlamaCppEngineOptions } from './llama-cpp-engine.ts';
import type { LoadedTokenizer, LoadTokenizerOptions } from './llama-cpp-tokenizer.ts';
import type { OpenAiEngine, OpenAiEngineOptions } from './openai-engine.ts';
import type { ServerEngine, ServerEngineOptions } from './server-engine.ts';

/** llama.cpp inside the package node-llama-cpp. Cheap: the library itself is only ever loaded in a contained process. */
export async function loadLlamaCppEngine(options?: LlamaCppEngineOptions): Promise<LlamaCppEngine> {
  const { createLlamaCppEngine } = await import('./llama-cpp-engine.ts');
  return createLlamaCppEngine(options);
}

/** The tokenizer of a GGUF, as llama.cpp runs it. Throws what `loadTokenizer` throws. */
export async function loadLlamaCppTokenizer(
  path: string,
  options: LoadTokenizerOptions,
): Promise<LoadedTokenizer> {
  const { loadTokenizer } = await import('./llama-cpp-tokenizer.ts');
  return loadTokenizer(path, options);
}

/** A llama-server that is on this machine already. Cheap: it is only started by `load`. Throws `ENGINE_FLAG_REFUSED`. */
export async function loadServerEngine(options: ServerEngineOptions): Promise<ServerEngine> {
  const { createServerEngine } = await import('./server-engine.ts');
  return createServerEngine(options);
}

/**
 * Any server with OpenAI's API. Cheap: nothing is asked before `subject` is. Throws `ENGINE_ADDRESS_INVALID`,
 * `ENGINE_KEY_UNUSABLE`.
 */
export async function loadOpenAiEngine(options: OpenAiEngineOptions): Promise<OpenAiEngine> {
  const { createOpenAiEngine } = await import('./openai-engine.ts');
  return createOpenAiEngine(options);
}
