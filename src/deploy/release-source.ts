/** Where a release comes from: a bundle, opened once and read through one descriptor, or a local artifact itself. */
import { resolve } from 'node:path';
import { assertVersion, escapeText, type OnProgress, type Warning } from '../core/index.ts';
import {
  extractBundle,
  findSharedBytes,
  inspectBundle,
  stageArtifact,
  artifactDigest,
  verifyBundle,
  type Artifact,
  type BundleFile,
  type BundleInput,
  type BundleMetadata,
  type EdgeChatTemplate,
  type EdgeUnsafeFile,
} from '../bundle/index.ts';
import {
  bindEvidence,
  parseBenchmarkSummary,
  toBenchmarkSummary,
  toMeasuredOn,
  type MeasuredOn,
} from '../evidence/index.ts';
import { isGgufPolicyRule, type GgufPolicyRule } from '../gguf/index.ts';
import { hashSource, openFileSource, withFileSource, type FileSource } from '../system/index.ts';
import { checkBundledGguf } from './bundled-gguf.ts';
import { judgeReleaseTemplates } from './judge-templates.ts';
import { openReleaseFolder, type ReleaseFolder } from './release-folder-source.ts';
import { readRegisteredAt, toUnstatedEvidence } from './release-metadata.ts';
import type { ReleaseNeeds } from './plan.ts';
import { artifactClaims, assertSameBundle, bundleClaims, statedDigests } from './release-claims.ts';
import type { TrustClaims } from './trust-session.ts';
import type { ReleaseFacts } from './types.ts';

/** What a caller hands in. */
export type ReleaseOrigin =
  | {
      readonly kind: 'bundle';
      readonly path: string;
      /** It was packed for this deployment, by this machine. */
      readonly isPacked?: boolean;
    }
  | {
      readonly kind: 'artifact';
      readonly input: BundleInput;
      /** Digests of its files where they were just made; a file changed since is refused when it is staged. */
      readonly sums?: ReadonlyMap<string, string>;
      /** In a dry run: the deployment would pack it first. */
      readonly willPack?: boolean;
    }
  /** A release that lies on the target already. */
  | ({ readonly kind: 'release' } & ReleaseFolder);

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
  /** Of the very bytes that were written. */
  readonly claims: TrustClaims;
  readonly warnings: readonly Warning[];
}

/** What came of reading everything without writing it. */
export interface VerifiedSource {
  readonly claims: TrustClaims;
  readonly warnings: readonly Warning[];
}

/** A source that can be described, then staged or verified. */
export interface OpenRelease {
  readonly facts: ReleaseFacts;
  readonly needs: ReleaseNeeds;
  readonly bundlePath: string | null;
  /** Policy rules of the GGUF format that somebody allowed to be broken when the artifact was checked. */
  readonly allowedRules: readonly GgufPolicyRule[];
  /** The chat templates that it says it has; undefined where it says nothing of them. */
  readonly statedTemplates: readonly EdgeChatTemplate[] | undefined;
  /** Files that run code when they are loaded, and that whoever made it allowed. */
  readonly unsafeFiles: readonly EdgeUnsafeFile[];
  /** What a policy judges it by, as far as it is known before the model is read. */
  readonly claims: TrustClaims;
  readonly warnings: readonly Warning[];
  /** Where and with what its benchmark was measured; null where nothing says. */
  readonly measuredOn: MeasuredOn | null;
  /** How many bytes a release below that folder, which may have to be made yet, would share with the source. */
  findSharedBytes(directory: string, options: Pick<WorkOptions, 'signal'>): Promise<number>;
  /** Fills an existing, empty, private folder. */
  stage(directory: string, options: StageOptions): Promise<StagedRelease>;
  /** Checks every digest and the structure of the model, and writes nothing. */
  verify(options: WorkOptions & { readonly strict: boolean }): Promise<VerifiedSource>;
  close(): Promise<void>;
}

/** Throws `BUNDLE_*`, `SYSTEM_FILE_*`, `EVIDENCE_*`, `CORE_VERSION_INVALID`. */
export async function openRelease(origin: ReleaseOrigin, options: WorkOptions = {}): Promise<OpenRelease> {
  switch (origin.kind) {
    case 'bundle':
      return openBundle(origin.path);
    case 'artifact':
      return openLocalArtifact(origin, options);
    case 'release':
      return openReleaseFolder(origin);
  }
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
      packedBytes: 0,
    },
    bundlePath: resolve(path),
    allowedRules,
    statedTemplates: edge?.artifact.chat_templates,
    unsafeFiles: edge?.unsafe_files ?? [],
    claims: bundleClaims(metadata, statedDigests(metadata)),
    warnings: bundleWarnings(metadata, allowedRules),
    measuredOn: edge?.measured_on ?? null,
    // The headers between its blocks keep the weights off the block boundaries of every file system.
    findSharedBytes: () => Promise.resolve(0),
    async stage(directory, { skipChecksum, signal, onProgress, known }) {
      const extracted = await extractBundle(source, directory, {
        signal,
        onProgress,
        skipChecksum,
        // A file that is not the listed one must not stand in for it.
        known: skipChecksum ? undefined : byPath(known, metadata.sums),
      });
      assertSameBundle(path, metadata, extracted.metadata);
      return {
        artifactSha256: extracted.artifactSha256,
        modelFiles: modelPaths(extracted.files),
        checksumVerified: extracted.checksumVerified,
        claims: bundleClaims(extracted.metadata, extracted.digests),
        warnings: extracted.mismatches.map(({ path: file, expected, received }) => ({
          code: 'BUNDLE_DIGEST_MISMATCH',
          message: `${file} does not match SHA256SUMS (expected ${expected}, received ${received}); let pass by --skip-checksum.`,
        })),
      };
    },
    async verify({ signal, onProgress, strict }) {
      const verified = await verifyBundle(source, { signal, onProgress });
      assertSameBundle(path, metadata, verified.metadata);
      const claims = bundleClaims(verified.metadata, verified.digests);
      if (manifest.artifact_type !== 'gguf') return { claims, warnings: [] };
      const files = Object.keys(manifest.files);
      const checked = await checkBundledGguf(source, { files, allow: allowedRules, signal });
      const stated = edge?.artifact.chat_templates;
      const suspicions = judgeReleaseTemplates(checked.chatTemplates, { path, stated, strict });
      return { claims, warnings: [...checked.warnings, ...suspicions] };
    },
    close: () => source.close(),
  };
}

function bundleWarnings({ edge }: BundleMetadata, allowedRules: readonly GgufPolicyRule[]): Warning[] {
  const warnings: Warning[] = [];
  if (allowedRules.length > 0) {
    const message = `Whoever made the bundle waived rules of the GGUF check: ${allowedRules.join(', ')}.`;
    warnings.push({ code: 'GGUF_RULES_WAIVED', message });
  }
  const unsafeFiles = edge?.unsafe_files ?? [];
  if (unsafeFiles.length > 0) {
    const paths = unsafeFiles.slice(0, 5).map((file) => escapeText(file.path, 120));
    const message = `Whoever made the bundle let files pass that run code when they are loaded: ${paths.join(', ')}.`;
    warnings.push({ code: 'BUNDLE_UNSAFE_FILES', message });
  }
  return warnings;
}

async function openLocalArtifact(
  { input, sums: knownSums }: Extract<ReleaseOrigin, { kind: 'artifact' }>,
  { signal }: WorkOptions,
): Promise<OpenRelease> {
  const { artifact, version, run, candidate } = input;
  assertVersion(version);
  const sums = knownSums ?? (await hashArtifact(artifact, signal));
  input.judgeDigests?.(sums);
  const artifactSha256 = artifactDigest(sums);
  const evidence = bindEvidence(candidate, run, artifactSha256);
  const claims = artifactClaims(artifact, evidence.kind);
  return {
    facts: {
      version,
      bundleId: '',
      artifactType: artifact.type,
      artifactSha256,
      evidence,
      summary: toBenchmarkSummary(run, candidate, version),
      registeredAt: readRegisteredAt(input.registryEntry),
    },
    needs: needsOfArtifact(artifact, { version, artifactSha256 }),
    bundlePath: null,
    allowedRules: artifact.type === 'gguf' ? artifact.waived : [],
    statedTemplates: artifact.chatTemplates,
    unsafeFiles: artifact.unsafeFiles,
    claims,
    warnings: artifact.warnings,
    measuredOn: candidate === null ? null : toMeasuredOn(run),
    findSharedBytes: (directory, work) => findSharedBytes(artifact, { ...work, directory }),
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
        claims,
        warnings: staged.warnings,
      };
    },
    // Its digests were just made from its bytes: there is nothing to compare them with.
    verify: () => Promise.resolve({ claims, warnings: [] }),
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
    packedBytes: 0,
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
