/** Writes a file in pieces, the next one being made while the last one is written and an earlier one goes to the disk. */
import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../core/index.ts';
import { withEarlySync } from '../system/index.ts';

export interface WritePiecesOptions {
  /** After each piece. */
  readonly onBytes?: (sizeBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * From the beginning of the file. A piece has to stay as it is until the second one after it is asked for. Throws what making a
 * piece throws, errors of the file system as they are, `CORE_INTERRUPTED`.
 */
export async function writePieces(
  handle: FileHandle,
  pieces: AsyncIterable<Uint8Array>,
  { onBytes, signal }: WritePiecesOptions = {},
): Promise<void> {
  const source = pieces[Symbol.asyncIterator]();
  let offset = 0;
  const write = async (wrote: (sizeBytes: number) => Promise<void>): Promise<void> => {
    for (let made = await source.next(); made.done !== true;) {
      throwIfAborted(signal);
      const piece = made.value;
      // Both have to end before either may fail: what they use is taken back then.
      const [next, written] = await Promise.allSettled([source.next(), writeWhole(handle, piece, offset)]);
      if (written.status === 'rejected') throw written.reason;
      if (next.status === 'rejected') throw next.reason;
      made = next.value;
      offset += piece.length;
      onBytes?.(piece.length);
      await wrote(piece.length);
    }
  };
  try {
    await withEarlySync(handle, write);
  } finally {
    await source.return?.();
  }
}

/** What one call writes, several of them at once: larger ones are slow where memory is fragmented (docs/performance.md). */
const WRITE_BYTES = 256 * 1024;

async function writeWhole(handle: FileHandle, piece: Uint8Array, offset: number): Promise<void> {
  const starts = Array.from({ length: Math.ceil(piece.length / WRITE_BYTES) }, (_, no) => no * WRITE_BYTES);
  const writes = starts.map(async (start) => {
    const end = Math.min(start + WRITE_BYTES, piece.length);
    for (let at = start; at < end;) {
      const { bytesWritten } = await handle.write(piece, at, end - at, offset + at);
      at += bytesWritten;
    }
  });
  // No write may still be reading the piece when this ends.
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
