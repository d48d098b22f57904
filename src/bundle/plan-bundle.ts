/** What a bundle will be before a byte of it is written: the moment that it bears, where every byte lies, and its size. */
import { buildMetadata, placeholderDigests, readCreatedAt } from './build-metadata.ts';
import { MARGIN_BYTES } from './free-space.ts';
import { planArchive, type ArchiveLayout } from './layout.ts';
import type { BundleInput } from './types.ts';

export interface BundlePlan {
  readonly createdAt: Date;
  readonly layout: ArchiveLayout;
}

/** Throws `BUNDLE_DATE_INVALID`, `CORE_VERSION_INVALID`. */
export function planBundle(input: BundleInput): BundlePlan {
  const createdAt = readCreatedAt(input);
  const sketch = buildMetadata(input, createdAt, placeholderDigests(input.artifact));
  const frame = {
    topFolder: sketch.bundleId,
    mtimeSeconds: Math.floor(createdAt.getTime() / 1000),
    modelFiles: input.artifact.files,
  };
  return { createdAt, layout: planArchive(frame, sketch.files) };
}

/** The free bytes that packing asks for: those of the bundle, and a margin for what the file system writes beside it. */
export function bundleRoomBytes(input: BundleInput): number {
  return planBundle(input).layout.sizeBytes + MARGIN_BYTES;
}
