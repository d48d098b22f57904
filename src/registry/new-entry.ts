/** Builds an entry as the Python pipeline would have written it, with null for what is not known. Pure. */
import type { JsonObject } from '../core/index.ts';
import type { NewRegistryEntry } from './types.ts';

export interface GgufToRegister {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the directory that it was made from. */
  readonly originalSizeBytes?: number | null;
  readonly quantizationBits?: number | null;
  /** Whether its structure was checked. */
  readonly validationPassed?: boolean | null;
}

export interface HfToRegister {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly parameterCount?: number | null;
  readonly method?: string | null;
}

export interface ModelToRegister {
  readonly version: string;
  readonly baseModel: string;
  readonly distilledFrom?: string | null;
  readonly quantization?: string | null;
  readonly gguf?: GgufToRegister | null;
  readonly hf?: HfToRegister | null;
  /** What we add beside the Python side's metrics; goes under `metrics.milton`. */
  readonly milton?: JsonObject;
  readonly commitHash?: string | null;
}

/** Sizes are in MiB under `*_mb`, as the Python side counts them. A model needs a GGUF, a directory, or both. */
export function toRegistryEntry(model: ModelToRegister): NewRegistryEntry {
  const { gguf = null, hf = null } = model;
  return {
    version: model.version,
    base_model: model.baseModel,
    distilled_from: model.distilledFrom ?? null,
    quantization: model.quantization ?? null,
    model_path: hf?.path ?? gguf?.path ?? '',
    metrics: {
      ...(hf !== null && { distillation: toDistillation(hf) }),
      ...(gguf !== null && { compression: toCompression(gguf, hf?.sizeBytes ?? null) }),
      ...(model.milton !== undefined && { milton: model.milton }),
    },
    commit_hash: model.commitHash ?? null,
  };
}

function toDistillation({ sizeBytes, parameterCount = null, method = null }: HfToRegister): JsonObject {
  return {
    method,
    parameter_count: parameterCount,
    model_size_mb: toMebibytes(sizeBytes),
    training_time_seconds: null,
  };
}

/** `metrics.compression`; the size of the directory stands in where the GGUF does not say what it was made from. */
export function toCompression(gguf: GgufToRegister, hfSizeBytes: number | null): JsonObject {
  const originalSizeBytes = gguf.originalSizeBytes ?? hfSizeBytes;
  const isKnown = originalSizeBytes !== null && gguf.sizeBytes > 0;
  return {
    original_size_mb: originalSizeBytes === null ? null : toMebibytes(originalSizeBytes),
    compressed_size_mb: toMebibytes(gguf.sizeBytes),
    compression_ratio: isKnown ? Number((originalSizeBytes / gguf.sizeBytes).toFixed(2)) : null,
    quantization_bits: gguf.quantizationBits ?? null,
    validation_passed: gguf.validationPassed ?? null,
    gguf_path: gguf.path,
  };
}

function toMebibytes(sizeBytes: number): number {
  return Number((sizeBytes / 2 ** 20).toFixed(1));
}
