/** A format-2 archive as entries: everything but the content of the files is held against its only legal form. */
import type { ByteSource } from '../core/index.ts';
import { formatModelHeader } from './layout.ts';
import type { MetadataRegion } from './metadata-region.ts';
import { StoredReader } from './stored-reader.ts';
import { paddingOf, TAR_END_BYTES } from './tar-header.ts';
import type { BundleEntry } from './types.ts';

/** Throws `BUNDLE_NOT_CANONICAL`, `BUNDLE_CORRUPT` and what the source throws. An entry not read to its end is skipped. */
export async function* readFormat2Entries(
  source: ByteSource,
  { files, layout }: MetadataRegion,
  signal: AbortSignal | undefined,
): AsyncGenerator<BundleEntry> {
  for (const [path, bytes] of files) yield { path, sizeBytes: bytes.length, bytes: once(bytes) };
  const { regionBytes, payloadBytes, modelFiles } = layout;
  const reader = new StoredReader(source, { offset: regionBytes, payloadBytes, signal });
  try {
    for (const file of modelFiles) {
      await reader.expect(formatModelHeader(layout, file), `the tar header of ${file.path}`);
      const content = readContent(reader, file.sizeBytes);
      yield { ...file, bytes: content };
      for await (const _ of content);
      await reader.expect(new Uint8Array(paddingOf(file.sizeBytes)), `the padding after ${file.path}`);
    }
    await reader.expect(new Uint8Array(TAR_END_BYTES), 'the end of the archive');
    await reader.finish();
  } finally {
    await reader.settle();
  }
}

async function* readContent(reader: StoredReader, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let rest = sizeBytes; rest > 0;) {
    const piece = await reader.next(rest);
    rest -= piece.length;
    yield piece;
  }
}

// oxlint-disable-next-line require-await -- an async iterable of one piece
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
