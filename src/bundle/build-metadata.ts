/** Makes the metadata of a bundle or a release from an artifact, its digests and what is known about it. */
import { basename } from 'node:path';
import {
  assertVersion,
  formatJson,
  toPlainJson,
  toTimestamp,
  type JsonObject,
  type JsonTree,
  type JsonTreeObject,
  type Warning,
} from '../core/index.ts';
import {
  bindEvidence,
  evidenceWarnings,
  toBenchmarkSummary,
  toMeasuredOn,
  type Evidence,
} from '../evidence/index.ts';
import { hashBytes } from '../system/index.ts';
import { EDGE_NAME, FORMAT_VERSION } from './edge-file.ts';
import { BundleFailure } from './error.ts';
import { MAX_TAR_SECONDS } from './limits.ts';
import { MANIFEST_NAME, toBundleId, unregisteredEntry } from './manifest.ts';
import {
  artifactDigest,
  REGISTRY_ENTRY_NAME,
  SUMMARY_NAME,
  SUMS_NAME,
  type MetadataFiles,
} from './metadata-files.ts';
import { assertRelease } from './release.ts';
import { formatSums, type DigestList } from './sums.ts';
import type { MetadataSigner } from './metadata-signer.ts';
import type { BundleManifest, EdgeArtifact, EdgeFile, EdgeRequirements } from './file-shapes.ts';
import type { Artifact, BundleInput } from './types.ts';

export interface BuiltMetadata {
  readonly bundleId: string;
  readonly createdAt: Date;
  readonly artifactSha256: string;
  readonly manifest: BundleManifest;
  readonly edge: EdgeFile;
  readonly evidence: Evidence;
  readonly warnings: readonly Warning[];
  readonly files: MetadataFiles;
  readonly signedBy: string | null;
}

export interface BuildOptions {
  readonly createdAt: Date;
  readonly digests: DigestList;
  readonly signer: MetadataSigner;
}

/** The moment that the bundle bears. Throws `BUNDLE_DATE_INVALID`. */
export function readCreatedAt({
  clock,
  sourceDateEpochSeconds,
}: Pick<BundleInput, 'clock' | 'sourceDateEpochSeconds'>): Date {
  const seconds = sourceDateEpochSeconds ?? Math.floor(clock.now().getTime() / 1000);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_TAR_SECONDS) {
    throw new BundleFailure(
      'BUNDLE_DATE_INVALID',
      'The date of the bundle cannot be written into an archive.',
      {
        details: { expected: `whole seconds from 0 to ${MAX_TAR_SECONDS}`, received: String(seconds) },
      },
    );
  }
  return sourceDateEpochSeconds === undefined ? clock.now() : new Date(seconds * 1000);
}

/**
 * All metadata, in the order of the archive. The same input gives the same bytes, and their sizes do not depend on the
 * digests. Whether the evidence may ship is the caller's question. Throws `CORE_VERSION_INVALID`, `BUNDLE_RELEASE_INVALID`.
 */
export function buildMetadata(
  input: BundleInput,
  { createdAt, digests, signer }: BuildOptions,
): BuiltMetadata {
  const { artifact, version, run, candidate, tool = 'milton-edge', release = null, sign } = input;
  assertVersion(version);
  if (release !== null) assertRelease(release);
  const artifactSha256 = artifactDigest(digests);
  const evidence = bindEvidence(candidate, run, artifactSha256);
  const measuredOn = candidate === null ? null : toMeasuredOn(run);
  const registryEntry: JsonTree | JsonObject = input.registryEntry ?? unregisteredEntry(version);
  const summary = toBenchmarkSummary(run, candidate, version);
  const bundleId = toBundleId(version, createdAt);
  const manifest = {
    bundle_id: bundleId,
    created_at: toTimestamp(createdAt),
    model_version: version,
    model_path: input.recordPath === true ? artifact.path : basename(artifact.path),
    artifact_type: artifact.type,
    registry_entry: registryEntry,
    benchmark_summary: summary,
    files: Object.fromEntries(digests),
    total_size_bytes: artifact.totalSizeBytes,
  };
  const edge: EdgeFile = {
    format_version: FORMAT_VERSION,
    tool,
    artifact: describeArtifact(artifact, artifactSha256),
    evidence,
    ...(measuredOn !== null && { measured_on: measuredOn }),
    requires: describeRequirements(artifact),
    waived_rules: artifact.type === 'gguf' ? artifact.waived : [],
    unsafe_files: artifact.unsafeFiles,
    release,
  };
  const files = new Map<string, Uint8Array>([
    // The tree inside keeps its numbers as the registry has them; `formatJson` takes both kinds.
    [MANIFEST_NAME, encodeJson(manifest as unknown as JsonObject)],
    [EDGE_NAME, encodeJson(edge)],
    [REGISTRY_ENTRY_NAME, encodeJson(registryEntry)],
    [SUMMARY_NAME, encodeJson(summary)],
  ]);
  const jsonDigests = [...files].map(([path, bytes]) => [path, hashBytes(bytes)] as const);
  files.set(SUMS_NAME, new TextEncoder().encode(formatSums([...digests, ...jsonDigests])));
  return {
    bundleId,
    createdAt,
    artifactSha256,
    manifest: { ...manifest, registry_entry: toPlainEntry(registryEntry) },
    edge,
    evidence,
    warnings: [...artifact.warnings, ...evidenceWarnings(evidence)],
    files: signer(files, bundleId),
    signedBy: sign?.id ?? null,
  };
}

/** Digests of the right length, so that the size of the metadata is known before the model has been read. */
export function placeholderDigests(artifact: Artifact): DigestList {
  return new Map(artifact.files.map(({ path }) => [path, '0'.repeat(64)]));
}

function describeArtifact(artifact: Artifact, sha256: string): EdgeArtifact {
  const files = artifact.files.map(({ path, sizeBytes }) => ({ path, size_bytes: sizeBytes }));
  const common = { type: artifact.type, size_bytes: artifact.totalSizeBytes, sha256, files };
  if (artifact.type === 'hf-distilled') {
    const { architectures, modelType, parameterCount } = artifact.facts;
    return {
      ...common,
      architecture: architectures[0] ?? modelType,
      quantization: null,
      parameter_count: parameterCount,
      context_length: null,
      tensor_count: null,
      shards: null,
      chat_templates: artifact.chatTemplates,
    };
  }
  const { facts } = artifact;
  return {
    ...common,
    architecture: facts.architecture,
    quantization: facts.quantization,
    parameter_count: facts.parameterCount,
    context_length: facts.contextLength,
    tensor_count: facts.tensorCount,
    shards: artifact.shardCount,
    chat_templates: artifact.chatTemplates,
  };
}

function describeRequirements(artifact: Artifact): EdgeRequirements {
  const memory = artifact.type === 'gguf' ? artifact.memory : null;
  return {
    disk_bytes: artifact.totalSizeBytes,
    memory_bytes: memory === null ? null : Math.ceil(memory.totalBytes),
    memory_context_tokens: memory?.contextTokens ?? null,
    memory_is_estimate: true,
  };
}

function toPlainEntry(entry: JsonObject | JsonTreeObject): JsonObject {
  return entry instanceof Map ? (toPlainJson(entry) as JsonObject) : entry;
}

function encodeJson(value: JsonObject | JsonTree): Uint8Array {
  return new TextEncoder().encode(formatJson(value));
}
