/** What each kind of source says of itself, as a policy judges it. */
import { formatSums, type Artifact, type BundleMetadata } from '../bundle/index.ts';
import { hashBytes } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import type { ReleaseMetadata } from './release-metadata.ts';
import type { TrustClaims } from './trust-session.ts';
import { SUMS_NAME } from './verify-release.ts';

export function bundleClaims(
  { format, edge, manifest, signature }: BundleMetadata,
  digests: ReadonlyMap<string, string> | null,
): TrustClaims {
  return {
    origin: 'bundle',
    format,
    signature,
    digests,
    stated: edge?.release ?? null,
    artifactType: manifest.artifact_type,
    architecture: edge?.artifact.architecture ?? null,
    sizeBytes: manifest.total_size_bytes,
    // A bundle of the Python tool may name a run, and never says which bytes that measured.
    evidence: edge?.evidence.kind ?? 'unbound',
    hasUnsafeFiles: (edge?.unsafe_files ?? []).length > 0,
  };
}

/** What the list says, before the model was read; null for a bundle that has no one form of it. */
export function statedDigests({ format, sums }: BundleMetadata): ReadonlyMap<string, string> | null {
  return format === 1 ? null : new Map([...sums, [SUMS_NAME, hashBytes(formatSums(sums))]]);
}

export function artifactClaims(artifact: Artifact, evidence: string | null): TrustClaims {
  const { type, facts } = artifact;
  return {
    origin: 'artifact',
    format: null,
    signature: null,
    digests: null,
    stated: null,
    artifactType: type,
    architecture: 'modelType' in facts ? (facts.architectures[0] ?? facts.modelType) : facts.architecture,
    sizeBytes: artifact.totalSizeBytes,
    evidence,
    hasUnsafeFiles: artifact.unsafeFiles.length > 0,
  };
}

/** Of a release on the target: its signature was judged when it went live. */
export function folderClaims(
  { artifactType, evidence, unsafeFiles }: ReleaseMetadata,
  sizeBytes: number,
): TrustClaims {
  return {
    origin: 'release',
    format: null,
    signature: null,
    digests: null,
    stated: null,
    artifactType,
    architecture: null,
    sizeBytes,
    evidence: evidence.kind,
    hasUnsafeFiles: unsafeFiles.length > 0,
  };
}

/**
 * A file that gives one answer first and another one later is refused, whatever the second says of itself: names and
 * versions were taken from the first. Throws `DEPLOY_BUNDLE_CHANGED`.
 */
export function assertSameBundle(path: string, first: BundleMetadata, second: BundleMetadata): void {
  const [expected, received] = [first, second].map(({ sums }) => hashBytes(formatSums(sums)));
  if (expected === received && first.format === second.format) return;
  throw new DeployFailure(
    'DEPLOY_BUNDLE_CHANGED',
    `${path} is not the bundle any more that it was when it was opened.`,
    {
      details: { path, expected: `a list sha256:${expected}`, received: `sha256:${received}` },
    },
  );
}
