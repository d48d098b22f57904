/** SHA-256 of a source, reading the next chunk while the last one is hashed, in constant memory. */
import { createHash, type Hash } from 'node:crypto';
import { throwIfAborted, type ByteSource } from '../core/index.ts';

/** Larger ones gain nothing; smaller ones cost up to a tenth. */
const CHUNK_BYTES = 4 * 1024 * 1024;

export interface HashOptions {
  readonly signal?: AbortSignal;
  readonly onBytes?: (sizeBytes: number) => void;
}

/** Lower-case hex SHA-256 of the whole source. Throws what the source throws, or `CORE_INTERRUPTED`. */
export async function hashSource(source: ByteSource, options: HashOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  await forEachChunk(source, (chunk) => hash.update(chunk), options);
  return hash.digest('hex');
}

/** Lower-case hex SHA-256 of bytes in memory. */
export function hashBytes(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An incremental SHA-256, for code that streams. */
export function createSha256(): Hash {
  return createHash('sha256');
}

async function forEachChunk(
  source: ByteSource,
  use: (chunk: Uint8Array) => void,
  { signal, onBytes }: HashOptions,
): Promise<void> {
  const size = Math.min(CHUNK_BYTES, source.sizeBytes);
  const buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)] as const;
  let turn = 0;
  let offset = 0;
  const readNext = (): Promise<Uint8Array> | null => {
    const length = Math.min(CHUNK_BYTES, source.sizeBytes - offset);
    if (length <= 0) return null;
    const buffer = buffers[turn % 2] ?? buffers[0];
    turn += 1;
    const pending = source.read(offset, length, buffer);
    offset += length;
    return pending;
  };
  let pending = readNext();
  while (pending !== null) {
    const chunk: Uint8Array = await pending;
    throwIfAborted(signal);
    pending = readNext();
    // A read that fails while this chunk is hashed is awaited in the next turn.
    pending?.catch(() => undefined);
    use(chunk);
    onBytes?.(chunk.length);
  }
}
