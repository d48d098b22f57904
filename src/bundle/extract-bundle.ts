/**
 * Streams a bundle into an empty private folder, hashing the bytes as they are written, so that nothing has to be opened a
 * second time to be believed.
 */
import { resolve } from 'node:path';
import type { ByteSource } from '../core/index.ts';
import { assertDigests } from './assert-digests.ts';
import { examineBundle } from './examine.ts';
import { assertRoom } from './free-space.ts';
import { openBundleEntries } from './open-entries.ts';
import { linkKnown, withPrivateFolder } from './private-folder.ts';
import type { ExtractBundleOptions, ExtractedBundle } from './types.ts';

/**
 * Leaves `model/…` and the metadata files in the folder, 0600 in folders of 0700, durable. Throws `BUNDLE_DIRECTORY_UNFIT`,
 * `BUNDLE_NO_ROOM`, what `verifyBundle` throws, and `SYSTEM_*`; the folder is empty again then.
 */
export async function extractBundle(
  source: ByteSource,
  directory: string,
  { onProgress, signal, skipChecksum = false, known }: ExtractBundleOptions = {},
): Promise<ExtractedBundle> {
  const entries = await openBundleEntries(source, { signal });
  return withPrivateFolder(resolve(directory), async (folder) => {
    const totalBytes = entries.totalSizeBytes ?? source.sizeBytes;
    // Linked files take none.
    if (known === undefined) await assertRoom(folder.path, { totalBytes, largestFileBytes: 0 });
    const { mismatches, ...examined } = await examineBundle(entries, {
      step: 'extract',
      onProgress,
      open: async ({ path }) => ((await linkKnown(folder, path, known)) ? undefined : folder.open(path)),
    });
    if (!skipChecksum) assertDigests(mismatches);
    return { ...examined, mismatches, checksumVerified: mismatches.length === 0 };
  });
}
