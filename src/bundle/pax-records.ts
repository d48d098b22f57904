/** The records of a PAX header (POSIX.1-2001, pax, "pax Extended Header"): those that Python's tarfile writes, no other. */
import { decodeUtf8, escapeText } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { MAX_USTAR_SIZE } from './tar-header.ts';

export interface PaxRecords {
  readonly path?: string;
  /** From 8 GiB: a smaller size stands in the header itself. */
  readonly sizeBytes?: number;
}

/** Times and owners change nothing here: owner, mode and time of an archive are never applied. */
const IGNORED = new Set(['mtime', 'atime', 'ctime', 'uid', 'gid', 'uname', 'gname']);

/** Throws `BUNDLE_TAR_INVALID`, or `BUNDLE_ENTRY_FORBIDDEN` for a keyword that no bundle has. */
export function parsePaxRecords(bytes: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const { key, value, end } = parseRecord(bytes, at);
    if (records.has(key)) throw invalid('each keyword once', `${escapeText(key, 60)} twice`);
    if (key !== 'path' && key !== 'size' && !IGNORED.has(key)) throw forbidden(key);
    records.set(key, value);
    at = end;
  }
  const path = records.get('path');
  const size = records.get('size');
  return {
    ...(path === undefined ? {} : { path }),
    ...(size === undefined ? {} : { sizeBytes: parseSize(size) }),
  };
}

/** "%d %s=%s\n", the length counting itself. */
function parseRecord(
  bytes: Uint8Array,
  at: number,
): { readonly key: string; readonly value: string; readonly end: number } {
  const space = bytes.indexOf(0x20, at);
  const digits = space === -1 || space - at > 6 ? '' : String.fromCharCode(...bytes.subarray(at, space));
  const end = at + (/^[1-9][0-9]*$/.test(digits) ? Number(digits) : 0);
  if (space === -1 || end <= space + 1 || end > bytes.length || bytes[end - 1] !== 0x0a)
    throw invalid('"LENGTH KEY=VALUE\\n"', 'a wrong length');
  const text = decode(bytes.subarray(space + 1, end - 1));
  const equals = text.indexOf('=');
  if (equals <= 0) throw invalid('"LENGTH KEY=VALUE\\n"', escapeText(text, 60));
  const value = text.slice(equals + 1);
  if (value.includes('\0')) throw invalid('a value without NUL', escapeText(text, 60));
  return { key: text.slice(0, equals), value, end };
}

function parseSize(text: string): number {
  const size = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  // Where the header could say it, a reader that does not know PAX would take what follows for something else.
  if (size > MAX_USTAR_SIZE && size <= MAX_FILE_BYTES) return size;
  throw invalid(`a size from ${MAX_USTAR_SIZE + 1} to ${MAX_FILE_BYTES}`, escapeText(text, 60));
}

function decode(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes, 'a PAX record');
  } catch (cause) {
    throw new BundleFailure('BUNDLE_TAR_INVALID', 'A PAX record in the bundle is not UTF-8.', { cause });
  }
}

function forbidden(key: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_ENTRY_FORBIDDEN',
    `The archive has a PAX record that no bundle has: ${escapeText(key, 60)}.`,
    {
      details: { expected: `path, size or one of ${[...IGNORED].join(', ')}`, received: escapeText(key, 60) },
    },
  );
}

function invalid(expected: string, received: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_TAR_INVALID',
    `A PAX record in the bundle is malformed: expected ${expected}, received ${received}.`,
    {
      details: { expected, received },
    },
  );
}
