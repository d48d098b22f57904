/** Where a release comes from: a bundle, opened once and read through one descriptor, or a local artifact itself. */
import { resolve } from 'node:path';
import { assertVersion, type OnProgress, type Warning } from '../core/index.ts';
import {
  extractBundle,
  inspectBundle,
  stageArtifact,
  artifactDigest,
  verifyBundle,
  type Artifact,
  type BundleFile,
  type BundleInput,
  type BundleMetadata,
} from '../bundle/index.ts';
import { bindEvidence, parseBenchmarkSummary, toBenchmarkSummary } from '../evidence/index.ts';
import { isGgufPolicyRule, type GgufPolicyRule } from '../gguf/index.ts';
import { hashSource, openFileSource, withFileSource, type FileSource } from '../system/index.ts';
import { checkBundledGguf } from './bundled-gguf.ts';
import { readRegisteredAt, toUnstatedEvidence } from './release-metadata.ts';
import type { ReleaseNeeds } from './plan.ts';
import type { ReleaseFacts } from './types.ts';

/** What a caller hands in. */
export type ReleaseOrigin =
  | { readonly kind: 'bundle'; readonly path: string }
  | { readonly kind: 'artifact'; readonly input: BundleInput };

export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface StageOptions extends WorkOptions {
  readonly skipChecksum: boolean;
  /** Files on the same file system by their SHA-256: linked instead of written. */
  readonly known?: ReadonlyMap<string, string> | undefined;
}

export interface StagedRelease {
  readonly artifactSha256: string;
  /** Below the release folder, sorted: `model/…` first shard first. */
  readonly modelFiles: readonly string[];
  readonly checksumVerified: boolean;
  readonly warnings: readonly Warning[];
}

/** A source that can be described, then staged or verified. */
export interface OpenRelease {
  readonly facts: ReleaseFacts;
  readonly needs: ReleaseNeeds;
  readonly bundlePath: string | null;
  /** Policy rules of the GGUF format that somebody allowed to be broken when the artifact was checked. */
  readonly allowedRules: readonly GgufPolicyRule[];
  readonly warnings: readonly Warning[];
  /** Fills an existing, empty, private folder. */
  stage(directory: string, options: StageOptions): Promise<StagedRelease>;
  /** Checks every digest and the structure of the model, and writes nothing. */
  verify(options: WorkOptions): Promise<readonly Warning[]>;
  close(): Promise<void>;
}

/** Throws `BUNDLE_*`, `SYSTEM_FILE_*`, `EVIDENCE_*`, `CORE_VERSION_INVALID`. */
export async function openRelease(origin: ReleaseOrigin, options: WorkOptions = {}): Promise<OpenRelease> {
  return origin.kind === 'bundle' ? openBundle(origin.path) : openLocalArtifact(origin.input, options);
}

async function openBundle(path: string): Promise<OpenRelease> {
  const source = await openFileSource(path);
  try {
    const metadata = await inspectBundle(source);
    return bundleRelease(path, source, metadata);
  } catch (error) {
    await source.close();
    throw error;
  }
}

function bundleRelease(path: string, source: FileSource, metadata: BundleMetadata): OpenRelease {
  const { manifest, edge } = metadata;
  const artifactSha256 = edge?.artifact.sha256 ?? artifactDigest(metadata.sums);
  const allowedRules = (edge?.waived_rules ?? []).filter(isGgufPolicyRule);
  const summary = parseBenchmarkSummary(metadata.benchmarkSummary);
  const sizes = edge?.artifact.files.map((file) => file.size_bytes) ?? [manifest.total_size_bytes];
  return {
    facts: {
      version: manifest.model_version,
      bundleId: manifest.bundle_id,
      artifactType: manifest.artifact_type,
      artifactSha256,
      evidence: edge?.evidence ?? toUnstatedEvidence(summary, artifactSha256),
      summary,
      registeredAt: readRegisteredAt(metadata.registryEntry),
    },
    needs: {
      version: manifest.model_version,
      artifactSha256,
      totalSizeBytes: manifest.total_size_bytes,
      largestFileBytes: Math.max(0, ...sizes),
      memoryBytes: edge?.requires.memory_bytes ?? null,
    },
    bundlePath: resolve(path),
    allowedRules,
    warnings: bundleWarnings(metadata, allowedRules),
    async stage(directory, { skipChecksum, signal, onProgress, known }) {
      const extracted = await extractBundle(source, directory, {
        signal,
        onProgress,
        skipChecksum,
        // A file that is not the listed one must not stand in for it.
        known: skipChecksum ? undefined : byPath(known, metadata.sums),
      });
      return {
        artifactSha256: extracted.artifactSha256,
        modelFiles: modelPaths(extracted.files),
        checksumVerified: extracted.checksumVerified,
        warnings: extracted.mismatches.map(({ path: file, expected, received }) => ({
          code: 'BUNDLE_DIGEST_MISMATCH',
          message: `${file} does not match SHA256SUMS (expected ${expected}, received ${received}); let pass by --skip-checksum.`,
        })),
      };
    },
    async verify({ signal, onProgress }) {
      await verifyBundle(source, { signal, onProgress });
      if (manifest.artifact_type !== 'gguf') return [];
      return checkBundledGguf(source, { files: Object.keys(manifest.files), allow: allowedRules, signal });
    },
    close: () => source.close(),
  };
}

function bundleWarnings({ signed }: BundleMetadata, allowedRules: readonly GgufPolicyRule[]): Warning[] {
  const warnings: Warning[] = [];
  if (signed !== 'none') {
    const message = 'The bundle is signed; the signature was not checked.';
    warnings.push({ code: 'BUNDLE_SIGNATURE_NOT_CHECKED', message });
  }
  if (allowedRules.length > 0) {
    const message = `Whoever made the bundle waived rules of the GGUF check: ${allowedRules.join(', ')}.`;
    warnings.push({ code: 'GGUF_RULES_WAIVED', message });
  }
  return warnings;
}

async function openLocalArtifact(input: BundleInput, { signal }: WorkOptions): Promise<OpenRelease> {
  const { artifact, version, run, candidate } = input;
  assertVersion(version);
  const sums = await hashArtifact(artifact, signal);
  input.judgeDigests?.(sums);
  const artifactSha256 = artifactDigest(sums);
  return {
    facts: {
      version,
      bundleId: '',
      artifactType: artifact.type,
      artifactSha256,
      evidence: bindEvidence(candidate, run, artifactSha256),
      summary: toBenchmarkSummary(run, candidate, version),
      registeredAt: readRegisteredAt(input.registryEntry),
    },
    needs: needsOfArtifact(artifact, { version, artifactSha256 }),
    bundlePath: null,
    allowedRules: artifact.type === 'gguf' ? artifact.waived : [],
    warnings: artifact.warnings,
    async stage(directory, work) {
      const staged = await stageArtifact({
        ...input,
        directory,
        signal: work.signal,
        onProgress: work.onProgress,
        known: byPath(work.known, sums),
      });
      return {
        artifactSha256: staged.artifactSha256,
        modelFiles: modelPaths(staged.files),
        checksumVerified: true,
        warnings: staged.warnings,
      };
    },
    // Its digests were just made from its bytes: there is nothing to compare them with.
    verify: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}

/** By their names in the release; undefined where nothing is known, and every file is written. */
function byPath(
  known: ReadonlyMap<string, string> | undefined,
  sums: ReadonlyMap<string, string>,
): ((path: string) => string | undefined) | undefined {
  if (known === undefined) return undefined;
  return (path) => known.get(sums.get(path) ?? '');
}

/** What a local artifact needs of a target. */
export function needsOfArtifact(
  artifact: Artifact,
  { version, artifactSha256 }: Pick<ReleaseNeeds, 'version' | 'artifactSha256'>,
): ReleaseNeeds {
  return {
    version,
    artifactSha256,
    totalSizeBytes: artifact.totalSizeBytes,
    largestFileBytes: Math.max(0, ...artifact.files.map((file) => file.sizeBytes)),
    memoryBytes: artifact.type === 'gguf' ? artifact.memory.totalBytes : null,
  };
}

/** Digests of the files of an artifact, by their names in a bundle. Throws `SYSTEM_FILE_*`, `CORE_INTERRUPTED`. */
export async function hashArtifact(
  artifact: Artifact,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  for (const file of artifact.files) {
    const options = signal === undefined ? {} : { signal };
    sums.set(file.path, await withFileSource(file.absolutePath, (source) => hashSource(source, options)));
  }
  return sums;
}

function modelPaths(files: readonly BundleFile[]): string[] {
  return files.map((file) => file.path).filter((path) => path.startsWith('model/'));
}
