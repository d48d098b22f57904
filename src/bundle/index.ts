/** `bundle`: the archive: what can ship, pack, stage, inspect, verify, extract, list. */
export { listChatTemplates, templatesOfDirectory } from './chat-templates.ts';
export { parseEdgeFile } from './edge-file.ts';
export { BUNDLE_FAILURES, BundleFailure, type BundleCode } from './error.ts';
export type {
  BundleManifest,
  EdgeArtifact,
  EdgeChatTemplate,
  EdgeFile,
  EdgeRelease,
  EdgeRequirements,
  EdgeUnsafeFile,
} from './file-shapes.ts';
export { inspectBundle } from './inspect-bundle.ts';
export { artifactDigest } from './metadata-files.ts';
export {
  bundleRoomBytes,
  createBundle,
  extractBundle,
  findSharedBytes,
  listBundles,
  openArtifact,
  openBundleEntries,
  openChecked,
  signBundle,
  stageArtifact,
  verifyBundle,
  verifySignedBundle,
} from './on-first-use.ts';
export type { OpenArtifactOptions } from './open-artifact.ts';
export { assertSafePath } from './path-safety.ts';
export { formatSums, parseSums } from './sums.ts';
export type { VerifiedSigned, VerifySignedOptions } from './verify-signed.ts';
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
  SignBundleOptions,
  SignedBundle,
  StageArtifactOptions,
  StagedArtifact,
  VerifiedBundle,
  WorkOptions,
} from './types.ts';
