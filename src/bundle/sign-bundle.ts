/**
 * Signs a bundle that exists. Only its first 64 KiB change: the model is shared with the old file or copied as it is, and the
 * new file takes the place of the old in one step. The weights are not read for it: the signature is over the digests that the
 * bundle states, and whoever verifies compares them with the bytes.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatJson, parseJsonTree, sliceSource, toJsonTree } from '../core/index.ts';
import { hashBytes, openFileSource, replaceFile, toSystemFailure, type FileSource } from '../system/index.ts';
import { TrustFailure } from '../trust/index.ts';
import { EDGE_NAME } from './edge-file.ts';
import { assertRoom } from './free-space.ts';
import { assertOwnDigests, readLeading } from './inspect-bundle.ts';
import { formatRegion, planArchive, type ArchiveLayout } from './layout.ts';
import { MAX_LIST_BYTES } from './limits.ts';
import { parseMetadata, SUMS_NAME, type MetadataFiles } from './metadata-files.ts';
import { isFormat2, readMetadataRegion, type MetadataRegion } from './metadata-region.ts';
import { assertRelease } from './release.ts';
import { signMetadata } from './sign-metadata.ts';
import { sourcePieces } from './source-pieces.ts';
import { formatSums, parseSums } from './sums.ts';
import type { EdgeRelease } from './file-shapes.ts';
import type { SignBundleOptions, SignedBundle } from './types.ts';
import { writeFrom } from './vectored-io.ts';

/**
 * Throws `TRUST_SIGNATURE_PRESENT`, `TRUST_BUNDLE_UNSIGNABLE`, `BUNDLE_RELEASE_INVALID`, `BUNDLE_NO_ROOM`, other `BUNDLE_*` of a
 * bundle that is not sound, `CORE_INTERRUPTED`, `SYSTEM_*`; the bundle is as it was then.
 */
export async function signBundle(path: string, options: SignBundleOptions): Promise<SignedBundle> {
  const { key, release, replace = false, signal } = options;
  if (release !== undefined) assertRelease(release);
  const real = await realpath(path).catch((error: unknown) => {
    throw toSystemFailure(error, { path, action: 'read' });
  });
  const source = await openFileSource(real);
  try {
    const region = await readSignable(source, signal);
    const { topFolder } = region.layout;
    const replaced = region.metadata.signature;
    if (replaced !== null && !replace) throw present(source);
    const stated = release === undefined ? region.files : withRelease(region.files, release);
    const files = signMetadata(stated, { key, topFolder });
    const layout = planArchive(region.layout, files);
    const copiedBytes = await rewrite(source, { region, files, layout, options });
    const metadata = parseMetadata(files, { format: 2, topFolder, sizeBytes: layout.sizeBytes });
    return { path: real, metadata, signedBy: key.id, replaced, copiedBytes };
  } finally {
    await source.close();
  }
}

/** Only what is sound is vouched for, as far as it can be told without the model. */
async function readSignable(source: FileSource, signal: AbortSignal | undefined): Promise<MetadataRegion> {
  if (await isFormat2(source)) {
    const region = await readMetadataRegion(source);
    assertOwnDigests(region.files, region.metadata);
    return region;
  }
  // Says what is wrong with a file that is no bundle at all.
  await readLeading(source, { signal, maxContentBytes: MAX_LIST_BYTES });
  throw new TrustFailure(
    'TRUST_BUNDLE_UNSIGNABLE',
    `${source.name} is a bundle of the Python tool, which has no room for a signature.`,
    {
      details: { expected: 'a bundle of format 2', received: 'format 1' },
    },
  );
}

interface Rewriting {
  readonly region: MetadataRegion;
  readonly files: MetadataFiles;
  readonly layout: ArchiveLayout;
  readonly options: SignBundleOptions;
}

/** How many bytes of the model were copied. */
async function rewrite(source: FileSource, { region, files, layout, options }: Rewriting): Promise<number> {
  const { onProgress, signal } = options;
  const from = region.layout.regionBytes;
  const to = layout.regionBytes;
  const model = sliceSource(source, from, source.sizeBytes - from);
  let copiedBytes = 0;
  await replaceFile(source, { mayShareBlocks: from === to }, async ({ handle, path, isClone }) => {
    if (!isClone) {
      await assertRoom(dirname(path), { totalBytes: layout.sizeBytes, largestFileBytes: layout.sizeBytes });
      for await (const piece of sourcePieces(model, signal)) {
        await writeFrom(handle, [piece], { offset: to + copiedBytes, path });
        copiedBytes += piece.length;
        onProgress?.({ kind: 'bytes', step: 'sign', doneBytes: copiedBytes, totalBytes: model.sizeBytes });
      }
    }
    await writeFrom(handle, [formatRegion(layout, files)], { offset: 0, path });
  });
  return copiedBytes;
}

/** Everything else in `edge.json` stays as it is, to the digit; SHA256SUMS follows. */
function withRelease(files: MetadataFiles, release: EdgeRelease): MetadataFiles {
  const tree = parseJsonTree(files.get(EDGE_NAME) ?? new Uint8Array(), { name: EDGE_NAME });
  if (!(tree instanceof Map)) throw new Error('edge.json was read as an object before.');
  tree.set('release', toJsonTree(release));
  const edge = encode(formatJson(tree));
  const sums = new Map(parseSums(files.get(SUMS_NAME) ?? new Uint8Array())).set(EDGE_NAME, hashBytes(edge));
  return new Map(files).set(EDGE_NAME, edge).set(SUMS_NAME, encode(formatSums(sums)));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function present(source: FileSource): TrustFailure {
  return new TrustFailure('TRUST_SIGNATURE_PRESENT', `${source.name} is signed already.`, {
    details: {
      path: source.path,
      expected: 'a bundle without a signature',
      received: 'one with a signature',
    },
  });
}
