/** The digest of a model's files as a bundle of them would state it, without reading again what is unchanged. */
import { artifactDigest, openChecked, type ArtifactFile } from '../bundle/index.ts';
import type { OnProgress } from '../core/index.ts';
import { hashOnce, type DigestCache } from '../system/index.ts';

export interface HashModelOptions {
  /** Null hashes everything. */
  readonly digests: DigestCache | null;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Lower-case hex. Throws `BUNDLE_SOURCE_CHANGED`, `SYSTEM_FILE_*`, `CORE_INTERRUPTED`. */
export async function hashModel(
  files: readonly ArtifactFile[],
  { digests, onProgress, signal }: HashModelOptions,
): Promise<string> {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  const onBytes = (sizeBytes: number): void => {
    doneBytes += sizeBytes;
    onProgress?.({ kind: 'bytes', step: 'hash', doneBytes, totalBytes });
  };
  const sums = new Map<string, string>();
  for (const file of files) {
    const source = await openChecked(file);
    try {
      const options = { digests, onBytes, ...(signal !== undefined && { signal }) };
      sums.set(file.path, await hashOnce(source, options));
    } finally {
      await source.close();
    }
  }
  return artifactDigest(sums);
}

/** The same from memory alone; null where any file would have to be read. */
export async function recallModel(
  files: readonly ArtifactFile[],
  digests: DigestCache | null,
): Promise<string | null> {
  const sums = new Map<string, string>();
  for (const file of digests === null ? [] : files) {
    const source = await openChecked(file);
    try {
      const known = (await digests?.watch(source))?.known ?? null;
      if (known === null) return null;
      sums.set(file.path, known);
    } finally {
      await source.close();
    }
  }
  return sums.size === 0 ? null : artifactDigest(sums);
}
