/**
 * Packs an artifact into one file in a single pass: reading, SHA-256, CRC-32 and writing overlap, and the metadata go
 * into the room kept for them at the start once the digests are known.
 */
import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { throwIfAborted, toStamp } from '../core/index.ts';
import { assertEvidence } from '../evidence/index.ts';
import { makeDirectory, withNewFile } from '../system/index.ts';
import { buildMetadata, type BuiltMetadata } from './build-metadata.ts';
import { assertRoom } from './free-space.ts';
import { assertFolder } from './out-folder.ts';
import { CHUNK_PAYLOAD_BYTES } from './gzip-frame.ts';
import { formatRegion, planArchive, type ArchiveLayout } from './layout.ts';
import { loadSigner } from './metadata-signer.ts';
import { FileDigests, ModelStream } from './model-stream.ts';
import { planBundle } from './plan-bundle.ts';
import { sharedBytes } from './running-crc.ts';
import { StoredWriter } from './stored-writer.ts';
import type { DigestList } from './sums.ts';
import type { CreateBundleOptions, CreatedBundle } from './types.ts';
import { writeFrom } from './vectored-io.ts';

/**
 * Writes `<outDir>/milton_edge_bundle_<version>_<YYYYMMDD_HHMMSS>.tar.gz` (`-2` and so on where that is taken), durable
 * when it returns. Throws `BUNDLE_NO_ROOM`, `BUNDLE_FILE_TOO_LARGE`, `BUNDLE_SOURCE_CHANGED`, `BUNDLE_DATE_INVALID`, `BUNDLE_RELEASE_INVALID`,
 * `EVIDENCE_MISMATCH`, `CORE_VERSION_INVALID`, `CORE_INTERRUPTED`, `SYSTEM_*`; nothing is left behind then.
 */
export async function createBundle(options: CreateBundleOptions): Promise<CreatedBundle> {
  const { version, signal } = options;
  const signer = await loadSigner(options);
  const { createdAt, layout } = planBundle(options, signer);
  const outDir = resolve(options.outDir);
  throwIfAborted(signal);
  await assertFolder(outDir);
  await assertRoom(outDir, { totalBytes: layout.sizeBytes, largestFileBytes: layout.sizeBytes });
  await makeDirectory(outDir);
  const stem = `milton_edge_bundle_${version}_${toStamp(createdAt)}`;
  let built: BuiltMetadata | undefined;
  const path = await withNewFile(
    { directory: outDir, name: (no) => `${stem}${no === 1 ? '' : `-${no}`}.tar.gz` },
    async (handle, wanted) => {
      const digests = await writeModel(handle, { layout, path: wanted, options });
      built = buildMetadata(options, { createdAt, digests, signer });
      assertEvidence(built.evidence);
      options.judgeDigests?.(digests);
      await writeFrom(handle, [fitRegion(layout, built)], { offset: 0, path: wanted });
      throwIfAborted(signal);
    },
  );
  if (built === undefined) throw new Error('The file was made without being written.');
  const { bundleId, artifactSha256, manifest, edge, evidence, warnings, signedBy } = built;
  const { sizeBytes } = layout;
  return { path, bundleId, artifactSha256, sizeBytes, manifest, edge, evidence, signedBy, warnings };
}

/** Two buffers: while one is hashed and written, the other is filled. */
async function writeModel(
  handle: FileHandle,
  {
    layout,
    path,
    options,
  }: { readonly layout: ArchiveLayout; readonly path: string; readonly options: CreateBundleOptions },
): Promise<DigestList> {
  const { artifact, onProgress, signal } = options;
  const stream = new ModelStream({
    frame: layout,
    files: artifact.files,
    payloadBytes: layout.payloadBytes,
    signal,
  });
  const { regionBytes: offset, payloadBytes } = layout;
  const writer = new StoredWriter({ handle, path, offset, payloadBytes });
  const digests = new FileDigests();
  const capacity = Math.min(CHUNK_PAYLOAD_BYTES, layout.payloadBytes);
  const buffers = [sharedBytes(capacity), sharedBytes(capacity)] as const;
  let filling = stream.fill(buffers[0]);
  let doneBytes = 0;
  try {
    for (let turn = 1; ; turn += 1) {
      const filled = await filling;
      if (!filled.isLast) filling = stream.fill(buffers[turn % 2 === 0 ? 0 : 1]);
      // Awaited in the next turn; a failure of the writer must not leave it unhandled.
      filling.catch(() => undefined);
      const writing = writer.write(filled.bytes, { isLast: filled.isLast });
      digests.add(filled.parts);
      await writing;
      doneBytes += filled.bytes.length;
      onProgress?.({ kind: 'bytes', step: 'pack', doneBytes, totalBytes: layout.payloadBytes });
      if (filled.isLast) return digests.finish();
    }
  } finally {
    await filling.catch(() => undefined);
    await writer.settle();
    await stream.close();
  }
}

/** The metadata, once more planned: they must fit the room that was kept for them. */
function fitRegion(layout: ArchiveLayout, { files }: BuiltMetadata): Uint8Array {
  const again = planArchive(layout, files);
  if (again.regionBytes !== layout.regionBytes)
    throw new Error('The size of the metadata depends on the digests.');
  return formatRegion(layout, files);
}
