/** Loads a candidate into a contained process of its own, as something that the tiers of a benchmark can ask. */
import { toSubject, type BenchSubject } from '../bench/index.ts';
import {
  DEFAULT_CONTEXT_TOKENS,
  type LoadedModelFacts,
  type LoadRequest,
  type MeasurableModel,
} from '../engine/index.ts';
import { firstFile, type FoundCandidate } from './bench-candidate.ts';
import { readServingNeeds } from './serving-needs.ts';

/** Throws what loading throws. */
export type OpenSubject = (
  candidate: FoundCandidate,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<OpenedSubject>;

export interface OpenedSubject {
  readonly subject: BenchSubject;
  readonly facts: Pick<
    LoadedModelFacts,
    'loadMs' | 'threads' | 'contextTokens' | 'deviceName' | 'missingProtections'
  >;
  readonly gpuLayers: number;
  readonly close: () => Promise<void>;
}

export interface EmbeddedSubjectOptions {
  readonly engine: {
    readonly name: string;
    load(request: LoadRequest): Promise<MeasurableModel>;
  };
  /** Null: as the engine has it. */
  readonly threads: number | null;
  readonly contextTokens: number | null;
  readonly gpuLayers: number;
}

/** The engine in the package: the file that was hashed, or none. */
export function embeddedSubjects(options: EmbeddedSubjectOptions): OpenSubject {
  const { engine, threads, gpuLayers } = options;
  return async (candidate, { signal }) => {
    const { gguf } = candidate;
    const first = firstFile(candidate);
    const needs = await readServingNeeds(
      gguf.files.map(({ absolutePath }) => absolutePath),
      { contextTokens: options.contextTokens, defaultContextTokens: DEFAULT_CONTEXT_TOKENS, signal },
    );
    const model = await engine.load({
      path: gguf.path,
      contextTokens: needs.contextTokens,
      ...(threads !== null && { threads }),
      gpuLayers,
      limits: {
        memoryBytes: Math.ceil(Math.max(needs.memoryBytes, needs.sizeBytes) * MEMORY_HEADROOM),
        wallMs: CALL_BASE_MS + Math.ceil(needs.sizeBytes / SLOWEST_DISK_BYTES_PER_MS),
      },
      expectedFile: first.identity,
      ...(signal !== undefined && { signal }),
    });
    return {
      subject: toSubject(model, { engineName: engine.name }),
      facts: model.facts,
      gpuLayers,
      close: async () => model.close(),
    };
  };
}

/** Scores of many continuations are held at once, beside what the model is estimated to take. */
const MEMORY_HEADROOM = 2;

/** A document with all queries behind it, on a board that reads ten tokens a second. */
const CALL_BASE_MS = 10 * 60_000;

/** An SD card. */
const SLOWEST_DISK_BYTES_PER_MS = 10_000;
