/** Keys and values of a header: all 13 types, arrays in arrays to a bounded depth, each key once. */
import { escapeText } from '../core/index.ts';
import { GgufFailure } from './error.ts';
import type { HeaderReader } from './header-reader.ts';
import { MAX_ARRAY_DEPTH, MAX_KEY_BYTES, MAX_NESTED_ARRAYS } from './limits.ts';
import {
  PackedStrings,
  fixedSizeBytes,
  packedBigs,
  packedBools,
  packedNumbers,
  readBig,
  readNumber,
} from './packed-lists.ts';
import type { GgufArray, GgufValue, GgufValueKind } from './types.ts';
import { valueKindOfId } from './value-kinds.ts';

export interface ParsedMetadata {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly keyOffsets: ReadonlyMap<string, number>;
}

/** Throws `GgufFailure` with the offset of what cannot be read. */
export async function parseMetadata(reader: HeaderReader, count: number): Promise<ParsedMetadata> {
  const metadata = new Map<string, GgufValue>();
  const keyOffsets = new Map<string, number>();
  const nested: Nested = { arrays: 0 };
  for (let index = 0; index < count; index += 1) {
    const offset = reader.offset;
    const key = parseKey(reader, offset, await reader.string(`metadata key ${index}`));
    // gguf_init_from_file refuses a key that stands twice.
    if (metadata.has(key)) {
      throw new GgufFailure('GGUF_KEY_DUPLICATE', `The metadata key ${key} stands twice in ${reader.name}.`, {
        details: { offset, key, firstOffset: keyOffsets.get(key) ?? null },
      });
    }
    keyOffsets.set(key, offset);
    metadata.set(key, await parseValue(reader, key, await parseKind(reader, key), nested));
  }
  return { metadata, keyOffsets };
}

/** Decodes a text that the specification wants in UTF-8 (`gguf_string_t`). */
export function decodeStrict(reader: HeaderReader, bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const offset = reader.offset - bytes.length;
    throw new GgufFailure('GGUF_STRING_NOT_UTF8', `The ${what} in ${reader.name} is not UTF-8 text.`, {
      details: { offset },
      cause,
    });
  }
}

interface Nested {
  arrays: number;
}

/** Specification: "any valid ASCII string", "at most 2^16-1 bytes long"; llama.cpp refuses an empty one. */
function parseKey(reader: HeaderReader, offset: number, bytes: Uint8Array): string {
  const bad =
    bytes.length === 0
      ? 'is empty'
      : bytes.length > MAX_KEY_BYTES
        ? `has ${bytes.length} bytes`
        : bytes.some((byte) => byte < 0x20 || byte > 0x7e)
          ? 'is not plain ASCII'
          : null;
  const key = new TextDecoder('latin1').decode(bytes.subarray(0, MAX_KEY_BYTES));
  if (bad === null) return key;
  throw new GgufFailure('GGUF_KEY_INVALID', `A metadata key at byte ${offset} of ${reader.name} ${bad}.`, {
    details: {
      offset,
      expected: `1 to ${MAX_KEY_BYTES} printable ASCII characters`,
      received: escapeText(key, 80),
    },
  });
}

async function parseKind(reader: HeaderReader, key: string): Promise<GgufValueKind> {
  const offset = reader.offset;
  const id = await reader.uint32(`value type of ${key}`);
  const kind = valueKindOfId(id);
  if (kind !== null) return kind;
  throw new GgufFailure(
    'GGUF_VALUE_TYPE_UNKNOWN',
    `The value of ${escapeText(key, 80)} in ${reader.name} has the unknown type ${id}.`,
    {
      details: { offset, key, expected: 'a type from 0 to 12', received: id },
    },
  );
}

async function parseValue(
  reader: HeaderReader,
  key: string,
  kind: GgufValueKind,
  nested: Nested,
): Promise<GgufValue> {
  const what = `value of ${escapeText(key, 80)}`;
  switch (kind) {
    case 'array':
      return parseArray(reader, what, key, nested, 0);
    case 'string':
      return { kind, value: decodeStrict(reader, await reader.string(what), what) };
    case 'bool': {
      const offset = reader.offset;
      const bytes = await reader.bytes(1, what);
      assertBools(reader, bytes, what, offset);
      return { kind, value: bytes[0] === 1 };
    }
    case 'uint64':
    case 'int64':
      return { kind, value: readBig(kind, viewOf(await reader.bytes(8, what)), 0) };
    default:
      return { kind, value: readNumber(kind, viewOf(await reader.bytes(fixedSizeBytes(kind), what)), 0) };
  }
}

async function parseArray(
  reader: HeaderReader,
  what: string,
  key: string,
  nested: Nested,
  depth: number,
): Promise<GgufArray> {
  const offset = reader.offset;
  if (depth > MAX_ARRAY_DEPTH || nested.arrays > MAX_NESTED_ARRAYS) {
    throw new GgufFailure(
      'GGUF_LIMIT_EXCEEDED',
      `The ${what} in ${reader.name} nests arrays beyond any use.`,
      {
        details: {
          offset,
          expected: `at most ${MAX_ARRAY_DEPTH} levels and ${MAX_NESTED_ARRAYS} nested arrays`,
          received: 'more',
        },
      },
    );
  }
  const itemKind = await parseKind(reader, key);
  switch (itemKind) {
    case 'array': {
      // Type (4) and count (8): no array takes less.
      const count = await reader.count(`number of items in the ${what}`, 12);
      const items: GgufArray[] = [];
      for (let index = 0; index < count; index += 1) {
        nested.arrays += 1;
        items.push(await parseArray(reader, what, key, nested, depth + 1));
      }
      return { kind: 'array', itemKind, items };
    }
    case 'string': {
      const count = await reader.count(`number of items in the ${what}`, 8);
      const { raw, starts } = await reader.strings(count, what);
      return { kind: 'array', itemKind, items: new PackedStrings(raw, starts) };
    }
    default: {
      const unitBytes = fixedSizeBytes(itemKind);
      const count = await reader.count(`number of items in the ${what}`, unitBytes);
      const start = reader.offset;
      const bytes = await reader.bytes(count * unitBytes, what);
      if (itemKind === 'uint64' || itemKind === 'int64')
        return { kind: 'array', itemKind, items: packedBigs(itemKind, bytes) };
      if (itemKind !== 'bool') return { kind: 'array', itemKind, items: packedNumbers(itemKind, bytes) };
      assertBools(reader, bytes, what, start);
      return { kind: 'array', itemKind, items: packedBools(bytes) };
    }
  }
}

/** Specification, `GGUF_METADATA_VALUE_TYPE_BOOL`: 0 is false, 1 is true, anything else is invalid. */
function assertBools(reader: HeaderReader, bytes: Uint8Array, what: string, offset: number): void {
  const index = bytes.findIndex((byte) => byte > 1);
  if (index === -1) return;
  throw new GgufFailure(
    'GGUF_BOOL_INVALID',
    `The ${what} in ${reader.name} is a boolean that is neither true nor false.`,
    {
      details: { offset: offset + index, expected: '0 or 1', received: bytes[index] ?? null },
    },
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
