/** Arrays of a header as the bytes they came in, decoded on access: the memory they take is the memory they took. */
import type { GgufBigKind, GgufList, GgufNumberKind } from './types.ts';

const SIZE_BYTES = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  float64: 8,
  uint64: 8,
  int64: 8,
  bool: 1,
} as const;

/** Bytes of one value of a kind of fixed size. */
export function fixedSizeBytes(kind: GgufNumberKind | GgufBigKind | 'bool'): number {
  return SIZE_BYTES[kind];
}

export function packedNumbers(kind: GgufNumberKind, bytes: Uint8Array): GgufList<number> {
  return packed(kind, bytes, (view, offset) => readNumber(kind, view, offset));
}

export function packedBigs(kind: GgufBigKind, bytes: Uint8Array): GgufList<bigint> {
  return packed(kind, bytes, (view, offset) => readBig(kind, view, offset));
}

export function packedBools(bytes: Uint8Array): GgufList<boolean> {
  return packed('bool', bytes, (view, offset) => view.getUint8(offset) !== 0);
}

/** Texts that may not be UTF-8 (token tables hold what a tokenizer needs): `at` shows U+FFFD, `bytesAt` is exact. */
export class PackedStrings implements GgufList<string> {
  readonly length: number;
  readonly #raw: Uint8Array;
  readonly #starts: Uint32Array;

  constructor(raw: Uint8Array, starts: Uint32Array) {
    this.length = starts.length;
    this.#raw = raw;
    this.#starts = starts;
  }

  at(index: number): string | undefined {
    const bytes = this.bytesAt(index);
    return bytes === undefined ? undefined : LENIENT.decode(bytes);
  }

  bytesAt(index: number): Uint8Array | undefined {
    const at = index < 0 ? this.length + index : index;
    const start = this.#starts[at];
    if (start === undefined) return undefined;
    const next = this.#starts[at + 1];
    return this.#raw.subarray(start, next === undefined ? this.#raw.length : next - 8);
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let index = 0; index < this.length; index += 1) yield this.at(index) as string;
  }
}

export function readNumber(kind: GgufNumberKind, view: DataView, offset: number): number {
  switch (kind) {
    case 'uint8':
      return view.getUint8(offset);
    case 'int8':
      return view.getInt8(offset);
    case 'uint16':
      return view.getUint16(offset, true);
    case 'int16':
      return view.getInt16(offset, true);
    case 'uint32':
      return view.getUint32(offset, true);
    case 'int32':
      return view.getInt32(offset, true);
    case 'float32':
      return view.getFloat32(offset, true);
    case 'float64':
      return view.getFloat64(offset, true);
  }
}

export function readBig(kind: GgufBigKind, view: DataView, offset: number): bigint {
  return kind === 'uint64' ? view.getBigUint64(offset, true) : view.getBigInt64(offset, true);
}

const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

function packed<Item>(
  kind: GgufNumberKind | GgufBigKind | 'bool',
  bytes: Uint8Array,
  read: (view: DataView, offset: number) => Item,
): GgufList<Item> {
  const sizeBytes = SIZE_BYTES[kind];
  const length = bytes.length / sizeBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    length,
    at(index) {
      const at = index < 0 ? length + index : index;
      return Number.isInteger(at) && at >= 0 && at < length ? read(view, at * sizeBytes) : undefined;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index += 1) yield read(view, index * sizeBytes);
    },
  };
}
