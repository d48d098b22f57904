/** A registry entry exactly as it stands in the file (snake_case), and what is computed from entries. */
import type { ArtifactType, JsonObject } from '../core/index.ts';

/** Closed: these ten keys and no other, or the Python side loads nothing. `metrics` is open. */
export type RegistryEntry = {
  readonly version: string;
  readonly base_model: string;
  readonly distilled_from: string | null;
  readonly quantization: string | null;
  /** The distilled Hugging Face directory; of a model that has none, its GGUF. */
  readonly model_path: string;
  /** ISO 8601 with zone. */
  readonly timestamp: string;
  readonly metrics: JsonObject;
  /** The pipeline's choice; what a target runs is the target's state. */
  readonly active: boolean;
  readonly last_good: boolean;
  readonly commit_hash: string | null;
};

/** What is registered. When, and whether it is active, is for the registry to say. */
export type NewRegistryEntry = Omit<RegistryEntry, 'timestamp' | 'active' | 'last_good'>;

export interface EntryFilter {
  readonly baseModel?: string;
  /** In any case: `q4_0` finds `Q4_0`. */
  readonly quantization?: string;
}

/** An artifact on disk that has the kind, and the bytes, that its type asks for. */
export interface ResolvedArtifact {
  readonly type: ArtifactType;
  /** Absolute. */
  readonly path: string;
}

export interface Registration {
  readonly entry: RegistryEntry;
  /** The entry of the same version that was there before. */
  readonly replaced: RegistryEntry | null;
}

/** What an activation or a rollback did. Both touch the registry only, never a target. */
export interface Activation {
  readonly activated: RegistryEntry;
  /** As they are now; usually one, none where nothing was active or the version was active already. */
  readonly deactivated: readonly RegistryEntry[];
}

export type MetricDelta = {
  /** Dotted: `compression.compressed_size_mb`. */
  readonly name: string;
  readonly a: number | null;
  readonly b: number | null;
  /** b − a; null where only one of them has the metric. */
  readonly delta: number | null;
};

export type Comparison = {
  readonly version_a: string;
  readonly version_b: string;
  readonly metrics: readonly MetricDelta[];
};

export type RegistryStats = {
  readonly total: number;
  /** Usually one; a registry edited by hand may have several. */
  readonly active: readonly string[];
  readonly last_good: readonly string[];
  /** Entries without a quantization count under `none`. */
  readonly by_quantization: { readonly [quantization: string]: number };
  readonly by_base_model: { readonly [baseModel: string]: number };
};
