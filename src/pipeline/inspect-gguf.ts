/** What a GGUF file says about itself, sound or not: for looking, never for deciding. */
import { resolve } from 'node:path';
import {
  describeGguf,
  estimateMemory,
  parseGguf,
  type GgufFacts,
  type GgufMemoryEstimate,
} from '../gguf/index.ts';
import { withFileSource } from '../system/index.ts';

export interface GgufInspection {
  /** Absolute. */
  readonly path: string;
  /** Of this file: a shard is one file of several. */
  readonly facts: GgufFacts;
  readonly memory: GgufMemoryEstimate & { readonly contextTokens: number };
}

export interface InspectGgufOptions {
  /** The context that the memory is estimated for; 4096 tokens, or the model's where that is less. */
  readonly contextTokens?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_CONTEXT_TOKENS = 4096;

/** Throws `SYSTEM_FILE_*` and the `GGUF_*` of a header that cannot be read. */
export async function inspectGguf(path: string, options: InspectGgufOptions = {}): Promise<GgufInspection> {
  const { signal } = options;
  const absolutePath = resolve(path);
  return withFileSource(absolutePath, async (source) => {
    const file = await parseGguf(source, signal === undefined ? {} : { signal });
    const facts = describeGguf(file);
    const contextTokens =
      options.contextTokens ??
      Math.min(DEFAULT_CONTEXT_TOKENS, facts.contextLength ?? DEFAULT_CONTEXT_TOKENS);
    return {
      path: absolutePath,
      facts,
      memory: { ...estimateMemory(file, { contextTokens }), contextTokens },
    };
  });
}
