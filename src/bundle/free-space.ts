/** Asks the file system, before anything is written, whether it has room for what is coming. */
import { escapeText, formatBytes } from '../core/index.ts';
import { findFolder, readFileSystem, type FileSystemFacts } from '../system/index.ts';
import { BundleFailure } from './error.ts';

export interface RoomNeeded {
  readonly totalBytes: number;
  readonly largestFileBytes: number;
}

/** For what a file system writes beside the content: folders, extents, the journal. */
export const MARGIN_BYTES = 1024 * 1024;

/** Of a folder that may have to be made yet. Throws `BUNDLE_NO_ROOM` or `BUNDLE_FILE_TOO_LARGE`, with the numbers. */
export async function assertRoom(directory: string, needed: RoomNeeded): Promise<void> {
  assertFits(directory, needed, await readFileSystem(await findFolder(directory)));
}

/** The same, of facts that are known. */
export function assertFits(
  directory: string,
  { totalBytes, largestFileBytes }: RoomNeeded,
  { freeBytes, maxFileBytes, type }: Pick<FileSystemFacts, 'freeBytes' | 'maxFileBytes' | 'type'>,
): void {
  if (maxFileBytes !== null && largestFileBytes > maxFileBytes) {
    const message = `${escapeText(directory)} is on ${type ?? 'a file system'}, which holds no file of ${formatBytes(largestFileBytes)}.`;
    throw new BundleFailure('BUNDLE_FILE_TOO_LARGE', message, {
      details: {
        path: directory,
        expected: `at most ${maxFileBytes} bytes`,
        received: `${largestFileBytes} bytes`,
      },
    });
  }
  const needed = totalBytes + MARGIN_BYTES;
  if (needed <= freeBytes) return;
  const message = `${escapeText(directory)} has ${formatBytes(freeBytes)} free, and ${formatBytes(needed)} are needed.`;
  throw new BundleFailure('BUNDLE_NO_ROOM', message, {
    details: { path: directory, expected: `${needed} bytes free`, received: `${freeBytes} bytes free` },
  });
}
