/** Benchmarks with the engine in the package: each GGUF in a contained process of its own, the file that was hashed or none. */
import { toSubject } from '../bench/index.ts';
import {
  DEFAULT_CONTEXT_TOKENS,
  defaultThreads,
  type EngineLimits,
  type MeasurableModel,
  type ServingLoadRequest,
} from '../engine/index.ts';
import { firstFile, ggufOf, type FoundCandidate } from './bench-candidate.ts';
import type { BenchEngine, BenchSettings, OpenOptions } from './bench-engine.ts';
import { readServingNeeds } from './serving-needs.ts';

export interface EmbeddedBenchOptions extends AskedSettings {
  readonly engine: {
    readonly name: string;
    load(request: ServingLoadRequest): Promise<MeasurableModel>;
    /** As its models state it once they are loaded; null where it is not installed. */
    version(): Promise<string | null>;
  };
}

export interface AskedSettings {
  /** Null: as the engine has it. */
  readonly threads: number | null;
  readonly contextTokens: number | null;
  readonly gpuLayers: number;
}

export function embeddedBench(options: EmbeddedBenchOptions): BenchEngine {
  const { engine } = options;
  return {
    name: engine.name,
    runsFiles: true,
    async foresee(candidate, opening) {
      const version = await engine.version();
      if (version === null) return null;
      const { settings } = await readLoading(candidate, options, opening);
      return { engine: { name: engine.name, version, flags: [] }, settings };
    },
    async open(candidate, { signal }) {
      const { settings, limits } = await readLoading(candidate, options, { signal });
      const model = await engine.load({
        path: ggufOf(candidate).path,
        contextTokens: settings.context_tokens,
        threads: settings.threads,
        gpuLayers: settings.gpu_layers,
        limits,
        expectedFile: firstFile(candidate).identity,
        purpose: 'measurement',
        ...(signal !== undefined && { signal }),
      });
      return {
        subject: toSubject(model, { engineName: engine.name }),
        facts: model.facts,
        settings,
        artifact: candidate.artifact,
        confirm: async () => Promise.resolve(),
        close: async () => model.close(),
      };
    },
  };
}

export interface Loading {
  readonly settings: BenchSettings;
  readonly limits: EngineLimits;
}

/** What a file is loaded with. Throws `GGUF_*`, `SYSTEM_FILE_*`. */
export async function readLoading(
  candidate: FoundCandidate,
  { threads, contextTokens, gpuLayers }: AskedSettings,
  { signal }: OpenOptions,
): Promise<Loading> {
  const needs = await readServingNeeds(
    ggufOf(candidate).files.map(({ absolutePath }) => absolutePath),
    { contextTokens, defaultContextTokens: DEFAULT_CONTEXT_TOKENS, signal },
  );
  return {
    settings: {
      threads: threads ?? defaultThreads(),
      context_tokens: needs.contextTokens,
      gpu_layers: gpuLayers,
    },
    limits: {
      memoryBytes: Math.ceil(Math.max(needs.memoryBytes, needs.sizeBytes) * MEMORY_HEADROOM),
      wallMs: CALL_BASE_MS + Math.ceil(needs.sizeBytes / SLOWEST_DISK_BYTES_PER_MS),
    },
  };
}

/** Scores of many continuations are held at once, beside what the model is estimated to take. */
const MEMORY_HEADROOM = 2;

/** A document with all queries behind it, on a board that reads ten tokens a second. */
const CALL_BASE_MS = 10 * 60_000;

/** An SD card. */
const SLOWEST_DISK_BYTES_PER_MS = 10_000;
