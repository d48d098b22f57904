/** What the registry says of a model's GGUF: the digest of its bytes when it was registered, and how to say it anew. */
import { escapeText, isJsonObject, quoteWord, type JsonObject } from '../core/index.ts';
import type { GgufArtifact } from '../bundle/index.ts';
import { findGgufPath, type RegistryEntry } from '../registry/index.ts';
import { PipelineFailure } from './error.ts';

/** What stands under `metrics.milton.gguf`; the digest is that of all shards where it is split. */
export function ggufMetrics(
  { facts, totalSizeBytes, shardCount, waived }: GgufArtifact,
  sha256: string | null,
): JsonObject {
  return {
    architecture: facts.architecture,
    parameter_count: facts.parameterCount,
    context_length: facts.contextLength,
    size_bytes: totalSizeBytes,
    shards: shardCount,
    waived_rules: waived,
    sha256,
  };
}

/** Lower-case hex; null in the entries of other tools. */
export function readRegisteredSha256({ metrics }: RegistryEntry): string | null {
  const sha256 = objectIn(objectIn(metrics, 'milton'), 'gguf')['sha256'];
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null;
}

/** The command that registers what is on disk now, with what the entry says of itself. */
export function registerAgainCommand(entry: RegistryEntry): string {
  const path = findGgufPath(entry);
  const words = ['milton models register', quoteWord(entry.version)];
  if (path !== null) words.push('--gguf', quoteWord(path));
  if (entry.model_path !== path && entry.model_path !== '') words.push('--hf', quoteWord(entry.model_path));
  if (entry.base_model !== '') words.push('--base-model', quoteWord(entry.base_model));
  return words.join(' ');
}

/** Throws `PIPELINE_ARTIFACT_CHANGED`. An entry without a digest says nothing of the bytes. */
export function assertRegistered(entry: RegistryEntry, artifactSha256: string): void {
  const registered = readRegisteredSha256(entry);
  if (registered === null || registered === artifactSha256) return;
  const version = escapeText(entry.version);
  throw new PipelineFailure(
    'PIPELINE_ARTIFACT_CHANGED',
    `The GGUF of ${version} is not the one that was registered: its bytes were changed, and the registry was not told.`,
    {
      hint: `Put the registered file back, or register what is there now: ${registerAgainCommand(entry)}`,
      details: {
        version: entry.version,
        path: findGgufPath(entry),
        expected: `sha256:${registered}`,
        received: `sha256:${artifactSha256}`,
      },
    },
  );
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}
