/**
 * Bytes at an offset, whatever holds them: a file, memory, a range of an archive or of an HTTP body. Parsers take
 * this and never a path.
 */
import { CoreFailure } from './error.ts';

export interface ByteSource {
  /** What the bytes are called in messages. */
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * Exactly `length` bytes from `offset`. With `into`, fills its first `length` bytes and returns that part, so that a
   * loop needs one buffer. Throws `CORE_SOURCE_SHORT` where the source ends earlier.
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    async read(offset, length, into) {
      assertRange({ name, sizeBytes: bytes.length }, offset, length);
      const part = bytes.subarray(offset, offset + length);
      if (into === undefined) return part;
      into.set(part);
      return into.subarray(0, length);
    },
  };
}

/** A range of another source, as a source of its own. */
export function sliceSource(
  source: ByteSource,
  offset: number,
  sizeBytes: number,
  name = source.name,
): ByteSource {
  assertRange(source, offset, sizeBytes);
  return {
    name,
    sizeBytes,
    async read(at, length, into) {
      assertRange({ name, sizeBytes }, at, length);
      return source.read(offset + at, length, into);
    },
  };
}

/** Throws `CORE_SOURCE_SHORT` unless `[offset, offset + length)` lies inside the source. */
export function assertRange(
  source: Pick<ByteSource, 'name' | 'sizeBytes'>,
  offset: number,
  length: number,
): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0) {
    if (offset + length <= source.sizeBytes) return;
  }
  throw new CoreFailure('CORE_SOURCE_SHORT', `${source.name} ends before the bytes that are needed.`, {
    details: {
      expected: `${length} bytes at offset ${offset}`,
      received: `${source.sizeBytes} bytes in all`,
    },
  });
}
