/**
 * A bundle of the Python tool as entries: one gzip member, tar in any order, with the PAX records that Python writes. Only
 * regular files and folders below one top folder; nothing of owner, mode or time is looked at.
 */
import { escapeText, type ByteSource } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { inflateMember } from './inflate-member.ts';
import { MAX_ENTRIES, MAX_PAX_BYTES, MAX_TAR_END_BYTES } from './limits.ts';
import { assertSafePath, NameSet } from './path-safety.ts';
import { parsePaxRecords, type PaxRecords } from './pax-records.ts';
import { PieceReader } from './piece-reader.ts';
import { isModelPath } from './sums.ts';
import { paddingOf, TAR_BLOCK_BYTES } from './tar-header.ts';
import type { BundleEntry } from './types.ts';
import { parseUstar, type UstarBlock } from './ustar.ts';

export interface Format1Options {
  readonly signal?: AbortSignal | undefined;
  /** Called with the name of the one top folder, before the first entry. */
  readonly onTopFolder: (name: string) => void;
}

/** Throws `BUNDLE_TAR_INVALID`, `BUNDLE_ENTRY_*`, `BUNDLE_NAME_*`, `BUNDLE_LIMIT`, and what {@link inflateMember} throws. */
export async function* readFormat1Entries(
  source: ByteSource,
  { signal, onTopFolder }: Format1Options,
): AsyncGenerator<BundleEntry> {
  const reader = new PieceReader(inflateMember(source, signal));
  const names = new NameSet();
  let topFolder: string | null = null;
  try {
    for (let count = 0; ; count += 1) {
      const header = await nextHeader(reader);
      if (header === null) return;
      if (count >= MAX_ENTRIES) throw tooMany();
      const { top, path } = splitTop(header);
      if (topFolder !== null && top !== topFolder) throw secondTop(topFolder, top);
      if (topFolder === null) onTopFolder(top);
      topFolder = top;
      if (header.type === '5') {
        // Never created, but another reader would: it may be nothing that a file of the bundle could not have made.
        if (path !== '') addFolder(names, path);
        continue;
      }
      names.addFile(path);
      const content = reader.stream(header.sizeBytes);
      yield { path, sizeBytes: header.sizeBytes, bytes: content };
      for await (const _ of content);
      await reader.take(paddingOf(header.sizeBytes));
    }
  } finally {
    await reader.close();
  }
}

/** The next file or folder, with what a PAX header before it says; null after the end blocks. */
async function nextHeader(reader: PieceReader): Promise<UstarBlock | null> {
  const block = await reader.take(TAR_BLOCK_BYTES);
  if (isZero(block)) {
    await readEnd(reader);
    return null;
  }
  const header = parseUstar(block);
  if (header.type !== 'x') return assertKind(header);
  if (header.sizeBytes > MAX_PAX_BYTES) {
    throw new BundleFailure('BUNDLE_LIMIT', 'A PAX header in the bundle is larger than any real one.', {
      details: { expected: `at most ${MAX_PAX_BYTES} bytes`, received: `${header.sizeBytes} bytes` },
    });
  }
  const records = parsePaxRecords(await reader.take(header.sizeBytes));
  await reader.take(paddingOf(header.sizeBytes));
  // The kind is judged with the size that the records give: a folder has none in either place.
  return assertKind(applyRecords(parseUstar(await reader.take(TAR_BLOCK_BYTES)), records));
}

function applyRecords(header: UstarBlock, { path, sizeBytes }: PaxRecords): UstarBlock {
  // Python leaves 0 where it writes the record; two sizes are two archives, for two readers.
  if (sizeBytes !== undefined && header.sizeBytes !== 0) {
    throw new BundleFailure('BUNDLE_TAR_INVALID', 'A file in the bundle has two sizes.', {
      details: { expected: String(sizeBytes), received: String(header.sizeBytes) },
    });
  }
  return { ...header, path: path ?? header.path, sizeBytes: sizeBytes ?? header.sizeBytes };
}

function assertKind(header: UstarBlock): UstarBlock {
  const isFolder = header.type === '5' && header.sizeBytes === 0;
  if (header.type === '0' || header.type === '\0' || isFolder) return header;
  const kind = KINDS[header.type] ?? `of type "${escapeText(header.type)}"`;
  throw new BundleFailure(
    'BUNDLE_ENTRY_FORBIDDEN',
    `"${escapeText(header.path, 80)}" in the bundle is ${kind}.`,
    {
      details: {
        path: escapeText(header.path),
        expected: 'a regular file or an empty folder entry',
        received: kind,
      },
    },
  );
}

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a folder with content of its own',
  '6': 'a pipe',
  g: 'a header for the whole archive',
  x: 'a second header for one file',
  L: 'a GNU long name',
  K: 'a GNU long link',
  S: 'a sparse file',
};

function splitTop({ path, type }: UstarBlock): { readonly top: string; readonly path: string } {
  const plain = type === '5' && path.endsWith('/') ? path.slice(0, -1) : path;
  assertSafePath(plain);
  const slash = plain.indexOf('/');
  if (slash !== -1) return { top: plain.slice(0, slash), path: plain.slice(slash + 1) };
  if (type === '5') return { top: plain, path: '' };
  throw new BundleFailure(
    'BUNDLE_NAME_UNSAFE',
    `"${escapeText(plain)}" in the bundle lies outside its one top folder.`,
    {
      details: {
        path: escapeText(plain),
        expected: 'everything in one folder',
        received: 'a file beside it',
      },
    },
  );
}

function addFolder(names: NameSet, path: string): void {
  names.addFolder(path);
  if (path === 'model' || isModelPath(path)) return;
  throw new BundleFailure(
    'BUNDLE_ENTRY_UNLISTED',
    `The bundle holds the folder ${escapeText(path)}, which is no part of it.`,
    {
      details: { path: escapeText(path), expected: 'folders under model/', received: escapeText(path) },
    },
  );
}

/** A second block of zeros, then no more than zeros up to tar's last record; the stream itself is read to its end. */
async function readEnd(reader: PieceReader): Promise<void> {
  let sizeBytes = TAR_BLOCK_BYTES;
  for (
    let piece = await reader.next(MAX_TAR_END_BYTES);
    piece !== null;
    piece = await reader.next(MAX_TAR_END_BYTES)
  ) {
    sizeBytes += piece.length;
    if (sizeBytes > MAX_TAR_END_BYTES || !isZero(piece)) throw slack();
  }
  if (sizeBytes < 2 * TAR_BLOCK_BYTES) {
    throw new BundleFailure('BUNDLE_TRUNCATED', 'The archive inside the bundle has no second end block.', {
      details: { expected: '1024 zero bytes', received: `${sizeBytes} bytes` },
    });
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function slack(): BundleFailure {
  return new BundleFailure(
    'BUNDLE_TRAILING_DATA',
    'Something follows the end of the archive inside the bundle.',
    {
      details: { expected: `zeros, at most ${MAX_TAR_END_BYTES} bytes`, received: 'more' },
    },
  );
}

function tooMany(): BundleFailure {
  return new BundleFailure('BUNDLE_LIMIT', 'The bundle has more files and folders than any real one.', {
    details: { expected: `at most ${MAX_ENTRIES}`, received: 'more' },
  });
}

function secondTop(expected: string, received: string): BundleFailure {
  return new BundleFailure('BUNDLE_NAME_UNSAFE', 'The bundle has more than one top folder.', {
    details: { expected: escapeText(expected), received: escapeText(received) },
  });
}
