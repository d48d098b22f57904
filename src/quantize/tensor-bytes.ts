/** The bytes of one tensor as the GGUF holds them, in pieces of bounded size: as they are, with rows moved, or as F32. */
import type { ByteSource } from '../core/index.ts';
import { fromHalf, type GgmlType } from '../gguf/index.ts';
import type { FloatType, MatchedTensor } from './match-tensors.ts';

/** Enough that the disk is the limit; a head of the largest models has 2 MB. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Of vectors (norms, biases) F32, as llama.cpp computes with them; of matrices what they are. */
export function ggufTypeOf({ shape, sourceType }: MatchedTensor): GgmlType {
  return shape.length === 1 ? 'F32' : sourceType;
}

export async function* tensorBytes(tensor: MatchedTensor, file: ByteSource): AsyncGenerator<Uint8Array> {
  const { shape, sourceType, interleavedHeads } = tensor;
  const { fileOffset, sizeBytes } = tensor.source;
  const pieceBytes = interleavedHeads === null ? PIECE_BYTES : sizeBytes / interleavedHeads;
  for (let done = 0; done < sizeBytes; done += pieceBytes) {
    const piece = await file.read(fileOffset + done, Math.min(pieceBytes, sizeBytes - done));
    if (interleavedHeads !== null) yield interleaveRows(piece, bytesOfRow(tensor));
    else yield shape.length === 1 ? toFloat32(piece, sourceType) : piece;
  }
}

/**
 * Row j of the first half of a head becomes row 2j, row j of the second half row 2j + 1: pairs that are turned together
 * come to lie side by side. Only bytes move, whatever the type.
 */
export function interleaveRows(head: Uint8Array, rowBytes: number): Uint8Array {
  const half = head.length / rowBytes / 2;
  const result = new Uint8Array(head.length);
  for (let row = 0; row < half; row += 1) {
    result.set(head.subarray(row * rowBytes, (row + 1) * rowBytes), 2 * row * rowBytes);
    result.set(head.subarray((half + row) * rowBytes, (half + row + 1) * rowBytes), (2 * row + 1) * rowBytes);
  }
  return result;
}

function bytesOfRow({ shape: [rows = 1], source: { sizeBytes } }: MatchedTensor): number {
  return sizeBytes / rows;
}

function toFloat32(bytes: Uint8Array, type: FloatType): Uint8Array {
  if (type === 'F32') return bytes;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new DataView(new ArrayBuffer(bytes.length * 2));
  for (let at = 0; at < bytes.length; at += 2) {
    const bits = source.getUint16(at, true);
    // BF16 is the upper half of an F32.
    if (type === 'BF16') result.setUint32(at * 2, bits << 16, true);
    else result.setFloat32(at * 2, fromHalf(bits), true);
  }
  return new Uint8Array(result.buffer);
}
