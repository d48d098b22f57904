/**
 * A model of about any size that costs no memory and hardly any time: the dimensions are real, the Q4_0 data are pieces
 * of one pool of valid random blocks, so that it loads and does not compress. For measuring at the size of real models.
 */
import { GGML_TYPES, ggmlSizeBytes } from './ggml-types.ts';
import { encodeFloats } from './quantize-blocks.ts';
import { sampleMetadata, sampleTensors, type SampleShape, type SampleTensor } from './sample-shape.ts';
import { seededNumbers, seedFor } from './seeded-numbers.ts';
import { toHalf } from './half.ts';
import type { GgufModel } from './types.ts';

export interface LargeSampleOptions {
  /** What the file should come to; met to a few percent from 16 MB on. */
  readonly sizeBytes: number;
  readonly seed?: number;
}

const BLOCK_BYTES = GGML_TYPES.Q4_0.blockBytes;
/** Far beyond the window of gzip, so that using pieces of the pool again does not show. */
const POOL_BLOCKS = 4 * 64 * 1024;
const PIECE_BLOCKS = 64 * 1024;

export function largeSampleModel(options: LargeSampleOptions): GgufModel {
  const { sizeBytes, seed = 1 } = options;
  const shape = shapeOfSize(sizeBytes);
  let pool: Uint8Array | null = null;
  return {
    metadata: sampleMetadata(shape),
    tensors: sampleTensors(shape).map((tensor) => ({
      name: tensor.name,
      dims: tensor.dims,
      type: tensor.kind === 'norm' ? 'F32' : 'Q4_0',
      data: async function* () {
        if (tensor.kind === 'norm') {
          yield encodeFloats('F32', new Float32Array(tensor.dims[0] ?? 0).fill(1));
          return;
        }
        pool ??= randomBlocks(seed);
        yield* piecesOf(pool, tensor, seed);
      },
    })),
  };
}

/** TinyLlama-like width; the blocks, then the feed-forward length, make up the size. */
function shapeOfSize(sizeBytes: number): SampleShape {
  const width = sizeBytes < 128 * 1024 * 1024 ? 512 : 2048;
  const base: SampleShape = {
    name: 'Milton Edge large sample',
    blockCount: 1,
    embeddingLength: width,
    headCount: width / 64,
    headCountKv: width / 256,
    feedForwardLength: width * 3,
    vocabularySize: 4096,
    contextLength: 2048,
    type: 'Q4_0',
  };
  const fixedBytes = weightBytes({ ...base, blockCount: 0 });
  const blockBytes = weightBytes(base) - fixedBytes;
  const blockCount = Math.max(1, Math.floor((sizeBytes - fixedBytes) / blockBytes));
  const restBytes = (sizeBytes - fixedBytes) / blockCount - blockBytes;
  const bytesPerInner = (3 * width * BLOCK_BYTES) / 32;
  const inner = base.feedForwardLength + Math.round(restBytes / bytesPerInner / 32) * 32;
  return { ...base, blockCount, feedForwardLength: Math.max(32, inner) };
}

function weightBytes(shape: SampleShape): number {
  return sampleTensors(shape).reduce(
    (sum, { kind, dims }) => sum + (ggmlSizeBytes(kind === 'norm' ? 'F32' : 'Q4_0', dims) ?? 0),
    0,
  );
}

/** Q4_0 blocks: a finite half-precision scale of the size that weights have, then 32 random 4-bit numbers. */
function randomBlocks(seed: number): Uint8Array {
  const next = seededNumbers(seedFor(seed, 'pool'));
  const bytes = new Uint8Array(POOL_BLOCKS * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let offset = 0; offset < bytes.length; offset += BLOCK_BYTES) {
    view.setUint16(offset, toHalf(0.003 + next() * 0.003), true);
    for (let word = 2; word < BLOCK_BYTES; word += 4) view.setUint32(offset + word, next() * 2 ** 32, true);
  }
  return bytes;
}

function* piecesOf(pool: Uint8Array, tensor: SampleTensor, seed: number): Generator<Uint8Array> {
  const next = seededNumbers(seedFor(seed, tensor.name));
  let left = (ggmlSizeBytes('Q4_0', tensor.dims) ?? 0) / BLOCK_BYTES;
  while (left > 0) {
    const blocks = Math.min(left, PIECE_BLOCKS);
    const first = Math.floor(next() * (POOL_BLOCKS - blocks));
    yield pool.subarray(first * BLOCK_BYTES, (first + blocks) * BLOCK_BYTES);
    left -= blocks;
  }
}
