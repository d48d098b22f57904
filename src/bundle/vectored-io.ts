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

/**
 * What one call writes: the size at which `cp` writes too. Where a call brings more, a recent Linux gathers it in larger folios of
 * its page cache; on a virtual machine such writes took up to five times as long.
 */
const MAX_WRITE_BYTES = 256 * 1024;

/** Writes buffers one after the other from an offset, all at once. Throws `SYSTEM_DISK_FULL` and other `SYSTEM_*`. */
export async function writeFrom(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  { offset, path }: { readonly offset: number; readonly path: string },
): Promise<void> {
  let at = offset;
  const writes = groupBytes(buffers, MAX_WRITE_BYTES).map((group) => {
    const writing = writeGroup(handle, group, at);
    at += totalBytes(group);
    return writing;
  });
  // The caller has its buffers back when this ends: no write may still be reading them.
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw toSystemFailure(failed.reason, { path, action: 'write' });
}

async function writeGroup(handle: FileHandle, buffers: readonly Uint8Array[], offset: number): Promise<void> {
  let rest = buffers;
  let at = offset;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest as NodeJS.ArrayBufferView[], at);
    at += bytesWritten;
    rest = dropBytes(rest, bytesWritten);
  }
}

/** The same bytes in groups of so many, the last one smaller. */
function groupBytes(buffers: readonly Uint8Array[], maxBytes: number): readonly (readonly Uint8Array[])[] {
  const groups: Uint8Array[][] = [];
  let roomBytes = 0;
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length;) {
      if (roomBytes === 0) {
        groups.push([]);
        roomBytes = maxBytes;
      }
      const part = buffer.subarray(at, at + roomBytes);
      groups.at(-1)?.push(part);
      at += part.length;
      roomBytes -= part.length;
    }
  }
  return groups;
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
