/** Registers a model whose files were checked and hashed first: what cannot be loaded never enters the registry. */
import { resolve } from 'node:path';
import { assertVersion, escapeText, type OnProgress, type Warning } from '../core/index.ts';
import type { Artifact, GgufArtifact } from '../bundle/index.ts';
import type { GgufPolicyRule } from '../gguf/index.ts';
import { toRegistryEntry, type Activation, type Registry, type RegistryEntry } from '../registry/index.ts';
import type { DigestCache } from '../system/index.ts';
import { hashModel } from './hash-model.ts';
import { openGgufArtifact, openHfArtifact } from './open-model.ts';
import { ggufMetrics } from './registered-gguf.ts';

export interface RegisterModelOptions {
  readonly version: string;
  /** At least one of the two. */
  readonly ggufPath?: string | undefined;
  readonly hfPath?: string | undefined;
  /** Else the name in the GGUF, or that of the directory. */
  readonly baseModel?: string | undefined;
  /** Else what the GGUF holds. */
  readonly quantization?: string | undefined;
  readonly distilledFrom?: string | undefined;
  readonly commitHash?: string | undefined;
  readonly allow?: readonly GgufPolicyRule[];
  /** Refuses a suspicious chat template instead of warning of it. */
  readonly strict?: boolean;
  /** Lets files of the directory pass that run code when they are loaded. */
  readonly allowUnsafeFiles?: boolean;
  /** Makes it the active one at once. */
  readonly activate?: boolean;
  /** Null hashes everything. */
  readonly digests?: DigestCache | null;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface RegisteredModel {
  readonly entry: RegistryEntry;
  readonly replaced: RegistryEntry | null;
  /** Null where it was not asked for. */
  readonly activation: Activation | null;
  readonly artifacts: readonly Artifact[];
  /** Of the GGUF, of all shards where it is split; null without one. */
  readonly ggufSha256: string | null;
  readonly warnings: readonly Warning[];
}

/**
 * The entry states the digest of the GGUF; that of a directory depends on which of its files ship, and is left to bundles.
 * Throws what the checks throw (`GGUF_*`, `HF_*`, `TEMPLATE_*`, `SYSTEM_FILE_*`, `BUNDLE_SOURCE_CHANGED`) and what the registry
 * throws; nothing is written then.
 */
export async function registerModel(
  registry: Registry,
  options: RegisterModelOptions,
): Promise<RegisteredModel> {
  const { version, ggufPath, hfPath, allow = [], strict = false, allowUnsafeFiles = false } = options;
  const { digests = null, onProgress, signal } = options;
  assertVersion(version);
  const gguf =
    ggufPath === undefined ? null : await openGgufArtifact(resolve(ggufPath), { allow, strict, signal });
  const hf =
    hfPath === undefined ? null : await openHfArtifact(resolve(hfPath), { strict, allowUnsafeFiles, signal });
  const ggufSha256 = gguf === null ? null : await hashModel(gguf.files, { digests, onProgress, signal });
  const quantization = options.quantization ?? gguf?.facts.quantization ?? null;
  const { entry, replaced } = await registry.register(
    toRegistryEntry({
      version,
      baseModel: options.baseModel ?? nameOf(gguf, hfPath),
      distilledFrom: options.distilledFrom ?? null,
      quantization,
      commitHash: options.commitHash ?? null,
      ...(gguf !== null && {
        gguf: {
          path: gguf.path,
          sizeBytes: gguf.totalSizeBytes,
          quantizationBits: bitsOf(quantization),
          validationPassed: true,
        },
        milton: { gguf: ggufMetrics(gguf, ggufSha256) },
      }),
      ...(hf !== null && {
        hf: { path: hf.path, sizeBytes: hf.totalSizeBytes, parameterCount: hf.facts.parameterCount },
      }),
    }),
  );
  const activation = options.activate === true ? await registry.activate(version) : null;
  const artifacts = [gguf, hf].filter((artifact) => artifact !== null);
  return {
    entry: activation?.activated ?? entry,
    ggufSha256,
    replaced,
    activation,
    artifacts,
    warnings: [...artifacts.flatMap((artifact) => artifact.warnings), ...lostParts(replaced, entry)],
  };
}

function nameOf(gguf: GgufArtifact | null, hfPath: string | undefined): string {
  const folder = hfPath === undefined ? undefined : resolve(hfPath).split(/[/\\]/).at(-1);
  return gguf?.facts.name ?? folder ?? gguf?.facts.architecture ?? 'unknown';
}

/** `Q4_K_M` → 4, `IQ2_XS` → 2, `F16` → 16. */
function bitsOf(quantization: string | null): number | null {
  const digits = /\d+/.exec(quantization ?? '')?.[0];
  return digits === undefined ? null : Number(digits);
}

/** An entry is replaced whole, so that what the old one knew and nobody repeated is gone: that must be seen. */
function lostParts(replaced: RegistryEntry | null, entry: RegistryEntry): Warning[] {
  if (replaced === null) return [];
  const lost = Object.keys(replaced.metrics).filter((name) => name !== 'milton' && !(name in entry.metrics));
  if (lost.length === 0) return [];
  return [
    {
      code: 'REGISTER_REPLACED',
      message: `The old entry of ${escapeText(entry.version)} also had ${lost.map((name) => escapeText(name)).join(', ')} (model path ${escapeText(replaced.model_path)}); give --gguf and --hf together to keep both.`,
    },
  ];
}
