/**
 * The shapes of the files in a bundle, spelled as they stand there (snake_case). They are type aliases, not interfaces, so
 * that each is a `JsonObject` without a cast.
 */
import type { ArtifactType, JsonObject } from '../core/index.ts';
import type { Evidence, MeasuredOn } from '../evidence/index.ts';

/** `manifest.json`: exactly the keys of the Python loader. Digests are lower-case hex SHA-256. */
export type BundleManifest = {
  readonly bundle_id: string;
  /** ISO 8601 with zone. */
  readonly created_at: string;
  readonly model_version: string;
  readonly model_path: string;
  readonly artifact_type: ArtifactType;
  readonly registry_entry: JsonObject;
  readonly benchmark_summary: JsonObject;
  /** Path → digest of every file under `model/`. */
  readonly files: { readonly [path: string]: string };
  /** Of the files under `model/`. */
  readonly total_size_bytes: number;
};

/** A chat template of the model. */
export type EdgeChatTemplate = {
  /** `default`, or the name that the model gives it. */
  readonly name: string;
  /** Of its text in UTF-8. */
  readonly sha256: string;
};

/** A file that runs code when it is loaded. */
export type EdgeUnsafeFile = {
  /** Below `model/`. */
  readonly path: string;
  readonly reason: string;
};

export type EdgeArtifact = {
  readonly type: ArtifactType;
  readonly size_bytes: number;
  /** Of the file, or of exactly the `model/` lines of SHA256SUMS for several. */
  readonly sha256: string;
  /** In the order of the archive: sorted by path. */
  readonly files: readonly { readonly path: string; readonly size_bytes: number }[];
  readonly architecture: string | null;
  readonly quantization: string | null;
  readonly parameter_count: number | null;
  readonly context_length: number | null;
  readonly tensor_count: number | null;
  /** Files of a GGUF; null for a directory. */
  readonly shards: number | null;
  /** Missing in bundles that were made before templates were written down. */
  readonly chat_templates?: readonly EdgeChatTemplate[];
};

export type EdgeRequirements = {
  /** Free space that a release takes, in bytes. */
  readonly disk_bytes: number;
  /** To load and run at `memory_context_tokens`; null where it cannot be told. */
  readonly memory_bytes: number | null;
  readonly memory_context_tokens: number | null;
  readonly memory_is_estimate: true;
};

/** Where a bundle stands among its kind, so that a device can tell an older one from a newer. */
export type EdgeRelease = {
  /** What follows what: usually the base model. */
  readonly line: string;
  /** Grows from release to release of one line. */
  readonly counter: number;
  /** ISO 8601 with zone; after it, a device that trusts its clock and whose policy says so takes it no more. */
  readonly expires: string | null;
};

/** `edge.json`: what this tool adds. Keys beyond these are kept as read. */
export type EdgeFile = {
  readonly format_version: 2;
  readonly tool: string;
  readonly artifact: EdgeArtifact;
  readonly evidence: Evidence;
  /** Missing where the run does not say, or there is none. */
  readonly measured_on?: MeasuredOn;
  readonly requires: EdgeRequirements;
  /** Rules of policy that the artifact breaks and that somebody allowed. */
  readonly waived_rules: readonly string[];
  /** What somebody allowed (`--allow-unsafe-files`). Missing in bundles that were made when nothing could be. */
  readonly unsafe_files?: readonly EdgeUnsafeFile[];
  /** Null where whoever packed it did not say. */
  readonly release: EdgeRelease | null;
};
