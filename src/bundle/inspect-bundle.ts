/** What a bundle says about itself, from its first kilobytes, whatever the size of the model. */
import { throwIfAborted, type ByteSource } from '../core/index.ts';
import { hashBytes } from '../system/index.ts';
import { assertDigests } from './assert-digests.ts';
import { BundleFailure } from './error.ts';
import { MANIFEST_NAME } from './manifest.ts';
import { isMetadataName, parseLeadingMetadata, SUMS_NAME, type MetadataFiles } from './metadata-files.ts';
import { isFormat2, readMetadataRegion } from './metadata-region.ts';
import type { BundleEntry, BundleMetadata, WorkOptions } from './types.ts';
import { MAX_METADATA_BYTES } from './limits.ts';

/**
 * The metadata, their own digests checked; those of the model are `verifyBundle`'s matter. A bundle of the Python tool has
 * no index: it is read until manifest and SHA256SUMS have come, which may be its end (a step says so). Throws `BUNDLE_*`.
 */
export async function inspectBundle(
  source: ByteSource,
  { onProgress, signal }: WorkOptions = {},
): Promise<BundleMetadata> {
  if (!(await isFormat2(source))) {
    onProgress?.({
      kind: 'step',
      step: 'inspect',
      message: 'A bundle of the Python tool: reading it until its manifest comes',
    });
  }
  const metadata = await readLeading(source, { signal });
  if (metadata !== null) return metadata;
  throw new BundleFailure('BUNDLE_ENTRY_MISSING', `${source.name} has no manifest or no SHA256SUMS.`, {
    details: { expected: `${MANIFEST_NAME} and ${SUMS_NAME}`, received: 'the end of the archive' },
  });
}

/** The same, giving up with null after so much content of a bundle without an index. */
export async function readLeading(
  source: ByteSource,
  {
    signal,
    maxContentBytes = Infinity,
  }: { readonly signal?: AbortSignal | undefined; readonly maxContentBytes?: number } = {},
): Promise<BundleMetadata | null> {
  if (await isFormat2(source)) {
    const { metadata, files } = await readMetadataRegion(source);
    assertOwnDigests(files, metadata);
    return metadata;
  }
  const { readFormat1Entries } = await import('./format1-entries.ts');
  const files = new Map<string, Uint8Array>();
  let topFolder = '';
  let contentBytes = 0;
  const onTopFolder = (name: string): void => {
    topFolder = name;
  };
  for await (const entry of readFormat1Entries(source, { signal, onTopFolder })) {
    throwIfAborted(signal);
    contentBytes += entry.sizeBytes;
    if (contentBytes > maxContentBytes) return null;
    if (!isMetadataName(entry.path)) continue;
    files.set(entry.path, await readWhole(entry));
    if (!files.has(MANIFEST_NAME) || !files.has(SUMS_NAME)) continue;
    const metadata = parseLeadingMetadata(files, { topFolder, sizeBytes: source.sizeBytes });
    assertOwnDigests(files, metadata);
    return metadata;
  }
  return null;
}

async function readWhole(entry: BundleEntry): Promise<Uint8Array> {
  if (entry.sizeBytes > MAX_METADATA_BYTES) {
    throw new BundleFailure(
      'BUNDLE_LIMIT',
      'The metadata of the bundle is larger than that of any real one.',
      {
        details: { expected: `at most ${MAX_METADATA_BYTES} bytes`, received: `${entry.sizeBytes} bytes` },
      },
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of entry.bytes) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

/** Of the metadata, against their own list. Throws `BUNDLE_DIGEST_MISMATCH`. */
export function assertOwnDigests(files: MetadataFiles, { sums }: BundleMetadata): void {
  assertDigests(
    [...files].flatMap(([path, bytes]) => {
      const expected = sums.get(path);
      const received = hashBytes(bytes);
      return expected === undefined || expected === received ? [] : [{ path, expected, received }];
    }),
  );
}
