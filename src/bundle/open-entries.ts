/** A gzip + tar archive as the entries of a bundle, in whichever of the two dialects it is. */
import type { ByteSource } from '../core/index.ts';
import { readFormat1Entries } from './format1-entries.ts';
import { readFormat2Entries } from './format2-entries.ts';
import { isFormat2, readMetadataRegion } from './metadata-region.ts';
import type { BundleEntries } from './types.ts';

/** Reads the metadata of a format-2 archive at once, and nothing of another. Throws what opening an archive throws. */
export async function openBundleEntries(
  source: ByteSource,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<BundleEntries> {
  const { name, sizeBytes } = source;
  if (await isFormat2(source)) {
    const region = await readMetadataRegion(source);
    return {
      format: 2,
      name,
      sizeBytes,
      topFolder: () => region.layout.topFolder,
      entries: () => readFormat2Entries(source, region, signal),
      totalSizeBytes: region.metadata.manifest.total_size_bytes,
    };
  }
  let topFolder = '';
  const onTopFolder = (folder: string): void => {
    topFolder = folder;
  };
  return {
    format: 1,
    name,
    sizeBytes,
    topFolder: () => topFolder,
    entries: () => readFormat1Entries(source, { signal, onTopFolder }),
    totalSizeBytes: null,
  };
}
