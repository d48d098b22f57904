/** The words of the room: what goes into a bundle, what it says of itself, and what comes out. */
import type { JsonObject, JsonTreeObject, OnProgress, Warning } from '../core/index.ts';
import type { BenchmarkRun, Candidate, Evidence } from '../evidence/index.ts';
import type { GgufFacts, GgufMemoryEstimate, GgufPolicyRule } from '../gguf/index.ts';
import type { HfFacts } from '../hf/index.ts';
import type { Clock, FileIdentity } from '../system/index.ts';
import type { SigningKey } from '../trust/index.ts';
import type {
  BundleManifest,
  EdgeChatTemplate,
  EdgeFile,
  EdgeRelease,
  EdgeUnsafeFile,
} from './file-shapes.ts';

/** One file of an artifact. */
export interface ArtifactFile {
  /** Where it will lie in a bundle or release: `model/…`, with forward slashes. */
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  /** What it was when it was checked: packing refuses another. */
  readonly identity: FileIdentity;
}

interface ArtifactBase {
  /** Absolute. The (first) GGUF file, or the directory. */
  readonly path: string;
  /** Sorted by path. */
  readonly files: readonly ArtifactFile[];
  readonly totalSizeBytes: number;
  readonly warnings: readonly Warning[];
  /** In the order of the model. */
  readonly chatTemplates: readonly EdgeChatTemplate[];
  /** Files that run code when they are loaded, and that were allowed. Their paths are below `model/`. */
  readonly unsafeFiles: readonly EdgeUnsafeFile[];
}

/** An estimate for loading and running at `contextTokens`. */
export type MemoryEstimate = GgufMemoryEstimate & { readonly contextTokens: number };

export interface GgufArtifact extends ArtifactBase {
  readonly type: 'gguf';
  /** Of the whole model: sums over all shards. */
  readonly facts: GgufFacts;
  readonly memory: MemoryEstimate;
  readonly shardCount: number;
  /** Policy rules that the file breaks and that were allowed to be broken. */
  readonly waived: readonly GgufPolicyRule[];
}

export interface HfArtifact extends ArtifactBase {
  readonly type: 'hf-distilled';
  readonly facts: HfFacts;
}

/** What is on disk and can ship, its structure checked. */
export type Artifact = GgufArtifact | HfArtifact;

/** What a bundle says about itself. */
export interface BundleMetadata {
  /** 2 is ours; 1 is that of the Python tool. */
  readonly format: 1 | 2;
  readonly topFolder: string;
  readonly manifest: BundleManifest;
  /** Null in format 1. */
  readonly edge: EdgeFile | null;
  readonly registryEntry: JsonObject;
  readonly benchmarkSummary: JsonObject;
  /** SHA256SUMS: path → lower-case hex. */
  readonly sums: ReadonlyMap<string, string>;
  /** Of the archive itself. */
  readonly sizeBytes: number;
  /** A signature is never counted as verified here. */
  readonly signed: 'none' | 'signed, not checked';
  /** `model.sig` without its padding, for the room `trust` to judge; null where there is none. */
  readonly signature: Uint8Array | null;
}

/** One regular file of a bundle, in the order in which it comes, whatever holds the bundle. */
export interface BundleEntry {
  /** Below the top folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Each piece belongs to the reader of it until it asks for the next. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A bundle as entries: gzip + tar is one kind of source. Read once, in order. */
export interface BundleEntries {
  readonly format: 1 | 2;
  /** What the entries come from, for messages. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The top folder; known once the first entry has come. */
  topFolder(): string;
  entries(): AsyncIterable<BundleEntry>;
  /** Bytes of content to come, for progress; null where nothing says it. */
  readonly totalSizeBytes: number | null;
}

export interface BundleInput {
  readonly artifact: Artifact;
  readonly version: string;
  /** Both or none. */
  readonly run: BenchmarkRun | null;
  readonly candidate: Candidate | null;
  /** As it stands in the registry; the lossless tree keeps its numbers to the digit. */
  readonly registryEntry: JsonObject | JsonTreeObject | null;
  readonly clock: Clock;
  /** Seconds; stands in for the clock, so that the same input gives the same bytes. */
  readonly sourceDateEpochSeconds?: number | undefined;
  /** Puts the absolute path of the artifact into the manifest instead of its base name. */
  readonly recordPath?: boolean;
  /** What `edge.json` names as its maker. */
  readonly tool?: string;
  /** Where it stands among its kind; null or missing says nothing. */
  readonly release?: EdgeRelease | null | undefined;
  /** Signs all of it; missing leaves it unsigned. */
  readonly sign?: SigningKey | undefined;
  /** Sees the digest of each file under `model/` before anything takes its final name; by throwing, it refuses. */
  readonly judgeDigests?: (digests: ReadonlyMap<string, string>) => void;
}

export interface WorkOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CreateBundleOptions extends BundleInput, WorkOptions {
  /** Created if it is missing. */
  readonly outDir: string;
}

interface BuiltFrom {
  readonly bundleId: string;
  readonly artifactSha256: string;
  readonly manifest: BundleManifest;
  readonly edge: EdgeFile;
  readonly evidence: Evidence;
  /** Of the key that signed it; null where none did. */
  readonly signedBy: string | null;
  readonly warnings: readonly Warning[];
}

export interface CreatedBundle extends BuiltFrom {
  readonly path: string;
  /** Of the archive. */
  readonly sizeBytes: number;
}

export interface StageArtifactOptions extends BundleInput, WorkOptions {
  /** An existing, empty, private folder. */
  readonly directory: string;
  readonly known?: KnownFiles | undefined;
}

export interface StagedArtifact extends BuiltFrom {
  readonly files: readonly BundleFile[];
  /** Of the files under `model/`. */
  readonly totalSizeBytes: number;
  /** How many of them share their blocks with the artifact. */
  readonly clonedCount: number;
}

/** One file as it was read or written. */
export interface BundleFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface VerifiedBundle {
  readonly metadata: BundleMetadata;
  /** Of the bytes that came. */
  readonly artifactSha256: string;
  /** Of every file that came but `model.sig`, by its path: what a signature has to cover, no more and no less. */
  readonly digests: ReadonlyMap<string, string>;
  /** Files under `model/`. */
  readonly fileCount: number;
  /** Of the files under `model/`. */
  readonly totalSizeBytes: number;
}

export interface SignBundleOptions extends WorkOptions {
  readonly key: SigningKey;
  /** Takes the place of what the bundle says of its release; missing leaves it as it is. */
  readonly release?: EdgeRelease | undefined;
  /** Puts the signature in the place of one that is there. */
  readonly replace?: boolean;
}

export interface SignedBundle {
  /** With every link followed. */
  readonly path: string;
  readonly metadata: BundleMetadata;
  /** Of the key. */
  readonly signedBy: string;
  /** The signature that was there before, if there was one. */
  readonly replaced: Uint8Array | null;
  /** Of the model: 0 where the file system shared its blocks. */
  readonly copiedBytes: number;
}

export interface DigestMismatch {
  readonly path: string;
  readonly expected: string;
  readonly received: string;
}

export interface ExtractedBundle extends VerifiedBundle {
  readonly files: readonly BundleFile[];
  /** False only with `skipChecksum`, where a digest did not match. */
  readonly checksumVerified: boolean;
  readonly mismatches: readonly DigestMismatch[];
}

export interface ExtractBundleOptions extends WorkOptions {
  /** Lets a digest that is not the listed one pass, reported; every other rule stands. */
  readonly skipChecksum?: boolean;
  readonly known?: KnownFiles | undefined;
}

/**
 * For a file of the archive or artifact: one on the same file system that was found to have the listed bytes. It is linked
 * instead of written; where it cannot be linked, it is written.
 */
export type KnownFiles = (path: string) => string | undefined;

export interface ListedBundle {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Null where the file cannot be read as a bundle, or where a format-1 bundle has its manifest further in. */
  readonly metadata: BundleMetadata | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}
