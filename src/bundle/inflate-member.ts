/**
 * Inflates an archive that is exactly one gzip member (RFC 1952): bounded ratio, CRC-32 and length checked, nothing
 * behind it. Framed here because Node's `createGunzip` hides what follows the last member.
 */
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { isErrno, throwIfAborted, type ByteSource } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { GZIP_HEADER_BYTES, GZIP_TRAILER_BYTES, memberTrailer } from './gzip-frame.ts';
import { FREE_INFLATION_BYTES, MAX_GZIP_NAME_BYTES, MAX_INFLATION_RATIO } from './limits.ts';

const CHUNK_BYTES = 256 * 1024;
/** A small archive does not pay for a large buffer. */
const MIN_CHUNK_BYTES = 16 * 1024;
const FNAME = 8;

/** Throws `BUNDLE_NOT_A_BUNDLE`, `BUNDLE_CORRUPT`, `BUNDLE_TRUNCATED`, `BUNDLE_TRAILING_DATA`, `BUNDLE_LIMIT`. */
export async function* inflateMember(source: ByteSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const dataOffset = await readGzipHeader(source);
  const inflater = createInflateRaw({
    chunkSize: Math.min(CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, source.sizeBytes)),
  });
  const feeding = feed(source, dataOffset, inflater).catch((error: Error) => {
    inflater.destroy(error);
  });
  let crc = 0;
  let sizeBytes = 0;
  try {
    for await (const piece of inflater as AsyncIterable<Buffer>) {
      throwIfAborted(signal);
      crc = crc32(piece, crc);
      sizeBytes += piece.length;
      assertRatio(sizeBytes, inflater.bytesWritten);
      yield piece;
    }
  } catch (error) {
    throw toBundleFailure(error, source);
  } finally {
    inflater.destroy();
    await feeding;
  }
  await assertTrailer(source, dataOffset + inflater.bytesWritten, memberTrailer(crc, sizeBytes));
}

/** Where the deflate data start. */
async function readGzipHeader(source: ByteSource): Promise<number> {
  const start = await source.read(0, Math.min(source.sizeBytes, GZIP_HEADER_BYTES + MAX_GZIP_NAME_BYTES + 1));
  const [id1, id2, method, flags = 0] = start;
  if (start.length < GZIP_HEADER_BYTES || id1 !== 0x1f || id2 !== 0x8b || method !== 8) {
    throw new BundleFailure('BUNDLE_NOT_A_BUNDLE', `${source.name} is not a gzip file.`, {
      details: {
        expected: '1f8b08',
        received: Buffer.from(start.subarray(0, 3)).toString('hex') || 'nothing',
      },
    });
  }
  // Python's tarfile writes a name, and no tool that makes bundles writes anything else.
  if ((flags & ~FNAME) !== 0) throw headerProblem('no flag but FNAME', `flags ${flags}`);
  if ((flags & FNAME) === 0) return GZIP_HEADER_BYTES;
  const end = start.indexOf(0, GZIP_HEADER_BYTES);
  if (end === -1) throw headerProblem(`a name of at most ${MAX_GZIP_NAME_BYTES} bytes`, 'a longer one');
  return end + 1;
}

/** One chunk at a time, the next being read meanwhile; ends with the data or where the inflater wants no more. */
async function feed(source: ByteSource, offset: number, inflater: InflateRaw): Promise<void> {
  const closed = new Promise<void>((done) => inflater.once('close', done));
  let at = offset;
  const read = async (): Promise<Uint8Array | null> => {
    const length = Math.min(CHUNK_BYTES, source.sizeBytes - at);
    if (length <= 0) return null;
    const chunk = source.read(at, length);
    at += length;
    return chunk;
  };
  let fedBytes = 0;
  let pending = read();
  for (let chunk = await pending; chunk !== null; chunk = await pending) {
    if (inflater.destroyed) return;
    fedBytes += chunk.length;
    pending = read();
    pending.catch(() => undefined);
    const taken = new Promise<void>((done) => inflater.write(chunk, () => done()));
    await Promise.race([taken, closed]);
    if (inflater.destroyed || inflater.bytesWritten < fedBytes) {
      await pending;
      return;
    }
  }
  inflater.end();
}

function assertRatio(sizeBytes: number, compressedBytes: number): void {
  if (sizeBytes <= FREE_INFLATION_BYTES + compressedBytes * MAX_INFLATION_RATIO) return;
  throw new BundleFailure('BUNDLE_LIMIT', 'The archive inflates to far more than a model would.', {
    details: {
      expected: `at most ${MAX_INFLATION_RATIO} times its size`,
      received: `${sizeBytes} bytes out of ${compressedBytes}`,
    },
  });
}

async function assertTrailer(source: ByteSource, offset: number, expected: Uint8Array): Promise<void> {
  const rest = source.sizeBytes - offset;
  if (rest < GZIP_TRAILER_BYTES) throw truncated(source);
  const trailer = await source.read(offset, GZIP_TRAILER_BYTES);
  if (Buffer.compare(trailer, expected) !== 0) {
    throw new BundleFailure(
      'BUNDLE_CORRUPT',
      'The CRC-32 or length at the end of the bundle is wrong: a byte has changed.',
      {
        details: {
          offset,
          expected: Buffer.from(expected).toString('hex'),
          received: Buffer.from(trailer).toString('hex'),
        },
      },
    );
  }
  if (rest === GZIP_TRAILER_BYTES) return;
  throw new BundleFailure('BUNDLE_TRAILING_DATA', `${source.name} goes on after the end of the bundle.`, {
    details: { expected: `${offset + GZIP_TRAILER_BYTES} bytes`, received: `${source.sizeBytes} bytes` },
  });
}

function toBundleFailure(error: unknown, source: ByteSource): unknown {
  if (isErrno(error, 'Z_BUF_ERROR')) return truncated(source);
  if (!isErrno(error, 'Z_DATA_ERROR', 'Z_NEED_DICT', 'Z_MEM_ERROR')) return error;
  return new BundleFailure('BUNDLE_CORRUPT', `${source.name} does not inflate: a byte has changed.`, {
    details: { expected: 'deflate data', received: error instanceof Error ? error.message : 'other bytes' },
    cause: error,
  });
}

function truncated(source: ByteSource): BundleFailure {
  return new BundleFailure('BUNDLE_TRUNCATED', `${source.name} ends before the end of the bundle.`, {
    details: { expected: 'more bytes', received: `${source.sizeBytes} bytes` },
  });
}

function headerProblem(expected: string, received: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_NOT_CANONICAL',
    'The gzip header of the bundle is none that a bundle has.',
    {
      details: { expected, received },
    },
  );
}
