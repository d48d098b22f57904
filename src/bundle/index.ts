/** `bundle`: the archive: what can ship, pack, stage, inspect, verify, extract, list. */
export { createBundle } from './create-bundle.ts';
export { parseEdgeFile } from './edge-file.ts';
export { BUNDLE_FAILURES, BundleFailure, type BundleCode } from './error.ts';
export { extractBundle } from './extract-bundle.ts';
export type { BundleManifest, EdgeArtifact, EdgeFile, EdgeRequirements } from './file-shapes.ts';
export { inspectBundle } from './inspect-bundle.ts';
export { listBundles } from './list-bundles.ts';
export { artifactDigest } from './metadata-files.ts';
export { openChecked } from './model-stream.ts';
export { openArtifact, type OpenArtifactOptions } from './open-artifact.ts';
export { openBundleEntries } from './open-entries.ts';
export { assertSafePath } from './path-safety.ts';
export { stageArtifact } from './stage-artifact.ts';
export { parseSums } from './sums.ts';
export type {
  Artifact,
  ArtifactFile,
  BundleEntries,
  BundleEntry,
  BundleFile,
  BundleInput,
  BundleMetadata,
  CreateBundleOptions,
  CreatedBundle,
  DigestMismatch,
  ExtractBundleOptions,
  ExtractedBundle,
  GgufArtifact,
  HfArtifact,
  KnownFiles,
  ListedBundle,
  MemoryEstimate,
  StageArtifactOptions,
  StagedArtifact,
  VerifiedBundle,
  WorkOptions,
} from './types.ts';
export { verifyBundle } from './verify-bundle.ts';
