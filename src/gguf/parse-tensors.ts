/** The descriptions of the tensors: what cannot be represented is refused here, what is merely wrong by `checkGguf`. */
import { escapeText } from '../core/index.ts';
import { GgufFailure } from './error.ts';
import { ggmlSizeBytes, ggmlTypeOfId } from './ggml-types.ts';
import type { HeaderReader } from './header-reader.ts';
import { MAX_DIMENSIONS, MAX_TENSOR_NAME_BYTES } from './limits.ts';
import { decodeStrict } from './parse-metadata.ts';
import type { GgufTensor } from './types.ts';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Throws `GgufFailure` with the offset of the description that cannot be read. */
export async function parseTensors(reader: HeaderReader, count: number): Promise<GgufTensor[]> {
  const tensors: GgufTensor[] = [];
  for (let index = 0; index < count; index += 1) tensors.push(await parseTensor(reader, index));
  return tensors;
}

async function parseTensor(reader: HeaderReader, index: number): Promise<GgufTensor> {
  const infoOffset = reader.offset;
  const what = `name of tensor ${index}`;
  const length = await reader.count(`length of the ${what}`, 1);
  if (length > MAX_TENSOR_NAME_BYTES) {
    throw new GgufFailure('GGUF_LIMIT_EXCEEDED', `The ${what} in ${reader.name} has ${length} bytes.`, {
      details: {
        offset: infoOffset,
        expected: `at most ${MAX_TENSOR_NAME_BYTES} bytes`,
        received: `${length} bytes`,
      },
    });
  }
  const name = decodeStrict(reader, await reader.bytes(length, what), what);
  const label = `tensor ${escapeText(name, 80)}`;
  const dims = await parseDims(reader, label, infoOffset);
  const elementCount = dims.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(elementCount)) throw overflow(reader, label, infoOffset, dims.join(' × '));
  const typeId = await reader.uint32(`type of ${label}`);
  const type = ggmlTypeOfId(typeId);
  const offset = await reader.uint64(`offset of ${label}`);
  const sizeBytes = type === null ? 0 : (ggmlSizeBytes(type, dims) ?? 0);
  if (offset > MAX_SAFE || !Number.isSafeInteger(sizeBytes)) {
    throw overflow(reader, label, infoOffset, `${sizeBytes} bytes at offset ${offset}`);
  }
  return { name, type, typeId, dims, elementCount, sizeBytes, offset: Number(offset), infoOffset };
}

async function parseDims(reader: HeaderReader, label: string, infoOffset: number): Promise<number[]> {
  const count = await reader.uint32(`number of dimensions of ${label}`);
  // Specification: "Currently at most 4"; gguf_init_from_file refuses more than GGML_MAX_DIMS.
  if (count > MAX_DIMENSIONS) {
    throw new GgufFailure('GGUF_DIMENSION_COUNT', `The ${label} in ${reader.name} has ${count} dimensions.`, {
      details: { offset: infoOffset, expected: `at most ${MAX_DIMENSIONS}`, received: count },
    });
  }
  const dims: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const dim = await reader.uint64(`dimension ${index} of ${label}`);
    // gguf_init_from_file reads an int64 and refuses what is negative.
    if (dim >= 1n << 63n) {
      throw new GgufFailure(
        'GGUF_DIMENSION_NEGATIVE',
        `Dimension ${index} of the ${label} in ${reader.name} is negative.`,
        {
          details: {
            offset: infoOffset,
            expected: 'a positive number',
            received: String(BigInt.asIntN(64, dim)),
          },
        },
      );
    }
    if (dim > MAX_SAFE) throw overflow(reader, label, infoOffset, String(dim));
    dims.push(Number(dim));
  }
  return dims;
}

/**
 * gguf_init_from_file holds the product against 2^63, but takes one that wraps around to 0 for an empty tensor; 2^53 is
 * already more than any file system stores.
 */
function overflow(reader: HeaderReader, label: string, offset: number, received: string): GgufFailure {
  return new GgufFailure(
    'GGUF_DIMENSIONS_OVERFLOW',
    `The ${label} in ${reader.name} is larger than any file.`,
    {
      details: { offset, expected: `at most ${MAX_SAFE} elements and bytes`, received },
    },
  );
}
