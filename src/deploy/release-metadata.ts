/** What a release on disk says about itself, for reports and rollbacks. It is believed only after its digests matched. */
import { join } from 'node:path';
import type { ArtifactType, JsonObject, JsonTreeObject } from '../core/index.ts';
import { parseEdgeFile, type EdgeChatTemplate, type EdgeFile, type EdgeUnsafeFile } from '../bundle/index.ts';
import { parseBenchmarkSummary, type BenchmarkSummary, type Evidence } from '../evidence/index.ts';
import { isGgufPolicyRule, type GgufPolicyRule } from '../gguf/index.ts';
import { readObjectIfAny } from '../system/index.ts';

export interface ReleaseMetadata {
  readonly artifactType: ArtifactType;
  readonly evidence: Evidence;
  readonly summary: BenchmarkSummary | null;
  /** Of the model files; null where nothing tells. */
  readonly sizeBytes: number | null;
  readonly registeredAt: string | null;
  /** Policy rules of the GGUF format that were allowed to be broken when the artifact was checked. */
  readonly waivedRules: readonly GgufPolicyRule[];
  /** Undefined where nothing is written down. */
  readonly chatTemplates: readonly EdgeChatTemplate[] | undefined;
  readonly unsafeFiles: readonly EdgeUnsafeFile[];
  /** To load it, estimated; null where nothing tells. */
  readonly memoryBytes: number | null;
}

/** Of a release that was adopted: whatever lies in it was written by others, and is not believed. */
export const NO_METADATA: ReleaseMetadata = {
  artifactType: 'gguf',
  evidence: toUnstatedEvidence(null, ''),
  summary: null,
  sizeBytes: null,
  registeredAt: null,
  waivedRules: [],
  chatTemplates: undefined,
  unsafeFiles: [],
  memoryBytes: null,
};

/** Never throws: a release that cannot be read tells nothing, and its digests say why. */
export async function readReleaseMetadata(
  directory: string,
  artifactSha256: string,
): Promise<ReleaseMetadata> {
  const manifest = await readObjectIfAny(join(directory, 'manifest.json'));
  const edge = toEdge(await readObjectIfAny(join(directory, 'edge.json')));
  const summary = await readObjectIfAny(join(directory, 'benchmark_summary.json'));
  const entry = await readObjectIfAny(join(directory, 'registry_entry.json'));
  return {
    artifactType: manifest?.['artifact_type'] === 'hf-distilled' ? 'hf-distilled' : 'gguf',
    evidence: edge?.evidence ?? toUnstatedEvidence(toSummary(summary), artifactSha256),
    summary: toSummary(summary),
    sizeBytes: readSize(manifest),
    registeredAt: readRegisteredAt(entry),
    waivedRules: (edge?.waived_rules ?? []).filter(isGgufPolicyRule),
    chatTemplates: edge?.artifact.chat_templates,
    unsafeFiles: edge?.unsafe_files ?? [],
    memoryBytes: edge?.requires.memory_bytes ?? null,
  };
}

/** Of a bundle of the Python tool: it may name a run, but never which bytes that run measured. */
export function toUnstatedEvidence(summary: BenchmarkSummary | null, artifactSha256: string): Evidence {
  const run_id = summary?.run_id ?? null;
  return {
    kind: run_id === null ? 'none' : 'unbound',
    run_id,
    run_timestamp: summary?.timestamp ?? null,
    model_version: run_id === null ? null : (summary?.model_version ?? null),
    measured_sha256: null,
    artifact_sha256: artifactSha256,
  };
}

/** The timestamp of a registry entry, however it was read. */
export function readRegisteredAt(entry: JsonObject | JsonTreeObject | null): string | null {
  const timestamp = entry instanceof Map ? entry.get('timestamp') : entry?.['timestamp'];
  return typeof timestamp === 'string' ? timestamp : null;
}

function readSize(manifest: JsonObject | null): number | null {
  const size = manifest?.['total_size_bytes'];
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : null;
}

function toEdge(value: JsonObject | null): EdgeFile | null {
  try {
    return value === null ? null : parseEdgeFile(value);
  } catch {
    return null;
  }
}

function toSummary(value: JsonObject | null): BenchmarkSummary | null {
  try {
    return value === null ? null : parseBenchmarkSummary(value);
  } catch {
    return null;
  }
}
