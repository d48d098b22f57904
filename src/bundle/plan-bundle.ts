/** What a bundle will be before a byte of it is written: the moment that it bears, where every byte lies, and its size. */
import { buildMetadata, placeholderDigests, readCreatedAt } from './build-metadata.ts';
import { MARGIN_BYTES } from './free-space.ts';
import { planArchive, type ArchiveLayout } from './layout.ts';
import { loadSigner, type MetadataSigner } from './metadata-signer.ts';
import type { BundleInput } from './types.ts';

export interface BundlePlan {
  readonly createdAt: Date;
  readonly layout: ArchiveLayout;
}

/** Throws `BUNDLE_DATE_INVALID`, `CORE_VERSION_INVALID`. */
export function planBundle(input: BundleInput, signer: MetadataSigner): BundlePlan {
  const createdAt = readCreatedAt(input);
  const sketch = buildMetadata(input, { createdAt, digests: placeholderDigests(input.artifact), signer });
  const frame = {
    topFolder: sketch.bundleId,
    mtimeSeconds: Math.floor(createdAt.getTime() / 1000),
    modelFiles: input.artifact.files,
  };
  return { createdAt, layout: planArchive(frame, sketch.files) };
}

/** The free bytes that packing asks for: those of the bundle, and a margin for what the file system writes beside it. */
export async function bundleRoomBytes(input: BundleInput): Promise<number> {
  return planBundle(input, await loadSigner(input)).layout.sizeBytes + MARGIN_BYTES;
}
