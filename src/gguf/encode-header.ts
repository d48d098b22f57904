/** The header of a file that is to be written, and where each tensor will lie. */
import { escapeText } from '../core/index.ts';
import { DEFAULT_ALIGNMENT, padded } from './alignment.ts';
import { GgufFailure } from './error.ts';
import { GGML_TYPES, ggmlSizeBytes } from './ggml-types.ts';
import { fixedSizeBytes, PackedStrings } from './packed-lists.ts';
import type { GgufArray, GgufBigKind, GgufModel, GgufNumberKind, GgufValue } from './types.ts';
import { idOfValueKind } from './value-kinds.ts';

export interface Layout {
  readonly alignment: number;
  /** Of each tensor, from the start of the data section. */
  readonly offsets: readonly number[];
  readonly sizesBytes: readonly number[];
}

/** Throws `GGUF_MODEL_INVALID` where a row is not whole blocks. */
export function layOut(model: GgufModel): Layout {
  const alignment = model.alignment ?? DEFAULT_ALIGNMENT;
  const offsets: number[] = [];
  const sizesBytes: number[] = [];
  let next = 0;
  for (const { name, dims, type } of model.tensors) {
    const sizeBytes = ggmlSizeBytes(type, dims);
    if (sizeBytes === null) {
      throw new GgufFailure(
        'GGUF_MODEL_INVALID',
        `The rows of the tensor ${escapeText(name, 80)} are not whole blocks of ${type}.`,
        {
          details: { expected: `a multiple of ${GGML_TYPES[type].blockElements}`, received: dims[0] ?? 1 },
        },
      );
    }
    offsets.push(next);
    sizesBytes.push(sizeBytes);
    next = padded(next + sizeBytes, alignment);
  }
  return { alignment, offsets, sizesBytes };
}

/** Magic, version, metadata and tensor descriptions, padded to the alignment where data follow. */
export function encodeHeader(model: GgufModel, layout: Layout): Uint8Array {
  const metadata = [...model.metadata];
  if (layout.alignment !== DEFAULT_ALIGNMENT && !metadata.some(([key]) => key === 'general.alignment')) {
    metadata.push(['general.alignment', { kind: 'uint32', value: layout.alignment }]);
  }
  const out = new Output();
  out.bytes(new TextEncoder().encode('GGUF'));
  out.uint32(model.version ?? 3);
  out.uint64(model.tensors.length);
  out.uint64(metadata.length);
  for (const [key, value] of metadata) {
    out.string(key);
    out.uint32(idOfValueKind(value.kind));
    writeValue(out, value);
  }
  for (const [index, tensor] of model.tensors.entries()) {
    out.string(tensor.name);
    out.uint32(tensor.dims.length);
    for (const dim of tensor.dims) out.uint64(dim);
    out.uint32(GGML_TYPES[tensor.type].id);
    out.uint64(layout.offsets[index] ?? 0);
  }
  if (model.tensors.length > 0) out.padTo(layout.alignment);
  return out.result();
}

function writeValue(out: Output, value: GgufValue): void {
  switch (value.kind) {
    case 'array':
      return writeArray(out, value);
    case 'string':
      return out.string(value.value);
    case 'bool':
      return out.uint8(value.value ? 1 : 0);
    case 'uint64':
    case 'int64':
      return out.big(value.kind, value.value);
    default:
      return out.number(value.kind, value.value);
  }
}

function writeArray(out: Output, array: GgufArray): void {
  out.uint32(idOfValueKind(array.itemKind));
  out.uint64(array.items.length);
  switch (array.itemKind) {
    case 'array':
      for (const item of array.items) writeArray(out, item);
      break;
    case 'string':
      writeStrings(out, array.items);
      break;
    case 'bool':
      for (const item of array.items) out.uint8(item ? 1 : 0);
      break;
    case 'uint64':
    case 'int64':
      for (const item of array.items) out.big(array.itemKind, item);
      break;
    default:
      for (const item of array.items) out.number(array.itemKind, item);
  }
}

/** Texts that came from a file go back as the bytes they were. */
function writeStrings(out: Output, items: Iterable<string>): void {
  if (!(items instanceof PackedStrings)) {
    for (const item of items) out.string(item);
    return;
  }
  for (let index = 0; index < items.length; index += 1) {
    const bytes = items.bytesAt(index) ?? new Uint8Array();
    out.uint64(bytes.length);
    out.bytes(bytes);
  }
}

/** Little-endian values into a buffer that grows. */
class Output {
  #buffer: Uint8Array = new Uint8Array(64 * 1024);
  #view = new DataView(this.#buffer.buffer);
  #size = 0;
  readonly #encoder = new TextEncoder();

  result(): Uint8Array {
    return this.#buffer.slice(0, this.#size);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Straight into place: a vocabulary is hundreds of thousands of short texts. UTF-8 has at most three bytes for each UTF-16 unit. */
  string(text: string): void {
    const at = this.#room(8 + text.length * 3);
    const { written } = this.#encoder.encodeInto(text, this.#buffer.subarray(at + 8));
    this.#view.setBigUint64(at, BigInt(written), true);
    this.#buffer.fill(0, at + 8 + written, this.#size);
    this.#size = at + 8 + written;
  }

  uint8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  uint32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  uint64(value: number): void {
    this.big('uint64', BigInt(value));
  }

  big(kind: GgufBigKind, value: bigint): void {
    const at = this.#room(8);
    if (kind === 'uint64') this.#view.setBigUint64(at, value, true);
    else this.#view.setBigInt64(at, value, true);
  }

  number(kind: GgufNumberKind, value: number): void {
    const at = this.#room(fixedSizeBytes(kind));
    switch (kind) {
      case 'uint8':
        return this.#view.setUint8(at, value);
      case 'int8':
        return this.#view.setInt8(at, value);
      case 'uint16':
        return this.#view.setUint16(at, value, true);
      case 'int16':
        return this.#view.setInt16(at, value, true);
      case 'uint32':
        return this.#view.setUint32(at, value, true);
      case 'int32':
        return this.#view.setInt32(at, value, true);
      case 'float32':
        return this.#view.setFloat32(at, value, true);
      case 'float64':
        return this.#view.setFloat64(at, value, true);
    }
  }

  padTo(alignment: number): void {
    this.#room(padded(this.#size, alignment) - this.#size);
  }

  /** Reserves bytes, zeroed, and says where they begin. */
  #room(sizeBytes: number): number {
    const at = this.#size;
    this.#size += sizeBytes;
    if (this.#size > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#size, this.#buffer.length * 2));
      grown.set(this.#buffer);
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
