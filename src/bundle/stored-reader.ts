/**
 * Reads the payload of a gzip member of stored blocks whose length is known, and holds every byte of the frame against
 * the only one it may be. The next chunk is read while the last one is being used.
 */
import { throwIfAborted, type ByteSource } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { assertBytes, toHex } from './expected-bytes.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_PAYLOAD_BYTES,
  BLOCKS_PER_CHUNK,
  blockHeader,
  CHUNK_PAYLOAD_BYTES,
  GZIP_HEADER,
  GZIP_TRAILER_BYTES,
  memberTrailer,
} from './gzip-frame.ts';
import { RunningCrc, sharedBytes } from './running-crc.ts';
import { readInto } from './vectored-io.ts';

export interface StoredReaderOptions {
  /** Where the member starts. */
  readonly offset: number;
  readonly payloadBytes: number;
  readonly signal?: AbortSignal | undefined;
}

interface Chunk {
  /** Where the first block header lies in the source. */
  readonly offset: number;
  readonly payload: Uint8Array;
  readonly headers: Uint8Array;
}

interface ChunkBuffer {
  readonly start: Uint8Array;
  readonly payload: Uint8Array;
  readonly headers: Uint8Array;
}

export class StoredReader {
  readonly #source: ByteSource;
  readonly #payloadBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #buffers: readonly [ChunkBuffer, ChunkBuffer];
  #turn = 0;
  /** Where the next read starts, and how much payload it has before it. */
  #offset: number;
  #requestedBytes = 0;
  #checkedBytes = 0;
  readonly #crc: RunningCrc;
  #summing: Promise<void> = Promise.resolve();
  #pending: Promise<Chunk> | null = null;
  #current: Uint8Array = new Uint8Array();

  constructor(source: ByteSource, { offset, payloadBytes, signal }: StoredReaderOptions) {
    this.#source = source;
    this.#payloadBytes = payloadBytes;
    this.#signal = signal;
    this.#offset = offset;
    const capacity = Math.min(CHUNK_PAYLOAD_BYTES, payloadBytes);
    this.#crc = new RunningCrc(payloadBytes);
    this.#buffers = [newBuffer(capacity), newBuffer(capacity)];
  }

  /** Between 1 and `maxBytes` bytes of the payload; they are the caller's until the next call. */
  async next(maxBytes: number): Promise<Uint8Array> {
    if (this.#current.length === 0) this.#current = await this.#nextChunk();
    const piece = this.#current.subarray(0, maxBytes);
    this.#current = this.#current.subarray(piece.length);
    return piece;
  }

  /** Reads so many bytes and throws `BUNDLE_NOT_CANONICAL` unless they are these. */
  async expect(bytes: Uint8Array, what: string): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = await this.next(bytes.length - at);
      assertBytes(piece, bytes.subarray(at, at + piece.length), { what, offset: null });
      at += piece.length;
    }
  }

  /** Throws unless the payload has been read to its end and its CRC-32 and length stand behind it. */
  async finish(): Promise<void> {
    await this.#summing;
    const trailer = await this.#source.read(this.#offset, GZIP_TRAILER_BYTES);
    const expected = memberTrailer(this.#crc.value, this.#payloadBytes);
    if (Buffer.compare(trailer, expected) === 0 && this.#checkedBytes === this.#payloadBytes) return;
    throw new BundleFailure(
      'BUNDLE_CORRUPT',
      'The CRC-32 or length at the end of the bundle is wrong: a byte has changed.',
      {
        details: { offset: this.#offset, expected: toHex(expected), received: toHex(trailer) },
      },
    );
  }

  /** Waits for a read that nobody will use, so that the source may be closed, and ends what runs beside. */
  async settle(): Promise<void> {
    await this.#pending?.catch(() => undefined);
    await this.#crc.close();
  }

  async #nextChunk(): Promise<Uint8Array> {
    const { payload, headers, offset } = await (this.#pending ?? this.#readChunk());
    throwIfAborted(this.#signal);
    // The buffer of the last chunk is filled again.
    await this.#summing;
    this.#pending = this.#requestedBytes < this.#payloadBytes ? this.#readChunk() : null;
    // A read that fails while this chunk is used is awaited in the next turn.
    this.#pending?.catch(() => undefined);
    this.#checkHeaders(payload, headers, offset);
    this.#summing = this.#crc.add(payload);
    this.#checkedBytes += payload.length;
    return payload;
  }

  async #readChunk(): Promise<Chunk> {
    const buffer = this.#buffers[this.#turn % 2] ?? this.#buffers[0];
    this.#turn += 1;
    const length = Math.min(CHUNK_PAYLOAD_BYTES, this.#payloadBytes - this.#requestedBytes);
    const payload = buffer.payload.subarray(0, length);
    const blockCount = Math.ceil(length / BLOCK_PAYLOAD_BYTES);
    const headers = buffer.headers.subarray(0, blockCount * BLOCK_HEADER_BYTES);
    const parts: Uint8Array[] = this.#requestedBytes === 0 ? [buffer.start] : [];
    for (let block = 0; block < blockCount; block += 1) {
      parts.push(
        headers.subarray(block * BLOCK_HEADER_BYTES, (block + 1) * BLOCK_HEADER_BYTES),
        payload.subarray(block * BLOCK_PAYLOAD_BYTES, (block + 1) * BLOCK_PAYLOAD_BYTES),
      );
    }
    const at = this.#offset;
    const isFirst = this.#requestedBytes === 0;
    this.#offset += parts.reduce((sum, part) => sum + part.length, 0);
    this.#requestedBytes += length;
    await readInto(this.#source, parts, at);
    if (isFirst) assertBytes(buffer.start, GZIP_HEADER, { what: 'the gzip header of the model', offset: at });
    return { payload, headers, offset: isFirst ? at + GZIP_HEADER.length : at };
  }

  #checkHeaders(payload: Uint8Array, headers: Uint8Array, offset: number): void {
    const isLast = this.#checkedBytes + payload.length === this.#payloadBytes;
    for (let at = 0, block = 0; at < payload.length; at += BLOCK_PAYLOAD_BYTES, block += 1) {
      const length = Math.min(BLOCK_PAYLOAD_BYTES, payload.length - at);
      const isFinal = isLast && at + length === payload.length;
      const header = headers.subarray(block * BLOCK_HEADER_BYTES, (block + 1) * BLOCK_HEADER_BYTES);
      const expected = isFinal || length < BLOCK_PAYLOAD_BYTES ? blockHeader(length, isFinal) : FULL_HEADER;
      assertBytes(header, expected, {
        what: 'a deflate block header',
        offset: offset + at + block * BLOCK_HEADER_BYTES,
      });
    }
  }
}

const FULL_HEADER = blockHeader(BLOCK_PAYLOAD_BYTES, false);

function newBuffer(capacity: number): ChunkBuffer {
  return {
    start: new Uint8Array(GZIP_HEADER.length),
    payload: sharedBytes(capacity),
    headers: new Uint8Array(BLOCKS_PER_CHUNK * BLOCK_HEADER_BYTES),
  };
}
