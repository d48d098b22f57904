/** Pushes what is written to the disk while more is written, so that the fsync at the end finds little left to do. */
import type { FileHandle } from 'node:fs/promises';

/** Between two pushes: seldom enough to cost nothing, often enough that the end does not wait (docs/performance.md). */
const SYNC_EVERY_BYTES = 256 * 1024 * 1024;

/**
 * Hands `write` a function to be told of every so many bytes that were written, by whomever. Nothing is pending on the handle
 * when this ends. It is no fsync: that is still to come, and the one that counts.
 */
export async function withEarlySync<T>(
  handle: FileHandle,
  write: (wrote: (sizeBytes: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  let unsyncedBytes = 0;
  let syncing: Promise<unknown> = Promise.resolve();
  try {
    return await write(async (sizeBytes) => {
      unsyncedBytes += sizeBytes;
      if (unsyncedBytes < SYNC_EVERY_BYTES) return;
      unsyncedBytes = 0;
      await syncing;
      // What fails here fails again in the fsync at the end.
      syncing = handle.datasync().catch(() => undefined);
    });
  } finally {
    await syncing;
  }
}
