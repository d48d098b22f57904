/**
 * Reads the header of a GGUF file from any byte source: each number is held against the bytes that are there before it
 * is believed. Source: the GGUF specification (ggml, docs/gguf.md), versions 2 and 3.
 */
import { escapeText, type ByteSource } from '../core/index.ts';
import { DEFAULT_ALIGNMENT, padded } from './alignment.ts';
import { GgufFailure } from './error.ts';
import { HeaderBudget } from './header-budget.ts';
import { HeaderReader } from './header-reader.ts';
import { MAX_ALIGNMENT, MAX_METADATA_ENTRIES, MAX_TENSORS } from './limits.ts';
import { describeMagic } from './other-formats.ts';
import { parseMetadata } from './parse-metadata.ts';
import { parseTensors } from './parse-tensors.ts';
import type { GgufFile, GgufValue } from './types.ts';

const MAGIC = [0x47, 0x47, 0x55, 0x46];

export interface ParseGgufOptions {
  readonly signal?: AbortSignal;
  /** Shared by the shards of one model; what this header takes is taken from it. */
  readonly budget?: HeaderBudget;
}

/**
 * Parses the header. Throws `GgufFailure` for what cannot be read, with `offset` in its details. That the tensors make
 * sense and that their data are there is what `checkGguf` says.
 */
export async function parseGguf(source: ByteSource, options: ParseGgufOptions = {}): Promise<GgufFile> {
  const { signal, budget = new HeaderBudget() } = options;
  const reader = new HeaderReader(source, {
    maxBytes: budget.bytes,
    ...(signal === undefined ? {} : { signal }),
  });
  await assertMagic(reader);
  const version = await parseVersion(reader);
  // The smallest tensor description takes 24 bytes (8 name, 4 dims, 4 type, 8 offset), the smallest key and value 14.
  const tensorCount = await parseCount(reader, 'number of tensors', 24, {
    left: budget.tensors,
    max: MAX_TENSORS,
  });
  const entryCount = await parseCount(reader, 'number of metadata keys', 14, {
    left: budget.entries,
    max: MAX_METADATA_ENTRIES,
  });
  const { metadata, keyOffsets } = await parseMetadata(reader, entryCount);
  const alignment = toAlignment(
    reader,
    metadata.get('general.alignment'),
    keyOffsets.get('general.alignment') ?? 0,
  );
  const tensors = await parseTensors(reader, tensorCount);
  const headerEndOffset = reader.offset;
  budget.spend({ bytes: headerEndOffset, entries: entryCount, tensors: tensorCount });
  return {
    name: source.name,
    version,
    alignment,
    metadata,
    keyOffsets,
    tensors,
    headerEndOffset,
    dataOffset: padded(headerEndOffset, alignment),
    sizeBytes: source.sizeBytes,
  };
}

async function assertMagic(reader: HeaderReader): Promise<void> {
  const magic = await reader.bytes(Math.min(4, reader.leftBytes), 'magic number');
  if (!magic.every((byte, index) => byte === MAGIC[index])) {
    const { received, note, code } = describeMagic(magic);
    throw new GgufFailure(code, `${reader.name} is not a GGUF file that can be read: ${note}.`, {
      details: { offset: 0, expected: 'GGUF', received },
    });
  }
  if (magic.length === 4) return;
  throw new GgufFailure(
    'GGUF_TRUNCATED',
    `${reader.name} has only ${magic.length} bytes: that is no model.`,
    {
      details: {
        offset: magic.length,
        expected: 'a header of at least 24 bytes',
        received: `${magic.length} bytes`,
      },
    },
  );
}

async function parseVersion(reader: HeaderReader): Promise<2 | 3> {
  const offset = reader.offset;
  const version = await reader.uint32('version');
  if (version === 2 || version === 3) return version;
  // gguf_init_from_file takes an empty low half for the other byte order.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new GgufFailure(
      'GGUF_BYTE_ORDER',
      `${reader.name} is a big-endian GGUF file; this machine and llama.cpp on it read little-endian ones.`,
      {
        details: {
          offset,
          expected: 'version 2 or 3, little-endian',
          received: `version ${swap32(version)}, big-endian`,
        },
      },
    );
  }
  throw new GgufFailure('GGUF_VERSION_UNSUPPORTED', `${reader.name} is a GGUF file of version ${version}.`, {
    details: { offset, expected: 'version 2 or 3', received: version },
  });
}

async function parseCount(
  reader: HeaderReader,
  what: string,
  unitBytes: number,
  { left, max }: { readonly left: number; readonly max: number },
): Promise<number> {
  const offset = reader.offset;
  const count = await reader.count(what, unitBytes, 'GGUF_COUNT_IMPOSSIBLE');
  if (count <= left) return count;
  throw new GgufFailure('GGUF_LIMIT_EXCEEDED', `The ${what} in ${reader.name} is beyond any model.`, {
    details: {
      offset,
      expected: `at most ${max} in all shards of a model`,
      received: left === max ? count : `${count}, where ${left} are left`,
    },
  });
}

/**
 * gguf_init_from_file refuses another type than uint32 and what is not a power of two; the specification
 * (`general.alignment`) wants a multiple of 8.
 */
function toAlignment(reader: HeaderReader, value: GgufValue | undefined, offset: number): number {
  if (value === undefined) return DEFAULT_ALIGNMENT;
  const isPossible = (size: number): boolean =>
    size >= 8 && size <= MAX_ALIGNMENT && Number.isInteger(Math.log2(size));
  if (value.kind === 'uint32' && isPossible(value.value)) return value.value;
  const received =
    value.kind === 'array' ? 'an array' : `${value.kind} ${escapeText(String(value.value), 40)}`;
  throw new GgufFailure(
    'GGUF_ALIGNMENT_INVALID',
    `general.alignment of ${reader.name} cannot be an alignment.`,
    {
      details: { offset, expected: `a uint32, a power of two, from 8 to ${MAX_ALIGNMENT}`, received },
    },
  );
}

function swap32(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view.getUint32(0, false);
}
