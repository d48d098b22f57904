/**
 * Goes through the entries of a bundle once, hashing every byte as it passes, and decides at the end whether they are what
 * the bundle says of itself. Where the bytes go meanwhile is the sink's matter.
 */
import { escapeText, type OnProgress } from '../core/index.ts';
import { createSha256 } from '../system/index.ts';
import { EDGE_NAME } from './edge-file.ts';
import { BundleFailure } from './error.ts';
import { MAX_METADATA_BYTES } from './limits.ts';
import {
  artifactDigest,
  isMetadataName,
  parseMetadata,
  RESERVED_NAMES,
  SIGNATURE_NAME,
} from './metadata-files.ts';
import { NameSet } from './path-safety.ts';
import { isModelPath } from './sums.ts';
import type { BundleEntries, BundleEntry, BundleFile, BundleMetadata, DigestMismatch } from './types.ts';

/** Takes the pieces of one file. Each must be used up before the promise resolves. */
export interface FileSink {
  write(piece: Uint8Array): Promise<void>;
  /** After the last piece. */
  finish(): Promise<void>;
  /** Whatever happened. */
  close(): Promise<void>;
}

export interface ExamineOptions {
  /** What progress calls the work. */
  readonly step: string;
  readonly onProgress?: OnProgress | undefined;
  /** Opens the place for a file whose name has passed the rules; none where its bytes are only to be hashed. */
  readonly open?: (entry: BundleEntry) => Promise<FileSink | undefined>;
}

export interface Examined {
  readonly metadata: BundleMetadata;
  readonly files: readonly BundleFile[];
  readonly mismatches: readonly DigestMismatch[];
  readonly artifactSha256: string;
  /** Of every file but the signature, by path. */
  readonly digests: ReadonlyMap<string, string>;
  /** Files under `model/`, and their bytes. */
  readonly fileCount: number;
  readonly totalSizeBytes: number;
}

/** Throws every `BUNDLE_*` of a bundle that is not sound, but for digests: those that differ are in the result. */
export async function examineBundle(bundle: BundleEntries, options: ExamineOptions): Promise<Examined> {
  const names = new NameSet();
  const metadataFiles = new Map<string, Uint8Array>();
  const files: BundleFile[] = [];
  let metadataBytes = 0;
  let doneBytes = 0;
  for await (const entry of bundle.entries()) {
    assertExpected(entry, bundle.format);
    names.addFile(entry.path);
    const kept: Uint8Array[] | null = isMetadataName(entry.path) ? [] : null;
    if (kept !== null) metadataBytes = addMetadata(metadataBytes, entry);
    const sha256 = await passThrough(entry, await options.open?.(entry), (piece) => {
      // The piece is overwritten later.
      kept?.push(piece.slice());
      doneBytes += piece.length;
      options.onProgress?.({
        kind: 'bytes',
        step: options.step,
        doneBytes,
        totalBytes: Math.max(doneBytes, bundle.totalSizeBytes ?? bundle.sizeBytes),
      });
    });
    files.push({ path: entry.path, sizeBytes: entry.sizeBytes, sha256 });
    if (kept !== null) metadataFiles.set(entry.path, Buffer.concat(kept));
  }
  const { format, sizeBytes } = bundle;
  const metadata = parseMetadata(metadataFiles, { format, sizeBytes, topFolder: bundle.topFolder() });
  const mismatches = compareFiles(files, metadata);
  const model = files.filter(({ path }) => isModelPath(path));
  const totalSizeBytes = model.reduce((sum, file) => sum + file.sizeBytes, 0);
  assertTotal(totalSizeBytes, metadata);
  const artifactSha256 = artifactDigest(new Map(model.map(({ path, sha256 }) => [path, sha256])));
  const digests = new Map(
    files.filter(({ path }) => path !== SIGNATURE_NAME).map(({ path, sha256 }) => [path, sha256]),
  );
  return { metadata, files, mismatches, artifactSha256, digests, fileCount: model.length, totalSizeBytes };
}

/** Before a byte of it is used. */
function assertExpected({ path }: BundleEntry, format: 1 | 2): void {
  if (format === 1 && path === EDGE_NAME) {
    throw new BundleFailure(
      'BUNDLE_DOWNGRADE',
      `The bundle has ${EDGE_NAME}, but not the archive that belongs to it.`,
      {
        details: {
          expected: 'a format-2 archive, or no edge.json',
          received: 'a format-1 archive with edge.json',
        },
      },
    );
  }
  if (!isMetadataName(path) && !isModelPath(path)) throw unlisted(path);
}

function addMetadata(before: number, { sizeBytes }: BundleEntry): number {
  if (before + sizeBytes <= MAX_METADATA_BYTES) return before + sizeBytes;
  throw new BundleFailure('BUNDLE_LIMIT', 'The metadata of the bundle is larger than that of any real one.', {
    details: { expected: `at most ${MAX_METADATA_BYTES} bytes`, received: `${before + sizeBytes} bytes` },
  });
}

/** Writes and hashes each piece at the same time. */
async function passThrough(
  entry: BundleEntry,
  sink: FileSink | undefined,
  onPiece: (piece: Uint8Array) => void,
): Promise<string> {
  const hash = createSha256();
  try {
    for await (const piece of entry.bytes) {
      const writing = sink?.write(piece);
      hash.update(piece);
      await writing;
      onPiece(piece);
    }
    await sink?.finish();
    return hash.digest('hex');
  } finally {
    await sink?.close();
  }
}

/** What came is what is listed: nothing missing, nothing more. */
function compareFiles(files: readonly BundleFile[], { sums }: BundleMetadata): readonly DigestMismatch[] {
  const received = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  for (const path of received.keys())
    if (!sums.has(path) && !RESERVED_NAMES.includes(path)) throw unlisted(path);
  const mismatches: DigestMismatch[] = [];
  for (const [path, expected] of sums) {
    const sha256 = received.get(path);
    if (sha256 === undefined) {
      throw new BundleFailure(
        'BUNDLE_ENTRY_MISSING',
        `${escapeText(path)} is listed in SHA256SUMS and is not in the bundle.`,
        {
          details: { expected: escapeText(path), received: 'no such file' },
        },
      );
    }
    if (sha256 !== expected) mismatches.push({ path, expected, received: sha256 });
  }
  return mismatches;
}

function assertTotal(totalSizeBytes: number, { manifest }: BundleMetadata): void {
  if (manifest.total_size_bytes === totalSizeBytes) return;
  throw new BundleFailure(
    'BUNDLE_METADATA_DISAGREES',
    'The files of the model are not as large as the manifest says.',
    {
      details: { expected: `${manifest.total_size_bytes} bytes`, received: `${totalSizeBytes} bytes` },
    },
  );
}

function unlisted(path: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_ENTRY_UNLISTED',
    `The bundle holds ${escapeText(path)}, which is no part of it.`,
    {
      details: {
        path: escapeText(path),
        expected: 'only files that SHA256SUMS lists',
        received: escapeText(path),
      },
    },
  );
}
