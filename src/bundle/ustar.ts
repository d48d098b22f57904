/** Reads one tar header block strictly: checksum, octal numbers, UTF-8 names. What a type may be is not decided here. */
import { decodeUtf8, escapeText } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { MAX_FILE_BYTES } from './limits.ts';

export interface UstarBlock {
  /** Prefix and name, as they stand. */
  readonly path: string;
  readonly sizeBytes: number;
  /** One character; NUL is the old form of `0`. */
  readonly type: string;
}

/** Throws `BUNDLE_TAR_INVALID`. */
export function parseUstar(block: Uint8Array): UstarBlock {
  if (block.length !== 512) throw invalid('a block of 512 bytes', `${block.length} bytes`);
  const magic = latin1(block, 257, 6);
  if (magic !== 'ustar\0') throw invalid('the magic "ustar\\0"', escapeText(JSON.stringify(magic)));
  const claimed = parseOctal(block, 148, 8);
  const counted = block.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (claimed !== counted) throw invalid(`the checksum ${counted}`, String(claimed));
  const name = text(block, 0, 100);
  const prefix = text(block, 345, 155);
  const sizeBytes = parseOctal(block, 124, 12);
  if (sizeBytes > MAX_FILE_BYTES)
    throw invalid(`a size of at most ${MAX_FILE_BYTES} bytes`, String(sizeBytes));
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    sizeBytes,
    type: String.fromCharCode(block[156] ?? 0),
  };
}

/** Digits, then NUL or space to the end of the field; the base-256 of GNU tar, which can say negative sizes, is none. */
function parseOctal(block: Uint8Array, offset: number, length: number): number {
  const field = latin1(block, offset, length);
  const digits = /^ *([0-7]+)[\0 ]*$/.exec(field)?.[1];
  if (digits === undefined) throw invalid('an octal number', escapeText(JSON.stringify(field), 60));
  return Number.parseInt(digits, 8);
}

function text(block: Uint8Array, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  const bytes = end === -1 ? field : field.subarray(0, end);
  if (end !== -1 && field.subarray(end).some((byte) => byte !== 0))
    throw invalid('nothing behind the end of a name', 'more bytes');
  try {
    return decodeUtf8(bytes, 'a name in the archive');
  } catch (cause) {
    throw new BundleFailure('BUNDLE_TAR_INVALID', 'A name in the archive is not UTF-8.', { cause });
  }
}

function latin1(block: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...block.subarray(offset, offset + length));
}

function invalid(expected: string, received: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_TAR_INVALID',
    `A tar header in the bundle is malformed: expected ${expected}, received ${received}.`,
    {
      details: { expected, received },
    },
  );
}
