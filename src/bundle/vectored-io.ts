/**
 * Many buffers in one read or write, all of them filled or written or a failure: what lets the weights go between file
 * and archive without being copied around the block headers.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../core/index.ts';
import { toSystemFailure, type FileSource } from '../system/index.ts';

/** Reads consecutive bytes of a source into buffers. Throws what the source throws. */
export async function readInto(
  source: ByteSource,
  buffers: readonly Uint8Array[],
  offset: number,
): Promise<void> {
  const total = totalBytes(buffers);
  if (isFileSource(source)) {
    const { bytesRead } = await source.handle
      .readv(buffers as NodeJS.ArrayBufferView[], offset)
      .catch((error: unknown) => {
        throw toSystemFailure(error, { path: source.path, action: 'read' });
      });
    if (bytesRead === total) return;
  }
  // Another kind of source, or a file that gave less than there was: the plain way says what is wrong.
  const bytes = await source.read(offset, total);
  let at = 0;
  for (const buffer of buffers) {
    buffer.set(bytes.subarray(at, at + buffer.length));
    at += buffer.length;
  }
}

/** Writes buffers one after the other from an offset. Throws `SYSTEM_DISK_FULL` and other `SYSTEM_*`. */
export async function writeFrom(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  { offset, path }: { readonly offset: number; readonly path: string },
): Promise<void> {
  let rest: readonly Uint8Array[] = buffers;
  let at = offset;
  try {
    while (rest.length > 0) {
      const { bytesWritten } = await handle.writev(rest as NodeJS.ArrayBufferView[], at);
      at += bytesWritten;
      rest = dropBytes(rest, bytesWritten);
    }
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

function isFileSource(source: ByteSource): source is FileSource {
  return 'handle' in source && 'path' in source;
}

function dropBytes(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let rest = count;
  for (const [index, buffer] of buffers.entries()) {
    if (rest < buffer.length) return [buffer.subarray(rest), ...buffers.slice(index + 1)];
    rest -= buffer.length;
  }
  return [];
}

function totalBytes(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
