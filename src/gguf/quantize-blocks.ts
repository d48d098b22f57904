/**
 * Floats as tensor data in the layouts of ggml: F32, F16, and the blocks Q8_0 and Q4_0 (`block_q8_0`, `block_q4_0`,
 * ggml-common.h). For small models made here; whole models are quantized by llama.cpp.
 */
import { GGML_TYPES, type GgmlType } from './ggml-types.ts';
import { halfOfSingle, toHalf } from './half.ts';

export const ENCODABLE_TYPES = ['F32', 'F16', 'Q8_0', 'Q4_0'] as const satisfies readonly GgmlType[];

export type EncodableType = (typeof ENCODABLE_TYPES)[number];

/** Encodes whole rows: for the block types `values.length` is a multiple of 32. */
export function encodeFloats(type: EncodableType, values: Float32Array): Uint8Array {
  const { blockElements, blockBytes } = GGML_TYPES[type];
  const bytes = new Uint8Array((values.length / blockElements) * blockBytes);
  const view = new DataView(bytes.buffer);
  switch (type) {
    case 'F32':
      values.forEach((value, index) => view.setFloat32(index * 4, value, true));
      break;
    case 'F16':
      new Uint32Array(values.buffer, values.byteOffset, values.length).forEach((bits, index) => {
        view.setUint16(index * 2, halfOfSingle(bits), true);
      });
      break;
    case 'Q8_0':
      for (let at = 0; at < values.length; at += 32)
        encodeQ8Block(view, (at / 32) * 34, values.subarray(at, at + 32));
      break;
    case 'Q4_0':
      for (let at = 0; at < values.length; at += 32)
        encodeQ4Block(view, (at / 32) * 18, values.subarray(at, at + 32));
      break;
  }
  return bytes;
}

/** `block_q8_0`: a half-precision scale, then 32 signed bytes; value = scale × byte. */
function encodeQ8Block(view: DataView, offset: number, values: Float32Array): void {
  const scale = largestMagnitude(values) / 127;
  view.setUint16(offset, toHalf(scale), true);
  for (let index = 0; index < 32; index += 1) {
    view.setInt8(offset + 2 + index, scale === 0 ? 0 : Math.round((values[index] ?? 0) / scale));
  }
}

/**
 * `block_q4_0`: a half-precision scale, then 16 bytes of two 4-bit numbers, the first half of the block in the low
 * bits; value = scale × (number − 8). The value farthest from zero becomes exactly −8.
 */
function encodeQ4Block(view: DataView, offset: number, values: Float32Array): void {
  const magnitude = largestMagnitude(values);
  const scale = (values.includes(magnitude) ? magnitude : -magnitude) / -8;
  view.setUint16(offset, toHalf(scale), true);
  for (let index = 0; index < 16; index += 1) {
    view.setUint8(
      offset + 2 + index,
      toNibble(values[index], scale) | (toNibble(values[index + 16], scale) << 4),
    );
  }
}

function toNibble(value: number | undefined, scale: number): number {
  if (value === undefined || scale === 0) return 8;
  return Math.min(15, Math.max(0, Math.round(value / scale) + 8));
}

function largestMagnitude(values: Float32Array): number {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}
