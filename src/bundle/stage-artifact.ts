/**
 * Makes the content of a release straight from an artifact on disk, without a bundle: the same files, with the digests of
 * the copies and not of the originals.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isErrno, throwIfAborted } from '../core/index.ts';
import { assertEvidence } from '../evidence/index.ts';
import { createSha256, hashSource, openFileSource, toSystemFailure } from '../system/index.ts';
import { buildMetadata, readCreatedAt } from './build-metadata.ts';
import { assertRoom } from './free-space.ts';
import { loadSigner } from './metadata-signer.ts';
import { openChecked } from './model-stream.ts';
import { linkKnown, withPrivateFolder, type PrivateFolder } from './private-folder.ts';
import { sourcePieces } from './source-pieces.ts';
import type { ArtifactFile, BundleFile, KnownFiles, StageArtifactOptions, StagedArtifact } from './types.ts';

interface StagedFile extends BundleFile {
  /** Whether it shares its blocks with the original. */
  readonly isClone: boolean;
}

interface Step {
  readonly folder: PrivateFolder;
  readonly onBytes: (sizeBytes: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly known: KnownFiles | undefined;
}

/**
 * Writes `model/…`, `manifest.json`, `edge.json`, `registry_entry.json`, `benchmark_summary.json` and `SHA256SUMS` into the
 * folder, durable; blocks are shared with the artifact where the file system can (reflink). Throws `BUNDLE_DIRECTORY_UNFIT`,
 * `BUNDLE_NO_ROOM`, `BUNDLE_SOURCE_CHANGED`, `BUNDLE_DATE_INVALID`, `EVIDENCE_MISMATCH`, `CORE_*`, `SYSTEM_*`; the folder is
 * empty again then.
 */
export async function stageArtifact(options: StageArtifactOptions): Promise<StagedArtifact> {
  const { artifact, onProgress, signal } = options;
  const createdAt = readCreatedAt(options);
  return withPrivateFolder(resolve(options.directory), async (folder) => {
    let doneBytes = 0;
    const onBytes = (sizeBytes: number): void => {
      doneBytes += sizeBytes;
      onProgress?.({ kind: 'bytes', step: 'stage', doneBytes, totalBytes: artifact.totalSizeBytes });
    };
    const staged: StagedFile[] = [];
    for (const file of artifact.files) {
      throwIfAborted(signal);
      staged.push(await stageFile(file, { folder, onBytes, signal, known: options.known }));
    }
    const built = buildMetadata(options, {
      createdAt,
      digests: new Map(staged.map(({ path, sha256 }) => [path, sha256])),
      signer: await loadSigner(options),
    });
    assertEvidence(built.evidence);
    for (const [path, bytes] of built.files) await writeWhole(folder, path, bytes);
    throwIfAborted(signal);
    const { bundleId, artifactSha256, manifest, edge, evidence, warnings, signedBy } = built;
    return {
      bundleId,
      artifactSha256,
      manifest,
      edge,
      evidence,
      signedBy,
      warnings,
      files: staged.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 })),
      totalSizeBytes: artifact.totalSizeBytes,
      clonedCount: staged.filter(({ isClone }) => isClone).length,
    };
  });
}

async function stageFile(file: ArtifactFile, step: Step): Promise<StagedFile> {
  const { path, sizeBytes } = file;
  const target = await step.folder.prepare(path);
  if (await linkKnown(step.folder, path, step.known)) {
    return { path, sizeBytes, sha256: await hashStaged(target, step), isClone: true };
  }
  const sha256 = await cloneFile(file, target, step);
  if (sha256 !== null) return { path, sizeBytes, sha256, isClone: true };
  await assertRoom(step.folder.path, { totalBytes: sizeBytes, largestFileBytes: sizeBytes });
  return { path, sizeBytes, sha256: await copyStream(file, step), isClone: false };
}

/** A copy that shares its blocks, hashed as what it is; null where the file system cannot. */
async function cloneFile(file: ArtifactFile, target: string, step: Step): Promise<string | null> {
  await (await openChecked(file)).close();
  try {
    await copyFile(file.absolutePath, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    await rm(target, { force: true });
    // Not being able to share blocks is no failure. A disk that cannot be written to is one, for a copy as well.
    if (isErrno(error, 'EIO', 'ENOSPC', 'EDQUOT', 'EROFS'))
      throw toSystemFailure(error, { path: target, action: 'write' });
    return null;
  }
  await (await openChecked(file)).close();
  await chmod(target, 0o600);
  return hashStaged(target, step);
}

/** Digest of a file that is there without having been written, made durable. */
async function hashStaged(target: string, { onBytes, signal }: Step): Promise<string> {
  try {
    const copy = await openFileSource(target, { followLinks: false });
    try {
      const sha256 = await hashSource(copy, { onBytes, ...(signal === undefined ? {} : { signal }) });
      await copy.handle.sync();
      return sha256;
    } finally {
      await copy.close();
    }
  } catch (error) {
    throw toSystemFailure(error, { path: target, action: 'write' });
  }
}

/** The bytes that are hashed are the bytes that are written. */
async function copyStream(file: ArtifactFile, { folder, onBytes, signal }: Step): Promise<string> {
  const source = await openChecked(file);
  try {
    const sink = await folder.open(file.path);
    const hash = createSha256();
    try {
      for await (const piece of sourcePieces(source, signal)) {
        const writing = sink.write(piece);
        hash.update(piece);
        await writing;
        onBytes(piece.length);
      }
      await source.assertUnchanged();
      await sink.finish();
    } finally {
      await sink.close();
    }
    return hash.digest('hex');
  } finally {
    await source.close();
  }
}

async function writeWhole(folder: PrivateFolder, path: string, bytes: Uint8Array): Promise<void> {
  const sink = await folder.open(path);
  try {
    await sink.write(bytes);
    await sink.finish();
  } finally {
    await sink.close();
  }
}
