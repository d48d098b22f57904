/** What a release on disk says about itself, for reports and rollbacks. It is believed only after its digests matched. */
import { join } from 'node:path';
import type { ArtifactType, JsonObject, JsonTreeObject } from '../core/index.ts';
import { isJsonObject } from '../core/index.ts';
import {
  EVIDENCE_KINDS,
  parseBenchmarkSummary,
  type BenchmarkSummary,
  type Evidence,
} from '../evidence/index.ts';
import { isGgufPolicyRule, type GgufPolicyRule } from '../gguf/index.ts';
import { readObjectIfAny } from '../system/index.ts';

export interface ReleaseMetadata {
  readonly artifactType: ArtifactType;
  readonly evidence: Evidence;
  readonly summary: BenchmarkSummary | null;
  readonly registeredAt: string | null;
  /** Policy rules of the GGUF format that were allowed to be broken when the artifact was checked. */
  readonly waivedRules: readonly GgufPolicyRule[];
  /** To load it, estimated; null where nothing tells. */
  readonly memoryBytes: number | null;
}

/** Never throws: a release that cannot be read tells nothing, and its digests say why. */
export async function readReleaseMetadata(
  directory: string,
  artifactSha256: string,
): Promise<ReleaseMetadata> {
  const manifest = await readObjectIfAny(join(directory, 'manifest.json'));
  const edge = await readObjectIfAny(join(directory, 'edge.json'));
  const summary = await readObjectIfAny(join(directory, 'benchmark_summary.json'));
  const entry = await readObjectIfAny(join(directory, 'registry_entry.json'));
  return {
    artifactType: manifest?.['artifact_type'] === 'hf-distilled' ? 'hf-distilled' : 'gguf',
    evidence: toEvidence(edge?.['evidence']) ?? toUnstatedEvidence(toSummary(summary), artifactSha256),
    summary: toSummary(summary),
    registeredAt: readRegisteredAt(entry),
    waivedRules: toRules(edge?.['waived_rules']),
    memoryBytes: toMemory(edge?.['requires']),
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

function toEvidence(value: JsonObject[string] | undefined): Evidence | null {
  if (!isJsonObject(value)) return null;
  const kind = EVIDENCE_KINDS.find((known) => known === value['kind']);
  const artifactSha256 = value['artifact_sha256'];
  if (kind === undefined || typeof artifactSha256 !== 'string') return null;
  return {
    kind,
    run_id: textOrNull(value['run_id']),
    run_timestamp: textOrNull(value['run_timestamp']),
    model_version: textOrNull(value['model_version']),
    measured_sha256: textOrNull(value['measured_sha256']),
    artifact_sha256: artifactSha256,
  };
}

function toSummary(value: JsonObject | null): BenchmarkSummary | null {
  try {
    return value === null ? null : parseBenchmarkSummary(value);
  } catch {
    return null;
  }
}

function toRules(value: JsonObject[string] | undefined): readonly GgufPolicyRule[] {
  if (!Array.isArray(value)) return [];
  return value.filter((rule): rule is GgufPolicyRule => typeof rule === 'string' && isGgufPolicyRule(rule));
}

function toMemory(value: JsonObject[string] | undefined): number | null {
  const memoryBytes = isJsonObject(value) ? value['memory_bytes'] : null;
  return typeof memoryBytes === 'number' && memoryBytes >= 0 ? memoryBytes : null;
}

function textOrNull(value: JsonObject[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
