/** The bytes of one tensor as the GGUF holds them, in pieces of bounded size: as they are, with rows moved, or as F32. */
import type { ByteSource } from '../core/index.ts';
import { fromHalf, type GgmlType } from '../gguf/index.ts';
import type { FloatType, MatchedTensor } from './match-tensors.ts';

/** Enough that the disk is the limit; a head of the largest models has 2 MB. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Memory for pieces, used again and again: a piece stays as it is until the second one after it is asked for. */
export interface PieceBuffers {
  next(sizeBytes: number): Uint8Array;
  /** For what is no piece yet. */
  scratch(sizeBytes: number): Uint8Array;
}

export function pieceBuffers(): PieceBuffers {
  const buffers = [0, 1, 2].map(() => Buffer.allocUnsafeSlow(PIECE_BYTES));
  let turn = 0;
  const take = (index: number, sizeBytes: number): Uint8Array =>
    buffers[index]?.length === undefined || sizeBytes > PIECE_BYTES
      ? Buffer.allocUnsafeSlow(sizeBytes)
      : buffers[index].subarray(0, sizeBytes);
  return {
    next: (sizeBytes) => take((turn = 1 - turn), sizeBytes),
    scratch: (sizeBytes) => take(2, sizeBytes),
  };
}

/** Of vectors (norms, biases) F32, as llama.cpp computes with them; of matrices what they are. */
export function ggufTypeOf({ shape, sourceType }: MatchedTensor): GgmlType {
  return shape.length === 1 ? 'F32' : sourceType;
}

export async function* tensorBytes(
  tensor: MatchedTensor,
  file: ByteSource,
  buffers: PieceBuffers,
): AsyncGenerator<Uint8Array> {
  const { shape, sourceType, interleavedHeads } = tensor;
  const { fileOffset, sizeBytes } = tensor.source;
  const headBytes = interleavedHeads === null ? 1 : sizeBytes / interleavedHeads;
  const pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / headBytes)) * headBytes;
  for (let done = 0; done < sizeBytes; done += pieceBytes) {
    const length = Math.min(pieceBytes, sizeBytes - done);
    const isAsItIs = interleavedHeads === null && shape.length > 1;
    const into = isAsItIs ? buffers.next(length) : buffers.scratch(length);
    const piece = await file.read(fileOffset + done, length, into);
    if (isAsItIs) yield piece;
    else if (interleavedHeads === null) yield toFloat32(piece, sourceType, buffers.next(length * 2));
    else yield interleaveHeads(piece, { headBytes, rowBytes: bytesOfRow(tensor) }, buffers.next(length));
  }
}

/**
 * Row j of the first half of a head becomes row 2j, row j of the second half row 2j + 1: pairs that are turned together
 * come to lie side by side. Only bytes move, whatever the type.
 */
export function interleaveHeads(
  heads: Uint8Array,
  { headBytes, rowBytes }: { readonly headBytes: number; readonly rowBytes: number },
  result: Uint8Array,
): Uint8Array {
  const half = headBytes / rowBytes / 2;
  for (let head = 0; head < heads.length; head += headBytes) {
    for (let row = 0; row < half; row += 1) {
      const first = head + row * rowBytes;
      const second = first + half * rowBytes;
      const target = head + 2 * row * rowBytes;
      result.set(heads.subarray(first, first + rowBytes), target);
      result.set(heads.subarray(second, second + rowBytes), target + rowBytes);
    }
  }
  return result;
}

function bytesOfRow({ shape: [rows = 1], source: { sizeBytes } }: MatchedTensor): number {
  return sizeBytes / rows;
}

function toFloat32(bytes: Uint8Array, type: FloatType, into: Uint8Array): Uint8Array {
  if (type === 'F32') {
    into.set(bytes);
    return into.subarray(0, bytes.length);
  }
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new DataView(into.buffer, into.byteOffset, into.byteLength);
  for (let at = 0; at < bytes.length; at += 2) {
    const bits = source.getUint16(at, true);
    // BF16 is the upper half of an F32.
    if (type === 'BF16') result.setUint32(at * 2, bits << 16, true);
    else result.setFloat32(at * 2, fromHalf(bits), true);
  }
  return into;
}
