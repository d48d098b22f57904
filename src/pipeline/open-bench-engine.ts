/** The engine that a benchmark asks for, ready to load its first model. */
import type { Warning } from '../core/index.ts';
import {
  loadLlamaCppEngine,
  loadOpenAiEngine,
  loadServerEngine,
  type OpenAiLimits,
} from '../engine/index.ts';
import type { EmbeddedBenchOptions } from './bench-embedded.ts';
import type { BenchEngine } from './bench-engine.ts';
import type { BenchEngineRecord } from './bench-request.ts';

export interface OpenBenchEngineOptions {
  /** Where a key is looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onWarning: (warning: Warning) => void;
  /** In place of the one in the package. */
  readonly llamaCpp?: EmbeddedBenchOptions['engine'];
  /** Of a server; default: those of the engine. */
  readonly limits?: Partial<OpenAiLimits>;
}

/** Throws `ENGINE_FLAG_REFUSED`, `ENGINE_ADDRESS_INVALID`, `ENGINE_KEY_UNUSABLE`. */
export async function openBenchEngine(
  asked: BenchEngineRecord,
  { env, onWarning, llamaCpp, limits = {} }: OpenBenchEngineOptions,
): Promise<BenchEngine> {
  const settings = {
    threads: asked.threads,
    contextTokens: asked.context_tokens,
    gpuLayers: asked.gpu_layers,
  };
  switch (asked.name) {
    case 'llama-cpp': {
      const { embeddedBench } = await import('./bench-embedded.ts');
      return embeddedBench({ engine: llamaCpp ?? (await loadLlamaCppEngine()), ...settings });
    }
    case 'llama-server': {
      const { llamaServerBench } = await import('./bench-llama-server.ts');
      const engine = await loadServerEngine({ path: asked.path ?? '', flags: asked.flags });
      return llamaServerBench({ engine, ...settings });
    }
    case 'openai': {
      const { servedBench } = await import('./bench-served.ts');
      const { url, api_key_env: apiKeyVariable, served_as: servedAs } = asked;
      const engine = await loadOpenAiEngine({ baseUrl: url ?? '', apiKeyVariable, env, onWarning, limits });
      return servedBench({ engine, servedAs });
    }
  }
}
