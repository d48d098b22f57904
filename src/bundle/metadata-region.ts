/**
 * Reads the metadata of a format-2 bundle from its first bytes, whatever the size of the model, and holds the whole
 * region, and the length of the archive, against what follows from that metadata.
 */
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { assertBytes } from './expected-bytes.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_PAYLOAD_BYTES,
  GZIP_HEADER,
  GZIP_HEADER_BYTES,
  GZIP_TRAILER_BYTES,
} from './gzip-frame.ts';
import { formatRegionMembers, planArchive, REGION_UNIT_BYTES, type ArchiveLayout } from './layout.ts';
import { MAX_METADATA_BYTES } from './limits.ts';
import { archiveSecond } from './manifest.ts';
import { METADATA_NAMES, parseMetadata, SIGNATURE_NAME, type MetadataFiles } from './metadata-files.ts';
import { concat, paddingOf, TAR_BLOCK_BYTES } from './tar-header.ts';
import { parseUstar } from './ustar.ts';
import type { BundleMetadata } from './types.ts';

export interface MetadataRegion {
  readonly metadata: BundleMetadata;
  readonly files: MetadataFiles;
  readonly layout: ArchiveLayout;
}

/** Whether the archive starts as ours do: a bare gzip header, then a stored block. Anything else is format 1 or nothing. */
export async function isFormat2(source: ByteSource): Promise<boolean> {
  if (source.sizeBytes <= GZIP_HEADER_BYTES) return false;
  const start = await source.read(0, GZIP_HEADER_BYTES + 1);
  return (
    Buffer.compare(start.subarray(0, GZIP_HEADER_BYTES), GZIP_HEADER) === 0 &&
    ((start[GZIP_HEADER_BYTES] ?? 0) & 6) === 0
  );
}

/** Throws `BUNDLE_TRUNCATED`, `BUNDLE_TRAILING_DATA`, `BUNDLE_NOT_CANONICAL`, and what {@link parseMetadata} throws. */
export async function readMetadataRegion(source: ByteSource): Promise<MetadataRegion> {
  const { payload, start } = await readFirstMember(source);
  const { topFolder, files } = splitFiles(payload);
  const metadata = parseMetadata(files, { format: 2, topFolder, sizeBytes: source.sizeBytes });
  const frame = {
    topFolder,
    mtimeSeconds: archiveSecond(metadata.manifest),
    modelFiles: (metadata.edge?.artifact.files ?? []).map(({ path, size_bytes }) => ({
      path,
      sizeBytes: size_bytes,
    })),
  };
  const layout = planArchive(frame, files);
  assertSize(source, layout);
  const received = start.length >= layout.regionBytes ? start : await source.read(0, layout.regionBytes);
  let offset = 0;
  for (const expected of formatRegionMembers(layout, files)) {
    const end = offset + expected.length;
    assertBytes(received.subarray(offset, end), expected, { what: 'the frame around the metadata', offset });
    offset = end;
  }
  return { metadata, files, layout };
}

/** Follows the block headers, believing none of them more than the limit. */
async function readFirstMember(
  source: ByteSource,
): Promise<{ readonly payload: Uint8Array; readonly start: Uint8Array }> {
  let start = await source.read(0, Math.min(REGION_UNIT_BYTES, source.sizeBytes));
  const need = async (endBytes: number): Promise<void> => {
    if (endBytes > MAX_METADATA_BYTES) throw tooLarge();
    if (endBytes > source.sizeBytes) throw truncated(source, endBytes);
    if (endBytes > start.length)
      start = await source.read(
        0,
        Math.min(source.sizeBytes, MAX_METADATA_BYTES, Math.max(endBytes, 2 * start.length)),
      );
  };
  const ranges: { readonly from: number; readonly to: number }[] = [];
  let at = GZIP_HEADER_BYTES;
  for (let isFinal = false; !isFinal;) {
    await need(at + BLOCK_HEADER_BYTES);
    isFinal = start[at] === 1;
    const length = new DataView(start.buffer, start.byteOffset + at).getUint16(1, true);
    if (!isFinal && (start[at] !== 0 || length !== BLOCK_PAYLOAD_BYTES)) throw corrupt(at);
    const from = at + BLOCK_HEADER_BYTES;
    at = from + length;
    await need(at + GZIP_TRAILER_BYTES);
    ranges.push({ from, to: at });
  }
  const payload = concat(ranges.map(({ from, to }) => start.subarray(from, to)));
  // Before anything is parsed: a flipped bit is named as what it is, not as bad JSON.
  const crc = new DataView(start.buffer, start.byteOffset + at).getUint32(0, true);
  if (crc32(payload) !== crc) throw corrupt(at);
  return { payload, start };
}

/** Takes names and sizes as they come; whether each byte is the right one is seen when the region is written again. */
function splitFiles(payload: Uint8Array): { readonly topFolder: string; readonly files: MetadataFiles } {
  const files = new Map<string, Uint8Array>();
  let topFolder = '';
  for (let at = 0, index = 0; at < payload.length; index += 1) {
    const expected = METADATA_NAMES[index] ?? (index === METADATA_NAMES.length ? SIGNATURE_NAME : null);
    const { path, sizeBytes } = parseUstar(payload.subarray(at, at + TAR_BLOCK_BYTES));
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    topFolder = path.slice(0, Math.max(0, slash));
    if (name !== expected) throw notInOrder(expected, name);
    const end = at + TAR_BLOCK_BYTES + sizeBytes;
    if (end > payload.length)
      throw notInOrder(`${sizeBytes} bytes of ${name}`, `${payload.length - at - TAR_BLOCK_BYTES} bytes`);
    files.set(name, payload.subarray(at + TAR_BLOCK_BYTES, end));
    at = end + paddingOf(sizeBytes);
  }
  return { topFolder, files };
}

function assertSize(source: ByteSource, { sizeBytes }: ArchiveLayout): void {
  if (source.sizeBytes < sizeBytes) throw truncated(source, sizeBytes);
  if (source.sizeBytes === sizeBytes) return;
  throw new BundleFailure('BUNDLE_TRAILING_DATA', `${source.name} goes on after the end of the bundle.`, {
    details: { expected: `${sizeBytes} bytes`, received: `${source.sizeBytes} bytes` },
  });
}

function truncated(source: ByteSource, expectedBytes: number): BundleFailure {
  return new BundleFailure('BUNDLE_TRUNCATED', `${source.name} ends before the end of the bundle.`, {
    details: { expected: `at least ${expectedBytes} bytes`, received: `${source.sizeBytes} bytes` },
  });
}

function tooLarge(): BundleFailure {
  return new BundleFailure(
    'BUNDLE_LIMIT',
    'The metadata of the bundle is larger than that of any real one.',
    {
      details: { expected: `at most ${MAX_METADATA_BYTES} bytes`, received: 'more' },
    },
  );
}

function corrupt(offset: number): BundleFailure {
  return new BundleFailure(
    'BUNDLE_CORRUPT',
    'The metadata at the start of the bundle are damaged: a byte has changed.',
    {
      details: { offset, expected: 'stored blocks with the CRC-32 behind them', received: 'other bytes' },
    },
  );
}

function notInOrder(expected: string | null, received: string): BundleFailure {
  const shown = received.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
  return new BundleFailure(
    'BUNDLE_NOT_CANONICAL',
    'The metadata of the bundle do not come in their only order.',
    {
      details: { expected: expected ?? 'nothing more', received: shown },
    },
  );
}
