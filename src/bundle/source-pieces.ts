/** A source from start to end in pieces, the next being read while the last one is used. */
import { throwIfAborted, type ByteSource } from '../core/index.ts';

const PIECE_BYTES = 4 * 1024 * 1024;

/** Each piece is the reader's until it asks for the next. Throws what the source throws, or `CORE_INTERRUPTED`. */
export async function* sourcePieces(source: ByteSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const size = Math.min(PIECE_BYTES, source.sizeBytes);
  const buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)] as const;
  const read = (offset: number, turn: number): Promise<Uint8Array> => {
    const length = Math.min(PIECE_BYTES, source.sizeBytes - offset);
    return source.read(offset, length, buffers[turn % 2 === 0 ? 0 : 1]);
  };
  let pending: Promise<Uint8Array> | null = source.sizeBytes > 0 ? read(0, 0) : null;
  try {
    for (let turn = 1, offset = 0; pending !== null; turn += 1) {
      const piece: Uint8Array = await pending;
      throwIfAborted(signal);
      offset += piece.length;
      pending = offset < source.sizeBytes ? read(offset, turn) : null;
      // A read that fails while this piece is used is awaited in the next turn.
      pending?.catch(() => undefined);
      yield piece;
    }
  } finally {
    await pending?.catch(() => undefined);
  }
}
