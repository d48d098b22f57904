/** One model of a benchmark before it is loaded: found, its structure checked, its bytes hashed; or the reason why not. */
import { openChecked, type ArtifactFile, type GgufArtifact } from '../bundle/index.ts';
import { Failure, throwIfAborted, type OnProgress } from '../core/index.ts';
import type { MeasuredArtifact } from '../evidence/index.ts';
import { findGgufPath, resolveArtifact, type Registry, type RegistryEntry } from '../registry/index.ts';
import { PipelineFailure } from './error.ts';
import { hashModel } from './hash-model.ts';
import { openGgufArtifact } from './open-model.ts';
import { assertRegistered } from './registered-gguf.ts';

export type BenchCandidate = FoundCandidate | LostCandidate;

export interface FoundCandidate {
  readonly entry: RegistryEntry;
  /** Null where only a server has the model. */
  readonly gguf: GgufArtifact | null;
  /** As a bundle of it would state it: of a split model, of all shards. Null with `gguf`. */
  readonly artifact: MeasuredArtifact | null;
  readonly failure: null;
}

export interface LostCandidate {
  readonly entry: RegistryEntry;
  readonly gguf: null;
  readonly artifact: MeasuredArtifact | null;
  readonly failure: Failure;
}

export interface PrepareOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FindEntriesOptions {
  /** None: all that can be measured. */
  readonly versions: readonly string[];
  /** Whether only an entry with a GGUF can be: a server may have the model of any. */
  readonly runsFiles: boolean;
}

/** Each entry once. Throws `REGISTRY_VERSION_UNKNOWN`, `PIPELINE_NOTHING_TO_MEASURE`. */
export async function findEntries(
  registry: Registry,
  { versions, runsFiles }: FindEntriesOptions,
): Promise<readonly RegistryEntry[]> {
  if (versions.length > 0) {
    return Promise.all([...new Set(versions)].map((version) => registry.get(version)));
  }
  const entries = await registry.list();
  const found = entries.filter((entry) => !runsFiles || findGgufPath(entry) !== null);
  if (found.length > 0) return found;
  throw new PipelineFailure('PIPELINE_NOTHING_TO_MEASURE', 'No registered model has a GGUF to measure.', {
    details: { expected: 'an entry with a GGUF', received: `${entries.length} entries, none with one` },
  });
}

/** Throws `CORE_INTERRUPTED`; whatever else stands in the way is the candidate's `failure`. */
export async function prepareFile(entry: RegistryEntry, options: PrepareOptions): Promise<BenchCandidate> {
  throwIfAborted(options.signal);
  try {
    return { entry, ...(await hashGguf(entry, options)), failure: null };
  } catch (error) {
    throwIfAborted(options.signal);
    if (!(error instanceof Failure)) throw error;
    return { entry, gguf: null, artifact: null, failure: error };
  }
}

export interface HashedGguf {
  readonly gguf: GgufArtifact;
  readonly artifact: MeasuredArtifact;
}

/** Throws `REGISTRY_*`, `PIPELINE_ARTIFACT_CHANGED`, `GGUF_*`, `SYSTEM_FILE_*`, `CORE_INTERRUPTED`. */
export async function hashGguf(
  entry: RegistryEntry,
  { onProgress, signal }: PrepareOptions,
): Promise<HashedGguf> {
  const { path } = await resolveArtifact(entry, 'gguf');
  const gguf = await openGgufArtifact(path, { signal });
  const sha256 = await hashModel(gguf.files, { digests: null, onProgress, signal });
  assertRegistered(entry, sha256);
  return { gguf, artifact: { type: 'gguf', path: gguf.path, sha256, size_bytes: gguf.totalSizeBytes } };
}

/** Of a candidate that a file stands for. */
export function ggufOf({ gguf }: FoundCandidate): GgufArtifact {
  if (gguf === null) throw new Error('Only a server has this model.');
  return gguf;
}

/** The file that the engine opens; the other shards lie beside it. */
export function firstFile(candidate: FoundCandidate): ArtifactFile {
  const gguf = ggufOf(candidate);
  const first = gguf.files.find(({ absolutePath }) => absolutePath === gguf.path) ?? gguf.files[0];
  if (first === undefined) throw new Error('A GGUF artifact has at least one file.');
  return first;
}

/** That what was measured is what was hashed. Throws `BUNDLE_SOURCE_CHANGED`, `SYSTEM_FILE_*`. */
export async function assertSameFiles({ files }: Pick<GgufArtifact, 'files'>): Promise<void> {
  for (const file of files) await (await openChecked(file)).close();
}
