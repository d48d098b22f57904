/** Benchmarks with a llama-server of this machine: each GGUF in one of its own, contained, and ended after it. */
import type { ServerEngine } from '../engine/index.ts';
import { firstFile, ggufOf } from './bench-candidate.ts';
import { readLoading, type AskedSettings } from './bench-embedded.ts';
import type { BenchEngine } from './bench-engine.ts';
import { cancellable } from './bench-served.ts';

export interface LlamaServerBenchOptions extends AskedSettings {
  readonly engine: ServerEngine;
}

export function llamaServerBench(options: LlamaServerBenchOptions): BenchEngine {
  const { engine } = options;
  return {
    name: engine.name,
    runsFiles: true,
    async foresee(candidate, opening) {
      const { version } = await engine.describe();
      const { settings } = await readLoading(candidate, options, opening);
      return { engine: { name: engine.name, version, flags: engine.flags }, settings };
    },
    async open(candidate, { signal }) {
      const { settings, limits } = await readLoading(candidate, options, { signal });
      const { subject, facts, resources, close } = await engine.subject({
        path: ggufOf(candidate).path,
        contextTokens: settings.context_tokens,
        threads: settings.threads,
        gpuLayers: settings.gpu_layers,
        limits,
        expectedFile: firstFile(candidate).identity,
        ...(signal !== undefined && { signal }),
      });
      return {
        subject: { ...cancellable(subject, signal), resources },
        facts,
        settings,
        artifact: candidate.artifact,
        confirm: async (options) => subject.confirm(options),
        close,
      };
    },
  };
}
